/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators in plain C: the reference's own functions, and in its order the few that it has
 * inside of larger ones.
 */
#include "cpu/operators_private.h"
#include "ref/numerics.h"
#include "ref/rope.h"

/* A row of half floats 16 at a time, so that lanes stay lanes. */
static float dot_f16(const float *x, const uint16_t *w, size_t n) {
    float lane[TRI_LANES] = {0}, ones[TRI_LANES];
    for (size_t i = 0; i < n; i++) {
        lane[i % TRI_LANES] = lane[i % TRI_LANES] + x[i] * tri_f16_to_float(w[i]);
    }
    for (size_t l = 0; l < TRI_LANES; l++) ones[l] = 1.0f;
    return tri_dot(lane, ones, TRI_LANES); /* the tree: 0 + lane * 1 is lane */
}

static void add(float *x, const float *y, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = x[i] + y[i];
}

static void attention(const float *q, uint32_t heads, uint32_t dim, const float *keys,
                      const float *values, size_t stride, uint32_t count, float *scores,
                      float *out) {
    const float scale = tri_attention_scale(dim);
    for (uint32_t head = 0; head < heads; head++) {
        const float *query = q + (size_t)head * dim;
        float *o = out + (size_t)head * dim;
        for (uint32_t p = 0; p < count; p++) {
            scores[p] = tri_dot(query, keys + p * stride, dim) * scale;
        }
        tri_softmax(scores, count);
        for (uint32_t i = 0; i < dim; i++) o[i] = 0.0f;
        for (uint32_t p = 0; p < count; p++) {
            const float *v = values + p * stride;
            for (uint32_t i = 0; i < dim; i++) o[i] = o[i] + scores[p] * v[i];
        }
    }
}

const struct tri_operators tri_operators_portable = {
    .dot = tri_dot,
    .dot_bf16 = tri_dot_bf16,
    .dot_f16 = dot_f16,
    .norm = tri_norm,
    .quantise = tri_quantise,
    .dequantise = tri_dequantise,
    .dequantise_dividing = tri_dequantise_dividing,
    .relu2 = tri_relu2,
    .silu = tri_silu,
    .add = add,
    .softmax = tri_softmax,
    .rotate = tri_rope_rotate,
    .attention = attention,
};
