/* SPDX-License-Identifier: Apache-2.0
 *
 * The final norm and the whole output head: every logit of the tokens that want them, with each
 * piece of the head's rows read once for all tokens. The head that reads less is head.c.
 */
#include <inttypes.h>

#include "cpu/engine_private.h"
#include "ref/elementary.h"

enum { PIECE = 64 }; /* rows of the head in one task */

struct output {
    struct tri_cpu *cpu;
    struct tri_block *block;
    atomic_uint bad; /* first vocabulary row with a logit that is not finite */
    bool in_place;   /* the head's rows are read as they lie in the file */
};

/* The states of the rows that want logits are the first ones of block->stream, normed in place. */
static float logit(const struct output *o, const float *x, uint32_t row, const float *weights) {
    const struct tri_operators *op = o->cpu->op;
    const struct tri_table *head = &o->cpu->model->head;
    const size_t at = (size_t)row * head->cols;
    if (!o->in_place) return op->dot(x, weights, head->cols);
    switch (head->type) {
    case TRI_BF16: return op->dot_bf16(x, (const uint16_t *)head->data + at, head->cols);
    case TRI_F16: return op->dot_f16(x, (const uint16_t *)head->data + at, head->cols);
    case TRI_F32: break;
    }
    return op->dot(x, (const float *)head->data + at, head->cols);
}

static void head_part(void *context, uint32_t part, uint32_t thread) {
    struct output *o = context;
    const struct tri_block *b = o->block;
    const struct tri_config *c = &o->cpu->model->config;
    float *weights = o->cpu->scratch[thread].row;
    const uint32_t first = part * PIECE;
    const uint32_t end = c->vocab - first < PIECE ? c->vocab : first + PIECE;
    for (uint32_t row = first; row < end; row++) {
        if (!o->in_place) tri_table_row(&o->cpu->model->head, row, weights);
        for (uint32_t t = 0; t < b->rows; t++) {
            if (b->row[t].logits == NULL) continue;
            const float value = logit(o, b->stream + (size_t)t * c->hidden, row, weights);
            b->row[t].logits[row] = value;
            if (tri_is_finite(value)) continue;
            unsigned bad = atomic_load(&o->bad);
            while (row < bad && !atomic_compare_exchange_weak(&o->bad, &bad, row)) continue;
        }
    }
    tri_cpu_lap(o->cpu, thread, TRI_LAP_HEAD);
}

enum tri_status tri_block_output(struct tri_cpu *cpu, struct tri_block *b) {
    const struct tri_model *model = cpu->model;
    const struct tri_config *c = &model->config;
    bool any = false;
    for (uint32_t t = 0; t < b->rows; t++) {
        float *x = b->stream + (size_t)t * c->hidden;
        if (!cpu->op->norm(x, model->final_norm, c->eps, c->hidden, x))
            return tri_fail(TRI_E_FORMAT,
                            "model: layer %" PRIu32 ", output, position %" PRIu32
                            ": wanted finite numbers, got an infinity or NaN",
                            c->layers - 1, b->row[t].position);
        if (b->row[t].state != NULL)
            for (uint32_t i = 0; i < c->hidden; i++) b->row[t].state[i] = x[i];
        any = any || b->row[t].logits != NULL;
    }
    tri_cpu_lap(cpu, 0, TRI_LAP_NORM);
    if (!any) return TRI_OK;
    const size_t step = model->head.type == TRI_F32 ? _Alignof(float) : _Alignof(uint16_t);
    struct output o = {.cpu = cpu, .block = b, .in_place = (uintptr_t)model->head.data % step == 0};
    atomic_init(&o.bad, UINT32_MAX);
    tri_cpu_share(cpu, (uint64_t)b->rows * c->vocab * c->hidden, (c->vocab + PIECE - 1) / PIECE,
                  head_part, &o);
    const unsigned bad = atomic_load(&o.bad);
    if (bad == UINT32_MAX) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "model: output head, row %u: wanted a finite logit, got an infinity or NaN",
                    bad);
}
