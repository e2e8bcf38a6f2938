/* SPDX-License-Identifier: Apache-2.0
 *
 * Cycles of a workload's products from the Verilated RTL of the point's geometry, every sum
 * compared with the formula. Large workloads are represented: docs/exploring.md says how. Not here:
 * the formula for cycles (driver/cycles.h).
 */
#ifndef TRI_EXPLORE_SIMULATE_H
#define TRI_EXPLORE_SIMULATE_H

#include "explore/cache.h"
#include "explore/model.h"

struct tri_simulate {
    struct tri_cache *cache;
    const char *root, *folder; /* of the repository and the cache, absolute */
    uint64_t hash;             /* of sources and tools */
};

/* Sets prefill_cycles, decode_cycles, model_error and the counters. `log` (of `size` bytes) names
 * the log of a build that failed. Errors: IO, DEVICE, MISMATCH (a sum differs), TIMEOUT, MEMORY. */
enum tri_status tri_simulate_cycles(const struct tri_simulate *simulate,
                                    const struct tri_design *design, const struct tri_work *work,
                                    struct tri_figures *figures, char *log, size_t size);

/* The simulator of a geometry, built if it is not there. path: of `size` bytes. Errors: as above.
 */
enum tri_status tri_simulate_library(const struct tri_simulate *simulate,
                                     const struct tri_design *design, char *path, size_t size,
                                     char *log, size_t log_size);

/* What is simulated of one list: all of it, or fewer rows and tokens, so that neither simulated
 * cycles nor multiplications go beyond a bound. */
struct tri_cycles_product tri_simulate_part(const struct tri_design *design,
                                            struct tri_cycles_product whole);

#endif
