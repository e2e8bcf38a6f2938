/* SPDX-License-Identifier: Apache-2.0
 *
 * Which points of a space a sweep looks at and in which order: legal ones, of one shard, by rule
 * and budget. The same for every machine that asks. Not here: what is known of them.
 */
#ifndef TRI_CANDIDATES_H
#define TRI_CANDIDATES_H

#include "explore/search.h"

/* Guided search compares each legal point with each other. */
enum { TRI_CANDIDATES_GUIDED = 50000 };

struct tri_candidates {
    uint64_t *index;         /* [here], owned: the legal points of this shard */
    uint64_t count, here;    /* the first `count` are within the budget of points */
    uint64_t legal, illegal; /* of all shards */
};

/* Errors: ARGUMENT (too many for a guided search; no legal one), MEMORY. */
enum tri_status tri_candidates_find(const struct tri_space *space, enum tri_search_rule rule,
                                    uint32_t shard, uint32_t shards, struct tri_candidates *found);
void tri_candidates_free(struct tri_candidates *found);

#endif
