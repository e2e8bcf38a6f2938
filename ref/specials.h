/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of the special tokens as a tree of bytes: the longest one that a text begins with is
 * found in one walk. Not here: the tokens themselves (vocabulary.h).
 */
#ifndef TRI_SPECIALS_H
#define TRI_SPECIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tri_specials {
    struct tri_special_node *nodes; /* [count]; node 0 is the root */
    uint32_t count, room;
};

/* An all-zero set is empty. Adds a name (length > 0). Returns false when out of memory. */
bool tri_specials_add(struct tri_specials *specials, const char *name, size_t length, uint32_t id);
void tri_specials_free(struct tri_specials *specials);

/* The id of the longest name that `text` begins with, and its length; TRI_NO_TOKEN if none. */
uint32_t tri_specials_match(const struct tri_specials *specials, const char *text, size_t bytes,
                            size_t *length);

#endif
