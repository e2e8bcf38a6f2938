/* SPDX-License-Identifier: Apache-2.0
 *
 * A model in memory that has matrices and nothing else, and its products by definition.
 */
#ifndef TRI_TEST_CPU_PRODUCT_H
#define TRI_TEST_CPU_PRODUCT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/product.h"
#include "ref/random.h"

/* Weights and codes. The extremes: all one sign, and such that products are all of one sign. */
enum product_data {
    PRODUCT_RANDOM,
    PRODUCT_ONES_127,  /* all +1, all +127 */
    PRODUCT_ONES_128,  /* all +1, all -128 */
    PRODUCT_MINUS_127, /* all -1, all +127 */
    PRODUCT_MINUS_128, /* all -1, all -128 */
    PRODUCT_SIGNS,     /* codes -128 or 127 by the sign of the first row's weights */
    PRODUCT_ZEROS_128, /* all 0, all -128 */
    PRODUCT_DATA
};

struct product_shape {
    uint32_t group[TRI_GROUPS][2]; /* rows and columns of each of a group's matrices */
};

struct product_model {
    struct tri_model model;
    struct tri_layer *layers;
};

static inline int product_weight(const struct tri_ternary *m, uint32_t row, uint32_t col) {
    const uint8_t byte = m->packed[(size_t)row * ((m->cols + 3) / 4) + col / 4];
    return (byte >> 2 * (col % 4) & 3) - 1;
}

static inline void product_model_make(struct product_model *out, const struct product_shape *shape,
                                      enum product_data data, uint32_t layers) {
    struct tri_random random = {data};
    memset(out, 0, sizeof *out);
    out->layers = calloc(layers, sizeof *out->layers);
    out->model.config.layers = layers;
    out->model.layers = out->layers;
    for (uint32_t i = 0; i < layers * TRI_MATRICES; i++) {
        const enum tri_matrix index = (enum tri_matrix)(i % TRI_MATRICES);
        int group = TRI_GROUPS - 1;
        while (tri_group_first((enum tri_group)group) > index) group--;
        struct tri_ternary *m = &out->layers[i / TRI_MATRICES].matrix[index];
        *m = (struct tri_ternary){.rows = shape->group[group][0], .cols = shape->group[group][1]};
        m->layout = TRI_LAYOUT_ROWS;
        m->name = tri_matrix_name(index);
        const size_t stride = (m->cols + 3) / 4;
        uint8_t *packed = calloc(m->rows, stride);
        for (size_t w = 0; w < (size_t)m->rows * m->cols; w++) {
            static const int all[PRODUCT_DATA] = {-1, 2, 2, 0, 0, -1, 1};
            const unsigned u =
                all[data] < 0 ? (unsigned)(tri_random_next(&random) % 3) : (unsigned)all[data];
            packed[w / m->cols * stride + w % m->cols / 4] |= (uint8_t)(u << 2 * (w % m->cols % 4));
        }
        m->packed = packed;
    }
}

static inline void product_model_free(struct product_model *model) {
    for (uint32_t l = 0; l < model->model.config.layers; l++)
        for (int m = 0; m < TRI_MATRICES; m++)
            free((uint8_t *)(uintptr_t)model->layers[l].matrix[m].packed);
    free(model->layers);
}

static inline int8_t product_code(const struct tri_ternary *m, enum product_data data,
                                  struct tri_random *random, uint32_t k) {
    switch (data) {
    case PRODUCT_ONES_127:
    case PRODUCT_MINUS_127: return 127;
    case PRODUCT_ONES_128:
    case PRODUCT_MINUS_128:
    case PRODUCT_ZEROS_128: return -128;
    case PRODUCT_SIGNS: return product_weight(m, 0, k) > 0 ? 127 : -128;
    default: return (int8_t)(tri_random_next(random) & 255);
    }
}

static inline int32_t product_sum(const struct tri_ternary *m, uint32_t row, const int8_t *x) {
    int32_t sum = 0;
    for (uint32_t k = 0; k < m->cols; k++) sum += product_weight(m, row, k) * x[k];
    return sum;
}

/* All groups of all layers against the definition; why: the first difference. */
static inline bool product_equal(const struct product_model *model, struct tri_packed *packed,
                                 struct tri_pool *pool, uint32_t tokens, enum product_data data,
                                 char why[static 160]) {
    struct tri_random random = {tokens};
    bool equal = true;
    for (uint32_t i = 0; i < model->model.config.layers * TRI_GROUPS; i++) {
        const enum tri_group group = (enum tri_group)(i % TRI_GROUPS);
        const struct tri_ternary *m = &model->layers[i / TRI_GROUPS].matrix[tri_group_first(group)];
        const uint32_t rows = tri_group_rows(&model->model, group), cols = m->cols;
        /* Exactly as large as documented and at an odd address, so that what reads or writes
         * beyond is seen. */
        int8_t *codes = malloc((size_t)tokens * cols + 1);
        int32_t *sums = malloc((size_t)tokens * rows * sizeof *sums);
        if (codes == NULL || sums == NULL) abort();
        for (uint32_t k = 0; k < tokens * cols; k++)
            codes[1 + k] = product_code(m, data, &random, k % cols);
        memset(sums, 0x55, (size_t)tokens * rows * sizeof *sums);
        tri_packed_product(packed, pool, i / TRI_GROUPS, group, tokens, codes + 1, sums);
        for (uint32_t r = 0; r < rows && equal; r++) {
            for (uint32_t t = 0; t < tokens && equal; t++) {
                const int32_t got = sums[(size_t)t * rows + r];
                const int32_t wanted =
                    product_sum(&m[r / m->rows], r % m->rows, codes + 1 + (size_t)t * cols);
                if (got == wanted) continue;
                equal = false;
                snprintf(why, 160,
                         "data %d, group %d of %u x %u, token %u of %u, row %u: wanted %d, got %d",
                         (int)data, (int)group, rows, cols, t, tokens, r, wanted, got);
            }
        }
        free(codes);
        free(sums);
    }
    return equal;
}

/* Rows and columns of the four groups' matrices: nothing a multiple of anything; blocks and panels
 * without rest; many columns. */
static const struct product_shape product_odd = {{{31, 65}, {1, 1}, {67, 333}, {33, 7}}};
static const struct product_shape product_even = {{{96, 640}, {64, 320}, {32, 64}, {32, 960}}};
static const struct product_shape product_wide = {{{3, 2561}, {40, 319}, {17, 321}, {5, 23040}}};

#endif
