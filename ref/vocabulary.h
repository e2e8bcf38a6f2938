/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of a tokenizer: bytes by id, and id by bytes through a hash table of its own. Not
 * here: how two tokens become one (merges.h) and where tokens come from (tokenizer_file.h).
 */
#ifndef TRI_VOCABULARY_H
#define TRI_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_VOCABULARY_MAX                                                                         \
    (UINT32_C(1) << 20) /* ids are below this: a bound on memory, not a format */
#define TRI_NO_TOKEN UINT32_MAX

struct tri_token {
    size_t offset;   /* of its bytes in struct tri_vocabulary.bytes */
    uint32_t length; /* 0: the id stands for nothing */
    bool special;
};

struct tri_vocabulary {
    struct tri_token *tokens; /* [count], by id */
    uint32_t count;           /* highest id + 1 */
    uint32_t room;            /* of tokens */
    uint32_t longest;         /* bytes of the longest token that tri_vocabulary_find knows */
    char *bytes;              /* all tokens, one behind the other */
    size_t used, capacity;    /* of bytes */
    struct tri_slot *slots;   /* [slot_count], a power of two; linear probing */
    uint32_t slot_count, slots_used;
};

enum tri_added { TRI_ADDED, TRI_ADDED_ID_TAKEN, TRI_ADDED_BYTES_TAKEN, TRI_ADDED_NO_MEMORY };

/* An all-zero vocabulary is empty. Adds a token: id < TRI_VOCABULARY_MAX, 0 < length. A special
 * token is known by id only: tri_vocabulary_find does not return it. */
enum tri_added tri_vocabulary_add(struct tri_vocabulary *vocabulary, uint32_t id, const char *bytes,
                                  uint32_t length, bool special);
void tri_vocabulary_free(struct tri_vocabulary *vocabulary);

/* The id of the token that is exactly these bytes (length > 0), or TRI_NO_TOKEN. */
uint32_t tri_vocabulary_find(const struct tri_vocabulary *vocabulary, const char *bytes,
                             size_t length);

/* The bytes of a token; NULL and *length = 0 if the id stands for nothing. */
const char *tri_vocabulary_bytes(const struct tri_vocabulary *vocabulary, uint32_t id,
                                 size_t *length);

#endif
