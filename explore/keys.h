/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a design as numbers by name: what a space can vary, what expressions read, and what
 * two designs are compared by. Which values are legal stands in base/design.c.
 */
#ifndef TRI_KEYS_H
#define TRI_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/design.h"

/* In the order of a design file; `name` is none of them. */
enum tri_key {
    TRI_KEY_CLOCK_MHZ,
    TRI_KEY_PORTS,
    TRI_KEY_BEAT_BITS,
    TRI_KEY_ENCODING,
    TRI_KEY_TOKENS,
    TRI_KEY_K_MAX,
    TRI_KEY_T_MAX,
    TRI_KEY_PREFETCH,
    TRI_KEY_PROFILE,
    TRI_KEY_BYTES_PER_CYCLE,
    TRI_KEY_LATENCY,
    TRI_KEY_OUTSTANDING,
    TRI_KEY_REFRESH_INTERVAL,
    TRI_KEY_REFRESH_CYCLES,
    TRI_KEY_STALL_PERMILLE,
    TRI_KEYS,
};

enum tri_key_kind { TRI_KEY_INTEGER, TRI_KEY_NUMBER, TRI_KEY_WORD };

struct tri_key_info {
    const char *name;  /* "geometry.ports" */
    const char *brief; /* "ports" */
    enum tri_key_kind kind;
    const char *const *words; /* [word_count] of TRI_KEY_WORD; a value is an index */
    uint32_t word_count;
};

const struct tri_key_info *tri_key_info(enum tri_key key);
/* By either name; TRI_KEYS if there is none. */
enum tri_key tri_key_find(const char *name);
double tri_key_get(const struct tri_design *design, enum tri_key key);
/* Sets one number; nothing that follows from it. */
void tri_key_set(struct tri_design *design, enum tri_key key, double value);

/* Chains all numbers of geometry and memory into a hash (explore/cache.h): what decides a design's
 * cycles. Not the clock, nor the profile that the numbers of the memory came from. */
uint64_t tri_key_hash(uint64_t hash, const struct tri_design *design);

/* A key's value as a file says it: "4", "b3", "kv260", the shortest that reads back the same. 32
 * bytes are enough. TRI_KEYS stands for a plain number. */
void tri_key_text(enum tri_key key, double value, char *out, size_t size);

#endif
