/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads tiktoken's rank files. Not here: encoding (tokenizer.c), tokenizer.json (tokenizer_json.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/tokenizer_file.h"

/* The special tokens of Llama 3 in the order of their ids; behind them reserved tokens 5, 6, ... */
static const char *const special_names[] = {
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|reserved_special_token_0|>",
    "<|reserved_special_token_1|>",
    "<|reserved_special_token_2|>",
    "<|reserved_special_token_3|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|reserved_special_token_4|>",
    "<|eot_id|>",
};
enum { NAMED = sizeof special_names / sizeof special_names[0], ROUND = 256 };

/* Llama 3's longest token has 128 bytes. Finding the merges of a token costs the square of this. */
enum { TOKEN_BYTES_MAX = 1024 };

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

/* Decodes whole groups of four digits, the last one padded with '='. out: 3 bytes for each group.
 * Returns the bytes written, 0 if the text is anything else. */
static size_t base64_decode(const char *text, size_t count, char *out) {
    if (count == 0 || count % 4 != 0) return 0;
    size_t padding = text[count - 1] != '=' ? 0 : text[count - 2] != '=' ? 1 : 2;
    uint32_t group = 0;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = i < count - padding ? base64_digit(text[i]) : 0;
        if (digit < 0) return 0;
        group = group << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            out[written++] = (char)(unsigned char)(group >> 16);
            out[written++] = (char)(unsigned char)(group >> 8);
            out[written++] = (char)(unsigned char)group;
            group = 0;
        }
    }
    return written - padding;
}

/* Digits only, below TRI_VOCABULARY_MAX. */
static bool read_rank(const char *text, size_t count, uint32_t *rank) {
    if (count == 0 || count > 7) return false;
    *rank = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *rank = *rank * 10 + (uint32_t)(text[i] - '0');
    }
    return *rank < TRI_VOCABULARY_MAX;
}

static enum tri_status add_line(struct tri_tokenizer *tokenizer, const char *path, size_t line,
                                const char *text, size_t bytes, char *token) {
    const char *space = memchr(text, ' ', bytes);
    size_t digits = space == NULL ? 0 : (size_t)(space - text);
    size_t length = base64_decode(text, digits, token);
    uint32_t rank;
    if (length == 0 || length > TOKEN_BYTES_MAX ||
        !read_rank(space + 1, bytes - digits - 1, &rank)) {
        return tri_fail(
            TRI_E_FORMAT,
            "%s:%zu: wanted base64 of 1 to %d bytes, a space and a rank below %u, got '%.*s'", path,
            line, TOKEN_BYTES_MAX, TRI_VOCABULARY_MAX, bytes > 60 ? 60 : (int)bytes, text);
    }
    switch (tri_vocabulary_add(&tokenizer->vocabulary, rank, token, (uint32_t)length, false)) {
    case TRI_ADDED_ID_TAKEN:
        return tri_fail(TRI_E_FORMAT, "%s:%zu: rank %u: wanted once, got a second time", path, line,
                        rank);
    case TRI_ADDED_BYTES_TAKEN:
        return tri_fail(TRI_E_FORMAT, "%s:%zu: token of rank %u: wanted once, got a second time",
                        path, line, rank);
    case TRI_ADDED_NO_MEMORY: return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    case TRI_ADDED: break;
    }
    return TRI_OK;
}

static enum tri_status add_lines(struct tri_tokenizer *tokenizer, const char *path,
                                 const char *text, size_t bytes, char *token) {
    size_t line = 0;
    for (size_t at = 0; at < bytes;) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end == NULL ? bytes - at : (size_t)(end - (text + at));
        TRI_TRY(add_line(tokenizer, path, ++line, text + at, length, token));
        at += length + 1;
    }
    /* Each rank came once, so as many ranks as lines are all ranks from 0 on. */
    if (tokenizer->vocabulary.count != line) {
        return tri_fail(TRI_E_FORMAT, "%s: highest rank: wanted %zu for as many lines, got %u",
                        path, line - 1, tokenizer->vocabulary.count - 1);
    }
    return TRI_OK;
}

enum tri_status tri_tokenizer_merge_by_id(struct tri_tokenizer *tokenizer, const char *path) {
    const struct tri_vocabulary *vocabulary = &tokenizer->vocabulary;
    for (uint32_t id = 0; id < vocabulary->count; id++) {
        size_t length;
        const char *bytes = tri_vocabulary_bytes(vocabulary, id, &length);
        for (size_t cut = 1; cut < length; cut++) {
            uint32_t left = tri_vocabulary_find(vocabulary, bytes, cut);
            if (left == TRI_NO_TOKEN) continue;
            uint32_t right = tri_vocabulary_find(vocabulary, bytes + cut, length - cut);
            if (right == TRI_NO_TOKEN) continue;
            if (tri_merges_add(&tokenizer->merges, left, right, id, id) != TRI_MERGE_ADDED) {
                return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
            }
        }
    }
    return TRI_OK;
}

static enum tri_status add_specials(struct tri_tokenizer *tokenizer, const char *path) {
    uint32_t ranks = tokenizer->vocabulary.count;
    uint32_t count = ROUND - ranks % ROUND;
    if (count < NAMED) count += ROUND;
    if (count > TRI_VOCABULARY_MAX - ranks) {
        return tri_fail(TRI_E_FORMAT, "%s: ranks: wanted at most %u, got %u", path,
                        TRI_VOCABULARY_MAX - 2 * ROUND, ranks);
    }
    for (uint32_t i = 0; i < count; i++) {
        char name[64];
        if (i < NAMED) {
            (void)snprintf(name, sizeof name, "%s", special_names[i]);
        } else {
            (void)snprintf(name, sizeof name, "<|reserved_special_token_%u|>", i - NAMED + 5);
        }
        TRI_TRY(tri_tokenizer_add_special(tokenizer, path, ranks + i, name, strlen(name)));
    }
    return TRI_OK;
}

enum tri_status tri_tokenizer_read_ranks(struct tri_tokenizer *tokenizer, const char *path,
                                         const char *text, size_t bytes) {
    char *token = malloc(bytes + 3); /* more than any line decodes to */
    if (token == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    enum tri_status status = add_lines(tokenizer, path, text, bytes, token);
    free(token);
    TRI_TRY(status);
    TRI_TRY(tri_tokenizer_merge_by_id(tokenizer, path));
    tokenizer->whole_pieces = true;
    return add_specials(tokenizer, path);
}
