/* SPDX-License-Identifier: Apache-2.0
 *
 * The 16 lanes of rule R2 in four registers of NEON, for cpu/operators_lanes.h. A product and a sum
 * are always two operations.
 */
#ifndef TRI_CPU_LANES_NEON_H
#define TRI_CPU_LANES_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    float32x4_t a, b, c, d; /* lanes 0..3, 4..7, 8..11, 12..15 */
} lanes;

/* Attention holds HEADS * POSITIONS sums, and HEADS * CHUNK * 16 outputs, in registers. */
enum { HEADS = 2, POSITIONS = 2, CHUNK = 2 };

#define EACH(f, y) ((lanes){f(x.a, y.a), f(x.b, y.b), f(x.c, y.c), f(x.d, y.d)})

static inline lanes all(float value) {
    const float32x4_t four = vdupq_n_f32(value);
    return (lanes){four, four, four, four};
}
static inline lanes zero(void) { return all(0.0f); }
static inline lanes load(const float *x) {
    return (lanes){vld1q_f32(x), vld1q_f32(x + 4), vld1q_f32(x + 8), vld1q_f32(x + 12)};
}
static inline lanes load_part(const float *x, size_t n) {
    float buffer[16] = {0};
    memcpy(buffer, x, n * sizeof *x);
    return load(buffer);
}
static inline void store(float *to, lanes x) {
    vst1q_f32(to, x.a);
    vst1q_f32(to + 4, x.b);
    vst1q_f32(to + 8, x.c);
    vst1q_f32(to + 12, x.d);
}
static inline void store_part(float *to, lanes x, size_t n) {
    float buffer[16];
    store(buffer, x);
    memcpy(to, buffer, n * sizeof *to);
}
static inline lanes add(lanes x, lanes y) { return EACH(vaddq_f32, y); }
static inline lanes subtract(lanes x, lanes y) { return EACH(vsubq_f32, y); }
static inline lanes multiply(lanes x, lanes y) { return EACH(vmulq_f32, y); }
static inline lanes divide(lanes x, lanes y) { return EACH(vdivq_f32, y); }

/* Not vmaxq, which lets a NaN win. */
static inline float32x4_t four_larger(float32x4_t x, float32x4_t y) {
    return vbslq_f32(vcgtq_f32(x, y), x, y);
}

/* x > y ? x : y */
static inline lanes larger(lanes x, lanes y) { return EACH(four_larger, y); }

/* x < y ? yes : no */
static inline lanes if_less(lanes x, lanes y, lanes yes, lanes no) {
    return (lanes){
        vbslq_f32(vcltq_f32(x.a, y.a), yes.a, no.a), vbslq_f32(vcltq_f32(x.b, y.b), yes.b, no.b),
        vbslq_f32(vcltq_f32(x.c, y.c), yes.c, no.c), vbslq_f32(vcltq_f32(x.d, y.d), yes.d, no.d)};
}

static inline float32x4_t four_larger_magnitude(float32x4_t a, float32x4_t b) {
    const uint32x4_t bits = vandq_u32(vreinterpretq_u32_f32(b), vdupq_n_u32(0x7fffffffu));
    return vreinterpretq_f32_u32(vmaxq_u32(vreinterpretq_u32_f32(a), bits));
}

/* Of bit patterns: the larger of x and the magnitude of y. */
static inline lanes larger_magnitude(lanes x, lanes y) { return EACH(four_larger_magnitude, y); }

/* In two factors, for 2^128 is not a float. */
static inline float32x4_t four_times_power(float32x4_t a, float32x4_t k) {
    const int32x4_t bias = vdupq_n_s32(127), whole = vcvtq_s32_f32(k);
    const int32x4_t half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);
    const int32x4_t one = vshlq_n_s32(vaddq_s32(half, bias), 23);
    const int32x4_t two = vshlq_n_s32(vaddq_s32(rest, bias), 23);
    return vmulq_f32(vmulq_f32(a, vreinterpretq_f32_s32(one)), vreinterpretq_f32_s32(two));
}

/* x * 2^k for integers k, where that is a normal number. */
static inline lanes times_power(lanes x, lanes k) { return EACH(four_times_power, k); }

static inline lanes load_int(const int32_t *x) {
    return (lanes){vcvtq_f32_s32(vld1q_s32(x)), vcvtq_f32_s32(vld1q_s32(x + 4)),
                   vcvtq_f32_s32(vld1q_s32(x + 8)), vcvtq_f32_s32(vld1q_s32(x + 12))};
}

/* Integers of -128..127. */
static inline void store_codes(int8_t *codes, lanes x) {
    const int16x8_t ab = vcombine_s16(vmovn_s32(vcvtq_s32_f32(x.a)), vmovn_s32(vcvtq_s32_f32(x.b)));
    const int16x8_t cd = vcombine_s16(vmovn_s32(vcvtq_s32_f32(x.c)), vmovn_s32(vcvtq_s32_f32(x.d)));
    vst1q_s8(codes, vcombine_s8(vmovn_s16(ab), vmovn_s16(cd)));
}

static inline float32x4_t four_bf16(const uint16_t *w) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(w), 16));
}

static inline lanes load_bf16(const uint16_t *w) {
    return (lanes){four_bf16(w), four_bf16(w + 4), four_bf16(w + 8), four_bf16(w + 12)};
}

static inline float32x4_t four_f16(const uint16_t *w) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(w)));
}

static inline lanes load_f16(const uint16_t *w) {
    return (lanes){four_f16(w), four_f16(w + 4), four_f16(w + 8), four_f16(w + 12)};
}

/* The tree (l, l+8), (l, l+4) as far as that. */
static inline float32x4_t sum_to_quarter(lanes x) {
    return vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
}

/* Both trees to their ends, in lanes 0 and 1. */
static inline float32x2_t sum_pair(float32x4_t x, float32x4_t y) {
    const float32x2_t two_x = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    const float32x2_t two_y = vadd_f32(vget_low_f32(y), vget_high_f32(y));
    return vadd_f32(vzip1_f32(two_x, two_y), vzip2_f32(two_x, two_y));
}

static inline float sum(lanes x) {
    const float32x4_t four = sum_to_quarter(x);
    return vget_lane_f32(sum_pair(four, four), 0);
}

/* scores[head][position] = sum(x[head][position]) * scale, rows `row` floats apart. */
static inline void store_sums(lanes x[HEADS][POSITIONS], float scale, float *scores, size_t row) {
    const float32x2_t s = sum_pair(sum_to_quarter(x[0][0]), sum_to_quarter(x[0][1]));
    const float32x2_t t = sum_pair(sum_to_quarter(x[1][0]), sum_to_quarter(x[1][1]));
    vst1_f32(scores, vmul_n_f32(s, scale));
    vst1_f32(scores + row, vmul_n_f32(t, scale));
}

#endif
