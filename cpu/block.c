/* SPDX-License-Identifier: Apache-2.0
 *
 * A block of tokens between two products: dequantise, rotate, attend, activate, add, norm and
 * quantise, token by token in the reference's order of operations (ref/forward.c). Tokens are
 * dealt out to threads; nothing here depends on which tokens share a block.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine_private.h"

/* What one call of `each_row` does with a token. */
struct row_work {
    struct tri_cpu *cpu;
    struct tri_block *block;
    void (*work)(const struct row_work *w, uint32_t row, uint32_t thread);
};

static void one_part(void *context, uint32_t part, uint32_t thread) {
    const struct row_work *w = context;
    w->work(w, part, thread);
}

/* width: floats of a token that the work reads. */
static void each_row(struct tri_cpu *cpu, struct tri_block *block, uint32_t width,
                     void (*work)(const struct row_work *, uint32_t, uint32_t)) {
    enum { STEPS = 8 }; /* operations on each, about */
    struct row_work w = {cpu, block, work};
    tri_cpu_share(cpu, (uint64_t)STEPS * width * block->rows, block->rows, one_part, &w);
}

static void norm_and_quantise(const struct row_work *w, uint32_t row, uint32_t thread,
                              const float *x, const float *weight, uint32_t n) {
    struct tri_block *b = w->block;
    bool finite = true;
    if (weight != NULL) {
        float *normed = w->cpu->scratch[thread].row;
        finite = w->cpu->op->norm(x, weight, w->cpu->model->config.eps, n, normed);
        x = normed;
    }
    if (finite) finite = w->cpu->op->quantise(x, n, b->codes + (size_t)row * n, &b->scale[row]);
    if (!finite) {
        unsigned first = atomic_load(&b->bad);
        while (row < first && !atomic_compare_exchange_weak(&b->bad, &first, row)) continue;
    }
    tri_cpu_lap(w->cpu, thread, TRI_LAP_NORM);
}

static void dequantise(const struct row_work *w, uint32_t row, enum tri_matrix which,
                       const int32_t *sums, uint32_t n, float *y) {
    const struct tri_block *b = w->block;
    const struct tri_ternary *matrix = &w->cpu->model->layers[b->layer].matrix[which];
    const struct tri_operators *op = w->cpu->op;
    (matrix->divides ? op->dequantise_dividing : op->dequantise)(sums, b->scale[row], matrix->scale,
                                                                 n, y);
}

static void begin_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    const struct tri_model *model = w->cpu->model;
    const uint32_t hidden = model->config.hidden;
    float *x = w->block->stream + (size_t)row * hidden;
    tri_table_row(&model->embedding, w->block->row[row].id, x);
    tri_cpu_lap(w->cpu, thread, TRI_LAP_EMBEDDING);
    norm_and_quantise(w, row, thread, x, model->layers[0].input_norm, hidden);
}

/* q, k, v of one token: as floats, rotated, k and v into the cache. */
static void qkv_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    struct tri_cpu *cpu = w->cpu;
    struct tri_block *b = w->block;
    const struct tri_row *r = &b->row[row];
    const struct tri_config *c = &cpu->model->config;
    const uint32_t dim = c->head_dim, half = dim / 2;
    const uint32_t wide = c->heads * dim, kv = c->kv_heads * dim;
    const float *cosine = cpu->cosine + (size_t)r->position * half;
    const float *sine = cpu->sine + (size_t)r->position * half;
    const int32_t *sums = b->sums + (size_t)row * (wide + 2 * kv);
    for (uint32_t head = 0; head < c->kv_heads; head++) {
        const size_t at = (size_t)r->position * dim;
        float *k = tri_sequence_rows(r->sequence, c, b->layer, 0, head) + at;
        float *v = tri_sequence_rows(r->sequence, c, b->layer, 1, head) + at;
        dequantise(w, row, TRI_K, sums + wide + (size_t)head * dim, dim, k);
        dequantise(w, row, TRI_V, sums + wide + kv + (size_t)head * dim, dim, v);
        cpu->op->rotate(k, cosine, sine, half);
    }
    if (r->wanted || b->layer + 1 < c->layers) {
        float *q = b->q + (size_t)row * wide;
        dequantise(w, row, TRI_Q, sums, wide, q);
        for (uint32_t i = 0; i < wide; i += dim) cpu->op->rotate(q + i, cosine, sine, half);
    }
    tri_cpu_lap(cpu, thread, TRI_LAP_ROPE);
}

static void attended_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    const struct tri_config *c = &w->cpu->model->config;
    const uint32_t wide = c->heads * c->head_dim;
    norm_and_quantise(w, row, thread, w->block->heads + (size_t)row * wide,
                      w->cpu->model->layers[w->block->layer].attn_norm, wide);
}

/* x = x + y of the matrix that ends a half of a layer. */
static float *add_row(const struct row_work *w, uint32_t row, uint32_t thread,
                      enum tri_matrix which) {
    const uint32_t hidden = w->cpu->model->config.hidden;
    float *x = w->block->stream + (size_t)row * hidden, *y = w->cpu->scratch[thread].row;
    dequantise(w, row, which, w->block->sums + (size_t)row * hidden, hidden, y);
    w->cpu->op->add(x, y, hidden);
    return x;
}

static void o_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    const float *x = add_row(w, row, thread, TRI_O);
    norm_and_quantise(w, row, thread, x, w->cpu->model->layers[w->block->layer].post_norm,
                      w->cpu->model->config.hidden);
}

static void gate_up_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    const struct tri_config *c = &w->cpu->model->config;
    const int32_t *sums = w->block->sums + (size_t)row * 2 * c->ffn;
    float *gate = w->cpu->scratch[thread].gate, *up = w->cpu->scratch[thread].up;
    dequantise(w, row, TRI_GATE, sums, c->ffn, gate);
    dequantise(w, row, TRI_UP, sums + c->ffn, c->ffn, up);
    (c->activation == TRI_SILU ? w->cpu->op->silu : w->cpu->op->relu2)(gate, up, c->ffn, gate);
    tri_cpu_lap(w->cpu, thread, TRI_LAP_ACTIVATION);
    norm_and_quantise(w, row, thread, gate, w->cpu->model->layers[w->block->layer].ffn_norm,
                      c->ffn);
}

static void down_row(const struct row_work *w, uint32_t row, uint32_t thread) {
    const float *x = add_row(w, row, thread, TRI_DOWN);
    if (w->block->layer + 1 < w->cpu->model->config.layers)
        norm_and_quantise(w, row, thread, x, w->cpu->model->layers[w->block->layer + 1].input_norm,
                          w->cpu->model->config.hidden);
    else
        tri_cpu_lap(w->cpu, thread, TRI_LAP_NORM);
}

/* Errors: FORMAT if a token of the last step was not finite. */
static enum tri_status check(const struct tri_block *b, uint32_t layer, const char *what) {
    const unsigned bad = atomic_load(&b->bad);
    if (bad == UINT32_MAX) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "model: layer %" PRIu32 ", %s, position %" PRIu32
                    ": wanted finite numbers, got an infinity or NaN",
                    layer, what, b->row[bad].position);
}

/* Keeps the rows whose state is wanted: nothing after this depends on the others. */
static void drop_unwanted(const struct tri_cpu *cpu, struct tri_block *b) {
    const struct tri_config *c = &cpu->model->config;
    const size_t hidden = c->hidden, wide = (size_t)c->heads * c->head_dim;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->rows; i++) {
        if (!b->row[i].wanted) continue;
        if (kept != i) {
            b->row[kept] = b->row[i];
            memcpy(b->stream + kept * hidden, b->stream + i * hidden, hidden * sizeof(float));
            memcpy(b->q + kept * wide, b->q + i * wide, wide * sizeof(float));
        }
        kept++;
    }
    b->rows = kept;
}

enum tri_status tri_block_begin(struct tri_cpu *cpu, struct tri_block *b) {
    atomic_store(&b->bad, UINT32_MAX);
    b->layer = 0;
    b->group = TRI_GROUP_QKV;
    b->stage = TRI_STAGE_PRODUCT;
    each_row(cpu, b, cpu->model->config.hidden, begin_row);
    return check(b, 0, "input_layernorm");
}

static enum tri_status after_qkv(struct tri_cpu *cpu, struct tri_block *b) {
    each_row(cpu, b, tri_group_rows(cpu->model, TRI_GROUP_QKV), qkv_row);
    if (b->layer + 1 == cpu->model->config.layers) drop_unwanted(cpu, b);
    if (b->rows == 0) {
        b->stage = TRI_STAGE_DONE;
        return TRI_OK;
    }
    tri_block_attend(cpu, b);
    each_row(cpu, b, tri_group_cols(cpu->model, TRI_GROUP_O), attended_row);
    b->group = TRI_GROUP_O;
    return check(b, b->layer, "attn_sub_norm");
}

enum tri_status tri_block_step(struct tri_cpu *cpu, struct tri_block *b) {
    atomic_store(&b->bad, UINT32_MAX);
    switch (b->group) {
    case TRI_GROUP_QKV: return after_qkv(cpu, b);
    case TRI_GROUP_O:
        each_row(cpu, b, cpu->model->config.hidden, o_row);
        b->group = TRI_GROUP_GATE_UP;
        return check(b, b->layer, "post_attention_layernorm");
    case TRI_GROUP_GATE_UP:
        each_row(cpu, b, 2 * cpu->model->config.ffn, gate_up_row);
        b->group = TRI_GROUP_DOWN;
        return check(b, b->layer, "ffn_sub_norm");
    case TRI_GROUP_DOWN:
    case TRI_GROUPS: break;
    }
    each_row(cpu, b, cpu->model->config.hidden, down_row);
    b->group = TRI_GROUP_QKV;
    if (++b->layer < cpu->model->config.layers) return check(b, b->layer, "input_layernorm");
    b->stage = TRI_STAGE_DONE;
    return tri_block_output(cpu, b);
}
