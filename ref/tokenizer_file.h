/* SPDX-License-Identifier: Apache-2.0
 *
 * What a tokenizer is made of, and the three files it is read from. Private to ref/tokenizer*.c;
 * the public interface is tokenizer.h.
 */
#ifndef TRI_TOKENIZER_FILE_H
#define TRI_TOKENIZER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ref/merges.h"
#include "ref/specials.h"
#include "ref/vocabulary.h"

struct tri_tokenizer {
    struct tri_vocabulary vocabulary;
    struct tri_merges merges;
    struct tri_specials specials;
    uint32_t byte_ids[256]; /* the token of each single byte */
    bool whole_pieces;      /* "ignore_merges": a piece that is a token is not merged together */
    bool starts[256];       /* bytes that a special token begins with */
};

/* Each fills an all-zero tokenizer from a file's text; `path` starts the messages. What a failure
 * leaves behind is freed by tri_tokenizer_close all the same.
 * Errors: FORMAT, UNSUPPORTED, MEMORY. */

/* Hugging Face's tokenizer.json: merges in the order of its list. */
enum tri_status tri_tokenizer_read_json(struct tri_tokenizer *tokenizer, const char *path,
                                        const char *text, size_t bytes);

/* tiktoken's rank file (Llama 3's tokenizer.model): a line "BASE64 RANK" for each token. Two tokens
 * merge whenever their concatenation is a token, whose rank is the order. The special tokens are
 * not in the file; they follow the ranks in Llama 3's order, and fill up to the next multiple of
 * 256 (Llama 3: 128000 ranks, 256 special tokens). */
enum tri_status tri_tokenizer_read_ranks(struct tri_tokenizer *tokenizer, const char *path,
                                         const char *text, size_t bytes);

/* The metadata of a GGUF file: merges in the order of its list, or of the ids if it has none.
 * UNSUPPORTED too if there is no tokenizer in it. Errors: also IO. */
enum tri_status tri_tokenizer_read_gguf(struct tri_tokenizer *tokenizer, const char *path);

/* Every pair of tokens that form a token is a merge, whose rank is that token's id. Errors: MEMORY.
 */
enum tri_status tri_tokenizer_merge_by_id(struct tri_tokenizer *tokenizer, const char *path);

/* Adds a special token to vocabulary and specials; a plain token of the same id and bytes becomes
 * special. For the readers. Errors: FORMAT, MEMORY. */
enum tri_status tri_tokenizer_add_special(struct tri_tokenizer *tokenizer, const char *path,
                                          uint32_t id, const char *name, size_t length);

#endif
