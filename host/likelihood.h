/* SPDX-License-Identifier: Apache-2.0
 *
 * Log-probabilities of given tokens, with what two texts share computed once: the ground of
 * `perplexity` and `score`. Does not know text.
 */
#ifndef TRI_HOST_LIKELIHOOD_H
#define TRI_HOST_LIKELIHOOD_H

#include "host/engine.h"

struct tri_likelihood {
    struct tri_engine *engine; /* started */
    uint32_t *cached;          /* [count]: the tokens in the session's cache */
    uint32_t count, room;
    float *logits;   /* [64][vocab] */
    uint64_t tokens; /* run through the model so far */
};

/* Errors: MEMORY. Free also after a failure. */
enum tri_status tri_likelihood_create(struct tri_engine *engine, uint32_t positions,
                                      struct tri_likelihood *likelihood);
void tri_likelihood_free(struct tri_likelihood *likelihood);

/* ids [count]: a text, whose last `last` tokens are judged, each given all before it; 0 < last <
 * count <= positions + 1. logs: [last] natural logarithms. *greedy (may be NULL): each of them was
 * the likeliest. Errors: those of tri_engine_run, FORMAT (a logit is not finite). */
enum tri_status tri_likelihood_run(struct tri_likelihood *likelihood, const uint32_t *ids,
                                   uint32_t count, uint32_t last, double *logs, bool *greedy);

/* The natural logarithm of softmax(logits)[id]; logits: [vocab]. *likeliest: no logit is higher,
 * and none of a lower id as high. NaN if a logit is not finite. */
double tri_log_softmax(const float *logits, uint32_t vocab, uint32_t id, bool *likeliest);

#endif
