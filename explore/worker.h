/* SPDX-License-Identifier: Apache-2.0
 *
 * Worker processes: each evaluates one point and sends it back as one line through its own pipe, so
 * that whatever kills it costs that point alone. Not here: which points (search.c).
 */
#ifndef TRI_WORKER_H
#define TRI_WORKER_H

#include "explore/result.h"

/* What a point's evaluation needs; all of it outlives the workers. */
struct tri_worksite {
    const struct tri_space *space;
    struct tri_evaluator *evaluator;
    struct tri_cache *cache;
};

/* Evaluates `point` (index, design and effort are set) in this process: from the cache, or made and
 * kept there; nobody else makes the same at the same time. Sets all else, also `state`. */
void tri_worksite_make(const struct tri_worksite *work, struct tri_point *point);

/* The same only if the cache holds it; false and unchanged figures otherwise. */
bool tri_worksite_recall(const struct tri_worksite *work, struct tri_point *point);

struct tri_workers; /* opaque */

/* Errors: MEMORY. */
enum tri_status tri_workers_create(const struct tri_worksite *work, uint32_t count,
                                   struct tri_workers **workers);
/* Ends what still runs, with the programs that it started. */
void tri_workers_destroy(struct tri_workers *workers);
/* How many evaluate now. */
uint32_t tri_workers_busy(const struct tri_workers *workers);
/* Whether one evaluates a design of this geometry (tri_design_hash) now. */
bool tri_workers_have(const struct tri_workers *workers, uint64_t geometry);
/* The process of worker `at` (from 0), or 0 while it is free. */
long tri_workers_process(const struct tri_workers *workers, uint32_t at);
/* Has a free worker evaluate a point. Errors: IO (no process, no pipe). */
enum tri_status tri_workers_start(struct tri_workers *workers, const struct tri_point *point);
/* Waits at most `milliseconds` for a point. *got: one came. A worker that died gives its point as
 * failed. Errors: IO. */
enum tri_status tri_workers_wait(struct tri_workers *workers, int milliseconds,
                                 struct tri_point *point, bool *got);

#endif
