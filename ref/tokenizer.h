/* SPDX-License-Identifier: Apache-2.0
 *
 * Text to token ids and back: byte-level BPE with the Llama-3 pre-tokenizer, read from
 * tokenizer.json or a tiktoken rank file.
 */
#ifndef TRI_TOKENIZER_H
#define TRI_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tri_tokenizer;

/* Reads Hugging Face's tokenizer.json, a tiktoken rank file (Llama 3's tokenizer.model), or the
 * metadata of a GGUF file, told apart by content. Behind the ranks of a rank file come Llama 3's
 * special tokens, up to the next multiple of 256 ids. Errors: IO, FORMAT, UNSUPPORTED (another
 * pre-tokenizer or model), MEMORY.
 */
enum tri_status tri_tokenizer_open(const char *path, struct tri_tokenizer **tokenizer);
void tri_tokenizer_close(struct tri_tokenizer *tokenizer);

/* A tokenizer of single bytes, ids first .. first + 255, without merges, and some special tokens:
 * for models that have no vocabulary of their own. Errors: FORMAT (an id or name twice), MEMORY. */
struct tri_named_token {
    uint32_t id;
    const char *name;
};
enum tri_status tri_tokenizer_of_bytes(uint32_t first, const struct tri_named_token *specials,
                                       size_t count, struct tri_tokenizer **tokenizer);

uint32_t tri_tokenizer_vocab(const struct tri_tokenizer *tokenizer); /* highest id + 1 */

/* Encodes text (UTF-8, may hold any bytes; invalid UTF-8 is ARGUMENT with the byte's position).
 * special: special tokens in the text are recognised, else they are plain text. No BOS is added.
 * *ids is allocated, the caller frees it. */
enum tri_status tri_tokenizer_encode(const struct tri_tokenizer *tokenizer, const char *text,
                                     size_t bytes, bool special, uint32_t **ids, size_t *count);

/* The bytes of one token (may be part of a UTF-8 character). Special tokens give their name.
 * Returns NULL and *bytes = 0 for an id that stands for nothing. Owned by the tokenizer. */
const char *tri_tokenizer_bytes(const struct tri_tokenizer *tokenizer, uint32_t id, size_t *bytes);
bool tri_tokenizer_is_special(const struct tri_tokenizer *tokenizer, uint32_t id);
/* The id of a special token by name; returns false if there is none. */
bool tri_tokenizer_special(const struct tri_tokenizer *tokenizer, const char *name, uint32_t *id);

/* Streaming decoder: holds back an incomplete UTF-8 character until its last byte has come. */
struct tri_utf8_stream {
    char held[4];
    unsigned count;
};
/* Appends bytes; writes only whole characters to out (room: bytes + 4, an invalid byte becomes
 * U+FFFD, so 3 * (bytes + 4)); returns the number of bytes written. */
size_t tri_utf8_push(struct tri_utf8_stream *stream, const char *bytes, size_t count, char *out);
/* End of text: an incomplete character becomes U+FFFD. out: 12 bytes. */
size_t tri_utf8_end(struct tri_utf8_stream *stream, char *out);

#endif
