/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures of one design under one workload, in steps of rising cost: by formula, by synthesis, by
 * simulation. Each step replaces what the one before estimated and changes the origin. Costly
 * parts go through the cache. Not here: which points deserve it (search.h).
 */
#ifndef TRI_EVALUATE_H
#define TRI_EVALUATE_H

#include "explore/cache.h"
#include "explore/space.h"

enum tri_effort {
    TRI_EFFORT_MODEL,     /* microseconds: cycles, bytes, energy, times by formula; no area */
    TRI_EFFORT_COMPOSED,  /* area as the sum of modules, each synthesised once and kept */
    TRI_EFFORT_SIMULATED, /* and cycles of the workload's commands from the Verilated RTL */
    TRI_EFFORT_FULL,      /* and the whole kernel synthesised, clock routed where a tool can */
};

/* A tool that was looked for: path and version, or the package that brings it. */
struct tri_tool {
    const char *name, *package, *gives; /* "yosys", "yosys", "area" */
    char version[96];                   /* "" if absent */
};

struct tri_evaluator; /* opaque: tools found, folders, cache */

/* `cache` outlives it. Errors: MEMORY, IO. A missing tool is no error: its figures are absent. */
enum tri_status tri_evaluator_create(const struct tri_space *space, struct tri_cache *cache,
                                     struct tri_evaluator **evaluator);
void tri_evaluator_destroy(struct tri_evaluator *evaluator);
const struct tri_tool *tri_evaluator_tools(const struct tri_evaluator *evaluator, uint32_t *count);

/* Hash of all that decides a point's figures at this effort: RTL, contract, geometry, memory,
 * workload, tools' versions. The key under which results are kept. */
uint64_t tri_evaluator_key(const struct tri_evaluator *evaluator, const struct tri_design *design,
                           enum tri_effort effort);

/* Figures of a design. A point that fails (a tool fails, a sum differs) is an error with one line;
 * `log` (a path of `size` bytes) then names the log that is kept, "" if there is none. Safe in
 * several processes at once with one cache. Errors: IO, DEVICE, MEMORY. */
enum tri_status tri_evaluate(struct tri_evaluator *evaluator, const struct tri_design *design,
                             enum tri_effort effort, struct tri_figures *figures, char *log,
                             size_t size);

#endif
