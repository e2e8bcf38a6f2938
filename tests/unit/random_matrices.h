/* SPDX-License-Identifier: Apache-2.0
 *
 * Random ternary matrices as an image's source, random int8 codes, and the product by definition.
 * The numbers come from a seed and are the same everywhere.
 */
#ifndef TRI_TEST_RANDOM_MATRICES_H
#define TRI_TEST_RANDOM_MATRICES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/image.h"

struct shape {
    uint32_t rows, cols;
};
struct matrices {
    const struct shape *shape; /* [count] */
    uint64_t seed;
};

/* splitmix64 of a seed and a position: any element without the ones before. */
static inline uint64_t random_at(uint64_t seed, uint64_t position) {
    uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + position * UINT64_C(0xd1342543de82ef95);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline int8_t random_trit(uint64_t seed, uint32_t matrix, uint32_t row, uint32_t col) {
    const uint64_t position = (uint64_t)matrix << 56 | (uint64_t)row << 24 | col;
    return (int8_t)((int)(random_at(seed, position) % 3) - 1);
}

static inline void describe_matrix(void *context, uint32_t i, char *name, uint32_t *rows,
                                   uint32_t *cols) {
    const struct matrices *matrices = context;
    (void)snprintf(name, 48, "matrix %u", i);
    *rows = matrices->shape[i].rows;
    *cols = matrices->shape[i].cols;
}

static inline void matrix_row(void *context, uint32_t i, uint32_t row, int8_t *out) {
    const struct matrices *matrices = context;
    for (uint32_t col = 0; col < matrices->shape[i].cols; col++) {
        out[col] = random_trit(matrices->seed, i, row, col);
    }
}

static inline struct tri_image *build_image(const struct tri_geometry *geometry,
                                            struct matrices *matrices, uint32_t count) {
    const struct tri_matrix_source source = {matrices, count, describe_matrix, matrix_row};
    struct tri_image *image = NULL;
    cr_assert(tri_image_build(geometry, &source, &image) == TRI_OK, "%s", tri_error());
    return image;
}

/* Codes of the whole int8 range, -128 too. The caller frees. */
static inline int8_t *random_codes(uint64_t seed, uint32_t tokens, uint32_t cols) {
    int8_t *codes = malloc((size_t)tokens * cols);
    cr_assert(codes != NULL);
    for (uint64_t i = 0; i < (uint64_t)tokens * cols; i++) {
        codes[i] = (int8_t)(random_at(seed, i) & 0xff);
    }
    return codes;
}

/* sums[t][m] = sum over k of weight[m][k] * codes[t][k], straight from the definition. */
static inline int32_t product(const struct matrices *matrices, uint32_t i, uint32_t row,
                              const int8_t *codes, uint32_t token) {
    const uint32_t cols = matrices->shape[i].cols;
    int32_t sum = 0;
    for (uint32_t k = 0; k < cols; k++) {
        sum += random_trit(matrices->seed, i, row, k) * codes[(size_t)token * cols + k];
    }
    return sum;
}

#endif
