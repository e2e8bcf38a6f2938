/* SPDX-License-Identifier: Apache-2.0
 *
 * The ternary matrices packed for this processor, and their products with int8 codes: sums exact
 * for every input. Packed once when a model is opened; the model's own bytes are not used after.
 */
#ifndef TRI_CPU_PRODUCT_H
#define TRI_CPU_PRODUCT_H

#include "cpu/isa.h"
#include "cpu/pool.h"
#include "ref/model.h"

enum tri_packing {
    TRI_PACKING_B2, /* four weights a byte */
    TRI_PACKING_B3, /* five weights a byte */
};

struct tri_packed; /* all layers of a model */

/* Errors: MEMORY (says how much was needed), FORMAT (a code that stands for nothing; names the
 * tensor), UNSUPPORTED. */
enum tri_status tri_packed_create(const struct tri_model *model, enum tri_packing packing,
                                  enum tri_isa isa, struct tri_pool *pool,
                                  struct tri_packed **packed);
void tri_packed_destroy(struct tri_packed *packed);         /* NULL is fine */
uint64_t tri_packed_bytes(const struct tri_packed *packed); /* of weights, as streamed by a token */

/* sums[t][m] = sum over k of weight[m][k] * codes[t][k] for a group of a layer. codes:
 * [tokens][cols], sums: [tokens][rows of the group]; any number of tokens. Uses pool for rows and
 * tokens. Cannot fail; scratch belongs to packed, so one call at a time. A pool with more threads
 * than the one it was packed with is not used. */
void tri_packed_product(struct tri_packed *packed, struct tri_pool *pool, uint32_t layer,
                        enum tri_group group, uint32_t tokens, const int8_t *codes, int32_t *sums);

#endif
