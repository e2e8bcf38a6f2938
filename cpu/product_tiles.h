/* SPDX-License-Identifier: Apache-2.0
 *
 * Many tokens on matrix tiles, written over five operations on tiles of 16 rows of 64 bytes:
 *   TILES_BEGIN(), TILES_END()     all eight tiles are 16 x 64 bytes between them
 *   TILE_LOAD(tile, from, stride), TILE_STORE(tile, to, stride)
 *   TILE_MULTIPLY(sum, x, u)       sum[m][n] += sum over k, i of x[m][4k + i] u[k][4n + i], 32
 * bits, x with sign, u without (TDPBSUD) product_amx.c gives the instructions, a unit test plain C
 * that does the same, so that the order of the loops is tested where no such processor is. Include
 * it once the five are defined.
 */
#ifndef TRI_PRODUCT_TILES_H
#define TRI_PRODUCT_TILES_H

#include "cpu/product_kernels.h"

/* 32 tokens by 32 rows: sums in tiles 0 .. 3, 16 tokens each of activations in 4 and 5, 16 rows
 * each of weights in 6 and 7. The unpacked weights are tiles as they lie: four columns of 16 rows
 * are one row of a tile. tokens: a multiple of 16 that the buffers have rows for. */
static void tri_many_on_tiles(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                              int32_t (*sums)[TRI_PANEL_ROWS]) {
    enum { SUMS = TRI_PANEL_ROWS * sizeof(int32_t), COLS = 64 };
    const size_t stride = codes->stride;
    TILES_BEGIN();
    for (uint32_t t = 0; t < codes->tokens; t += 32) {
        const int8_t *x = codes->x + t * stride;
        const bool both = codes->tokens - t > 16;
        TILE_LOAD(0, sums[t], SUMS);
        TILE_LOAD(1, sums[t] + 16, SUMS);
        if (both) {
            TILE_LOAD(2, sums[t + 16], SUMS);
            TILE_LOAD(3, sums[t + 16] + 16, SUMS);
        }
        for (uint32_t k = 0; k < cols; k += COLS) {
            const uint8_t *u = unpacked + (size_t)k * TRI_PANEL_ROWS;
            TILE_LOAD(4, x + k, stride);
            TILE_LOAD(6, u, TRI_BLOCK_BYTES);
            TILE_LOAD(7, u + 64, TRI_BLOCK_BYTES);
            TILE_MULTIPLY(0, 4, 6);
            TILE_MULTIPLY(1, 4, 7);
            if (both) {
                TILE_LOAD(5, x + 16 * stride + k, stride);
                TILE_MULTIPLY(2, 5, 6);
                TILE_MULTIPLY(3, 5, 7);
            }
        }
        TILE_STORE(0, sums[t], SUMS);
        TILE_STORE(1, sums[t] + 16, SUMS);
        if (both) {
            TILE_STORE(2, sums[t + 16], SUMS);
            TILE_STORE(3, sums[t + 16] + 16, SUMS);
        }
    }
    TILES_END();
}

#endif
