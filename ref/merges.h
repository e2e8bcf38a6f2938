/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte-pair merging: which two neighbouring tokens become one, in which order, and doing so to a
 * piece of text. Not here: cutting text into pieces (pretokenizer.h).
 */
#ifndef TRI_MERGES_H
#define TRI_MERGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tri_merges {
    struct tri_merge *slots; /* [slot_count], a power of two; linear probing */
    uint32_t slot_count, slots_used;
};

enum tri_merge_added { TRI_MERGE_ADDED, TRI_MERGE_TWICE, TRI_MERGE_NO_MEMORY };

/* An all-zero set is empty. Tokens `left` and `right` side by side become `id`, lowest rank first.
 */
enum tri_merge_added tri_merges_add(struct tri_merges *merges, uint32_t left, uint32_t right,
                                    uint32_t rank, uint32_t id);
void tri_merges_free(struct tri_merges *merges);

/* All pairs in the order of their ranks, then of their ids. *pairs is allocated,
 * [merges->slots_used]; the caller frees it. Returns false when out of memory. */
struct tri_pair {
    uint32_t rank, left, right, id;
};
bool tri_merges_list(const struct tri_merges *merges, struct tri_pair **pairs);

/* Room for the merging of one piece, kept from piece to piece. All-zero to begin with. */
struct tri_merge_scratch {
    struct tri_part *parts; /* [room] */
    uint64_t *heap;         /* [room] */
    size_t room;
};
void tri_merge_scratch_free(struct tri_merge_scratch *scratch);

/* Merges ids [count] in place until no neighbours are a pair: always the pair of the lowest rank,
 * leftmost first. *merged: how many are left. Time O(count log count). Errors: MEMORY. */
enum tri_status tri_merge(const struct tri_merges *merges, struct tri_merge_scratch *scratch,
                          uint32_t *ids, size_t count, size_t *merged);

#endif
