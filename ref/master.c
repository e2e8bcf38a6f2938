/* SPDX-License-Identifier: Apache-2.0
 *
 * Float matrices made ternary: recognised when they are so already, else by the mean of the
 * magnitudes as Hugging Face's WeightQuant does. docs/numbers.md states the rule.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/loader.h"
#include "ref/numerics.h"

struct magnitudes {
    double sum;
    uint32_t least, most; /* bit patterns of those that are not 0; least > most if there are none */
};

/* Adds 16 weights, one to each lane. Magnitudes compare like their bit patterns; 0 - 1 is above all
 * of them, so that zeros are never the least. */
static void measure_lanes(const float *w, double *lane, uint32_t *least, uint32_t *most) {
    for (size_t l = 0; l < TRI_LANES; l++) {
        const uint32_t bits = tri_float_bits(w[l]) & 0x7fffffffu;
        lane[l] += (double)tri_float_from_bits(bits);
        most[l] = bits > most[l] ? bits : most[l];
        least[l] = bits - 1 < least[l] ? bits - 1 : least[l];
    }
}

/* The sum in double: 16 lanes over a row and a fixed tree (as R2), rows in order. Its error is far
 * below half a unit of the float it is rounded to, so the order hardly matters. row: a multiple of
 * 16 floats, zeros behind the columns. */
static enum tri_status measure(const char *path, const struct tri_table *weights, const char *name,
                               float *row, struct magnitudes *m) {
    uint32_t least[TRI_LANES], most[TRI_LANES] = {0};
    memset(least, 0xff, sizeof least);
    *m = (struct magnitudes){.least = UINT32_MAX};
    for (uint32_t r = 0; r < weights->rows; r++) {
        double lane[TRI_LANES] = {0};
        tri_table_row(weights, r, row);
        for (size_t c = 0; c < weights->cols; c += TRI_LANES)
            measure_lanes(row + c, lane, least, most);
        for (size_t half = TRI_LANES / 2; half > 0; half /= 2)
            for (size_t l = 0; l < half; l++) lane[l] += lane[l + half];
        m->sum += lane[0];
        if (m->sum < 1e300) continue; /* sums of finite floats are; others are named */
        for (uint32_t c = 0; c < weights->cols; c++) {
            if (tri_is_finite(row[c])) continue;
            return tri_fail(TRI_E_FORMAT,
                            "%s: tensor %s: row %" PRIu32 ", column %" PRIu32
                            ", wanted a finite number, got %f",
                            path, name, r, c, (double)row[c]);
        }
    }
    for (size_t l = 0; l < TRI_LANES; l++) {
        m->most = most[l] > m->most ? most[l] : m->most;
        m->least = least[l] < m->least ? least[l] : m->least;
    }
    m->least++; /* back from bits - 1; none at all: 0 */
    if (m->least == 0) m->least = UINT32_MAX;
    return TRI_OK;
}

/* 0, 1 or 2: w * s clamped, rounded with ties to even, plus one. */
static unsigned code_of(float w, float s) {
    float x = w * s;
    x = x > 1.0f ? 1.0f : x;
    x = x < -1.0f ? -1.0f : x;
    return (unsigned)((int)tri_round(x) + 1);
}

static void pack(const struct tri_table *weights, float s, float *row, uint8_t *packed) {
    const size_t bytes = ((size_t)weights->cols + 3) / 4;
    for (uint32_t r = 0; r < weights->rows; r++) {
        uint8_t *out = packed + r * bytes;
        tri_table_row(weights, r, row);
        for (size_t b = 0; b < bytes; b++) {
            const float *w = row + 4 * b;
            out[b] = (uint8_t)(code_of(w[0], s) | code_of(w[1], s) << 2 | code_of(w[2], s) << 4 |
                               code_of(w[3], s) << 6);
        }
    }
}

enum tri_status tri_master_quantise(const char *path, const struct tri_table *weights, bool always,
                                    bool masters, struct tri_ternary *matrix, void **owned) {
    *owned = NULL;
    float *row =
        calloc(((size_t)weights->cols + TRI_LANES - 1) / TRI_LANES * TRI_LANES, sizeof *row);
    if (row == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    struct magnitudes m;
    enum tri_status status = measure(path, weights, matrix->name, row, &m);
    const bool ternary = m.least >= m.most; /* one magnitude, or zeros alone */
    const float least = tri_float_from_bits(m.least), most = tri_float_from_bits(m.most);
    if (status == TRI_OK && !ternary && !masters) {
        status = tri_fail(TRI_E_UNSUPPORTED,
                          "%s: tensor %s: wanted ternary weights (one magnitude), got magnitudes "
                          "%g to %g: not a ternary model",
                          path, matrix->name, (double)least, (double)most);
    }
    float s; /* weights are multiplied by it before they are rounded */
    if (ternary && !always) {
        matrix->scale = most > 0 ? most : 1.0f;
        s = 1e38f; /* any sign is far beyond 1, and 0 stays 0 */
        if (most > 0 && most < 1e-30f && status == TRI_OK) {
            status = tri_fail(TRI_E_FORMAT, "%s: tensor %s: scale, wanted at least 1e-30, got %g",
                              path, matrix->name, (double)most);
        }
    } else {
        float mean = (float)(m.sum / ((double)weights->rows * weights->cols));
        if (mean < 1e-5f) mean = 1e-5f;
        s = 1.0f / mean;
        matrix->scale = 1.0f / s; /* not `mean`: Hugging Face divides by s */
    }
    if (status == TRI_OK) {
        uint8_t *packed =
            malloc((size_t)tri_layout_bytes(TRI_LAYOUT_ROWS, weights->rows, weights->cols));
        if (packed != NULL)
            pack(weights, s, row, packed);
        else
            status = tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
        matrix->layout = TRI_LAYOUT_ROWS;
        matrix->packed = *owned = packed;
    }
    free(row);
    return status;
}
