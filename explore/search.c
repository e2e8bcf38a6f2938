/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a sweep: all candidates in order, or those that the guide asks for; then what is on
 * the front is raised to a higher effort until the front stands. Not here: the bounds of guided
 * search (guide.c), how a point is evaluated and kept (sweep.c).
 */
#include "explore/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/guide.h"
#include "explore/sweep.h"

/* Of guided search: learnt from after all have come, so that neither the number of workers nor
 * their speed decides what is evaluated. */
enum { BATCH = 4 };

/* ---- guided ---- */

struct prediction {
    struct tri_design *designs;
    struct tri_figures *figures;
};

/* What is known of each candidate before it is evaluated: formulas, and areas composed of modules
 * where the evaluation itself does more than compose. */
static enum tri_status predict(struct tri_sweep *sweep, struct prediction *prediction) {
    const struct tri_candidates *candidates = &sweep->candidates;
    bool all = true;
    prediction->designs = calloc((size_t)candidates->count + 1, sizeof *prediction->designs);
    prediction->figures = calloc((size_t)candidates->count + 1, sizeof *prediction->figures);
    if (prediction->designs == NULL || prediction->figures == NULL)
        return tri_fail(TRI_E_MEMORY, "search: no memory for a guided search");
    sweep->doing = "composing";
    sweep->to_settle = candidates->count;
    if (sweep->options->effort > TRI_EFFORT_COMPOSED)
        TRI_TRY(tri_sweep_evaluate(sweep, candidates->index, candidates->count, TRI_EFFORT_COMPOSED,
                                   false, &all));
    sweep->settled = sweep->evaluated = 0;
    for (uint64_t i = 0; i < candidates->count; i++) {
        struct tri_point point;
        char log[256];
        TRI_TRY(tri_sweep_prepare(sweep, candidates->index[i], TRI_EFFORT_MODEL, &point));
        prediction->designs[i] = point.design;
        /* From the cache, since a sweep that is taken up again already knows more in its result. */
        point.effort = TRI_EFFORT_COMPOSED;
        if (sweep->options->effort > TRI_EFFORT_COMPOSED &&
            tri_worksite_recall(&sweep->site, &point))
            prediction->figures[i] = point.figures;
        else
            TRI_TRY(tri_evaluate(sweep->site.evaluator, &point.design, TRI_EFFORT_MODEL,
                                 &prediction->figures[i], log, sizeof log));
    }
    return TRI_OK;
}

/* One batch: chosen, evaluated, learnt from in the order of choice. *some: there was one. */
static enum tri_status guided_batch(struct tri_sweep *sweep, struct tri_guide *guide, uint64_t most,
                                    bool *some) {
    uint64_t at[BATCH], indices[BATCH], count = 0;
    bool all;
    while (count < BATCH && count < most && tri_guide_next(guide, &at[count])) {
        indices[count] = sweep->candidates.index[at[count]];
        count++;
    }
    *some = count > 0;
    TRI_TRY(tri_sweep_evaluate(sweep, indices, count, sweep->options->effort, false, &all));
    for (uint64_t i = 0; i < count; i++) {
        const struct tri_point *point = tri_result_find(sweep->result, indices[i]);
        bool holds_figures = point != NULL && point->effort >= sweep->options->effort &&
                             (point->state == TRI_POINT_DONE || point->state == TRI_POINT_REFUSED);
        if (point == NULL || !all) *some = false;
        TRI_TRY(tri_guide_learn(guide, at[i], holds_figures ? &point->figures : NULL,
                                holds_figures && point->state == TRI_POINT_DONE));
    }
    return TRI_OK;
}

/* Pruned points are recorded with what is known of them. */
static enum tri_status record_pruned(struct tri_sweep *sweep, const struct tri_guide *guide,
                                     const struct prediction *prediction) {
    for (uint64_t i = 0; i < sweep->candidates.count; i++) {
        struct tri_point point;
        uint64_t by;
        if (!tri_guide_pruned(guide, i, &by)) continue;
        enum tri_effort effort =
            sweep->options->effort > TRI_EFFORT_COMPOSED ? TRI_EFFORT_COMPOSED : TRI_EFFORT_MODEL;
        TRI_TRY(tri_sweep_prepare(sweep, sweep->candidates.index[i], effort, &point));
        sweep->pruned++;
        if (tri_sweep_holds(sweep, tri_result_find(sweep->result, point.index), &point.design,
                            sweep->options->effort))
            continue; /* an earlier sweep into this file did evaluate it */
        point.state = TRI_POINT_PRUNED;
        point.figures = prediction->figures[i];
        point.key = tri_evaluator_key(sweep->site.evaluator, &point.design, effort);
        (void)snprintf(
            point.why, sizeof point.why,
            "even its most favourable figures are no better than those of point %" PRIu64,
            sweep->candidates.index[by]);
        TRI_TRY(tri_sweep_record(sweep, &point, false));
    }
    return TRI_OK;
}

static enum tri_status search_guided(struct tri_sweep *sweep) {
    struct prediction prediction = {NULL, NULL};
    struct tri_guide *guide = NULL;
    uint64_t most = sweep->space->budget_points == 0
                        ? UINT64_MAX
                        : (sweep->space->budget_points - 1) / sweep->options->shards + 1;
    uint64_t chosen = 0;
    bool some = true;
    enum tri_status status = predict(sweep, &prediction);
    if (status == TRI_OK)
        status = tri_guide_create(sweep->space, prediction.designs, prediction.figures,
                                  sweep->candidates.count, &guide);
    sweep->doing = "evaluating";
    while (status == TRI_OK && some && chosen < most && !tri_sweep_out_of_time(sweep)) {
        status = guided_batch(sweep, guide, most - chosen, &some);
        chosen += BATCH;
    }
    if (status == TRI_OK) tri_guide_end(guide);
    if (status == TRI_OK) status = record_pruned(sweep, guide, &prediction);
    tri_guide_destroy(guide);
    free(prediction.designs);
    free(prediction.figures);
    return status;
}

/* ---- the front at a higher effort ---- */

/* Points off the front that are simulated to measure the formulas: the same on every machine. */
static bool sampled(const struct tri_sweep *sweep, uint64_t index) {
    uint64_t words[2] = {sweep->space->seed, index};
    uint64_t draw = tri_hash_bytes(TRI_HASH_START, words, sizeof words) % 1000003;
    double share =
        (double)sweep->options->sample / (double)(sweep->candidates.count * sweep->options->shards);
    return (double)draw < share * 1000003;
}

static bool to_raise(const struct tri_sweep *sweep, const struct tri_point *point, bool sample) {
    if (point->state != TRI_POINT_DONE || point->effort >= sweep->options->front_effort)
        return false;
    /* Tried before: its reason stands at the point. */
    if (strncmp(point->why, tri_effort_name(sweep->options->front_effort),
                strlen(tri_effort_name(sweep->options->front_effort))) == 0)
        return false;
    return point->front || (sample && sampled(sweep, point->index));
}

static enum tri_status raise_front(struct tri_sweep *sweep) {
    bool all = true, more = true, sample = true;
    sweep->doing = "raising the front";
    for (int round = 0; more && all && round < 1000; round++) {
        TRI_TRY(tri_result_front(sweep->result));
        uint64_t *indices = calloc((size_t)sweep->result->count + 1, sizeof *indices), count = 0;
        if (indices == NULL) return tri_fail(TRI_E_MEMORY, "search: no memory");
        for (uint64_t i = 0; i < sweep->result->count; i++)
            if (to_raise(sweep, &sweep->result->points[i], sample))
                indices[count++] = sweep->result->points[i].index;
        sweep->to_settle += count;
        enum tri_status status =
            tri_sweep_evaluate(sweep, indices, count, sweep->options->front_effort, true, &all);
        free(indices);
        TRI_TRY(status);
        more = count > 0;
        sample = false;
    }
    return TRI_OK;
}

/* ---- what is left ---- */

/* Whether this sweep's rule needs to do no more for a point than the result holds. One that failed
 * is counted as failed. */
static bool is_settled(const struct tri_sweep *sweep, uint64_t index) {
    const struct tri_point *known = tri_result_find(sweep->result, index);
    struct tri_point point;
    if (known == NULL) return false;
    if (known->state == TRI_POINT_FAILED) return true;
    if (known->state == TRI_POINT_PRUNED) return sweep->options->rule == TRI_SEARCH_GUIDED;
    return tri_sweep_prepare(sweep, index, TRI_EFFORT_MODEL, &point) == TRI_OK &&
           tri_sweep_holds(sweep, known, &point.design, sweep->options->effort);
}

/* After the front is marked. status: what the sweep ended with. */
static void count_unfinished(struct tri_sweep *sweep, enum tri_status status) {
    struct tri_unfinished *u = &sweep->result->unfinished;
    uint64_t within = 0; /* the budget of points */
    *u = (struct tri_unfinished){TRI_CUT_NONE, 0, 0};
    for (uint64_t i = 0; i < sweep->candidates.here; i++) {
        const bool open = !is_settled(sweep, sweep->candidates.index[i]);
        u->not_evaluated += open;
        within += open && i < sweep->candidates.count;
    }
    for (uint64_t i = 0; i < sweep->result->count; i++)
        u->not_raised += to_raise(sweep, &sweep->result->points[i], false);
    const bool time = tri_sweep_out_of_time(sweep) && within + u->not_raised > 0;
    if (u->not_evaluated + u->not_raised == 0) return;
    u->by = status == TRI_E_INTERRUPTED ? TRI_CUT_INTERRUPTION
            : status != TRI_OK          ? TRI_CUT_FAILURE
            : time                      ? TRI_CUT_MINUTES
                                        : TRI_CUT_POINTS;
}

/* ---- the whole ---- */

static char *copy_text(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy != NULL) memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static enum tri_status note_tools(struct tri_sweep *sweep) {
    uint32_t count;
    const struct tri_tool *tools = tri_evaluator_tools(sweep->site.evaluator, &count);
    struct tri_result *result = sweep->result;
    result->tools = calloc((size_t)count + 1, sizeof *result->tools);
    for (uint32_t i = 0; result->tools != NULL && i < count; i++) {
        result->tools[i].name = copy_text(tools[i].name);
        result->tools[i].package = copy_text(tools[i].package);
        result->tools[i].gives = copy_text(tools[i].gives);
        (void)snprintf(result->tools[i].version, sizeof result->tools[i].version, "%s",
                       tools[i].version);
        result->tool_count = i + 1;
        if (result->tools[i].name == NULL || result->tools[i].package == NULL ||
            result->tools[i].gives == NULL)
            return tri_fail(TRI_E_MEMORY, "search: no memory");
    }
    if (result->tools == NULL) return tri_fail(TRI_E_MEMORY, "search: no memory");
    return TRI_OK;
}

static enum tri_status run(struct tri_sweep *sweep) {
    const struct tri_search_options *options = sweep->options;
    bool all;
    sweep->to_settle = sweep->candidates.count;
    sweep->doing = "evaluating";
    if (options->rule == TRI_SEARCH_GUIDED)
        TRI_TRY(search_guided(sweep));
    else
        TRI_TRY(tri_sweep_evaluate(sweep, sweep->candidates.index, sweep->candidates.count,
                                   options->effort, false, &all));
    return raise_front(sweep);
}

static enum tri_status open_and_run(struct tri_sweep *sweep) {
    TRI_TRY(tri_result_create(sweep->space, sweep->result));
    sweep->result->shard = sweep->options->shard;
    sweep->result->shards = sweep->options->shards;
    (void)snprintf(sweep->result->command, sizeof sweep->result->command, "%s",
                   sweep->options->command == NULL ? "" : sweep->options->command);
    TRI_TRY(note_tools(sweep));
    TRI_TRY(tri_candidates_find(sweep->space, sweep->options->rule, sweep->options->shard,
                                sweep->options->shards, &sweep->candidates));
    TRI_TRY(tri_workers_create(&sweep->site, sweep->options->workers, &sweep->workers));
    TRI_TRY(tri_sweep_file_open(sweep->options->out, sweep->result, &sweep->file));
    enum tri_status status = run(sweep);
    /* Interrupted or not, what was found stands in the file in order; an error is kept over one of
     * this. */
    char why[4096];
    (void)snprintf(why, sizeof why, "%s", status == TRI_OK ? "" : tri_error());
    sweep->result->seconds += tri_sweep_now() - sweep->began;
    enum tri_status marked = tri_result_front(sweep->result);
    count_unfinished(sweep, status);
    if (marked == TRI_OK) marked = tri_sweep_file_finish(&sweep->file, sweep->result);
    return status == TRI_OK ? marked : tri_fail(status, "%s", why);
}

enum tri_status tri_search(const struct tri_space *space, const struct tri_search_options *options,
                           struct tri_evaluator *evaluator, tri_search_watch watch, void *context,
                           const volatile int *stop, struct tri_result *result) {
    struct tri_search_options effective = *options;
    struct tri_sweep sweep;
    memset(result, 0, sizeof *result);
    memset(&sweep, 0, sizeof sweep);
    if (options->shard < 1 || options->shard > options->shards)
        return tri_fail(TRI_E_ARGUMENT,
                        "search: wanted a shard 1/N to N/N, got %" PRIu32 "/%" PRIu32,
                        options->shard, options->shards);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (effective.workers == 0) effective.workers = cores > 0 ? (uint32_t)cores : 1;
    if (effective.front_effort < effective.effort) effective.front_effort = effective.effort;
    sweep.space = space;
    sweep.options = &effective;
    sweep.site = (struct tri_worksite){space, evaluator, options->cache};
    sweep.result = result;
    sweep.watch = watch;
    sweep.context = context;
    sweep.stop = stop;
    sweep.began = tri_sweep_now();
    enum tri_status status = open_and_run(&sweep);
    tri_workers_destroy(sweep.workers);
    tri_sweep_file_close(&sweep.file);
    tri_candidates_free(&sweep.candidates);
    return status;
}
