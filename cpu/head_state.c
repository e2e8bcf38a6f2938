/* SPDX-License-Identifier: Apache-2.0
 *
 * A state made ready for screening: its parts along the directions, the rest in two int8 digits,
 * and everything that the estimates leave out, bounded. All in double, whose own rounding is far
 * below what `slack` allows for. docs/head.md has the terms one by one.
 */
#include <math.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/elementary.h"

enum { LANES = 8, LARGEST = TRI_HEAD_DIGITS };

/* sum of x_i p_i */
static double dot(const double *x, const float *p, uint32_t n) {
    double lane[LANES] = {0}, sum = 0;
    for (uint32_t i = 0; i < n; i += LANES) {
        for (uint32_t l = 0; l < LANES; l++) lane[l] += x[i + l] * (double)p[i + l];
    }
    for (uint32_t l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

static double nearest(double x) { return floor(x + 0.5); }

/* Coefficients of the directions; takes those parts out of x. Returns their length. */
static double split(const struct tri_head_shape *shape, double *x, struct tri_head_state *state) {
    const uint32_t n = shape->padded;
    double along[TRI_HEAD_DIRECTIONS], largest = 0, square = 0;
    for (uint32_t j = 0; j < shape->directions; j++) {
        along[j] = dot(x, shape->direction + (size_t)j * n, n);
        largest = fabs(along[j]) > largest ? fabs(along[j]) : largest;
    }
    state->along_step = largest / TRI_HEAD_COEFFICIENT;
    for (uint32_t j = 0; j < shape->directions; j++) {
        const float *p = shape->direction + (size_t)j * n;
        state->along[j] = largest > 0 ? (int16_t)nearest(along[j] / state->along_step) : 0;
        const double a = state->along_step * state->along[j];
        for (uint32_t i = 0; i < n; i++) x[i] -= a * (double)p[i];
        square += a * a;
    }
    return sqrt(square);
}

bool tri_head_look(const struct tri_head *head, const float *x, float growth,
                   struct tri_head_state *state) {
    const struct tri_head_shape *shape = &head->shape;
    const uint32_t n = shape->padded;
    double rest[TRI_HEAD_COLUMNS], square = 0;
    memset(rest, 0, n * sizeof *rest);
    for (uint32_t i = 0; i < shape->cols; i++) {
        if (!tri_is_finite(x[i])) return false;
        rest[i] = (double)x[i];
        square += rest[i] * rest[i];
    }
    const double whole = sqrt(square) * (1 + 1e-9);
    /* No sum on the way to a logit is larger than this, nor a score. */
    if (!(whole * head->largest * 1.01 * (double)growth < 1e38)) return false;

    const double along = split(shape, rest, state);
    double largest = 0, across = 0, error = 0;
    square = 0;
    for (uint32_t i = 0; i < n; i++) {
        square += rest[i] * rest[i];
        largest = fabs(rest[i]) > largest ? fabs(rest[i]) : largest;
    }
    for (uint32_t j = 0; j < shape->directions; j++) {
        const double left = dot(rest, shape->direction + (size_t)j * n, n);
        across += left * left;
    }
    state->step = largest / LARGEST;
    const double inverse = largest > 0 ? LARGEST / largest : 0;
    state->total = 0;
    for (uint32_t i = 0; i < n; i++) {
        double code = nearest(rest[i] * inverse);
        code = code < -LARGEST ? -LARGEST : code > LARGEST ? LARGEST : code;
        const double left = rest[i] - state->step * code;
        error += left * left;
        const int digits = (int)code;
        const int high = (digits + 128) >> 8; /* arithmetic: rounds to the nearest multiple */
        state->high[i] = (int8_t)high;
        state->low[i] = (int8_t)(digits - high * 256);
        state->total += digits;
    }
    const double length = sqrt(square) * (1 + 1e-9), unfit = sqrt(error) * (1 + 1e-9);
    const double terms = (double)((shape->cols + 15) / 16 + 5); /* roundings on a product's way */
    const double gamma = terms * 0x1p-24 * 1.01;
    state->length = length + unfit;
    state->slack = gamma * whole + 4 * (6.5e-5 + 1.1 * gamma) * along + 1.05 * sqrt(across) +
                   2.1 * unfit + 0x1p-16 * length + 0x1p-17 * whole;
    return largest == 0 || (inverse < 1e300 && largest > 1e-60);
}

float tri_head_logit(const struct tri_head *head, const float *x, uint32_t row, float *weights) {
    const struct tri_table *table = &head->model->head;
    const size_t n = table->cols, at = (size_t)row * n;
    const uintptr_t address = (uintptr_t)table->data;
    switch (table->type) {
    case TRI_BF16:
        if (address % _Alignof(uint16_t) != 0) break;
        return head->operators->dot_bf16(x, (const uint16_t *)table->data + at, n);
    case TRI_F16:
        if (address % _Alignof(uint16_t) != 0) break;
        return head->operators->dot_f16(x, (const uint16_t *)table->data + at, n);
    case TRI_F32:
        if (address % _Alignof(float) != 0) break;
        return head->operators->dot(x, (const float *)table->data + at, n);
    }
    tri_table_row(table, row, weights);
    return head->operators->dot(x, weights, n);
}
