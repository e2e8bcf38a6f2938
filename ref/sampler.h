/* SPDX-License-Identifier: Apache-2.0
 *
 * From logits to the next token: greedy, or seeded sampling with temperature, top-k, top-p, min-p
 * and repetition penalty. The same seed gives the same tokens on every machine.
 */
#ifndef TRI_SAMPLER_H
#define TRI_SAMPLER_H

#include <stdbool.h>
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

/* The same choice from the few largest logits, for a head that does not compute them all
 * (cpu/head.h). A score is a logit after the penalty; a weight is e^((score - best) / T). */

struct tri_logit {
    uint32_t id;
    float value;
};

/* Which ids the choice depends on: those among the `count` largest scores and no more than `below`
 * under the best (infinity: any). */
struct tri_sampler_need {
    uint32_t count;
    float below;
    bool mass; /* and a bound on the weights of all others together */
    float temperature;
};
void tri_sampler_needs(const struct tri_sampler *sampler, struct tri_sampler_need *need);

/* Grows with the logit, so that it maps bounds of logits to bounds of scores. */
float tri_sampler_score(const struct tri_sampler *sampler, uint32_t id, float logit);
/* [vocab]: 1 where the score is not the logit; NULL where it always is. */
const unsigned char *tri_sampler_penalised(const struct tri_sampler *sampler);
uint32_t tri_sampler_vocab(const struct tri_sampler *sampler);
/* The largest factor by which the penalty can make a logit larger in magnitude. */
float tri_sampler_growth(const struct tri_sampler *sampler);
/* Not less than the weight of any score up to this one. */
double tri_sampler_weight_at_most(const struct tri_sampler *sampler, float best, float score);

/* What is known of the ids that were not found. All of them are finite and rank after all found. */
struct tri_rest {
    float score; /* none is higher */
    double mass; /* their weights add up to no more; infinity: not known */
};

/* The token that tri_sampler_next would choose, if what was found decides it; else *decided is
 * false, the sampler is as before, and the caller finds more (or all: found [vocab] always
 * decides). found: [count], count >= 1, any order, each id once. Errors: FORMAT as above. */
enum tri_status tri_sampler_next_of(struct tri_sampler *sampler, const struct tri_logit *found,
                                    uint32_t count, struct tri_rest rest, uint32_t *id,
                                    bool *decided);

#endif
