/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the head's rows: the first plane or two of all of them, a further plane or the model's own
 * numbers of some. Leaves an estimate and a bound of each row's score; which rows are read is
 * decided elsewhere (head_search.c).
 */
#include <math.h>
#include <string.h>

#include "cpu/head_private.h"

enum {
    STEP_TILES = 8,   /* tiles of one piece of work */
    STEP_IDS = 128,   /* rows of one, where a plane is read */
    STEP_EXACT = 8,   /* and where the model's rows are */
    FEW = 4,          /* rows that a plane's step reads together */
    AHEAD = 8,        /* and asks for so many rows before */
    DEEP_LARGEST = 16 /* of a code of two planes, from their middle */
};

static void fetch(const void *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)from + i, 0, 2);
}

bool tri_head_can_deepen(const struct tri_head *head) {
    return head->narrow && (int64_t)head->shape.padded * TRI_HEAD_DIGITS * DEEP_LARGEST < INT32_MAX;
}

/* The first plane or two, all rows, for the views that can be screened. */
struct screen {
    struct tri_head *head;
    uint32_t count;
};

/* sums = sum over columns of X a, or of X (4 a + b - 16), which fits; on the way it may not. */
static void sum_tile(const struct tri_head *head, const struct tri_head_view *v, size_t row) {
    const struct tri_head_shape *shape = &head->shape;
    const uint8_t *first = head->plane[0] + row * tri_head_plane_bytes(shape, 0);
    const uint8_t *second = head->plane[1] + row * tri_head_plane_bytes(shape, 1);
    int32_t *sums = v->sums + row, more[TRI_HEAD_TILE];
    if (v->deep && head->kernels->both != NULL) {
        head->kernels->both(first, second, shape, v->state.high, v->state.low, sums);
        return;
    }
    head->kernels->tile(first, shape, v->state.high, v->state.low, sums);
    if (!v->deep) return;
    const uint8_t *rows[TRI_HEAD_TILE];
    for (size_t i = 0; i < TRI_HEAD_TILE; i++)
        rows[i] = second + i * tri_head_plane_bytes(shape, 1);
    head->kernels->dot2(rows, TRI_HEAD_TILE, shape, v->state.high, v->state.low, more);
    for (int i = 0; i < TRI_HEAD_TILE; i++)
        sums[i] = (int32_t)(4 * (uint32_t)sums[i] + (uint32_t)more[i]);
}

/* The same for all views that read as many planes. */
static void sum_tiles(const struct tri_head *head, bool deep, uint32_t count, size_t row) {
    const struct tri_head_shape *shape = &head->shape;
    const struct tri_head_view *views[TRI_HEAD_TOGETHER];
    const int8_t *high[TRI_HEAD_TOGETHER], *low[TRI_HEAD_TOGETHER];
    int32_t *sums[TRI_HEAD_TOGETHER];
    uint32_t states = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct tri_head_view *v = &head->view[i];
        if (!v->screened || v->deep != deep) continue;
        views[states] = v;
        high[states] = v->state.high;
        low[states] = v->state.low;
        sums[states++] = v->sums + row;
    }
    if (states > 1 && head->kernels->each != NULL)
        head->kernels->each(head->plane[0] + row * tri_head_plane_bytes(shape, 0),
                            deep ? head->plane[1] + row * tri_head_plane_bytes(shape, 1) : NULL,
                            shape, states, high, low, sums);
    else
        for (uint32_t s = 0; s < states; s++) sum_tile(head, views[s], row);
    for (uint32_t s = 0; deep && s < states; s++) {
        const uint32_t middle = DEEP_LARGEST * (uint32_t)views[s]->state.total;
        for (int i = 0; i < TRI_HEAD_TILE; i++)
            sums[s][i] = (int32_t)((uint32_t)sums[s][i] - middle);
    }
}

static void judge_tile(const struct tri_head *head, const struct tri_head_view *v, size_t row) {
    const unsigned p = v->deep ? 1 : 0;
    const struct tri_head_tile tile = {.scale = head->scale[p] + row,
                                       .residual = head->residual[p] + row,
                                       .norm = head->norm + row,
                                       .step = head->step + row,
                                       .coefficients =
                                           head->coefficients + row * head->shape.directions,
                                       .sums = v->sums + row,
                                       /* X times 2a - 7, or 2(4a + b) - 31 */
                                       .middle = (v->deep ? -1.0 : 7.0) * v->state.total,
                                       .base = v->base + row,
                                       .estimate = v->estimate + row,
                                       .most = v->most + row,
                                       .largest = v->tile_largest + row / TRI_HEAD_TILE,
                                       .largest_most = v->tile_most + row / TRI_HEAD_TILE};
    head->kernels->judge(&head->shape, &v->state, &tile);
}

/* What judge reads comes while the planes are read. */
static void fetch_judged(const struct tri_head *head, bool deep, size_t row) {
    enum { N = TRI_HEAD_TILE };
    const unsigned p = deep ? 1 : 0;
    fetch(head->scale[p] + row, N * sizeof(float));
    fetch(head->residual[p] + row, N * sizeof(float));
    fetch(head->norm + row, N * sizeof(float));
    fetch(head->step + row, N * sizeof(float));
    fetch(head->coefficients + row * head->shape.directions,
          N * sizeof(int16_t) * (size_t)head->shape.directions);
}

static void screen_part(void *context, uint32_t part, uint32_t thread) {
    (void)thread;
    const struct screen *s = context;
    const struct tri_head *head = s->head;
    const uint32_t tiles = head->rows / TRI_HEAD_TILE, first = part * STEP_TILES;
    for (uint32_t t = first; t < tiles && t < first + STEP_TILES; t++) {
        const size_t row = (size_t)t * TRI_HEAD_TILE;
        for (uint32_t i = 0; i < s->count; i++) {
            if (head->view[i].screened) fetch_judged(head, head->view[i].deep, row);
        }
        sum_tiles(head, false, s->count, row);
        sum_tiles(head, true, s->count, row);
        for (uint32_t i = 0; i < s->count; i++) {
            if (head->view[i].screened) judge_tile(head, &head->view[i], row);
        }
    }
}

uint64_t tri_head_step_bytes(const struct tri_head *head, unsigned plane) {
    if (plane == TRI_HEAD_EXACT)
        return head->model->head.cols * (uint64_t)tri_float_bytes(head->model->head.type);
    return tri_head_plane_bytes(&head->shape, plane) + 12; /* codes, scale, residual, norm */
}

/* What the pass of `count` views reads for a row. */
static uint64_t pass_bytes(const struct tri_head *head, uint32_t count) {
    bool once = false, deep = false;
    for (uint32_t i = 0; i < count; i++) {
        once = once || (head->view[i].screened && !head->view[i].deep);
        deep = deep || (head->view[i].screened && head->view[i].deep);
    }
    return tri_head_plane_bytes(&head->shape, 0) + (once ? 12 : 0) +
           (deep ? tri_head_step_bytes(head, 1) : 0) + 4 + 2 * (uint64_t)head->shape.directions;
}

void tri_head_screen(struct tri_head *head, uint32_t count) {
    struct screen s = {.head = head, .count = count};
    const uint32_t tiles = head->rows / TRI_HEAD_TILE;
    tri_pool_run(head->pool, (tiles + STEP_TILES - 1) / STEP_TILES, screen_part, &s);
    for (uint32_t i = 0; i < count; i++) {
        struct tri_head_view *v = &head->view[i];
        if (!v->screened) continue;
        v->exact_count = 0;
        memset(v->stage, v->deep ? 1 : 0, head->rows);
        for (uint32_t row = 0; v->penalised != NULL && row < head->vocab; row++) {
            if (!v->penalised[row]) continue;
            float *largest = &v->tile_largest[row / TRI_HEAD_TILE];
            float *most = &v->tile_most[row / TRI_HEAD_TILE];
            v->estimate[row] = tri_sampler_score(v->sampler, row, v->estimate[row]);
            v->most[row] = tri_sampler_score(v->sampler, row, v->most[row]);
            *largest = v->estimate[row] > *largest ? v->estimate[row] : *largest;
            *most = v->most[row] > *most ? v->most[row] : *most;
        }
    }
    head->counts.bytes += head->vocab * pass_bytes(head, count);
}

/* Rows whose numbers a step reads. */
struct step {
    struct tri_head *head;
    struct tri_head_view *view;
    const uint32_t *ids;
    uint32_t count;
    unsigned plane; /* TRI_HEAD_EXACT: the model's own rows */
};

static float score_of(const struct tri_head_view *v, uint32_t row, float logit) {
    return v->penalised == NULL ? logit : tri_sampler_score(v->sampler, row, logit);
}

/* Reads a plane of up to FEW rows. */
static void refine(const struct step *s, const uint32_t *ids, uint32_t count) {
    const struct tri_head *head = s->head;
    struct tri_head_view *v = s->view;
    const unsigned p = s->plane, bits = tri_head_bits(p);
    const size_t bytes = tri_head_plane_bytes(&head->shape, p);
    const uint8_t *rows[FEW];
    int32_t sums[FEW];
    for (uint32_t i = 0; i < count; i++) rows[i] = head->plane[p] + ids[i] * bytes;
    (bits == 1 ? head->kernels->dot1 : head->kernels->dot2)(rows, count, &head->shape,
                                                            v->state.high, v->state.low, sums);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t row = ids[i];
        /* X times 2 code - last: of a, or of 4 a + b; then of all so far */
        const int64_t total = v->state.total, first = v->sums[row];
        int64_t codes = v->codes[row];
        if (v->stage[row] == (v->deep ? 1 : 0)) codes = 2 * first + (v->deep ? 1 : -7) * total;
        codes = codes * (1 << bits) + 2 * (int64_t)sums[i] - ((1 << bits) - 1) * total;
        const double estimate =
            (double)v->base[row] + (double)head->scale[p][row] * v->state.step * (double)codes;
        double most = estimate + v->state.length * (double)head->residual[p][row] +
                      v->state.slack * (double)head->norm[row];
        most += fabs(most) * 0x1p-22 + 1e-40; /* upward through the narrowing */
        v->codes[row] = codes;
        v->estimate[row] = score_of(v, row, (float)estimate);
        v->most[row] = score_of(v, row, (float)most);
        v->stage[row] = (uint8_t)p;
    }
}

/* Asks for what a row of a step reads. */
static void fetch_row(const struct step *s, uint32_t row) {
    const struct tri_head *head = s->head;
    if (s->plane == TRI_HEAD_EXACT) {
        const size_t bytes = tri_head_step_bytes(head, TRI_HEAD_EXACT);
        fetch((const uint8_t *)head->model->head.data + row * bytes, bytes);
        return;
    }
    const size_t bytes = tri_head_plane_bytes(&head->shape, s->plane);
    fetch(head->plane[s->plane] + row * bytes, bytes);
    __builtin_prefetch(head->scale[s->plane] + row);
    __builtin_prefetch(head->residual[s->plane] + row);
    __builtin_prefetch(head->norm + row);
    __builtin_prefetch(s->view->sums + row);
    __builtin_prefetch(s->view->base + row);
}

static uint32_t ids_of(const struct step *s) {
    return s->plane == TRI_HEAD_EXACT ? STEP_EXACT : STEP_IDS;
}

static void step_part(void *context, uint32_t part, uint32_t thread) {
    const struct step *s = context;
    struct tri_head *head = s->head;
    struct tri_head_view *v = s->view;
    const bool exact = s->plane == TRI_HEAD_EXACT;
    const uint32_t first = part * ids_of(s);
    const uint32_t end = s->count - first < ids_of(s) ? s->count : first + ids_of(s);
    const uint32_t few = exact ? 1 : FEW, ahead = exact ? 1 : AHEAD;
    float *weights = head->row + (size_t)thread * head->shape.padded;
    uint32_t fetched = first;
    for (uint32_t i = first; i < end; i += few) {
        for (; fetched < end && fetched < i + few + ahead; fetched++) fetch_row(s, s->ids[fetched]);
        if (!exact) {
            refine(s, s->ids + i, end - i < few ? end - i : few);
            continue;
        }
        const uint32_t row = s->ids[i];
        v->base[row] = tri_head_logit(head, v->x, row, weights);
        v->estimate[row] = v->most[row] = score_of(v, row, v->base[row]);
        v->stage[row] = TRI_HEAD_EXACT;
    }
}

void tri_head_step(struct tri_head *head, struct tri_head_view *v, const uint32_t *ids,
                   uint32_t count, unsigned plane) {
    struct step s = {.head = head, .view = v, .ids = ids, .count = count, .plane = plane};
    if (count == 0) return;
    tri_pool_run(head->pool, (count - 1) / ids_of(&s) + 1, step_part, &s);
    v->counts.bytes += count * tri_head_step_bytes(head, plane);
    if (plane != TRI_HEAD_EXACT) return;
    v->counts.exact += count;
    memmove(v->exact + v->exact_count, ids, count * sizeof *ids);
    v->exact_count += count;
}

void tri_head_refine_all(struct tri_head *head, struct tri_head_view *v, unsigned plane) {
    for (uint32_t row = 0; row < head->vocab; row++) v->ids[row] = row;
    tri_head_step(head, v, v->ids, head->vocab, plane);
}
