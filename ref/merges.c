/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table from pairs of tokens to what they become, and a heap of the pairs of a piece, so
 * that a piece of a megabyte is no trouble. Not here: what a token is (vocabulary.h).
 */
#include "ref/merges.h"

#include <stdlib.h>

#define NO_PAIR UINT32_MAX /* as a rank */

struct tri_merge {
    uint32_t left, right;
    uint32_t rank; /* NO_PAIR: the slot is free */
    uint32_t id;   /* what the pair becomes */
};

static uint32_t hash_of(uint32_t left, uint32_t right) {
    uint64_t hash = ((uint64_t)left << 32 | right) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32 ^ hash >> 12);
}

static const struct tri_merge *find(const struct tri_merges *merges, uint32_t left,
                                    uint32_t right) {
    static const struct tri_merge none = {0, 0, NO_PAIR, 0};
    if (merges->slot_count == 0) return &none;
    uint32_t mask = merges->slot_count - 1;
    for (uint32_t i = hash_of(left, right) & mask;; i = (i + 1) & mask) {
        const struct tri_merge *slot = &merges->slots[i];
        if (slot->rank == NO_PAIR || (slot->left == left && slot->right == right)) return slot;
    }
}

static void insert(struct tri_merge *slots, uint32_t slot_count, struct tri_merge merge) {
    uint32_t mask = slot_count - 1;
    uint32_t i = hash_of(merge.left, merge.right) & mask;
    while (slots[i].rank != NO_PAIR) i = (i + 1) & mask;
    slots[i] = merge;
}

/* At most half of the slots are used: most searches are for pairs that are not there. */
static bool reserve(struct tri_merges *merges) {
    if (merges->slots_used < merges->slot_count / 2) return true;
    if (merges->slot_count > UINT32_MAX / 4) return false;
    uint32_t count = merges->slot_count == 0 ? 1024 : merges->slot_count * 2;
    struct tri_merge *slots = malloc(count * sizeof *slots);
    if (slots == NULL) return false;
    for (uint32_t i = 0; i < count; i++) slots[i] = (struct tri_merge){0, 0, NO_PAIR, 0};
    for (uint32_t i = 0; i < merges->slot_count; i++) {
        if (merges->slots[i].rank != NO_PAIR) insert(slots, count, merges->slots[i]);
    }
    free(merges->slots);
    merges->slots = slots;
    merges->slot_count = count;
    return true;
}

enum tri_merge_added tri_merges_add(struct tri_merges *merges, uint32_t left, uint32_t right,
                                    uint32_t rank, uint32_t id) {
    if (find(merges, left, right)->rank != NO_PAIR) return TRI_MERGE_TWICE;
    if (!reserve(merges)) return TRI_MERGE_NO_MEMORY;
    insert(merges->slots, merges->slot_count, (struct tri_merge){left, right, rank, id});
    merges->slots_used++;
    return TRI_MERGE_ADDED;
}

void tri_merges_free(struct tri_merges *merges) {
    free(merges->slots);
    *merges = (struct tri_merges){0};
}

static int compare_pairs(const void *left, const void *right) {
    const struct tri_pair *a = left, *b = right;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->left != b->left) return a->left < b->left ? -1 : 1;
    return (a->right > b->right) - (a->right < b->right);
}

bool tri_merges_list(const struct tri_merges *merges, struct tri_pair **pairs) {
    size_t count = 0;
    *pairs = malloc(((size_t)merges->slots_used + 1) * sizeof **pairs);
    if (*pairs == NULL) return false;
    for (uint32_t i = 0; i < merges->slot_count; i++) {
        const struct tri_merge *slot = &merges->slots[i];
        if (slot->rank == NO_PAIR) continue;
        (*pairs)[count++] = (struct tri_pair){slot->rank, slot->left, slot->right, slot->id};
    }
    if (count > 0) qsort(*pairs, count, sizeof **pairs, compare_pairs);
    return true;
}

/* A token of the piece, in a doubly linked list whose ends are NO_PART. */
struct tri_part {
    uint32_t id;
    uint32_t rank; /* of the pair it forms with the next part; NO_PAIR if none, or if it is gone */
    uint32_t into; /* the token that pair becomes */
    uint32_t previous, next;
};
#define NO_PART UINT32_MAX

/* A binary heap of pairs, lowest rank first and leftmost first among equal ranks: rank << 32 |
 * part. An entry whose part has another rank by now is stale and skipped when it surfaces. */
struct heap {
    uint64_t *entry;
    size_t count;
};

static void heap_push(struct heap *heap, uint64_t entry) {
    size_t i = heap->count++;
    while (i > 0 && heap->entry[(i - 1) / 2] > entry) {
        heap->entry[i] = heap->entry[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->entry[i] = entry;
}

static uint64_t heap_pop(struct heap *heap) {
    uint64_t top = heap->entry[0];
    uint64_t last = heap->entry[--heap->count];
    size_t i = 0;
    for (size_t child = 1; child < heap->count; child = 2 * i + 1) {
        if (child + 1 < heap->count && heap->entry[child + 1] < heap->entry[child]) child++;
        if (last <= heap->entry[child]) break;
        heap->entry[i] = heap->entry[child];
        i = child;
    }
    heap->entry[i] = last;
    return top;
}

static void rank_part(const struct tri_merges *merges, struct heap *heap, struct tri_part *parts,
                      uint32_t part) {
    parts[part].rank = NO_PAIR;
    if (parts[part].next == NO_PART) return;
    const struct tri_merge *merge = find(merges, parts[part].id, parts[parts[part].next].id);
    if (merge->rank == NO_PAIR) return;
    parts[part].rank = merge->rank;
    parts[part].into = merge->id;
    heap_push(heap, (uint64_t)merge->rank << 32 | part);
}

static size_t merge_parts(const struct tri_merges *merges, struct tri_merge_scratch *scratch,
                          uint32_t *ids, uint32_t count) {
    struct tri_part *parts = scratch->parts;
    struct heap heap = {scratch->heap, 0};
    for (uint32_t i = 0; i < count; i++) {
        parts[i].id = ids[i];
        parts[i].previous = i > 0 ? i - 1 : NO_PART;
        parts[i].next = i + 1 < count ? i + 1 : NO_PART;
    }
    for (uint32_t i = 0; i < count; i++) rank_part(merges, &heap, parts, i);
    while (heap.count > 0) {
        uint64_t entry = heap_pop(&heap);
        uint32_t left = (uint32_t)entry;
        if (parts[left].rank != (uint32_t)(entry >> 32)) continue;
        uint32_t right = parts[left].next;
        parts[left].id = parts[left].into;
        parts[left].next = parts[right].next;
        parts[right].rank = NO_PAIR;
        if (parts[left].next != NO_PART) parts[parts[left].next].previous = left;
        rank_part(merges, &heap, parts, left);
        if (parts[left].previous != NO_PART) rank_part(merges, &heap, parts, parts[left].previous);
    }
    size_t merged = 0;
    for (uint32_t i = 0; i != NO_PART; i = parts[i].next) ids[merged++] = parts[i].id;
    return merged;
}

static enum tri_status reserve_scratch(struct tri_merge_scratch *scratch, size_t count) {
    if (count <= scratch->room) return TRI_OK;
    if (count >= UINT32_MAX || count > SIZE_MAX / 64) {
        return tri_fail(TRI_E_MEMORY, "merging: wanted pieces below 2^32 - 1 bytes, got %zu",
                        count);
    }
    tri_merge_scratch_free(scratch);
    if (count < 256) count = 256; /* most pieces are short: reserve once for all of them */
    scratch->parts = malloc(count * sizeof *scratch->parts);
    /* One entry for each pair, and each merge takes one out and puts at most two in. */
    scratch->heap = malloc(2 * count * sizeof *scratch->heap);
    if (scratch->parts == NULL || scratch->heap == NULL) {
        tri_merge_scratch_free(scratch);
        return tri_fail(TRI_E_MEMORY, "merging a piece of %zu bytes: out of memory", count);
    }
    scratch->room = count;
    return TRI_OK;
}

void tri_merge_scratch_free(struct tri_merge_scratch *scratch) {
    free(scratch->parts);
    free(scratch->heap);
    *scratch = (struct tri_merge_scratch){0};
}

enum tri_status tri_merge(const struct tri_merges *merges, struct tri_merge_scratch *scratch,
                          uint32_t *ids, size_t count, size_t *merged) {
    if (count < 2) {
        *merged = count;
        return TRI_OK;
    }
    TRI_TRY(reserve_scratch(scratch, count));
    *merged = merge_parts(merges, scratch, ids, (uint32_t)count);
    return TRI_OK;
}
