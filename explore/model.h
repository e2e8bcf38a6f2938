/* SPDX-License-Identifier: Apache-2.0
 *
 * A workload's products on a design, and figures by formula: cycles, bytes, times and energy. What
 * is derived from cycles and clock is derived here whether these were modelled or measured. Runs no
 * tool; area is not here.
 */
#ifndef TRI_EXPLORE_MODEL_H
#define TRI_EXPLORE_MODEL_H

#include "driver/cycles.h"
#include "explore/space.h"
#include "ref/model.h"

/* The products of one layer, each a list of its own because its activations come from the host. */
struct tri_work {
    uint32_t layers;
    struct {
        uint32_t rows, cols;
    } product[TRI_GROUPS];
    uint32_t decode_tokens; /* vectors of one decode step: the batch */
    uint32_t prompts, prompt_tokens;
};

/* Errors: ARGUMENT (unknown shape; no prompt, batch or too many of them; a row longer than the
 * design's k_max, with both). */
enum tri_status tri_work_of(const struct tri_space *space, const struct tri_design *design,
                            struct tri_work *work);

/* Cycles of all layers by driver/cycles.h: one decode step, and all prompts. */
double tri_work_decode_cycles(const struct tri_work *work, const struct tri_design *design);
double tri_work_prefill_cycles(const struct tri_work *work, const struct tri_design *design);

/* All figures that need no tool, the others absent. Errors: those of tri_work_of. */
enum tri_status tri_model_figures(const struct tri_space *space, const struct tri_design *design,
                                  struct tri_figures *figures);

/* Times, rates, use, energy, wall and LUTs a MAC anew from cycles, clock and area in *figures. A
 * time of the accelerator has the origin of its cycles; what a host's part is in is modelled. */
void tri_model_derive(const struct tri_space *space, const struct tri_design *design,
                      const struct tri_work *work, struct tri_figures *figures);

#endif
