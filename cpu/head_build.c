/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the narrow rows of the head: directions from a sample of the rows, then every row split,
 * rounded and its residuals measured. docs/head.md says which rounding errors the bounds allow for.
 */
#define _DEFAULT_SOURCE /* madvise */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/head_private.h"
#include "ref/elementary.h"
#include "ref/random.h"

enum { SAMPLE = 1024, TURNS = 6 };

/* Rows with entries beyond 2^HUGE leave a head unscreened; those below 2^TINY are taken for 0, with
 * a norm that holds what they are. A row of zeros has no exponent; subnormal ones have -127. */
enum { HUGE_EXPONENT = 100, TINY_EXPONENT = -100, NO_EXPONENT = -128 };

void *tri_head_take(uint64_t count, uint64_t size) {
    enum { LINE = 64, HUGE_PAGE = 2 << 20 };
    if (count == 0 || size == 0) count = size = 1;
    if (count > (SIZE_MAX - HUGE_PAGE) / size) return NULL;
    const size_t unit = count * size < HUGE_PAGE ? LINE : HUGE_PAGE;
    const size_t bytes = ((size_t)(count * size) + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, bytes);
    if (memory == NULL) return NULL;
#ifdef MADV_HUGEPAGE
    /* Passes over all rows would wait for address translation as much as for memory. */
    if (unit == HUGE_PAGE) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    memset(memory, 0, bytes);
    return memory;
}

/* The row times 2^-*exponent, so that its largest magnitude is from 1 up to 2, or zeros where that
 * is below 2^TINY. Returns false if an entry is not finite. */
static bool scaled_row(const struct tri_head *head, uint32_t row, float *w, int *exponent) {
    const uint32_t n = head->shape.cols;
    tri_table_row(&head->model->head, row, w);
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t magnitude = tri_float_bits(w[i]) & 0x7fffffffu;
        largest = magnitude > largest ? magnitude : largest;
    }
    if (largest >= 0x7f800000u) return false;
    *exponent = (int)(largest >> 23) - 127;
    if (*exponent < TINY_EXPONENT) {
        if (largest == 0) *exponent = NO_EXPONENT;
        memset(w, 0, n * sizeof *w);
        return true;
    }
    if (*exponent > HUGE_EXPONENT) return true;
    const float factor = tri_float_from_bits((uint32_t)(127 - *exponent) << 23);
    for (uint32_t i = 0; i < n; i++) w[i] *= factor;
    return true;
}

/* Subspace iteration on a sample: the directions in which rows are large together. */
struct directions {
    struct tri_head *head;
    float *sample; /* [count][padded] */
    uint32_t count;
    float *next; /* [DIRECTIONS][padded] */
};

static float dot(const float *a, const float *b, uint32_t n) {
    float lane[16] = {0}, sum = 0;
    for (uint32_t i = 0; i < n; i += 16) {
        for (uint32_t l = 0; l < 16; l++) lane[l] += a[i + l] * b[i + l];
    }
    for (uint32_t l = 0; l < 16; l++) sum += lane[l];
    return sum;
}

static void turn_direction(void *context, uint32_t part, uint32_t thread) {
    (void)thread;
    const struct directions *d = context;
    const uint32_t n = d->head->shape.padded;
    const float *from = d->head->shape.direction + (size_t)part * n;
    float *to = d->next + (size_t)part * n;
    memset(to, 0, n * sizeof *to);
    for (uint32_t r = 0; r < d->count; r++) {
        const float *row = d->sample + (size_t)r * n;
        const float along = dot(row, from, n);
        for (uint32_t i = 0; i < n; i++) to[i] += along * row[i];
    }
}

/* Makes next orthonormal, into direction. Returns how many there are. */
static uint32_t orthonormal(const struct directions *d, uint32_t count) {
    const uint32_t n = d->head->shape.padded;
    float *to = d->head->shape.direction;
    uint32_t kept = 0;
    for (uint32_t j = 0; j < count; j++) {
        float *v = d->next + (size_t)j * n;
        const float before = tri_sqrt(dot(v, v, n));
        for (int twice = 0; twice < 2; twice++) {
            for (uint32_t k = 0; k < kept; k++) {
                const float along = dot(v, to + (size_t)k * n, n);
                for (uint32_t i = 0; i < n; i++) v[i] -= along * to[(size_t)k * n + i];
            }
        }
        const float length = tri_sqrt(dot(v, v, n));
        if (!(length > before * 0x1p-10f) || !tri_is_finite(length)) continue;
        for (uint32_t i = 0; i < n; i++) to[(size_t)kept * n + i] = v[i] / length;
        kept++;
    }
    return kept;
}

/* True if |P^T P - 1| is small enough for what the proof takes from it: |P| <= 1.001. */
static bool is_orthonormal(const struct tri_head_shape *shape) {
    const uint32_t n = shape->padded;
    for (uint32_t j = 0; j < shape->directions; j++) {
        for (uint32_t k = 0; k <= j; k++) {
            double sum = j == k ? -1 : 0;
            for (uint32_t i = 0; i < n; i++)
                sum += (double)shape->direction[(size_t)j * n + i] *
                       (double)shape->direction[(size_t)k * n + i];
            if (!(sum < 1e-4 && sum > -1e-4)) return false;
        }
    }
    return true;
}

static enum tri_status find_directions(struct tri_head *head) {
    struct tri_head_shape *shape = &head->shape;
    const uint32_t n = shape->padded, wanted = shape->directions;
    const uint32_t count = head->vocab < SAMPLE ? head->vocab : SAMPLE;
    struct directions d = {.head = head};
    shape->directions = 0;
    d.sample = tri_head_take(count, (uint64_t)n * sizeof *d.sample);
    d.next = tri_head_take(wanted, (uint64_t)n * sizeof *d.next);
    if (d.sample == NULL || d.next == NULL) {
        free(d.sample);
        free(d.next);
        return tri_fail(TRI_E_MEMORY, "head: out of memory for a sample of its rows");
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t row = (uint32_t)((uint64_t)i * head->vocab / count);
        float *w = d.sample + (size_t)d.count * n;
        int exponent = 0;
        if (scaled_row(head, row, w, &exponent) && exponent <= HUGE_EXPONENT)
            d.count++;
        else
            memset(w, 0, n * sizeof *w);
    }
    struct tri_random random = {1};
    for (size_t i = 0; i < (size_t)wanted * n; i++)
        d.next[i] = i % n < shape->cols ? (float)tri_random_unit(&random) - 0.5f : 0;
    shape->directions = orthonormal(&d, wanted);
    for (int turn = 0; turn < TURNS; turn++) {
        tri_pool_run(head->pool, shape->directions, turn_direction, &d);
        shape->directions = orthonormal(&d, shape->directions);
    }
    if (!is_orthonormal(shape)) shape->directions = 0;
    free(d.sample);
    free(d.next);
    return TRI_OK;
}

/* All rows, a tile at a time. */
struct narrowing {
    struct tri_head *head;
    uint8_t *codes;  /* [threads][padded] */
    uint32_t *wrong; /* [threads]: the first row that is not finite */
    bool *wide;      /* [threads]: a row's numbers are too large for the bounds */
};

static void narrow_tile(void *context, uint32_t part, uint32_t thread) {
    const struct narrowing *n = context;
    struct tri_head *head = n->head;
    const struct tri_head_shape *shape = &head->shape;
    float *w = head->row + (size_t)thread * shape->padded;
    uint8_t *codes = n->codes + (size_t)thread * shape->padded;
    memset(w, 0, shape->padded * sizeof *w);
    for (uint32_t i = 0; i < TRI_HEAD_TILE; i++) {
        const uint32_t row = part * TRI_HEAD_TILE + i;
        if (row >= head->vocab) return;
        int exponent = 0;
        if (!scaled_row(head, row, w, &exponent)) {
            if (row < n->wrong[thread]) n->wrong[thread] = row;
            return;
        }
        if (exponent > HUGE_EXPONENT) n->wide[thread] = true;
        if (exponent < TINY_EXPONENT) {
            /* |w| <= 2^-93.5, and slack >= 2^-17 |x|: slack * 2^-76 >= |x| |w|. */
            head->norm[row] = exponent == NO_EXPONENT ? 0 : 0x1p-76f;
            continue;
        }
        if (exponent > HUGE_EXPONENT) continue;
        struct tri_head_row narrow;
        int16_t *coefficients =
            head->coefficients + (size_t)part * shape->directions * TRI_HEAD_TILE + i;
        head->kernels->narrow(shape, w, codes, &narrow, coefficients);
        if (shape->padded > shape->cols)
            memset(w + shape->cols, 0, (shape->padded - shape->cols) * sizeof *w);
        const float factor = tri_float_from_bits((uint32_t)(127 + exponent) << 23);
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
            head->scale[p][row] = narrow.scale[p] * factor;
            head->residual[p][row] = narrow.residual[p] * factor;
        }
        head->norm[row] = narrow.norm * factor;
        head->step[row] = narrow.step * factor;
        tri_head_pack(shape, codes, row, head->plane);
    }
}

static enum tri_status narrow_rows(struct tri_head *head) {
    const uint32_t threads = tri_pool_threads(head->pool);
    struct narrowing n = {.head = head};
    n.codes = tri_head_take(threads, head->shape.padded);
    n.wrong = tri_head_take(threads, sizeof *n.wrong);
    n.wide = tri_head_take(threads, sizeof *n.wide);
    enum tri_status status = TRI_OK;
    if (n.codes == NULL || n.wrong == NULL || n.wide == NULL) {
        status = tri_fail(TRI_E_MEMORY, "head: out of memory");
    } else {
        for (uint32_t t = 0; t < threads; t++) n.wrong[t] = UINT32_MAX;
        tri_pool_run(head->pool, head->rows / TRI_HEAD_TILE, narrow_tile, &n);
        uint32_t wrong = UINT32_MAX;
        head->narrow = true;
        for (uint32_t t = 0; t < threads; t++) {
            wrong = n.wrong[t] < wrong ? n.wrong[t] : wrong;
            if (n.wide[t]) head->narrow = false;
        }
        if (wrong != UINT32_MAX) {
            status = tri_fail(TRI_E_FORMAT,
                              "model: output head, row %" PRIu32
                              ": wanted finite weights, got an infinity or NaN",
                              wrong);
        }
    }
    free(n.codes);
    free(n.wrong);
    free(n.wide);
    double left[TRI_HEAD_PLANES] = {0};
    for (uint32_t row = 0; row < head->vocab; row++) {
        if ((double)head->norm[row] > head->largest) head->largest = (double)head->norm[row];
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) left[p] += (double)head->residual[p][row];
    }
    for (unsigned p = 0; p < TRI_HEAD_PLANES; p++)
        head->left[p] = left[0] > 0 ? left[p] / left[0] : 1;
    return status;
}

enum tri_status tri_head_build(struct tri_head *head) {
    struct tri_head_shape *shape = &head->shape;
    const uint64_t rows = head->rows;
    bool there = true;
    for (unsigned p = 0; p < TRI_HEAD_PLANES; p++) {
        head->plane[p] = tri_head_take(rows, tri_head_plane_bytes(shape, p));
        head->scale[p] = tri_head_take(rows, sizeof(float));
        head->residual[p] = tri_head_take(rows, sizeof(float));
        there =
            there && head->plane[p] != NULL && head->scale[p] != NULL && head->residual[p] != NULL;
    }
    head->norm = tri_head_take(rows, sizeof(float));
    head->step = tri_head_take(rows, sizeof(float));
    head->coefficients = tri_head_take(rows, sizeof(int16_t) * (uint64_t)shape->directions);
    shape->direction = tri_head_take(shape->directions, sizeof(float) * (uint64_t)shape->padded);
    if (!there || head->norm == NULL || head->step == NULL || head->coefficients == NULL ||
        shape->direction == NULL) {
        return tri_fail(TRI_E_MEMORY, "head: wanted %" PRIu64 " bytes for narrow rows, got none",
                        head->bytes);
    }
    TRI_TRY(find_directions(head));
    TRI_TRY(narrow_rows(head));
    return tri_model_intact(head->model);
}
