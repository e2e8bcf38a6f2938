/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers, one after the other, for a block of tokens. Reads like the formulas of the model; the
 * operators are in numerics.h, rope.h and attention.c.
 */
#include "ref/forward.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ref/numerics.h"
#include "ref/rope.h"
#include "ref/session.h"

enum tri_status tri_product_ref(void *context, uint32_t layer, enum tri_group group,
                                uint32_t tokens, const int8_t *codes, int32_t *sums) {
    const struct tri_model *model = context;
    const uint32_t rows = tri_group_rows(model, group), cols = tri_group_cols(model, group);
    int8_t *weights = malloc(cols);
    if (weights == NULL) return tri_fail(TRI_E_MEMORY, "product: out of memory");
    enum tri_status status = TRI_OK;
    for (uint32_t row = 0; row < rows && status == TRI_OK; row++) {
        status = tri_group_row(model, layer, group, row, weights);
        for (uint32_t t = 0; t < tokens; t++) {
            const int8_t *x = codes + (size_t)t * cols;
            int32_t sum = 0;
            for (uint32_t k = 0; k < cols; k++) sum += weights[k] * x[k];
            sums[(size_t)t * rows + row] = sum;
        }
    }
    free(weights);
    if (status == TRI_OK) status = tri_model_intact(model);
    return status;
}

/* A block of tokens on its way through the layers. */
struct block {
    struct tri_session *session;
    uint32_t first; /* position of its first token */
    uint32_t tokens;
    tri_product product;
    void *context;
};

static enum tri_status not_finite(const char *what, uint32_t layer, uint32_t position) {
    return tri_fail(TRI_E_FORMAT,
                    "model: layer %" PRIu32 ", %s, position %" PRIu32
                    ": wanted finite numbers, got an infinity or NaN",
                    layer, what, position);
}

/* codes of token t = quantised norm of x, or quantised x where weight is NULL. Writes
 * session->codes and session->scale. */
static enum tri_status norm_and_quantise(const struct block *b, uint32_t t, uint32_t layer,
                                         const char *what, const float *x, const float *weight,
                                         uint32_t n) {
    struct tri_session *s = b->session;
    int8_t *codes = s->codes + (size_t)t * n;
    bool finite = true;
    if (weight != NULL) {
        finite = tri_norm(x, weight, s->model->config.eps, n, s->row);
        x = s->row;
    }
    if (finite) finite = tri_quantise(x, n, codes, &s->scale[t]);
    return finite ? TRI_OK : not_finite(what, layer, b->first + t);
}

/* One matrix of the group just multiplied, as floats. first: its first row in the group. */
static void dequantise(const struct block *b, uint32_t t, uint32_t layer, enum tri_matrix which,
                       uint32_t first, uint32_t group_rows, float *y) {
    const struct tri_session *s = b->session;
    const struct tri_ternary *matrix = &s->model->layers[layer].matrix[which];
    const int32_t *sums = s->sums + (size_t)t * group_rows + first;
    if (matrix->divides)
        tri_dequantise_dividing(sums, s->scale[t], matrix->scale, matrix->rows, y);
    else
        tri_dequantise(sums, s->scale[t], matrix->scale, matrix->rows, y);
}

/* x = x + BitLinear_o(norm(attention(rope(q), rope(k), v))), q|k|v = BitLinear(norm(x)) */
static enum tri_status attention_half(const struct block *b, uint32_t layer) {
    struct tri_session *s = b->session;
    const struct tri_config *c = &s->model->config;
    const struct tri_layer *l = &s->model->layers[layer];
    const uint32_t hidden = c->hidden, half = c->head_dim / 2;
    const uint32_t wide = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;

    for (uint32_t t = 0; t < b->tokens; t++) {
        TRI_TRY(norm_and_quantise(b, t, layer, "input_layernorm", s->stream + (size_t)t * hidden,
                                  l->input_norm, hidden));
    }
    TRI_TRY(b->product(b->context, layer, TRI_GROUP_QKV, b->tokens, s->codes, s->sums));
    for (uint32_t t = 0; t < b->tokens; t++) {
        const uint32_t rows = wide + 2 * kv;
        const float *cosine = s->cosine + (size_t)t * half, *sine = s->sine + (size_t)t * half;
        float *q = s->q + (size_t)t * wide;
        float *k = s->keys + tri_session_kv_row(s, layer, b->first + t);
        float *v = s->values + tri_session_kv_row(s, layer, b->first + t);
        dequantise(b, t, layer, TRI_Q, 0, rows, q);
        dequantise(b, t, layer, TRI_K, wide, rows, k);
        dequantise(b, t, layer, TRI_V, wide + kv, rows, v);
        for (uint32_t i = 0; i < wide; i += c->head_dim) tri_rope_rotate(q + i, cosine, sine, half);
        for (uint32_t i = 0; i < kv; i += c->head_dim) tri_rope_rotate(k + i, cosine, sine, half);
    }
    for (uint32_t t = 0; t < b->tokens; t++) {
        tri_attention(s, layer, b->first + t, s->q + (size_t)t * wide, s->scores, s->attention);
        TRI_TRY(norm_and_quantise(b, t, layer, "attn_sub_norm", s->attention, l->attn_norm, wide));
    }
    TRI_TRY(b->product(b->context, layer, TRI_GROUP_O, b->tokens, s->codes, s->sums));
    for (uint32_t t = 0; t < b->tokens; t++) {
        float *x = s->stream + (size_t)t * hidden;
        dequantise(b, t, layer, TRI_O, 0, hidden, s->row);
        for (uint32_t i = 0; i < hidden; i++) x[i] = x[i] + s->row[i];
    }
    return TRI_OK;
}

/* x = x + BitLinear_down(norm(act(gate) * up)), gate|up = BitLinear(norm(x)) */
static enum tri_status ffn_half(const struct block *b, uint32_t layer) {
    struct tri_session *s = b->session;
    const struct tri_config *c = &s->model->config;
    const struct tri_layer *l = &s->model->layers[layer];

    for (uint32_t t = 0; t < b->tokens; t++) {
        TRI_TRY(norm_and_quantise(b, t, layer, "post_attention_layernorm",
                                  s->stream + (size_t)t * c->hidden, l->post_norm, c->hidden));
    }
    TRI_TRY(b->product(b->context, layer, TRI_GROUP_GATE_UP, b->tokens, s->codes, s->sums));
    for (uint32_t t = 0; t < b->tokens; t++) {
        dequantise(b, t, layer, TRI_GATE, 0, 2 * c->ffn, s->gate);
        dequantise(b, t, layer, TRI_UP, c->ffn, 2 * c->ffn, s->up);
        if (c->activation == TRI_SILU)
            tri_silu(s->gate, s->up, c->ffn, s->gate);
        else
            tri_relu2(s->gate, s->up, c->ffn, s->gate);
        TRI_TRY(norm_and_quantise(b, t, layer, "ffn_sub_norm", s->gate, l->ffn_norm, c->ffn));
    }
    TRI_TRY(b->product(b->context, layer, TRI_GROUP_DOWN, b->tokens, s->codes, s->sums));
    for (uint32_t t = 0; t < b->tokens; t++) {
        float *x = s->stream + (size_t)t * c->hidden;
        dequantise(b, t, layer, TRI_DOWN, 0, c->hidden, s->row);
        for (uint32_t i = 0; i < c->hidden; i++) x[i] = x[i] + s->row[i];
    }
    return TRI_OK;
}

/* s->row . row `row` of a table; in place where the type and its address allow. Same bits. */
static float dot_row(struct tri_session *s, const struct tri_table *table, uint32_t row) {
    if (table->type == TRI_BF16 && (uintptr_t)table->data % _Alignof(uint16_t) == 0) {
        const uint16_t *w = table->data;
        return tri_dot_bf16(s->row, w + (size_t)row * table->cols, table->cols);
    }
    tri_table_row(table, row, s->weights);
    return tri_dot(s->row, s->weights, table->cols);
}

/* logits = norm(x) . head^T for token t of the block */
static enum tri_status output_head(const struct block *b, uint32_t t, float *logits) {
    struct tri_session *s = b->session;
    const struct tri_model *model = s->model;
    const struct tri_config *c = &model->config;
    const float *x = s->stream + (size_t)t * c->hidden;
    if (!tri_norm(x, model->final_norm, c->eps, c->hidden, s->row)) {
        return not_finite("output", c->layers - 1, b->first + t);
    }
    for (uint32_t v = 0; v < c->vocab; v++) {
        logits[v] = dot_row(s, &model->head, v);
        if (!tri_is_finite(logits[v])) {
            return tri_fail(TRI_E_FORMAT,
                            "model: output head, row %" PRIu32
                            ": wanted a finite logit, got an infinity or NaN",
                            v);
        }
    }
    return TRI_OK;
}

static enum tri_status run_layers(const struct block *b, const uint32_t *ids) {
    struct tri_session *s = b->session;
    const struct tri_model *model = s->model;
    const struct tri_config *c = &model->config;
    const uint32_t half = c->head_dim / 2;
    for (uint32_t t = 0; t < b->tokens; t++) {
        tri_table_row(&model->embedding, ids[t], s->stream + (size_t)t * c->hidden);
        tri_rope_angles(b->first + t, model->rope_inv_freq, half, s->cosine + (size_t)t * half,
                        s->sine + (size_t)t * half);
    }
    for (uint32_t layer = 0; layer < c->layers; layer++) {
        TRI_TRY(attention_half(b, layer));
        TRI_TRY(ffn_half(b, layer));
    }
    return TRI_OK;
}

enum tri_status tri_session_run(struct tri_session *session, const uint32_t *ids, uint32_t count,
                                tri_product product, void *context, bool all, float *logits) {
    const struct tri_config *c = &session->model->config;
    if (count == 0) return tri_fail(TRI_E_ARGUMENT, "tokens, wanted at least 1, got 0");
    if (count > session->positions - session->length) {
        return tri_fail(TRI_E_ARGUMENT,
                        "context full: wanted room for %" PRIu32 " more tokens, got %" PRIu32
                        " of %" PRIu32 " left",
                        count, session->positions - session->length, session->positions);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] < c->vocab) continue;
        return tri_fail(TRI_E_ARGUMENT,
                        "token %" PRIu32 ": id, wanted below %" PRIu32 ", got %" PRIu32, i,
                        c->vocab, ids[i]);
    }
    for (uint32_t done = 0; done < count;) {
        const uint32_t tokens = count - done < TRI_BLOCK ? count - done : TRI_BLOCK;
        const struct block b = {.session = session,
                                .first = session->length + done,
                                .tokens = tokens,
                                .product = product,
                                .context = context};
        TRI_TRY(run_layers(&b, ids + done));
        for (uint32_t t = 0; t < tokens; t++) {
            if (all) {
                TRI_TRY(output_head(&b, t, logits + (size_t)(done + t) * c->vocab));
            } else if (done + t == count - 1) {
                TRI_TRY(output_head(&b, t, logits));
            }
        }
        done += tokens;
    }
    TRI_TRY(tri_model_intact(session->model)); /* embedding and head are mapped, too */
    session->length += count; /* only now: a failed call leaves the cache as it was */
    return TRI_OK;
}
