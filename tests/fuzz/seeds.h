/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the seed writer share: bytes as they grow, and where they go.
 */
#ifndef TRI_FUZZ_SEEDS_H
#define TRI_FUZZ_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ends the program with a message unless `good`. */
void must(bool good, const char *what);

struct bytes {
    uint8_t *data;
    size_t size, room;
};

void put(struct bytes *b, const void *data, size_t size);
void put32(struct bytes *b, uint32_t value);
void put64(struct bytes *b, uint64_t value);
/* Zeros to a multiple of `to`. */
void pad(struct bytes *b, size_t to);
/* Writes the seed `name` of a target, and empties b. */
void save(struct bytes *b, const char *target, const char *name);

/* Models in each type of matrix, and a vocabulary. */
void gguf_seeds(void);

#endif
