/* SPDX-License-Identifier: Apache-2.0
 *
 * From logits to the next token: greedy, or seeded sampling with temperature, top-k, top-p, min-p
 * and repetition penalty. The same seed gives the same tokens on every machine.
 */
#ifndef TRI_SAMPLER_H
#define TRI_SAMPLER_H

#include <stdint.h>

#include "base/status.h"

struct tri_sampling {
    float temperature;        /* 0: greedy */
    uint32_t top_k;           /* 0: all */
    float top_p;              /* 1: all */
    float min_p;              /* 0: all */
    float repetition_penalty; /* 1: none; as in transformers: over prompt and reply */
    uint64_t seed;
};

struct tri_sampler;

/* Errors: ARGUMENT (names the option, wanted, got), MEMORY. */
enum tri_status tri_sampler_create(const struct tri_sampling *sampling, uint32_t vocab,
                                   struct tri_sampler **sampler);
void tri_sampler_destroy(struct tri_sampler *sampler);

/* Tells the sampler a token of the text (for the repetition penalty): prompt and reply alike. */
void tri_sampler_accept(struct tri_sampler *sampler, uint32_t id);

/* Chooses from logits [vocab] (not modified). Ties go to the lowest id. Errors: FORMAT when a logit
 * is not finite. */
enum tri_status tri_sampler_next(struct tri_sampler *sampler, const float *logits, uint32_t *id);

#endif
