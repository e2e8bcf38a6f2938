/* SPDX-License-Identifier: Apache-2.0
 *
 * Creates and destroys sessions. No arithmetic.
 */
#include "ref/session.h"

#include <inttypes.h>
#include <stdlib.h>

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* malloc of rows * cols * bytes, or NULL if the product overflows. */
static void *rows_of(size_t rows, size_t cols, size_t bytes) {
    size_t count;
    if (__builtin_mul_overflow(rows, cols, &count)) return NULL;
    if (__builtin_mul_overflow(count, bytes, &count)) return NULL;
    return malloc(count);
}

enum tri_status tri_session_create(const struct tri_model *model, uint32_t positions,
                                   struct tri_session **session) {
    *session = NULL;
    const struct tri_config *c = &model->config;
    if (positions > c->context) {
        return tri_fail(TRI_E_ARGUMENT, "positions, wanted at most %" PRIu32 ", got %" PRIu32,
                        c->context, positions);
    }
    if (positions == 0) positions = c->context;
    struct tri_session *s = calloc(1, sizeof *s);
    if (s == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for a session");
    s->model = model;
    s->positions = positions;

    const uint32_t wide = c->heads * c->head_dim;
    uint32_t widest = larger(larger(c->hidden, wide), c->ffn), rows = 0;
    for (int group = 0; group < TRI_GROUPS; group++) {
        rows = larger(rows, tri_group_rows(model, (enum tri_group)group));
    }
    size_t kv = (size_t)c->kv_heads * c->head_dim, cached = (size_t)c->layers * positions;
    s->keys = rows_of(cached, kv, sizeof(float));
    s->values = rows_of(cached, kv, sizeof(float));
    s->stream = rows_of(TRI_BLOCK, c->hidden, sizeof(float));
    s->row = rows_of(1, widest, sizeof(float));
    s->q = rows_of(TRI_BLOCK, wide, sizeof(float));
    s->attention = rows_of(1, wide, sizeof(float));
    s->weights = rows_of(1, c->hidden, sizeof(float));
    s->scores = rows_of(1, positions, sizeof(float));
    s->cosine = rows_of(TRI_BLOCK, c->head_dim / 2, sizeof(float));
    s->sine = rows_of(TRI_BLOCK, c->head_dim / 2, sizeof(float));
    s->gate = rows_of(1, c->ffn, sizeof(float));
    s->up = rows_of(1, c->ffn, sizeof(float));
    s->scale = rows_of(1, TRI_BLOCK, sizeof(float));
    s->codes = rows_of(TRI_BLOCK, widest, sizeof(int8_t));
    s->sums = rows_of(TRI_BLOCK, rows, sizeof(int32_t));
    if (!s->keys || !s->values || !s->stream || !s->row || !s->q || !s->attention || !s->weights ||
        !s->scores || !s->cosine || !s->sine || !s->gate || !s->up || !s->scale || !s->codes ||
        !s->sums) {
        tri_session_destroy(s);
        return tri_fail(TRI_E_MEMORY, "out of memory for a session of %" PRIu32 " positions",
                        positions);
    }
    *session = s;
    return TRI_OK;
}

void tri_session_destroy(struct tri_session *session) {
    if (session == NULL) return;
    free(session->keys);
    free(session->values);
    free(session->stream);
    free(session->row);
    free(session->q);
    free(session->attention);
    free(session->weights);
    free(session->scores);
    free(session->cosine);
    free(session->sine);
    free(session->gate);
    free(session->up);
    free(session->scale);
    free(session->codes);
    free(session->sums);
    free(session);
}

uint32_t tri_session_length(const struct tri_session *session) { return session->length; }

void tri_session_rewind(struct tri_session *session, uint32_t length) {
    if (length < session->length) session->length = length;
}
