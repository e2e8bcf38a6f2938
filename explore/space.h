/* SPDX-License-Identifier: Apache-2.0
 *
 * A design space read from one YAML file: a base design, parameters with their values, constraints,
 * part, workload, host, objectives and budget. Every key is checked: an error names file, line and
 * the nearest known key. Not here: figures of a point (evaluate.h), which points are taken
 * (search.h).
 */
#ifndef TRI_SPACE_H
#define TRI_SPACE_H

#include <stddef.h>
#include <stdio.h>

#include "base/design.h"
#include "explore/figure.h"

enum {
    TRI_SPACE_PARAMETERS = 16, /* at most */
    TRI_SPACE_VALUES = 64,     /* of one parameter */
    TRI_SPACE_OBJECTIVES = 6,
    TRI_SPACE_CONSTRAINTS = 32, /* a set of them is 32 bits */
    TRI_SPACE_POINTS = 100000,  /* of the full grid */
};

/* Names as in a design file: "geometry.ports", "memory.latency", "clock_mhz". A value is kept as
 * the number it is; encodings as enum tri_encoding. */
struct tri_space_parameter {
    char name[40];
    double values[TRI_SPACE_VALUES];
    uint32_t count;
    uint32_t line;
};

/* What the chip has; 0: not stated, and a constraint that uses it is an error. */
struct tri_space_part {
    char name[32];   /* "xck26" */
    char family[16]; /* "xcup", "ecp5", "ice40", "osu018" */
    double lut, ff, ram_kbit, dsp, gates, bandwidth_gb_s;
    double idle_watts;                                   /* board without work */
    double pj_per_mac, pj_per_dram_bit, pj_per_sram_bit; /* 0: the model's own for the family */
};

/* The whole model's products, what a user does with it, and who does the rest. */
struct tri_space_workload {
    char shape[32];          /* a name of ref/shape.h: "2b4t" */
    uint32_t prompt, tokens; /* of each sequence: prompt tokens, generated tokens */
    uint32_t batch;          /* sequences in one decode step */
};
struct tri_space_host {
    char name[32];
    double ms_per_token;      /* norms, attention, activation: one token of one sequence */
    double head_ms_per_token; /* output head and sampling */
    double prefill_ms_per_token;
    double launch_us;         /* of one list of commands */
    uint32_t lists_per_token; /* lists started for one decode step */
    double overlap;           /* 0..1: part of the host's time hidden behind the accelerator */
};

struct tri_space_objective {
    enum tri_figure_id figure;
    enum tri_better better; /* direction; the figure's own unless the file says otherwise */
};

/* Comparisons of design keys, figures, part.X and workload.X, kept as text, checked at reading. */
struct tri_expression;
struct tri_space_constraint {
    char text[160];
    uint32_t line;
    bool early;                        /* uses no figure, so it is decided without evaluation */
    uint64_t uses;                     /* the names in it, for explore/space*.c */
    struct tri_expression *expression; /* owned; NULL: understood at each use. No thread may
                                          share it */
};

struct tri_space {
    char name[64], path[256];
    struct tri_design base;
    struct tri_space_parameter parameters[TRI_SPACE_PARAMETERS];
    uint32_t parameter_count;
    struct tri_space_constraint *constraints;
    uint32_t constraint_count;
    struct tri_space_part part;
    struct tri_space_workload workload;
    struct tri_space_host host;
    struct tri_space_objective objectives[TRI_SPACE_OBJECTIVES];
    uint32_t objective_count;
    uint32_t budget_points; /* 0: no limit */
    double budget_minutes;  /* 0: no limit */
    uint64_t seed;
};

/* Reads and checks a space; *space is the caller's, freed by tri_space_free even after an error.
 * Errors: IO, FORMAT ("file:line: ..."), also for a space in which no point is legal (says which
 * rule or which pair of constraints excludes all). */
enum tri_status tri_space_read(const char *path, struct tri_space *space);
/* The same from an open stream, which stays open; `name` stands for the path in messages and in
 * space->path. With tri_space_print a space travels in a result file. */
enum tri_status tri_space_read_stream(FILE *stream, const char *name, struct tri_space *space);
/* Prints the whole space as YAML that tri_space_read accepts again: the base design with every
 * value, lists instead of ranges, all numbers of the part. The same space, the same points. */
void tri_space_print(const struct tri_space *space, FILE *out);
/* A space of its own with the same content (a plain assignment shares the constraints). *copy is
 * the caller's even after an error. Errors: MEMORY, FORMAT. */
enum tri_status tri_space_copy(const struct tri_space *space, struct tri_space *copy);
void tri_space_free(struct tri_space *space);

/* Points of the full grid: the product of the counts, at most TRI_SPACE_POINTS. Parameters stand in
 * the order of a design file's keys, whatever the order in the space file; the last runs fastest.
 */
uint64_t tri_space_points(const struct tri_space *space);

/* A parameter's value as a space or design file says it: "4", "b3", "kv260". 32 bytes are enough.
 */
void tri_space_value(const char *name, double value, char *out, size_t size);
/* A design's value of a key by its name ("geometry.ports"); NaN if there is none of that name. */
double tri_space_design_value(const struct tri_design *design, const char *name);

/* The design of point `index`, named SPACE_INDEX. Keys that the base design leaves to its memory
 * profile follow the point's clock, width of a beat and profile. False: it breaks a rule of
 * geometry or an early constraint; `why` (of `size` bytes) says which. */
bool tri_space_design(const struct tri_space *space, uint64_t index, struct tri_design *design,
                      char *why, size_t size);

/* Whether the point's figures meet all constraints; false: `why` names the first that fails with
 * its values. A constraint over an absent figure counts as met and is named in `why`. */
bool tri_space_meets(const struct tri_space *space, const struct tri_design *design,
                     const struct tri_figures *figures, char *why, size_t size);

/* The constraints that a point fails, bit i for constraint i; `figures` may be NULL: early ones
 * only. */
uint32_t tri_space_failing(const struct tri_space *space, const struct tri_design *design,
                           const struct tri_figures *figures);
/* After a sweep in which no point met all constraints: from failing[count], one value of
 * tri_space_failing a point, says in `why` which single constraint, which pair or which few refused
 * every one. False: some point meets all, or count is 0. */
bool tri_space_blame(const struct tri_space *space, const uint32_t *failing, uint64_t count,
                     char *why, size_t size);

#endif
