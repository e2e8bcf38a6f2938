/* SPDX-License-Identifier: Apache-2.0
 *
 * What a session holds: the KV cache of one text and the scratch rows of one block of tokens.
 * Private to ref/; others use forward.h.
 */
#ifndef TRI_SESSION_H
#define TRI_SESSION_H

#include <stddef.h>

#include "ref/forward.h"

/* Tokens that pass through the layers together. Only a matter of scratch size: results do not
 * depend on it. */
enum { TRI_BLOCK = 64 };

struct tri_session {
    const struct tri_model *model;
    uint32_t positions; /* room */
    uint32_t length;    /* tokens in the cache */
    float *keys;        /* [layers][positions][kv_heads * head_dim], rotated */
    float *values;      /* [layers][positions][kv_heads * head_dim] */

    float *stream;        /* [TRI_BLOCK][hidden]: the residual stream */
    float *row;           /* [max(hidden, heads * head_dim, ffn)]: a normed row */
    float *q;             /* [TRI_BLOCK][heads * head_dim] */
    float *attention;     /* [heads * head_dim]: the heads' outputs side by side */
    float *weights;       /* [hidden]: a row of the output head */
    float *scores;        /* [positions] */
    float *cosine, *sine; /* [TRI_BLOCK][head_dim / 2] */
    float *gate, *up;     /* [ffn] */
    float *scale;         /* [TRI_BLOCK]: the quantiser's s of each token */
    int8_t *codes;        /* [TRI_BLOCK][as row] */
    int32_t *sums;        /* [TRI_BLOCK][largest number of rows of a group] */
};

/* The cached row of a position. */
static inline size_t tri_session_kv_row(const struct tri_session *session, uint32_t layer,
                                        uint32_t position) {
    const struct tri_config *c = &session->model->config;
    size_t width = (size_t)c->kv_heads * c->head_dim;
    return ((size_t)layer * session->positions + position) * width;
}

/* One query row against the cache of a layer, positions 0..position. q, out: [heads * head_dim] */
void tri_attention(const struct tri_session *session, uint32_t layer, uint32_t position,
                   const float *q, float *scores, float *out);

#endif
