/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels in plain C, for processors that have none of their own and as the plain statement of
 * what the others compute. Loops over 32 rows that compilers turn into vectors.
 */
#include <string.h>

#include "cpu/product_kernels.h"

enum { LANES = TRI_BLOCK_BYTES }; /* bytes of four columns of a panel */

static int32_t copy(const int8_t *from, size_t count, int8_t *to) {
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += from[i];
    memcpy(to, from, count);
    return sum;
}

static void unpack_b2(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, out += 4 * LANES) {
        for (int i = 0; i < LANES; i++) {
            out[i] = panel[i] & 3;
            out[LANES + i] = panel[i] >> 2 & 3;
            out[2 * LANES + i] = panel[i] >> 4 & 3;
            out[3 * LANES + i] = panel[i] >> 6;
        }
    }
}

/* Fractions: the last weight comes first, as what a multiplication by 3 carries out of 8 bits. */
static void unpack_b3(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, out += 5 * LANES) {
        for (int i = 0; i < LANES; i++) {
            unsigned fraction = panel[i];
            for (int f = 4; f >= 0; f--) {
                fraction = 3 * (fraction & 255);
                out[f * LANES + i] = (uint8_t)(fraction >> 8);
            }
        }
    }
}

static void many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                 int32_t (*sums)[TRI_PANEL_ROWS]) {
    for (uint32_t t = 0; t < codes->tokens; t++) {
        const int8_t *x = codes->x + t * codes->stride;
        int32_t sum[TRI_PANEL_ROWS];
        memcpy(sum, sums[t], sizeof sum);
        for (uint32_t k = 0; k < cols; k += 4) {
            const uint8_t *u = unpacked + (size_t)k * TRI_PANEL_ROWS;
            for (int r = 0; r < TRI_PANEL_ROWS; r++) {
                sum[r] += u[4 * r] * x[k] + u[4 * r + 1] * x[k + 1] + u[4 * r + 2] * x[k + 2] +
                          u[4 * r + 3] * x[k + 3];
            }
        }
        memcpy(sums[t], sum, sizeof sum);
    }
}

static void few(tri_kernel_unpack unpack, uint32_t cols, const uint8_t *panel, uint32_t blocks,
                const struct tri_codes *codes, int32_t (*out)[TRI_PANEL_ROWS]) {
    uint8_t unpacked[TRI_B3_COLS * TRI_PANEL_ROWS];
    struct tri_codes at = *codes;
    memset(out, 0, codes->tokens * sizeof *out);
    for (uint32_t b = 0; b < blocks; b++, at.x += cols) {
        unpack(panel + (size_t)b * TRI_BLOCK_BYTES, 1, unpacked);
        many(unpacked, cols, &at, out);
    }
}

static void few_b2(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    few(unpack_b2, TRI_B2_COLS, panel, blocks, codes, out);
}

static void few_b3(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    few(unpack_b3, TRI_B3_COLS, panel, blocks, codes, out);
}

const struct tri_product_kernels tri_product_portable = {
    .code = TRI_B3_FRACTION,
    .together = 1,
    .in_turns = 1,
    .copy = copy,
    .few = {few_b2, few_b3},
    .unpack = {unpack_b2, unpack_b3},
    .many = many,
};
