/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the narrow head that are plain loops: each file of kernels includes them, so that
 * compilers make vectors of that file's instruction set. Sums run in 16 lanes. Not a header for
 * others.
 */
#ifndef TRI_CPU_HEAD_ROW_H
#define TRI_CPU_HEAD_ROW_H

#include <stdbool.h>
#include <string.h>

#include "cpu/head_narrow.h"
#include "ref/elementary.h"

enum { LANES = 16 };

/* Sixteen columns at once, in as many registers as the instruction set needs. Never passed by
 * value: how that is done depends on the set. */
typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t int_lanes __attribute__((vector_size(4 * LANES)));
typedef uint8_t byte_lanes __attribute__((vector_size(LANES)));
typedef float loose_lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint8_t loose_bytes __attribute__((vector_size(LANES), aligned(1), may_alias));
#define LANES_AT(pointer) (*(const loose_lanes *)(pointer))
#define EVERY(value)      ((lanes){0} + (value))

static inline float added(const lanes *lane) {
    float sum = 0;
    for (int l = 0; l < LANES; l++) sum += (*lane)[l];
    return sum;
}

static inline float row_dot(const float *a, const float *b, uint32_t n) {
    lanes sum = {0};
    for (uint32_t i = 0; i < n; i += LANES) sum += LANES_AT(a + i) * LANES_AT(b + i);
    return added(&sum);
}

/* Not of NaNs. */
static inline float largest_of(const float *x, uint32_t n) {
    lanes top = LANES_AT(x);
    for (uint32_t i = LANES; i < n; i += LANES) {
        const lanes at = LANES_AT(x + i);
        const int_lanes above = at > top;
        top = (lanes)(((int_lanes)top & ~above) | ((int_lanes)at & above));
    }
    float largest = top[0];
    for (int l = 1; l < LANES; l++) largest = top[l] > largest ? top[l] : largest;
    return largest;
}

/* w' in place of w, and the coefficients. */
static inline void split_row(const struct tri_head_shape *shape, float *w, struct tri_head_row *row,
                             int16_t *coefficients) {
    const uint32_t n = shape->padded, count = shape->directions;
    float along[TRI_HEAD_DIRECTIONS], largest = 0;
    for (uint32_t j = 0; j < count; j++) {
        along[j] = row_dot(w, shape->direction + (size_t)j * n, n);
        const float magnitude = along[j] < 0 ? -along[j] : along[j];
        largest = magnitude > largest ? magnitude : largest;
    }
    const bool any = largest > 0x1p-60f;
    row->step = any ? largest / TRI_HEAD_COEFFICIENT : 0;
    const float inverse = any ? TRI_HEAD_COEFFICIENT / largest : 0;
    for (uint32_t j = 0; j < count; j++) {
        float code = tri_round(along[j] * inverse);
        code = code < -TRI_HEAD_COEFFICIENT ? -TRI_HEAD_COEFFICIENT : code;
        code = code > TRI_HEAD_COEFFICIENT ? TRI_HEAD_COEFFICIENT : code;
        coefficients[(size_t)j * TRI_HEAD_TILE] = (int16_t)code;
        along[j] = row->step * code;
    }
    for (uint32_t i = 0; i < n; i += LANES) {
        lanes rest = LANES_AT(w + i);
        for (uint32_t j = 0; j < count; j++)
            rest -= along[j] * LANES_AT(shape->direction + (size_t)j * n + i);
        memcpy(w + i, &rest, sizeof rest);
    }
}

/* What 2^bits levels from -range to range leave of a part of the columns, the square of it. */
static inline float rest_of(const float *w, uint32_t n, float range, float levels) {
    const float inverse = levels / (2 * range), step = 1 / inverse, last = levels / 2 - 0.5f;
    lanes sum = {0};
    for (uint32_t i = 0; i < n; i += 8 * LANES) {
        const lanes at = LANES_AT(w + i) * inverse;
        /* to a half of an odd number: the nearest level if there were no end to them */
        lanes code = ((at - 0.5f) + 12582912.0f) - 12582912.0f + 0.5f;
        const int_lanes above = code > last, below = code < -last;
        code = (lanes)(((int_lanes)code & ~above) | ((int_lanes)EVERY(last) & above));
        code = (lanes)(((int_lanes)code & ~below) | ((int_lanes)EVERY(-last) & below));
        sum += (at - code) * (at - code);
    }
    return added(&sum) * step * step;
}

/* The range whose steps of 3, 8 and above all 5 bits leave least, by a part of the columns. What it
 * cuts off is nearly all that 8 bits leave. */
static inline float range_of(const float *w, uint32_t n, float rms, float largest) {
    static const float wide[] = {1.8f, 2.3f, 2.65f, 3.0f, 3.6f, 4.6f};
    float best = largest, least = -1;
    for (int i = 0; i < (int)(sizeof wide / sizeof *wide); i++) {
        const float range = wide[i] * rms < largest ? wide[i] * rms : largest;
        const float fine = rest_of(w, n, range, 32);
        const float left = rest_of(w, n, range, 8) * rest_of(w, n, range, 256) * fine * fine * fine;
        if (least < 0 || left < least) {
            least = left;
            best = range;
        }
        if (!(range < largest)) break;
    }
    return best;
}

/* Least-squares scale of the codes' first bits, and what is left then. */
static inline void fit(const float *w, const uint8_t *codes, uint32_t n, int bits, float *scale,
                       float *residual) {
    const int shift = 8 - bits, last = (1 << bits) - 1;
    lanes product = {0}, square = {0}, left = {0};
    for (uint32_t i = 0; i < n; i += LANES) {
        const byte_lanes bytes = *(const loose_bytes *)(codes + i);
        const int_lanes code = __builtin_convertvector(bytes, int_lanes);
        const lanes value = __builtin_convertvector(2 * (code >> shift) - last, lanes);
        product += LANES_AT(w + i) * value;
        square += value * value;
    }
    const float s = added(&product) / added(&square);
    for (uint32_t i = 0; i < n; i += LANES) {
        const byte_lanes bytes = *(const loose_bytes *)(codes + i);
        const int_lanes code = __builtin_convertvector(bytes, int_lanes);
        const lanes value = __builtin_convertvector(2 * (code >> shift) - last, lanes);
        const lanes d = LANES_AT(w + i) - s * value;
        left += d * d;
    }
    *scale = s;
    *residual = tri_sqrt(added(&left)) * (1 + 0x1p-14f);
}

static inline void round_row(const float *w, uint32_t n, float range, uint8_t *codes) {
    const float inverse = 128 / range;
    for (uint32_t i = 0; i < n; i += LANES) {
        lanes at = LANES_AT(w + i) * inverse + 128;
        at = (lanes)((int_lanes)at & (at > 0));
        const int_lanes above = at > 255;
        at = (lanes)(((int_lanes)at & ~above) | ((int_lanes)EVERY(255.0f) & above));
        const byte_lanes bytes =
            __builtin_convertvector(__builtin_convertvector(at, int_lanes), byte_lanes);
        memcpy(codes + i, &bytes, sizeof bytes);
    }
}

static void narrow_row(const struct tri_head_shape *shape, float *w, uint8_t *codes,
                       struct tri_head_row *row, int16_t *coefficients) {
    const uint32_t n = shape->padded;
    row->norm = tri_sqrt(row_dot(w, w, n)) * (1 + 0x1p-14f) + 0x1p-60f;
    split_row(shape, w, row, coefficients);
    lanes top = {0};
    for (uint32_t i = 0; i < n; i += LANES) {
        const lanes at = LANES_AT(w + i);
        const lanes magnitude = (lanes)((int_lanes)at & 0x7fffffff);
        const int_lanes above = magnitude > top;
        top = (lanes)(((int_lanes)top & ~above) | ((int_lanes)magnitude & above));
    }
    float largest = 0x1p-40f;
    for (int l = 0; l < LANES; l++) largest = top[l] > largest ? top[l] : largest;
    const float rms = tri_sqrt(row_dot(w, w, n) / (float)shape->cols);
    round_row(w, n, range_of(w, n, rms > 0x1p-44f ? rms : 0x1p-44f, largest), codes);
    /* Columns that only pad a row meet zeros of every state. */
    const uint32_t used = (shape->cols + LANES - 1) / LANES * LANES;
    for (unsigned plane = 0; plane < TRI_HEAD_PLANES; plane++)
        fit(w, codes, used, (int)tri_head_bits_up_to(plane), &row->scale[plane],
            &row->residual[plane]);
}

/* Works on copies: of pointers that may overlap compilers make no vectors. */
static void judge_tile(const struct tri_head_shape *shape, const struct tri_head_state *state,
                       const struct tri_head_tile *tile) {
    enum { N = TRI_HEAD_TILE };
    int32_t along[N] = {0}, sums[N];
    float step[N], scale[N], residual[N], norm[N], bases[N], estimates[N], mosts[N];
    memcpy(sums, tile->sums, sizeof sums);
    memcpy(step, tile->step, sizeof step);
    memcpy(scale, tile->scale, sizeof scale);
    memcpy(residual, tile->residual, sizeof residual);
    memcpy(norm, tile->norm, sizeof norm);
    for (uint32_t j = 0; j < shape->directions; j++) {
        const int32_t a = state->along[j];
        const int16_t *g = tile->coefficients + (size_t)j * N;
        for (int i = 0; i < N; i++) along[i] += a * g[i];
    }
    const double middle = tile->middle, unit = state->step;
    const double along_step = state->along_step, length = state->length, slack = state->slack;
    for (int i = 0; i < N; i++) {
        const double base = along_step * (double)step[i] * along[i];
        const double estimate = base + (double)scale[i] * unit * (2.0 * sums[i] - middle);
        double most = estimate + length * (double)residual[i] + slack * (double)norm[i];
        most += (most < 0 ? -most : most) * 0x1p-22 + 1e-40; /* upward through the narrowing */
        bases[i] = (float)base;
        estimates[i] = (float)estimate;
        mosts[i] = (float)most;
    }
    *tile->largest = largest_of(estimates, N);
    *tile->largest_most = largest_of(mosts, N);
    memcpy(tile->base, bases, sizeof bases);
    memcpy(tile->estimate, estimates, sizeof estimates);
    memcpy(tile->most, mosts, sizeof mosts);
}

#endif
