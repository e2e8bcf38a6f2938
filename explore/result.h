/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep's results: JSON lines, the first a header (version, space, objectives, tools, shard), then
 * one line a point. Appended while the sweep runs, so an interrupted sweep has lost nothing. Read
 * back for resuming, merging, picking and for the report.
 */
#ifndef TRI_RESULT_H
#define TRI_RESULT_H

#include "explore/evaluate.h"

enum { TRI_RESULT_VERSION = 1 };

enum tri_point_state {
    TRI_POINT_DONE,    /* figures hold */
    TRI_POINT_REFUSED, /* breaks a constraint: figures hold, `why` names it */
    TRI_POINT_PRUNED,  /* guided search: cannot be on the front, model figures only */
    TRI_POINT_FAILED,  /* `why` and `log` */
};

struct tri_point {
    uint64_t index; /* in the grid of the space */
    struct tri_design design;
    enum tri_point_state state;
    enum tri_effort effort;
    struct tri_figures figures;
    bool front;       /* not dominated among the done ones; set by tri_result_front */
    double seconds;   /* that its evaluation took */
    char why[256], log[256];
};

struct tri_result {
    struct tri_space space;   /* as the file's header says */
    uint64_t space_hash;      /* of the space file's content */
    struct tri_tool *tools;   /* [tool_count], owned with their strings */
    uint32_t tool_count;
    uint32_t shard, shards;   /* 1 of 1 when whole */
    struct tri_point *points; /* [count], by index */
    uint64_t count;
    double seconds;
    double model_error_median_pct, model_error_worst_pct; /* of simulated points; -1: none */
};

/* Errors: IO, FORMAT (file and line; another version says which). A last line cut short is dropped
 * and counted in *cut. */
enum tri_status tri_result_read(const char *path, struct tri_result *result, uint32_t *cut);
void tri_result_free(struct tri_result *result);

/* Header, then points as they come. Errors: IO (a full disk leaves whole lines). */
enum tri_status tri_result_write_header(FILE *out, const struct tri_result *result);
enum tri_status tri_result_write_point(FILE *out, const struct tri_result *result,
                                       const struct tri_point *point);

/* Marks the points that no other done point beats or equals in all objectives and beats in one. */
void tri_result_front(struct tri_result *result);

/* Joins shards of one space; different spaces, tools or versions are errors that name both.
 * Errors: FORMAT, MEMORY. */
enum tri_status tri_result_merge(const char *const *paths, uint32_t count,
                                 struct tri_result *merged);

/* What the report and CSV need as one JSON document: space, tools, points, front, errors. */
enum tri_status tri_result_json(const struct tri_result *result, json_t **json);

#endif
