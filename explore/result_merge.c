/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins the results of shards into one. What must be equal is compared first; a point that several
 * files hold is taken from the one that did most for it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explore/candidates.h"
#include "explore/result.h"

/* Whether a point is worth more than the one of another file: done before failed, then effort. */
static bool worth_more(const struct tri_point *a, const struct tri_point *b) {
    bool a_holds = a->state == TRI_POINT_DONE || a->state == TRI_POINT_REFUSED;
    bool b_holds = b->state == TRI_POINT_DONE || b->state == TRI_POINT_REFUSED;
    if (a_holds != b_holds) return a_holds;
    return a->effort > b->effort;
}

static enum tri_status same_tools(const struct tri_result *first, const char *first_path,
                                  const struct tri_result *next, const char *path) {
    for (uint32_t i = 0; i < first->tool_count || i < next->tool_count; i++) {
        const struct tri_tool none = {"nothing", "", "", ""};
        const struct tri_tool *a = i < first->tool_count ? &first->tools[i] : &none;
        const struct tri_tool *b = i < next->tool_count ? &next->tools[i] : &none;
        if (strcmp(a->name, b->name) == 0 && strcmp(a->version, b->version) == 0) continue;
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted the tools of %s, %s '%s', got %s '%s': results of different "
                        "tools do not compare",
                        path, first_path, a->name, a->version, b->name, b->version);
    }
    return TRI_OK;
}

static enum tri_status same_sweep(const struct tri_result *first, const char *first_path,
                                  const struct tri_result *next, const char *path) {
    if (first->space_hash != next->space_hash)
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted the space of %s, '%s' with hash %016" PRIx64 ", got '%s' with "
                        "hash %016" PRIx64,
                        path, first_path, first->space.name, first->space_hash, next->space.name,
                        next->space_hash);
    if (first->shards != next->shards)
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted a shard of %" PRIu32 " like %s, got one of %" PRIu32, path,
                        first->shards, first_path, next->shards);
    return same_tools(first, first_path, next, path);
}

static enum tri_status take_points(const struct tri_result *from, struct tri_result *merged) {
    for (uint64_t i = 0; i < from->count; i++) {
        const struct tri_point *known = tri_result_find(merged, from->points[i].index);
        if (known != NULL && !worth_more(&from->points[i], known)) continue;
        TRI_TRY(tri_result_add(merged, &from->points[i]));
    }
    merged->seconds += from->seconds;
    return TRI_OK;
}

/* One of the shards that were joined: of two files of it, the one that left out less. */
struct part {
    uint32_t shard;
    struct tri_unfinished unfinished;
};

static uint32_t take_part(struct part *parts, uint32_t used, const struct tri_result *from) {
    const struct part part = {from->shard, from->unfinished};
    for (uint32_t i = 0; i < used; i++) {
        if (parts[i].shard != part.shard) continue;
        if (part.unfinished.not_evaluated < parts[i].unfinished.not_evaluated) parts[i] = part;
        return used;
    }
    parts[used] = part;
    return used + 1;
}

/* What all shards left out, and the legal points of those that are not there. Each shard has
 * counted its own front: one that another shard's points beat is counted too. */
static enum tri_status sum_up(const struct part *parts, uint32_t used, struct tri_result *merged) {
    struct tri_unfinished *u = &merged->unfinished;
    const uint32_t shards = merged->shards;
    *u = (struct tri_unfinished){TRI_CUT_NONE, 0, 0};
    for (uint32_t i = 0; i < used; i++) {
        if (u->by == TRI_CUT_NONE) u->by = parts[i].unfinished.by;
        u->not_evaluated += parts[i].unfinished.not_evaluated;
        u->not_raised += parts[i].unfinished.not_raised;
    }
    if (used == shards) return TRI_OK;
    struct tri_candidates found;
    enum tri_status status = tri_candidates_find(&merged->space, TRI_SEARCH_GRID, 1, 1, &found);
    uint64_t missing = found.legal;
    for (uint32_t i = 0; i < used; i++) /* each N-th legal point, from the I-th */
        missing -= found.legal / shards + (parts[i].shard - 1 < found.legal % shards);
    tri_candidates_free(&found);
    u->not_evaluated += missing;
    if (missing > 0) u->by = TRI_CUT_SHARDS;
    return status;
}

enum tri_status tri_result_merge(const char *const *paths, uint32_t count,
                                 struct tri_result *merged) {
    uint32_t cut;
    memset(merged, 0, sizeof *merged);
    if (count == 0) return tri_fail(TRI_E_ARGUMENT, "merge: wanted result files, got none");
    TRI_TRY(tri_result_read(paths[0], merged, &cut));
    struct part *parts = calloc(count, sizeof *parts);
    if (parts == NULL) return tri_fail(TRI_E_MEMORY, "merge: no memory for %" PRIu32, count);
    uint32_t used = take_part(parts, 0, merged);
    enum tri_status status = TRI_OK;
    for (uint32_t i = 1; i < count && status == TRI_OK; i++) {
        struct tri_result next;
        status = tri_result_read(paths[i], &next, &cut);
        if (status == TRI_OK) status = same_sweep(merged, paths[0], &next, paths[i]);
        if (status == TRI_OK) status = take_points(&next, merged);
        if (status == TRI_OK) used = take_part(parts, used, &next);
        tri_result_free(&next);
    }
    if (status == TRI_OK) status = sum_up(parts, used, merged);
    free(parts);
    TRI_TRY(status);
    merged->shard = merged->shards = 1;
    return tri_result_front(merged);
}
