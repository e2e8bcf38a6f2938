/* SPDX-License-Identifier: Apache-2.0
 *
 * Text to ids and back: opens a tokenizer of any file form, and encodes by cutting the text at
 * special tokens, then into pieces, then merging bytes within each piece.
 */
#include "ref/tokenizer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/pretokenizer.h"
#include "ref/tokenizer_file.h"
#include "ref/utf8.h"

enum { FILE_BYTES_MAX = 1 << 28 }; /* far above any real vocabulary */

/* Reads a whole file; the caller frees *text, whatever the result. */
static enum tri_status read_file(FILE *file, const char *path, char **text, size_t *bytes) {
    size_t room = 0;
    do {
        room = room == 0 ? 1 << 16 : room * 4;
        char *more = room > FILE_BYTES_MAX ? NULL : realloc(*text, room);
        if (more == NULL) {
            if (room <= FILE_BYTES_MAX) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
            return tri_fail(TRI_E_FORMAT, "%s: wanted a tokenizer below %d bytes, got more", path,
                            FILE_BYTES_MAX);
        }
        *text = more;
        *bytes += fread(*text + *bytes, 1, room - *bytes, file);
    } while (*bytes == room);
    if (ferror(file)) return tri_fail(TRI_E_IO, "%s: read: %s", path, strerror(errno));
    return TRI_OK;
}

/* A tokenizer.json is an object; no line of base64 begins with a brace. */
static bool is_json(const char *text, size_t bytes) {
    size_t at = 0;
    while (at < bytes && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0') at++;
    return at < bytes && text[at] == '{';
}

/* text NULL: the file is GGUF. */
static enum tri_status fill(struct tri_tokenizer *tokenizer, const char *path, const char *text,
                            size_t bytes) {
    if (text == NULL) {
        TRI_TRY(tri_tokenizer_read_gguf(tokenizer, path));
    } else if (is_json(text, bytes)) {
        TRI_TRY(tri_tokenizer_read_json(tokenizer, path, text, bytes));
    } else {
        TRI_TRY(tri_tokenizer_read_ranks(tokenizer, path, text, bytes));
    }
    for (int byte = 0; byte < 256; byte++) {
        char single = (char)(unsigned char)byte;
        uint32_t id = tri_vocabulary_find(&tokenizer->vocabulary, &single, 1);
        if (id == TRI_NO_TOKEN) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: vocabulary: wanted all 256 single bytes, got no %02x", path,
                            (unsigned)byte);
        }
        tokenizer->byte_ids[byte] = id;
    }
    return TRI_OK;
}

enum tri_status tri_tokenizer_open(const char *path, struct tri_tokenizer **tokenizer) {
    *tokenizer = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: open: %s", path, strerror(errno));
    char *text = NULL;
    size_t bytes = 0;
    struct tri_tokenizer *opened = NULL;
    char magic[4];
    bool gguf = fread(magic, 1, sizeof magic, file) == sizeof magic &&
                memcmp(magic, "GGUF", sizeof magic) == 0;
    rewind(file);
    enum tri_status status = gguf ? TRI_OK : read_file(file, path, &text, &bytes);
    (void)fclose(file); /* only read: nothing can be lost */
    if (status == TRI_OK) {
        opened = calloc(1, sizeof *opened);
        status = opened == NULL ? tri_fail(TRI_E_MEMORY, "%s: out of memory", path)
                                : fill(opened, path, text, bytes);
    }
    free(text);
    if (status != TRI_OK) {
        tri_tokenizer_close(opened);
        return status;
    }
    *tokenizer = opened;
    return TRI_OK;
}

enum tri_status tri_tokenizer_of_bytes(uint32_t first, const struct tri_named_token *specials,
                                       size_t count, struct tri_tokenizer **tokenizer) {
    *tokenizer = NULL;
    struct tri_tokenizer *made = calloc(1, sizeof *made);
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "tokenizer: out of memory");
    enum tri_status status = TRI_OK;
    for (uint32_t byte = 0; byte < 256; byte++) {
        char single = (char)(unsigned char)byte;
        made->byte_ids[byte] = first + byte;
        if (tri_vocabulary_add(&made->vocabulary, first + byte, &single, 1, false) != TRI_ADDED) {
            status = tri_fail(TRI_E_MEMORY, "tokenizer: out of memory");
        }
    }
    for (size_t i = 0; status == TRI_OK && i < count; i++) {
        status = tri_tokenizer_add_special(made, "tokenizer", specials[i].id, specials[i].name,
                                           strlen(specials[i].name));
    }
    if (status != TRI_OK) {
        tri_tokenizer_close(made);
        return status;
    }
    *tokenizer = made;
    return TRI_OK;
}

void tri_tokenizer_close(struct tri_tokenizer *tokenizer) {
    if (tokenizer == NULL) return;
    tri_vocabulary_free(&tokenizer->vocabulary);
    tri_merges_free(&tokenizer->merges);
    tri_specials_free(&tokenizer->specials);
    free(tokenizer);
}

enum tri_status tri_tokenizer_add_special(struct tri_tokenizer *tokenizer, const char *path,
                                          uint32_t id, const char *name, size_t length) {
    struct tri_vocabulary *vocabulary = &tokenizer->vocabulary;
    size_t taken_length;
    const char *taken = tri_vocabulary_bytes(vocabulary, id, &taken_length);
    uint32_t other;
    uint32_t plain = tri_vocabulary_find(vocabulary, name, length);
    if (length >= UINT32_MAX || tri_tokenizer_special(tokenizer, name, &other) ||
        (plain != TRI_NO_TOKEN && plain != id) ||
        (taken != NULL && (taken_length != length || memcmp(taken, name, length) != 0))) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: special token %u '%s': wanted a new id and a new name, got one in use",
                        path, id, name);
    }
    if (taken != NULL) {
        vocabulary->tokens[id].special = true; /* listed in the vocabulary as well */
    } else if (tri_vocabulary_add(vocabulary, id, name, (uint32_t)length, true) != TRI_ADDED) {
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    }
    if (!tri_specials_add(&tokenizer->specials, name, length, id)) {
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    }
    tokenizer->starts[(unsigned char)name[0]] = true;
    return TRI_OK;
}

/* The ids of one call of tri_tokenizer_encode. */
struct encoding {
    const struct tri_tokenizer *tokenizer;
    uint32_t *ids; /* [room] */
    size_t count, room;
    struct tri_merge_scratch scratch;
};

static enum tri_status reserve(struct encoding *encoding, size_t more) {
    if (encoding->room - encoding->count >= more) return TRI_OK;
    size_t wanted = encoding->count + more;
    if (wanted > SIZE_MAX / 16) return tri_fail(TRI_E_MEMORY, "encoding: text too long");
    size_t room = wanted + wanted / 2;
    uint32_t *ids = realloc(encoding->ids, room * sizeof *ids);
    if (ids == NULL) return tri_fail(TRI_E_MEMORY, "encoding: out of memory for %zu ids", room);
    encoding->ids = ids;
    encoding->room = room;
    return TRI_OK;
}

static enum tri_status encode_piece(struct encoding *encoding, const char *piece, size_t bytes) {
    const struct tri_tokenizer *tokenizer = encoding->tokenizer;
    TRI_TRY(reserve(encoding, bytes));
    uint32_t *ids = encoding->ids + encoding->count;
    if (tokenizer->whole_pieces) {
        uint32_t whole = tri_vocabulary_find(&tokenizer->vocabulary, piece, bytes);
        if (whole != TRI_NO_TOKEN) {
            ids[0] = whole;
            encoding->count++;
            return TRI_OK;
        }
    }
    for (size_t i = 0; i < bytes; i++) ids[i] = tokenizer->byte_ids[(unsigned char)piece[i]];
    size_t merged;
    TRI_TRY(tri_merge(&tokenizer->merges, &encoding->scratch, ids, bytes, &merged));
    encoding->count += merged;
    return TRI_OK;
}

static enum tri_status encode_plain(struct encoding *encoding, const char *text, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
        size_t length = tri_pretokenizer_piece(text + at, bytes - at);
        TRI_TRY(encode_piece(encoding, text + at, length));
        at += length;
    }
    return TRI_OK;
}

static enum tri_status encode_special(struct encoding *encoding, const char *text, size_t bytes) {
    const struct tri_tokenizer *tokenizer = encoding->tokenizer;
    size_t plain = 0; /* where the text that is not yet encoded begins */
    for (size_t at = 0; at < bytes;) {
        size_t length = 0;
        uint32_t id = TRI_NO_TOKEN;
        if (tokenizer->starts[(unsigned char)text[at]]) {
            id = tri_specials_match(&tokenizer->specials, text + at, bytes - at, &length);
        }
        if (id == TRI_NO_TOKEN) {
            at++;
            continue;
        }
        TRI_TRY(encode_plain(encoding, text + plain, at - plain));
        TRI_TRY(reserve(encoding, 1));
        encoding->ids[encoding->count++] = id;
        at += length;
        plain = at;
    }
    return encode_plain(encoding, text + plain, bytes - plain);
}

enum tri_status tri_tokenizer_encode(const struct tri_tokenizer *tokenizer, const char *text,
                                     size_t bytes, bool special, uint32_t **ids, size_t *count) {
    *ids = NULL;
    *count = 0;
    size_t valid = tri_utf8_valid(text, bytes);
    if (valid < bytes) {
        return tri_fail(TRI_E_ARGUMENT, "text: byte %zu: wanted UTF-8, got 0x%02x", valid,
                        (unsigned)(unsigned char)text[valid]);
    }
    struct encoding encoding = {.tokenizer = tokenizer};
    enum tri_status status = reserve(&encoding, bytes / 4 + 16);
    if (status == TRI_OK) {
        status =
            special ? encode_special(&encoding, text, bytes) : encode_plain(&encoding, text, bytes);
    }
    tri_merge_scratch_free(&encoding.scratch);
    if (status != TRI_OK) {
        free(encoding.ids);
        return status;
    }
    *ids = encoding.ids;
    *count = encoding.count;
    return TRI_OK;
}

uint32_t tri_tokenizer_vocab(const struct tri_tokenizer *tokenizer) {
    return tokenizer->vocabulary.count;
}

const char *tri_tokenizer_bytes(const struct tri_tokenizer *tokenizer, uint32_t id, size_t *bytes) {
    return tri_vocabulary_bytes(&tokenizer->vocabulary, id, bytes);
}

bool tri_tokenizer_is_special(const struct tri_tokenizer *tokenizer, uint32_t id) {
    return id < tokenizer->vocabulary.count && tokenizer->vocabulary.tokens[id].special;
}

bool tri_tokenizer_special(const struct tri_tokenizer *tokenizer, const char *name, uint32_t *id) {
    size_t length;
    size_t wanted = strlen(name);
    uint32_t found = tri_specials_match(&tokenizer->specials, name, wanted, &length);
    if (found == TRI_NO_TOKEN || length != wanted) return false;
    *id = found;
    return true;
}
