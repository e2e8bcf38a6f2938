/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention of one token over the KV cache, in the order of rule R6: all scores, maximum,
 * exponentials, 16-lane sum, then the values in order of position. No online softmax.
 */
#include "ref/numerics.h"
#include "ref/session.h"

void tri_attention(const struct tri_session *session, uint32_t layer, uint32_t position,
                   const float *q, float *scores, float *out) {
    const struct tri_config *c = &session->model->config;
    const uint32_t dim = c->head_dim, share = c->heads / c->kv_heads;
    const size_t width = (size_t)c->kv_heads * dim;
    const float scale = tri_attention_scale(dim);
    const float *keys = session->keys + tri_session_kv_row(session, layer, 0);
    const float *values = session->values + tri_session_kv_row(session, layer, 0);

    for (uint32_t head = 0; head < c->heads; head++) {
        const size_t kv = (size_t)(head / share) * dim; /* heads share a key head in turn */
        const float *query = q + (size_t)head * dim;
        float *o = out + (size_t)head * dim;
        for (uint32_t p = 0; p <= position; p++) {
            scores[p] = tri_dot(query, keys + p * width + kv, dim) * scale;
        }
        tri_softmax(scores, (size_t)position + 1);
        for (uint32_t i = 0; i < dim; i++) o[i] = 0.0f;
        for (uint32_t p = 0; p <= position; p++) {
            const float *v = values + p * width + kv;
            for (uint32_t i = 0; i < dim; i++) o[i] = o[i] + scores[p] * v[i];
        }
    }
}
