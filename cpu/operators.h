/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators of ref/numerics.h, ref/rope.h and ref/attention.c vectorised in the reference's
 * fixed order: same arguments, same bits, for each instruction set. The definition is there, not
 * here.
 */
#ifndef TRI_CPU_OPERATORS_H
#define TRI_CPU_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/isa.h"

/* Arguments as in ref/numerics.h and ref/rope.h; pointers of any alignment that suits the type.
 * Where the reference gives a NaN, so does each of these, of any payload. */
struct tri_operators {
    float (*dot)(const float *a, const float *b, size_t n);
    float (*dot_bf16)(const float *x, const uint16_t *w, size_t n);
    float (*dot_f16)(const float *x, const uint16_t *w, size_t n); /* w: half floats */
    bool (*norm)(const float *x, const float *weight, float eps, size_t n, float *out);
    bool (*quantise)(const float *x, size_t n, int8_t *codes, float *s);
    void (*dequantise)(const int32_t *sums, float s, float weight_scale, size_t n, float *y);
    void (*dequantise_dividing)(const int32_t *sums, float s, float weight_scale, size_t n,
                                float *y);
    void (*relu2)(const float *gate, const float *up, size_t n, float *out);
    void (*silu)(const float *gate, const float *up, size_t n, float *out);
    void (*add)(float *x, const float *y, size_t n); /* x = x + y */
    void (*softmax)(float *x, size_t n);
    void (*rotate)(float *x, const float *cosine, const float *sine, uint32_t half);
    /* `heads` query heads that share one key head, one token: scores over keys 0 .. count - 1,
     * softmax, values in order of position. q, out: [heads][dim]; keys, values: rows `stride`
     * floats apart; scores: scratch [heads][count rounded up to 16]. count is at least 1. */
    void (*attention)(const float *q, uint32_t heads, uint32_t dim, const float *keys,
                      const float *values, size_t stride, uint32_t count, float *scores,
                      float *out);
};

/* The table for an instruction set that is here (tri_isa_here). */
const struct tri_operators *tri_operators(enum tri_isa isa);

#endif
