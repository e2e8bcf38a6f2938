/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the tokenizer that a GGUF file carries in its metadata. What would change ids and is not
 * implemented is refused by name; the chat template and adding BOS are left to the caller.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/alphabet.h"
#include "ref/gguf.h"
#include "ref/tokenizer_file.h"
#include "ref/utf8.h"

enum { KIND_NORMAL = 1, KIND_UNKNOWN, KIND_CONTROL, KIND_USER, KIND_UNUSED, KIND_BYTE };
/* Without a list of merges their search costs the square of a token's length. */
enum { TOKEN_BYTES_MAX = 1024 };

struct reader {
    struct tri_tokenizer *tokenizer;
    const struct tri_gguf *file;
    const char *path;
    struct tri_alphabet alphabet;
    char *scratch; /* [room] */
    size_t room;
};

static enum tri_status no_memory(const struct reader *in) {
    return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
}

static int shown(uint64_t bytes) { return bytes > 200 ? 200 : (int)bytes; }

/* Wants a string key to be one of `words` (NULL at the end), or absent where `optional`. */
static enum tri_status want(const struct reader *in, const char *key, const char *const *words,
                            bool optional) {
    const struct tri_gguf_value *value = tri_gguf_value(in->file, key);
    const char *got = "nothing";
    uint64_t length = strlen(got);
    if (value == NULL && optional) return TRI_OK;
    if (value != NULL && !tri_gguf_string(value, &got, &length)) {
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a string, got another type", in->path, key);
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], got, (size_t)length) == 0) return TRI_OK;
    }
    return tri_fail(TRI_E_UNSUPPORTED, "%s: %s: wanted '%s', got '%.*s'", in->path, key, words[0],
                    shown(length), got);
}

static enum tri_status reserve(struct reader *in, uint64_t bytes) {
    if (bytes <= in->room) return TRI_OK;
    if (bytes > SIZE_MAX / 4) return no_memory(in);
    size_t room = 2 * (size_t)bytes;
    char *more = realloc(in->scratch, room);
    if (more == NULL) return no_memory(in);
    in->scratch = more;
    in->room = room;
    return TRI_OK;
}

/* A string of the byte alphabet to in->scratch + at. *length 0: it is none. */
static enum tri_status decode(struct reader *in, const char *text, uint64_t bytes, size_t at,
                              size_t *length) {
    TRI_TRY(reserve(in, at + bytes + 1));
    *length = 0;
    if (tri_utf8_valid(text, (size_t)bytes) != bytes) return TRI_OK;
    *length = tri_alphabet_decode(&in->alphabet, text, (size_t)bytes, in->scratch + at);
    return TRI_OK;
}

static enum tri_status add_plain(struct reader *in, uint32_t id, const char *text, uint64_t bytes) {
    size_t length;
    TRI_TRY(decode(in, text, bytes, 0, &length));
    if (length == 0) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.tokens[%" PRIu32
                        "]: wanted characters of the byte alphabet, got '%.*s'",
                        in->path, id, shown(bytes), text);
    }
    switch (
        tri_vocabulary_add(&in->tokenizer->vocabulary, id, in->scratch, (uint32_t)length, false)) {
    case TRI_ADDED: return TRI_OK;
    case TRI_ADDED_NO_MEMORY: return no_memory(in);
    default:
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.tokens[%" PRIu32 "]: wanted once, got '%.*s' again",
                        in->path, id, shown(bytes), text);
    }
}

static enum tri_status add_special(struct reader *in, uint32_t id, const char *text,
                                   uint64_t bytes) {
    if (bytes == 0 || bytes >= UINT32_MAX || memchr(text, '\0', (size_t)bytes) != NULL ||
        tri_utf8_valid(text, (size_t)bytes) != bytes) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.tokens[%" PRIu32 "]: wanted a name, got %" PRIu64
                        " bytes that are none",
                        in->path, id, bytes);
    }
    TRI_TRY(reserve(in, bytes + 1));
    memcpy(in->scratch, text, (size_t)bytes);
    in->scratch[bytes] = '\0'; /* messages show it */
    return tri_tokenizer_add_special(in->tokenizer, in->path, id, in->scratch, (size_t)bytes);
}

static enum tri_status add_token(struct reader *in, uint32_t id, int64_t kind, const char *text,
                                 uint64_t bytes) {
    if (bytes > UINT32_MAX / 4) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.tokens[%" PRIu32 "]: wanted a token, got %" PRIu64
                        " bytes",
                        in->path, id, bytes);
    }
    switch (kind) {
    case KIND_NORMAL: return add_plain(in, id, text, bytes);
    case KIND_UNKNOWN:
    case KIND_CONTROL: return add_special(in, id, text, bytes);
    case KIND_UNUSED: return TRI_OK;
    default: break;
    }
    bool known = kind == KIND_USER || kind == KIND_BYTE;
    return tri_fail(known ? TRI_E_UNSUPPORTED : TRI_E_FORMAT,
                    "%s: tokenizer.ggml.token_type[%" PRIu32
                    "]: wanted 1 (normal), 3 (control) or 5 (unused), got %" PRId64 "%s for '%.*s'",
                    in->path, id, kind,
                    kind == KIND_USER   ? " (user defined)"
                    : kind == KIND_BYTE ? " (byte)"
                                        : "",
                    shown(bytes), text);
}

static enum tri_status read_tokens(struct reader *in) {
    const struct tri_gguf_value *tokens = tri_gguf_value(in->file, "tokenizer.ggml.tokens");
    const struct tri_gguf_value *kinds = tri_gguf_value(in->file, "tokenizer.ggml.token_type");
    if (tokens == NULL) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: has no tokenizer.ggml.tokens", in->path);
    }
    if (tokens->type != TRI_GGUF_ARRAY || tokens->element != TRI_GGUF_STRING ||
        tokens->count == 0 || tokens->count > TRI_VOCABULARY_MAX) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.tokens: wanted a list of 1 to %u strings, got another",
                        in->path, TRI_VOCABULARY_MAX);
    }
    if (kinds != NULL && (kinds->type != TRI_GGUF_ARRAY || kinds->count != tokens->count)) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.token_type: wanted a list of %" PRIu64
                        " as of tokens, got %" PRIu64,
                        in->path, tokens->count, kinds->count);
    }
    struct tri_gguf_next next = {0}, next_kind = {0};
    for (uint32_t id = 0; id < tokens->count; id++) {
        const char *text;
        uint64_t bytes;
        int64_t kind = KIND_NORMAL;
        if (!tri_gguf_next_string(tokens, &next, &text, &bytes) ||
            (kinds != NULL && !tri_gguf_next_i64(kinds, &next_kind, &kind))) {
            return tri_fail(TRI_E_FORMAT, "%s: tokenizer.ggml: token %" PRIu32 " cannot be read",
                            in->path, id);
        }
        TRI_TRY(add_token(in, id, kind, text, bytes));
    }
    return TRI_OK;
}

/* Without kinds of tokens, those that begin and end a text are special all the same. */
static enum tri_status read_ends(struct reader *in) {
    static const char *const keys[] = {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
                                       "tokenizer.ggml.eot_token_id"};
    struct tri_vocabulary *vocabulary = &in->tokenizer->vocabulary;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t id;
        size_t length;
        const struct tri_gguf_value *value = tri_gguf_value(in->file, keys[i]);
        if (!tri_gguf_u64(value, &id) || id >= vocabulary->count) continue;
        const char *bytes = tri_vocabulary_bytes(vocabulary, (uint32_t)id, &length);
        if (bytes == NULL || vocabulary->tokens[id].special) continue;
        TRI_TRY(reserve(in, length));
        memcpy(in->scratch, bytes, length); /* adding may move the vocabulary's bytes */
        TRI_TRY(add_special(in, (uint32_t)id, in->scratch, length));
    }
    return TRI_OK;
}

static enum tri_status read_merge(struct reader *in, uint32_t index, const char *text,
                                  uint64_t bytes) {
    const struct tri_vocabulary *vocabulary = &in->tokenizer->vocabulary;
    const char *space = bytes > 0 ? memchr(text, ' ', (size_t)bytes) : NULL;
    size_t first = 0, second = 0;
    if (space != NULL) {
        uint64_t cut = (uint64_t)(space - text);
        TRI_TRY(decode(in, text, cut, 0, &first));
        if (first > 0) TRI_TRY(decode(in, space + 1, bytes - cut - 1, first, &second));
    }
    uint32_t left = TRI_NO_TOKEN, right = TRI_NO_TOKEN, id = TRI_NO_TOKEN;
    if (second > 0) {
        left = tri_vocabulary_find(vocabulary, in->scratch, first);
        right = tri_vocabulary_find(vocabulary, in->scratch + first, second);
        id = tri_vocabulary_find(vocabulary, in->scratch, first + second);
    }
    if (left == TRI_NO_TOKEN || right == TRI_NO_TOKEN || id == TRI_NO_TOKEN) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.merges[%" PRIu32
                        "]: wanted two tokens that form a third, got '%.*s'",
                        in->path, index, shown(bytes), text);
    }
    switch (tri_merges_add(&in->tokenizer->merges, left, right, index, id)) {
    case TRI_MERGE_ADDED: return TRI_OK;
    case TRI_MERGE_NO_MEMORY: return no_memory(in);
    case TRI_MERGE_TWICE: break;
    }
    return tri_fail(TRI_E_FORMAT,
                    "%s: tokenizer.ggml.merges[%" PRIu32
                    "]: wanted each pair once, got '%.*s' again",
                    in->path, index, shown(bytes), text);
}

static enum tri_status read_merges(struct reader *in) {
    const struct tri_gguf_value *merges = tri_gguf_value(in->file, "tokenizer.ggml.merges");
    if (merges == NULL) { /* the order of the ids, as in rank files */
        if (in->tokenizer->vocabulary.longest > TOKEN_BYTES_MAX) {
            return tri_fail(TRI_E_UNSUPPORTED,
                            "%s: tokens without merges: wanted at most %d bytes each, got %" PRIu32,
                            in->path, TOKEN_BYTES_MAX, in->tokenizer->vocabulary.longest);
        }
        return tri_tokenizer_merge_by_id(in->tokenizer, in->path);
    }
    if (merges->type != TRI_GGUF_ARRAY || merges->element != TRI_GGUF_STRING ||
        merges->count > UINT32_MAX / 16) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tokenizer.ggml.merges: wanted a list of strings, got another",
                        in->path);
    }
    struct tri_gguf_next next = {0};
    for (uint32_t i = 0; i < merges->count; i++) {
        const char *text;
        uint64_t bytes;
        if (!tri_gguf_next_string(merges, &next, &text, &bytes)) {
            return tri_fail(TRI_E_FORMAT, "%s: tokenizer.ggml.merges[%" PRIu32 "] cannot be read",
                            in->path, i);
        }
        TRI_TRY(read_merge(in, i, text, bytes));
    }
    return TRI_OK;
}

static enum tri_status read_all(struct reader *in) {
    static const char *const models[] = {"gpt2", NULL};
    /* All of these are Llama 3's pattern; the published 2B4T file has no such key. */
    static const char *const patterns[] = {"llama-bpe", "llama3", "llama-v3", NULL};
    if (tri_gguf_value(in->file, "tokenizer.ggml.model") == NULL) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: has no tokenizer.ggml.model", in->path);
    }
    TRI_TRY(want(in, "tokenizer.ggml.model", models, false));
    TRI_TRY(want(in, "tokenizer.ggml.pre", patterns, true));
    in->tokenizer->whole_pieces = true;
    TRI_TRY(read_tokens(in));
    TRI_TRY(read_merges(in)); /* before the ends: a special token is part of no merge */
    return tri_gguf_value(in->file, "tokenizer.ggml.token_type") == NULL ? read_ends(in) : TRI_OK;
}

enum tri_status tri_tokenizer_read_gguf(struct tri_tokenizer *tokenizer, const char *path) {
    struct tri_gguf *file;
    TRI_TRY(tri_gguf_open(path, &file));
    struct reader in = {.tokenizer = tokenizer, .file = file, .path = path};
    tri_alphabet_fill(&in.alphabet);
    enum tri_status status = read_all(&in);
    if (status == TRI_OK) status = tri_map_intact(tri_gguf_map(file));
    free(in.scratch);
    tri_gguf_close(file);
    return status;
}
