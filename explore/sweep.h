/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep that runs: what the rules of search.c and the queue of sweep.c share. Of no use outside
 * these two.
 */
#ifndef TRI_SWEEP_H
#define TRI_SWEEP_H

#include "explore/candidates.h"
#include "explore/search.h"
#include "explore/sweep_file.h"
#include "explore/worker.h"

struct tri_sweep {
    const struct tri_space *space;
    const struct tri_search_options *options;
    struct tri_worksite site;
    struct tri_workers *workers;
    struct tri_candidates candidates;
    struct tri_result *result;
    struct tri_sweep_file file;
    tri_search_watch watch;
    void *context;
    const volatile int *stop;
    double began;
    uint64_t settled, to_settle; /* of this stage, for the time that is left */
    uint64_t evaluated, failed, pruned;
    const char *doing;
};

double tri_sweep_now(void);
bool tri_sweep_out_of_time(const struct tri_sweep *sweep);

/* Whether the result holds a point that need not be made again: figures of this effort or more, and
 * of sources and tools that are still the same. */
bool tri_sweep_holds(const struct tri_sweep *sweep, const struct tri_point *known,
                     const struct tri_design *design, enum tri_effort effort);

/* A point without figures. Errors: ARGUMENT (it is not legal). */
enum tri_status tri_sweep_prepare(const struct tri_sweep *sweep, uint64_t index,
                                  enum tri_effort effort, struct tri_point *point);

/* Takes a point into result and file. raising: it is there with lower effort, and if it has failed
 * now, that stays. Errors: IO, MEMORY. */
enum tri_status tri_sweep_record(struct tri_sweep *sweep, struct tri_point *point, bool raising);

/* Evaluates points. Ends early, without an error, when the time is spent: *all is then false.
 * Errors: INTERRUPTED, IO, MEMORY. */
enum tri_status tri_sweep_evaluate(struct tri_sweep *sweep, const uint64_t *indices, uint64_t count,
                                   enum tri_effort effort, bool raising, bool *all);

#endif
