/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep: takes points of a space by one of three rules and has worker processes evaluate them.
 * Resumes from what result file and cache hold. Not here: figures (evaluate.h), files (result.h).
 */
#ifndef TRI_SEARCH_H
#define TRI_SEARCH_H

#include "explore/result.h"

enum tri_search_rule {
    TRI_SEARCH_GRID,   /* every legal point in order */
    TRI_SEARCH_RANDOM, /* legal points by the space's seed, none twice */
    TRI_SEARCH_GUIDED, /* by rising rank of the model's front; a point that even its most favourable
                          figures (model less its bounds) leave dominated is pruned */
};

struct tri_search_options {
    enum tri_search_rule rule;
    enum tri_effort effort;       /* of every point */
    enum tri_effort front_effort; /* of the points on the front and of `sample` others at the end */
    uint32_t sample;              /* points simulated to measure the model's error */
    uint32_t workers;             /* processes; 0: one a core */
    uint32_t shard, shards;       /* 1 of 1: all */
    const char *out;              /* result file, appended to when it is of the same space */
    const char *command;          /* kept in it; NULL: none */
    struct tri_cache *cache;      /* the evaluator's */
};

struct tri_search_progress {
    uint64_t done, failed, pruned, total;
    double seconds, seconds_left; /* -1: not known yet */
    const char *doing;            /* "synthesising products b3 128", ... */
};
typedef void (*tri_search_watch)(void *context, const struct tri_search_progress *progress);

/* Runs until done, the budget is spent or *stop is set (by a signal handler); the result file is
 * whole in each case. A worker that dies costs its point, recorded as failed. */
enum tri_status tri_search(const struct tri_space *space, const struct tri_search_options *options,
                           struct tri_evaluator *evaluator, tri_search_watch watch, void *context,
                           const volatile int *stop, struct tri_result *result);

#endif
