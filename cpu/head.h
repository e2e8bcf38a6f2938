/* SPDX-License-Identifier: Apache-2.0
 *
 * The output head without reading all of it: a narrow copy of the rows screens the vocabulary with
 * a rigorous error bound for each row, and only rows that can still matter are computed exactly, in
 * the reference's definition. What it returns is the reference's, whatever the data. Not here:
 * choosing a token (ref/sampler.h).
 */
#ifndef TRI_CPU_HEAD_H
#define TRI_CPU_HEAD_H

#include "cpu/operators.h"
#include "cpu/pool.h"
#include "ref/model.h"
#include "ref/sampler.h"

struct tri_head;

struct tri_head_counts {   /* of the last call */
    uint64_t bytes;        /* read of weights, in all steps */
    uint32_t survivors[5]; /* rows left after each step of screening, and at last */
    uint32_t exact;        /* rows computed exactly */
};

/* Makes the narrow rows (read once from the model's own). model and pool must outlive it.
 * Errors: MEMORY (says how much), FORMAT (a row that is not finite). */
enum tri_status tri_head_create(const struct tri_model *model, enum tri_isa isa,
                                struct tri_pool *pool, struct tri_head **head);
void tri_head_destroy(struct tri_head *head);         /* NULL is fine */
uint64_t tri_head_bytes(const struct tri_head *head); /* of the narrow rows */
/* Bytes that tri_head_create will take: narrow rows and what one state needs. */
uint64_t tri_head_wants(const struct tri_config *config);

/* All logits, exact. x: [hidden], after the final norm; logits: [vocab]. Errors: FORMAT (a logit
 * that is not finite: names the row). */
enum tri_status tri_head_all(struct tri_head *head, const float *x, float *logits);

/* The token that tri_sampler_next would choose from all logits, and the sampler left as that would
 * leave it. Errors: as tri_head_all and tri_sampler_next. */
enum tri_status tri_head_next(struct tri_head *head, struct tri_sampler *sampler, const float *x,
                              uint32_t *id);

/* The same for several texts that share the passes over the weights. samplers, x, ids: [count]. */
enum tri_status tri_head_next_each(struct tri_head *head, uint32_t count,
                                   struct tri_sampler *const *samplers, const float *const *x,
                                   uint32_t *ids);

void tri_head_counted(const struct tri_head *head, struct tri_head_counts *counts);

#endif
