/* SPDX-License-Identifier: Apache-2.0
 *
 * The output head as others see it: made, asked for all logits or for a token, and counted.
 */
#include "cpu/head.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/elementary.h"

enum { PART = 64 }; /* rows of one piece of work */

static uint32_t rounded(uint32_t n, uint32_t unit) { return (n + unit - 1) / unit * unit; }

/* Bytes of a view, for one row. */
enum {
    VIEW_ROW = sizeof(int32_t) + sizeof(int64_t) + 3 * sizeof(float) + 1 + 2 * sizeof(uint32_t) +
               sizeof(struct tri_logit) + 1 /* a tile's two */
};

static void shape_of(const struct tri_config *c, struct tri_head_shape *shape) {
    *shape = (struct tri_head_shape){.cols = c->hidden};
    /* Wide chunks where they cost no padding: AVX-512 reads them. */
    shape->chunk = c->hidden % 512 == 0 ? 64 : 32;
    shape->padded = rounded(c->hidden, 8 * shape->chunk);
    shape->directions = c->hidden / 32 < TRI_HEAD_DIRECTIONS ? c->hidden / 32 : TRI_HEAD_DIRECTIONS;
}

static bool can_narrow(const struct tri_config *c) {
    return c->hidden >= 32 && c->hidden <= TRI_HEAD_COLUMNS && c->vocab <= UINT32_MAX - 64;
}

static uint64_t narrow_bytes(const struct tri_config *c) {
    if (!can_narrow(c)) return 0;
    struct tri_head_shape shape;
    shape_of(c, &shape);
    const uint64_t row =
        shape.padded + 2 * (uint64_t)shape.directions + (2 + 2 * TRI_HEAD_PLANES) * sizeof(float);
    return rounded(c->vocab, TRI_HEAD_TILE) * row;
}

uint64_t tri_head_wants(const struct tri_config *config) {
    return narrow_bytes(config) + (uint64_t)config->vocab * VIEW_ROW;
}

static enum tri_status make_view(const struct tri_head *head, struct tri_head_view *v) {
    if (v->found != NULL) return TRI_OK;
    const uint64_t rows = head->rows;
    v->sums = tri_head_take(rows, sizeof *v->sums);
    v->codes = tri_head_take(rows, sizeof *v->codes);
    v->tile_largest = tri_head_take(rows / TRI_HEAD_TILE, sizeof *v->tile_largest);
    v->tile_most = tri_head_take(rows / TRI_HEAD_TILE, sizeof *v->tile_most);
    v->base = tri_head_take(rows, sizeof *v->base);
    v->estimate = tri_head_take(rows, sizeof *v->estimate);
    v->most = tri_head_take(rows, sizeof *v->most);
    v->stage = tri_head_take(rows, sizeof *v->stage);
    v->ids = tri_head_take(rows, sizeof *v->ids);
    v->exact = tri_head_take(rows, sizeof *v->exact);
    v->state.high = tri_head_take(head->shape.padded, 1);
    v->state.low = tri_head_take(head->shape.padded, 1);
    v->found = tri_head_take(rows, sizeof *v->found);
    if (v->sums != NULL && v->codes != NULL && v->base != NULL && v->tile_largest != NULL &&
        v->tile_most != NULL && v->estimate != NULL && v->most != NULL && v->stage != NULL &&
        v->ids != NULL && v->exact != NULL && v->state.high != NULL && v->state.low != NULL &&
        v->found != NULL)
        return TRI_OK;
    return tri_fail(TRI_E_MEMORY, "head: wanted %" PRIu64 " bytes for a state, got none",
                    rows * VIEW_ROW);
}

static void free_view(struct tri_head_view *v) {
    free(v->sums);
    free(v->codes);
    free(v->tile_largest);
    free(v->tile_most);
    free(v->base);
    free(v->estimate);
    free(v->most);
    free(v->stage);
    free(v->ids);
    free(v->exact);
    free(v->state.high);
    free(v->state.low);
    free(v->found);
    memset(v, 0, sizeof *v);
}

enum tri_status tri_head_create(const struct tri_model *model, enum tri_isa isa,
                                struct tri_pool *pool, struct tri_head **head) {
    *head = NULL;
    struct tri_head *h = calloc(1, sizeof *h);
    if (h == NULL) return tri_fail(TRI_E_MEMORY, "head: out of memory");
    const struct tri_config *c = &model->config;
    h->model = model;
    h->pool = pool;
    h->operators = tri_operators(isa);
    h->vocab = c->vocab;
    h->rows = rounded(c->vocab, TRI_HEAD_TILE);
    h->bytes = narrow_bytes(c);
    shape_of(c, &h->shape);
    h->kernels = tri_head_kernels(isa, &h->shape);
    h->row = tri_head_take(tri_pool_threads(pool), (uint64_t)h->shape.padded * sizeof *h->row);
    enum tri_status status =
        h->row != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "head: out of memory");
    if (status == TRI_OK && can_narrow(c)) status = tri_head_build(h);
    if (status == TRI_OK) status = make_view(h, &h->view[0]);
    if (status != TRI_OK) {
        tri_head_destroy(h);
        return status;
    }
    *head = h;
    return TRI_OK;
}

void tri_head_destroy(struct tri_head *head) {
    if (head == NULL) return;
    for (int p = 0; p < TRI_HEAD_PLANES; p++) {
        free(head->plane[p]);
        free(head->scale[p]);
        free(head->residual[p]);
    }
    free(head->norm);
    free(head->step);
    free(head->coefficients);
    free(head->shape.direction);
    free(head->row);
    for (int i = 0; i < TRI_HEAD_TOGETHER; i++) free_view(&head->view[i]);
    free(head);
}

uint64_t tri_head_bytes(const struct tri_head *head) { return head->bytes; }

struct all {
    const struct tri_head *head;
    const float *x;
    float *logits;
    const uint8_t *stage; /* NULL: none is exact yet */
};

static void all_part(void *context, uint32_t part, uint32_t thread) {
    const struct all *a = context;
    const struct tri_head *head = a->head;
    const uint32_t first = part * PART;
    const uint32_t end = head->vocab - first < PART ? head->vocab : first + PART;
    float *weights = head->row + (size_t)thread * head->shape.padded;
    for (uint32_t v = first; v < end; v++) {
        if (a->stage != NULL && a->stage[v] == TRI_HEAD_EXACT) continue;
        a->logits[v] = tri_head_logit(head, a->x, v, weights);
    }
}

static enum tri_status compute(struct all *a) {
    const struct tri_head *head = a->head;
    tri_pool_run(head->pool, (head->vocab - 1) / PART + 1, all_part, a);
    for (uint32_t v = 0; v < head->vocab; v++) {
        if (tri_is_finite(a->logits[v])) continue;
        return tri_fail(TRI_E_FORMAT,
                        "model: output head, row %" PRIu32
                        ": wanted a finite logit, got an infinity or NaN",
                        v);
    }
    return tri_model_intact(head->model);
}

enum tri_status tri_head_all(struct tri_head *head, const float *x, float *logits) {
    struct all a = {.head = head, .x = x, .logits = logits};
    return compute(&a);
}

enum tri_status tri_head_complete(struct tri_head *head, struct tri_head_view *v) {
    struct all a = {head, v->x, v->base, v->screened ? v->stage : NULL};
    const uint32_t rows = head->vocab - (v->screened ? v->exact_count : 0);
    v->counts.bytes += rows * tri_head_step_bytes(head, TRI_HEAD_EXACT);
    v->counts.exact = head->vocab;
    return compute(&a);
}

enum tri_status tri_head_next(struct tri_head *head, struct tri_sampler *sampler, const float *x,
                              uint32_t *id) {
    return tri_head_next_each(head, 1, &sampler, &x, id);
}

/* Up to TRI_HEAD_TOGETHER states. */
static enum tri_status next_few(struct tri_head *head, uint32_t count,
                                struct tri_sampler *const *samplers, const float *const *x,
                                uint32_t *ids) {
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        struct tri_head_view *v = &head->view[i];
        TRI_TRY(make_view(head, v));
        v->x = x[i];
        v->sampler = samplers[i];
        v->counts = (struct tri_head_counts){0};
        v->penalised = tri_sampler_penalised(samplers[i]);
        v->screened = head->narrow && !tri_head_spares(v) &&
                      tri_head_look(head, x[i], tri_sampler_growth(samplers[i]), &v->state);
        any = any || v->screened;
    }
    if (any) tri_head_screen(head, count);
    for (uint32_t i = 0; i < count; i++) {
        struct tri_head_view *v = &head->view[i];
        TRI_TRY(tri_head_choose(head, v, samplers[i], &ids[i]));
        head->counts.bytes += v->counts.bytes;
        head->counts.exact += v->counts.exact;
        for (int s = 0; s <= TRI_HEAD_PLANES; s++)
            head->counts.survivors[s] += v->counts.survivors[s];
    }
    return TRI_OK;
}

enum tri_status tri_head_next_each(struct tri_head *head, uint32_t count,
                                   struct tri_sampler *const *samplers, const float *const *x,
                                   uint32_t *ids) {
    head->counts = (struct tri_head_counts){0};
    for (uint32_t i = 0; i < count; i++) {
        if (tri_sampler_vocab(samplers[i]) == head->vocab) continue;
        return tri_fail(TRI_E_ARGUMENT, "head: sampler's tokens, wanted %" PRIu32 ", got %" PRIu32,
                        head->vocab, tri_sampler_vocab(samplers[i]));
    }
    for (uint32_t i = 0; i < count; i += TRI_HEAD_TOGETHER) {
        const uint32_t few = count - i < TRI_HEAD_TOGETHER ? count - i : TRI_HEAD_TOGETHER;
        TRI_TRY(next_few(head, few, samplers + i, x + i, ids + i));
    }
    return TRI_OK;
}

void tri_head_counted(const struct tri_head *head, struct tri_head_counts *counts) {
    *counts = head->counts;
}
