/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the grid in order, or in the order of a permutation that the seed picks: a Feistel network
 * over the next power of four, so that no point comes twice and none has to be remembered.
 */
#include "explore/candidates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t scramble(uint64_t seed, uint64_t round, uint64_t value) {
    uint64_t words[3] = {seed, round, value};
    uint64_t hash = tri_hash_bytes(TRI_HASH_START, words, sizeof words);
    return hash ^ hash >> 29;
}

/* The place of `at` in a permutation of 0 .. count-1. */
static uint64_t permuted(uint64_t seed, uint64_t count, uint64_t at) {
    unsigned half = 1;
    while (half < 31 && (UINT64_C(1) << (2 * half)) < count) half++;
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    do {
        uint64_t left = at >> half, right = at & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (scramble(seed, round, right) & mask);
            left = right;
            right = next;
        }
        at = left << half | right;
    } while (at >= count);
    return at;
}

static enum tri_status take(struct tri_candidates *found, uint64_t index) {
    if ((found->here & (found->here - 1)) == 0) {
        uint64_t room = found->here == 0 ? 1 : 2 * found->here;
        uint64_t *more = realloc(found->index, (size_t)room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "search: no memory for candidates");
        found->index = more;
    }
    found->index[found->here++] = index;
    return TRI_OK;
}

enum tri_status tri_candidates_find(const struct tri_space *space, enum tri_search_rule rule,
                                    uint32_t shard, uint32_t shards, struct tri_candidates *found) {
    const uint64_t points = tri_space_points(space);
    /* A guided search spends its budget on what it evaluates, not on what it looks at. */
    const uint64_t most = rule == TRI_SEARCH_GUIDED ? 0 : space->budget_points;
    memset(found, 0, sizeof *found);
    for (uint64_t at = 0; at < points; at++) {
        struct tri_design design;
        char why[256];
        uint64_t index = rule == TRI_SEARCH_RANDOM ? permuted(space->seed, points, at) : at;
        if (!tri_space_design(space, index, &design, why, sizeof why)) {
            found->illegal++;
            continue;
        }
        if (found->legal++ % shards != shard - 1) continue;
        TRI_TRY(take(found, index));
        if (most == 0 || found->legal <= most) found->count++;
    }
    if (found->legal == 0)
        return tri_fail(TRI_E_ARGUMENT, "%s: no legal point among %" PRIu64, space->path, points);
    if (rule == TRI_SEARCH_GUIDED && found->count > TRI_CANDIDATES_GUIDED)
        return tri_fail(TRI_E_ARGUMENT,
                        "%s: guided search: wanted at most %d legal points, got %" PRIu64
                        ": give constraints, shards, or --search random",
                        space->path, TRI_CANDIDATES_GUIDED, found->count);
    return TRI_OK;
}

void tri_candidates_free(struct tri_candidates *found) {
    free(found->index);
    memset(found, 0, sizeof *found);
}
