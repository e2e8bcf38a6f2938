/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels for 64-bit ARM, written over one operation and compiled twice: with the instruction
 * for it (product_neon_dot.c) and without (product_neon.c). Before including it, define NEON_TABLE,
 * the name of the table, and
 *   int32x4_t add_fours(int32x4_t sum, int8x16_t u, int8x16_t x)
 *       lane i of sum + the sum over j of u[4i + j] x[4i + j], u in -2 .. 2
 */
#ifndef TRI_PRODUCT_NEON_H
#define TRI_PRODUCT_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "cpu/product_kernels.h"

enum { EIGHTHS = 8 }; /* of a panel's rows: 4 lanes of 32 bits */

TRI_INLINE int8x16_t broadcast(const int8_t *x) {
    int32_t four;
    memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

/* Field f of B2. */
TRI_INLINE int8x16_t field(uint8x16_t v, int f) {
    const uint8x16_t shifted = vshlq_u8(v, vdupq_n_s8((int8_t)(-2 * f)));
    return vreinterpretq_s8_u8(vandq_u8(shifted, vdupq_n_u8(3)));
}

/* The next digit of a base-3 fraction as 0, -1, -2: a comparison gives -1 where it holds. 86 and
 * 171 are the first bytes with digit 1 and 2. */
TRI_INLINE int8x16_t next_digit(uint8x16_t *v) {
    const uint8x16_t one = vcgeq_u8(*v, vdupq_n_u8(86)), two = vcgeq_u8(*v, vdupq_n_u8(171));
    *v = vmulq_u8(*v, vdupq_n_u8(3));
    return vreinterpretq_s8_u8(vaddq_u8(one, two));
}

static void few_b2(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    const int8_t *x = codes->x;
    int32x4_t sum[EIGHTHS];
    for (int e = 0; e < EIGHTHS; e++) sum[e] = vdupq_n_s32(0);
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, x += TRI_B2_COLS) {
#pragma GCC unroll 8
        for (int e = 0; e < EIGHTHS; e++) {
            const uint8x16_t v = vld1q_u8(panel + 16 * e);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                sum[e] = add_fours(sum[e], field(v, f), broadcast(x + 4 * f));
            }
        }
    }
    for (int e = 0; e < EIGHTHS; e++) vst1q_s32(out[0] + 4 * e, sum[e]);
}

static void few_b3(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    const int8_t *x = codes->x;
    int32x4_t sum[EIGHTHS]; /* negative, as the digits are */
    for (int e = 0; e < EIGHTHS; e++) sum[e] = vdupq_n_s32(0);
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, x += TRI_B3_COLS) {
#pragma GCC unroll 8
        for (int e = 0; e < EIGHTHS; e++) {
            uint8x16_t v = vld1q_u8(panel + 16 * e);
#pragma GCC unroll 5
            for (int f = 4; f >= 0; f--) {
                sum[e] = add_fours(sum[e], next_digit(&v), broadcast(x + 4 * f));
            }
        }
    }
    for (int e = 0; e < EIGHTHS; e++) vst1q_s32(out[0] + 4 * e, vnegq_s32(sum[e]));
}

static void unpack_b2(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, out += 4 * TRI_BLOCK_BYTES) {
        for (int e = 0; e < EIGHTHS; e++) {
            const uint8x16_t v = vld1q_u8(panel + 16 * e);
            for (int f = 0; f < 4; f++) {
                vst1q_u8(out + f * TRI_BLOCK_BYTES + 16 * e, vreinterpretq_u8_s8(field(v, f)));
            }
        }
    }
}

static void unpack_b3(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES, out += 5 * TRI_BLOCK_BYTES) {
        for (int e = 0; e < EIGHTHS; e++) {
            uint8x16_t v = vld1q_u8(panel + 16 * e);
            for (int f = 4; f >= 0; f--) {
                const int8x16_t u = vnegq_s8(next_digit(&v));
                vst1q_u8(out + f * TRI_BLOCK_BYTES + 16 * e, vreinterpretq_u8_s8(u));
            }
        }
    }
}

/* 16 rows by up to four tokens in 16 registers. */
enum { TILE = 4 };
TRI_INLINE void tile(uint32_t tokens, const uint8_t *u, uint32_t cols, const int8_t *x,
                     size_t stride, int32_t (*sums)[TRI_PANEL_ROWS]) {
    int32x4_t sum[TILE][4];
#pragma GCC unroll 4
    for (uint32_t t = 0; t < tokens; t++)
        for (int e = 0; e < 4; e++) sum[t][e] = vld1q_s32(sums[t] + 4 * e);
    for (uint32_t k = 0; k < cols; k += 4, u += TRI_BLOCK_BYTES) {
#pragma GCC unroll 4
        for (uint32_t t = 0; t < tokens; t++) {
            const int8x16_t four = broadcast(x + t * stride + k);
#pragma GCC unroll 4
            for (int e = 0; e < 4; e++) {
                const int8x16_t weights = vreinterpretq_s8_u8(vld1q_u8(u + 16 * e));
                sum[t][e] = add_fours(sum[t][e], weights, four);
            }
        }
    }
#pragma GCC unroll 4
    for (uint32_t t = 0; t < tokens; t++)
        for (int e = 0; e < 4; e++) vst1q_s32(sums[t] + 4 * e, sum[t][e]);
}

static void many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                 int32_t (*sums)[TRI_PANEL_ROWS]) {
    for (int half = 0; half < 2; half++) {
        const uint8_t *u = unpacked + 64 * half;
        for (uint32_t t = 0; t < codes->tokens; t += TILE) {
            const int8_t *x = codes->x + t * codes->stride;
            int32_t(*at)[TRI_PANEL_ROWS] = (int32_t(*)[TRI_PANEL_ROWS])(sums[t] + 16 * half);
            switch (codes->tokens - t) {
            case 1: tile(1, u, cols, x, codes->stride, at); break;
            case 2: tile(2, u, cols, x, codes->stride, at); break;
            case 3: tile(3, u, cols, x, codes->stride, at); break;
            default: tile(4, u, cols, x, codes->stride, at); break;
            }
        }
    }
}

static int32_t copy(const int8_t *from, size_t count, int8_t *to) {
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += from[i];
    memcpy(to, from, count);
    return sum;
}

const struct tri_product_kernels NEON_TABLE = {
    .code = TRI_B3_FRACTION,
    .together = 1,
    .in_turns = 1,
    .copy = copy,
    .few = {few_b2, few_b3},
    .unpack = {unpack_b2, unpack_b3},
    .many = many,
};

#endif
