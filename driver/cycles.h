/* SPDX-License-Identifier: Apache-2.0
 *
 * How many cycles a command list takes, by formula: from a design's geometry, its memory and the
 * shapes of the products. For choosing designs, where simulating each would take too long; the
 * formula and how far it is off are in docs/accelerator.md. Simulates nothing.
 */
#ifndef TRI_CYCLES_H
#define TRI_CYCLES_H

#include "base/design.h"

struct tri_cycles_product {
    uint32_t rows, cols; /* M and K */
    uint32_t tokens;     /* any number: cut into commands of at most t_max, as the driver does */
};

/* Cycles from the doorbell of a list of `count` products to its end (counter cycles_active).
 * Random stalls are not in it. */
double tri_cycles_list(const struct tri_design *design, const struct tri_cycles_product *products,
                       uint32_t count);

/* What no list of these products can go below, each summed over them: steps of the array, and
 * cycles in which the ports move the weights. */
void tri_cycles_bounds(const struct tri_design *design, const struct tri_cycles_product *products,
                       uint32_t count, double *steps, double *weights);

#endif
