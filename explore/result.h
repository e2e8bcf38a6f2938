/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep's results: JSON lines, the first a header (version, space, objectives, tools, shard),
 * then one line a point. Appended while the sweep runs, so an interrupted sweep has lost nothing.
 * Read back for resuming, merging, picking and for the report.
 */
#ifndef TRI_RESULT_H
#define TRI_RESULT_H

#include "explore/evaluate.h"

enum { TRI_RESULT_VERSION = 1, TRI_RESULT_DIGITS = 12 /* of numbers in files */ };

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
    bool front;     /* not dominated among the done ones; set by tri_result_front */
    double seconds; /* that its evaluation took, when it was made */
    uint64_t key;   /* tri_evaluator_key at its effort: another key means it must be made anew */
    char why[256], log[256];
};

/* What ended a sweep before all that it was to do was done. */
enum tri_cut {
    TRI_CUT_NONE,
    TRI_CUT_POINTS, /* the budget of points */
    TRI_CUT_MINUTES,
    TRI_CUT_INTERRUPTION,
    TRI_CUT_FAILURE, /* of the sweep, a full disk for example; not of a point */
    TRI_CUT_SHARDS,  /* joined without all shards */
    TRI_CUTS,
};
struct tri_unfinished {
    enum tri_cut by;
    uint64_t not_evaluated; /* legal points (of the shard) without figures of the effort wanted */
    uint64_t not_raised;    /* points on the front without those of the front's effort */
};

struct tri_result {
    struct tri_space space; /* as the file's header says */
    uint64_t space_hash;    /* of all that the space says but its path and budget */
    struct tri_tool *tools; /* [tool_count], owned with their strings */
    uint32_t tool_count;
    uint32_t shard, shards;   /* 1 of 1 when whole */
    char command[256];        /* that made it; "" if unknown */
    struct tri_point *points; /* [count], by index */
    uint64_t count;
    double seconds;
    struct tri_unfinished unfinished; /* of the sweep that wrote it last */
    double model_error_median_pct,
        model_error_worst_pct; /* of the points' figure model_error; -1: none */
};

/* Errors: IO, FORMAT (file and line; another version says which). A last line cut short is dropped
 * and counted in *cut. A point that stands in the file twice is as it stands last. The front is
 * marked. *result is the caller's, freed by tri_result_free even after an error. */
enum tri_status tri_result_read(const char *path, struct tri_result *result, uint32_t *cut);
void tri_result_free(struct tri_result *result);

/* A result without points of a space, which is copied. Errors: MEMORY. */
enum tri_status tri_result_create(const struct tri_space *space, struct tri_result *result);
/* Adds a point, or replaces the one of the same index. Errors: MEMORY. */
enum tri_status tri_result_add(struct tri_result *result, const struct tri_point *point);
/* NULL if there is none. Valid until the next tri_result_add. */
struct tri_point *tri_result_find(const struct tri_result *result, uint64_t index);

/* Says in `text`, one sentence, what a sweep was cut by and how many points it left out. False and
 * "": it was not cut. */
bool tri_result_unfinished(const struct tri_result *result, char *text, size_t size);

/* Header, then points as they come, then how the sweep ended: its seconds, and what it left out
 * where it was cut. `path` is for messages. Errors:
 * IO (a full disk leaves whole lines). */
enum tri_status tri_result_write_header(FILE *out, const char *path,
                                        const struct tri_result *result);
enum tri_status tri_result_write_point(FILE *out, const char *path, const struct tri_result *result,
                                       const struct tri_point *point);
enum tri_status tri_result_write_end(FILE *out, const char *path, const struct tri_result *result);
/* A whole file: header, points by index, end; there at once or not at all. Errors: IO. */
enum tri_status tri_result_write(const char *path, const struct tri_result *result);

/* Marks the points that no other done point beats or equals in all objectives and beats in one, and
 * sums up the model's error. Errors: MEMORY. */
enum tri_status tri_result_front(struct tri_result *result);

/* Whether figures `a` are at least as good as `b` in every objective; *better: and better in one.
 * An absent figure is worse than any. */
bool tri_dominates(const struct tri_space *space, const struct tri_figures *a,
                   const struct tri_figures *b, bool *better);

/* Where no point met the constraints: says in `why` which one, which pair or which few refused all
 * that did not fail. False: some point met them, or there is none. */
bool tri_result_blame(const struct tri_result *result, char *why, size_t size);

const char *tri_point_state_name(enum tri_point_state state); /* "done", ... */

const char *tri_effort_name(enum tri_effort effort); /* "model", ... */
const char *const *tri_effort_names(void);           /* all four, by their numbers */

/* Joins shards of one space; different spaces, tools or versions are errors that name both, and so
 * are shards of different cuts. A point in several is as it is at the highest effort. *merged is
 * the caller's, freed by tri_result_free even after an error. Errors: IO, FORMAT, MEMORY. */
enum tri_status tri_result_merge(const char *const *paths, uint32_t count,
                                 struct tri_result *merged);

/* What the report, tools/explore_plot.py and CSV need as one JSON document (REPORT reads exactly
 * this): "tritium_explore": 1, "shard": [1, 1], "seconds", "command": "tritium explore run ..." or
 * absent, "unfinished": {"by": "points|minutes|interruption|failure|shards", "not_evaluated",
 * "not_raised", "text"} or null, "model_error": {"median_pct", "worst_pct"} or null, "figures":
 * [{"name", "unit", "better": "smaller|larger|neither", "meaning"}] in figure.h's order, "space":
 * {"name", "path", "hash", "parameters": [{"name", "values"}], "constraints": [text], "objectives":
 * [{"figure", "better"}], "part": {"name", "family", every number by its name}, "workload": {...},
 * "host":
 * {...}} with the members of space.h by their names, "tools": [{"name", "version", "package",
 * "gives"}], "points": [{"index", "state": "done|refused|pruned|failed", "effort": "composed",
 * "front": bool, "seconds", "why", "log", "wall": "memory", "design": {"name", "clock_mhz",
 * "geometry": {...encoding as b2/b3}, "memory": {...}}, "parameters": {"geometry.ports": 4, ...}
 * the values of the space's own parameters, "figures": {"lut": [8128, "synthesised"], ...} absent
 * ones left out, "prefill_counters", "decode_counters": {"active", "steps", "wait_command",
 *       "wait_activations", "wait_results", "wait_weights"} or null when only modelled}] */
enum tri_status tri_result_json(const struct tri_result *result, json_t **json);

/* Parts of that document, and back. `where` ("file:line") starts messages. A result file's first
 * line is the document without points, figures and sums; each further line is a point. */
json_t *tri_space_to_json(const struct tri_space *space);
enum tri_status tri_space_from_json(const json_t *json, const char *where, struct tri_space *space);
json_t *tri_design_to_json(const struct tri_design *design);
enum tri_status tri_design_from_json(const json_t *json, const char *where,
                                     struct tri_design *design);
json_t *tri_point_to_json(const struct tri_space *space, const struct tri_point *point);
enum tri_status tri_point_from_json(const json_t *json, const char *where, struct tri_point *point);
json_t *tri_tools_to_json(const struct tri_tool *tools, uint32_t count);
json_t *tri_unfinished_to_json(const struct tri_result *result); /* null: it was not cut */
enum tri_status tri_unfinished_from_json(const json_t *json, const char *where,
                                         struct tri_unfinished *unfinished);
/* Of all that the space says but its path and budget. */
uint64_t tri_space_hash(const struct tri_space *space);

#endif
