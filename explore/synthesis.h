/* SPDX-License-Identifier: Apache-2.0
 *
 * Area of a geometry by tools/synthesis.py and what it runs: added up from parts that are kept, or
 * of the whole kernel. Not here: what counts as a LUT (tools/synthesis_yosys.py).
 */
#ifndef TRI_EXPLORE_SYNTHESIS_H
#define TRI_EXPLORE_SYNTHESIS_H

#include "base/design.h"
#include "explore/cache.h"
#include "explore/figure.h"

enum tri_synthesis_step {
    TRI_SYNTHESIS_COMPOSED, /* lut, ff, ram_kbit, dsp; osu018: gates and ram_kbit */
    TRI_SYNTHESIS_WHOLE,    /* the same */
    TRI_SYNTHESIS_CLOCK     /* clock_mhz: ecp5 routed, osu018 of mapped cells */
};

struct tri_synthesis {
    struct tri_cache *cache;
    const char *root, *folder;   /* of the repository and the cache, absolute */
    const char *family, *python; /* of the part; path */
    uint64_t hash;               /* of sources and tools */
};

/* Sets the figures of a step. `log` (of `size` bytes) names the log of a failure. Errors: IO,
 * DEVICE, TIMEOUT, MEMORY. */
enum tri_status tri_synthesis(const struct tri_synthesis *synthesis,
                              const struct tri_geometry *geometry, enum tri_synthesis_step step,
                              struct tri_figures *figures, char *log, size_t size);

#endif
