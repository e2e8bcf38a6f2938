/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of a sweep on their way: from a queue to workers, from there into result and file, with
 * progress told. Not here: which points (search.c), the rule of guided search (guide.c).
 */
#include "explore/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_MS = 200 };

double tri_sweep_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool interrupted(const struct tri_sweep *sweep) {
    return sweep->stop != NULL && *sweep->stop != 0;
}

bool tri_sweep_out_of_time(const struct tri_sweep *sweep) {
    return sweep->space->budget_minutes > 0 &&
           tri_sweep_now() - sweep->began >= 60 * sweep->space->budget_minutes;
}

static void tell(const struct tri_sweep *sweep) {
    if (sweep->watch == NULL) return;
    double seconds = tri_sweep_now() - sweep->began;
    struct tri_search_progress progress = {
        .done = sweep->settled,
        .failed = sweep->failed,
        .pruned = sweep->pruned,
        .total = sweep->to_settle,
        .seconds = seconds,
        .seconds_left = -1,
        .doing = sweep->doing,
    };
    if (sweep->settled > 0 && sweep->to_settle >= sweep->settled)
        progress.seconds_left =
            seconds / (double)sweep->settled * (double)(sweep->to_settle - sweep->settled);
    sweep->watch(sweep->context, &progress);
}

/* ---- points ---- */

bool tri_sweep_holds(const struct tri_sweep *sweep, const struct tri_point *known,
                     const struct tri_design *design, enum tri_effort effort) {
    if (known == NULL || known->effort < effort) return false;
    if (known->state != TRI_POINT_DONE && known->state != TRI_POINT_REFUSED) return false;
    return known->key == tri_evaluator_key(sweep->site.evaluator, design, known->effort);
}

enum tri_status tri_sweep_record(struct tri_sweep *sweep, struct tri_point *point, bool raising) {
    struct tri_point *known = tri_result_find(sweep->result, point->index);
    sweep->settled++;
    if (point->state == TRI_POINT_FAILED) sweep->failed++;
    if (raising && point->state == TRI_POINT_FAILED && known != NULL) {
        /* What is known of lower effort stays; why it is no more is said. */
        struct tri_point less = *known;
        (void)snprintf(less.why, sizeof less.why, "%.20s: %.220s", tri_effort_name(point->effort),
                       point->why);
        (void)snprintf(less.log, sizeof less.log, "%s", point->log);
        *point = less;
    }
    TRI_TRY(tri_result_add(sweep->result, point));
    TRI_TRY(tri_sweep_file_add(&sweep->file, sweep->result, point));
    tell(sweep);
    return TRI_OK;
}

enum tri_status tri_sweep_prepare(const struct tri_sweep *sweep, uint64_t index,
                                  enum tri_effort effort, struct tri_point *point) {
    char why[256];
    memset(point, 0, sizeof *point);
    point->index = index;
    point->effort = effort;
    if (!tri_space_design(sweep->space, index, &point->design, why, sizeof why))
        return tri_fail(TRI_E_ARGUMENT, "%s: point %" PRIu64 " is not legal: %s",
                        sweep->space->path, index, why);
    return TRI_OK;
}

/* Takes what workers have ready. */
static enum tri_status collect(struct tri_sweep *sweep, bool raising) {
    struct tri_point point;
    bool got;
    TRI_TRY(tri_workers_wait(sweep->workers, TICK_MS, &point, &got));
    if (got) return tri_sweep_record(sweep, &point, raising);
    tell(sweep);
    return TRI_OK;
}

/* Points to evaluate. Those of a geometry that a worker is at are put off: they want the same areas
 * and the same simulator, and would only wait for them. */
struct queue {
    const uint64_t *index;
    uint64_t count, first; /* everything before `first` is taken */
    uint64_t *geometry;    /* [count] */
    bool *taken;           /* [count] */
};

static enum tri_status fill_queue(const struct tri_sweep *sweep, const uint64_t *indices,
                                  uint64_t count, struct queue *queue) {
    struct tri_point point;
    *queue = (struct queue){.index = indices, .count = count};
    queue->geometry = calloc((size_t)count + 1, sizeof *queue->geometry);
    queue->taken = calloc((size_t)count + 1, sizeof *queue->taken);
    if (queue->geometry == NULL || queue->taken == NULL)
        return tri_fail(TRI_E_MEMORY, "search: no memory for a queue");
    for (uint64_t i = 0; i < count; i++) {
        TRI_TRY(tri_sweep_prepare(sweep, indices[i], TRI_EFFORT_MODEL, &point));
        queue->geometry[i] = tri_design_hash(&point.design.geometry);
    }
    return TRI_OK;
}

/* The next point that need not wait for another; false: none now. */
static bool take(const struct tri_sweep *sweep, struct queue *queue, uint64_t *index) {
    while (queue->first < queue->count && queue->taken[queue->first]) queue->first++;
    for (uint64_t i = queue->first; i < queue->count; i++) {
        if (queue->taken[i] || tri_workers_have(sweep->workers, queue->geometry[i])) continue;
        queue->taken[i] = true;
        *index = queue->index[i];
        return true;
    }
    return false;
}

/* One point: it stands in the result, or comes from formulas or the cache, or a worker starts. */
static enum tri_status evaluate_one(struct tri_sweep *sweep, uint64_t index, enum tri_effort effort,
                                    bool raising) {
    struct tri_point point;
    TRI_TRY(tri_sweep_prepare(sweep, index, effort, &point));
    if (tri_sweep_holds(sweep, tri_result_find(sweep->result, index), &point.design, effort)) {
        sweep->settled++;
        return TRI_OK;
    }
    sweep->evaluated++;
    bool here = effort == TRI_EFFORT_MODEL; /* a process would take longer than the formulas */
    if (here) tri_worksite_make(&sweep->site, &point);
    if (here || tri_worksite_recall(&sweep->site, &point))
        return tri_sweep_record(sweep, &point, raising);
    return tri_workers_start(sweep->workers, &point);
}

static enum tri_status run_queue(struct tri_sweep *sweep, struct queue *queue,
                                 enum tri_effort effort, bool raising, bool *all) {
    for (;;) {
        uint64_t index, busy = tri_workers_busy(sweep->workers);
        if (interrupted(sweep)) return tri_fail(TRI_E_INTERRUPTED, "explore: interrupted");
        if (*all && tri_sweep_out_of_time(sweep)) *all = false;
        if (*all && busy < sweep->options->workers && take(sweep, queue, &index))
            TRI_TRY(evaluate_one(sweep, index, effort, raising));
        else if (busy > 0)
            TRI_TRY(collect(sweep, raising));
        else
            return TRI_OK;
    }
}

enum tri_status tri_sweep_evaluate(struct tri_sweep *sweep, const uint64_t *indices, uint64_t count,
                                   enum tri_effort effort, bool raising, bool *all) {
    struct queue queue;
    *all = true;
    enum tri_status status = fill_queue(sweep, indices, count, &queue);
    if (status == TRI_OK) status = run_queue(sweep, &queue, effort, raising, all);
    free(queue.geometry);
    free(queue.taken);
    return status;
}
