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

/* One row of codes of one bit or two. */
static inline __attribute__((always_inline)) int32_t few(const int bits, const uint8_t *from,
                                                         const struct tri_head_shape *shape,
                                                         const int8_t *high, const int8_t *low) {
    const uint8x16_t mask = vdupq_n_u8((uint8_t)((1 << bits) - 1));
    const uint32_t chunk = shape->chunk, codes = 8 / (uint32_t)bits;
    int32x4_t above = vdupq_n_s32(0), below = vdupq_n_s32(0);
    for (uint32_t first = 0; first < shape->padded; first += codes * chunk, from += chunk) {
        for (uint32_t part = 0; part < chunk; part += 16) {
            const uint8x16_t unit = vld1q_u8(from + part);
#pragma GCC unroll 8
            for (uint32_t k = 0; k < codes; k++) {
                const size_t at = first + k * chunk + part;
                const int8x16_t right = vdupq_n_s8((int8_t)(-bits * (int)k));
                const uint8x16_t code = vandq_u8(vshlq_u8(unit, right), mask);
                above = add_products(above, code, vld1q_s8(high + at));
                below = add_products(below, code, vld1q_s8(low + at));
            }
        }
    }
    return vaddvq_s32(above) * 256 + vaddvq_s32(below);
}

static void dot1(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (uint32_t r = 0; r < count; r++) sums[r] = few(1, rows[r], shape, high, low);
}

static void dot2(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (uint32_t r = 0; r < count; r++) sums[r] = few(2, rows[r], shape, high, low);
}

const struct tri_head_kernels tri_head_neon = {
    .tile = tile, .dot1 = dot1, .dot2 = dot2, .judge = judge_tile, .narrow = narrow_row};
#endif
