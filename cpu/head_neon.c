/* SPDX-License-Identifier: Apache-2.0
 *
 * The narrow head's kernels for 64-bit ARM without further extensions: products in 16 bits, which a
 * code up to 7 times 128 fits; two are added before they are widened, exactly.
 */
typedef int tri_head_neon_is_not_empty;
#if defined(__aarch64__)
#include <arm_neon.h>

#include "cpu/head_row.h"

static inline __attribute__((always_inline)) uint8x16_t code3(const uint8x16_t unit[3], int k) {
    const uint8x16_t seven = vdupq_n_u8(7), four = vdupq_n_u8(4);
    switch (k) {
    case 0: return vandq_u8(unit[0], seven);
    case 1: return vandq_u8(vshrq_n_u8(unit[0], 3), seven);
    case 2: return vandq_u8(unit[1], seven);
    case 3: return vandq_u8(vshrq_n_u8(unit[1], 3), seven);
    case 4: return vandq_u8(unit[2], seven);
    case 5: return vandq_u8(vshrq_n_u8(unit[2], 3), seven);
    case 6: return vorrq_u8(vshrq_n_u8(unit[0], 6), vandq_u8(vshrq_n_u8(unit[2], 4), four));
    default: return vorrq_u8(vshrq_n_u8(unit[1], 6), vandq_u8(vshrq_n_u8(unit[2], 5), four));
    }
}

/* sum += code . x in four lanes */
static inline __attribute__((always_inline)) int32x4_t add_products(int32x4_t sum, uint8x16_t code,
                                                                    int8x16_t x) {
    const int8x16_t c = vreinterpretq_s8_u8(code);
    int16x8_t product = vmull_s8(vget_low_s8(c), vget_low_s8(x));
    product = vmlal_high_s8(product, c, x);
    return vpadalq_s16(sum, product);
}

/* One row whose units are `step` bytes apart. */
static int32_t row3(const uint8_t *plane, size_t step, const struct tri_head_shape *shape,
                    const int8_t *high, const int8_t *low) {
    const uint32_t chunk = shape->chunk;
    int32x4_t above = vdupq_n_s32(0), below = vdupq_n_s32(0);
    for (uint32_t first = 0; first < shape->padded; first += 8 * chunk, plane += step) {
        for (uint32_t part = 0; part < chunk; part += 16) {
            const uint8x16_t unit[3] = {vld1q_u8(plane + part), vld1q_u8(plane + chunk + part),
                                        vld1q_u8(plane + 2 * chunk + part)};
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) {
                const size_t at = first + (uint32_t)k * chunk + part;
                const uint8x16_t code = code3(unit, k);
                above = add_products(above, code, vld1q_s8(high + at));
                below = add_products(below, code, vld1q_s8(low + at));
            }
        }
    }
    return vaddvq_s32(above) * 256 + vaddvq_s32(below);
}

static void tile(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums) {
    const size_t unit = 3 * (size_t)shape->chunk, bytes = tri_head_plane_bytes(shape, 0);
    for (uint32_t r = 0; r < TRI_HEAD_TILE; r++) {
        const uint32_t within = r % TRI_HEAD_GROUP;
        sums[r] = row3(plane + (r - within) * bytes + within * unit, TRI_HEAD_GROUP * unit, shape,
                       high, low);
    }
}

static void dot3(const uint8_t *plane, uint32_t rows, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    const size_t unit = 3 * (size_t)shape->chunk, bytes = tri_head_plane_bytes(shape, 2);
    for (uint32_t r = 0; r < rows; r++, plane += bytes)
        sums[r] = row3(plane, unit, shape, high, low);
}

static inline __attribute__((always_inline)) uint8x16_t code2(uint8x16_t unit, int k) {
    const uint8x16_t three = vdupq_n_u8(3);
    switch (k) {
    case 0: return vandq_u8(unit, three);
    case 1: return vandq_u8(vshrq_n_u8(unit, 2), three);
    case 2: return vandq_u8(vshrq_n_u8(unit, 4), three);
    default: return vshrq_n_u8(unit, 6);
    }
}

static void dot2(const uint8_t *plane, uint32_t rows, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t chunk = shape->chunk;
    for (uint32_t r = 0; r < rows; r++) {
        int32x4_t above = vdupq_n_s32(0), below = vdupq_n_s32(0);
        for (uint32_t first = 0; first < shape->padded; first += 4 * chunk, plane += chunk) {
            for (uint32_t part = 0; part < chunk; part += 16) {
                const uint8x16_t unit = vld1q_u8(plane + part);
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
                    const size_t at = first + (uint32_t)k * chunk + part;
                    const uint8x16_t code = code2(unit, k);
                    above = add_products(above, code, vld1q_s8(high + at));
                    below = add_products(below, code, vld1q_s8(low + at));
                }
            }
        }
        sums[r] = vaddvq_s32(above) * 256 + vaddvq_s32(below);
    }
}

const struct tri_head_kernels tri_head_neon = {
    .tile = tile, .dot3 = dot3, .dot2 = dot2, .judge = judge_tile, .narrow = narrow_row};
#endif
