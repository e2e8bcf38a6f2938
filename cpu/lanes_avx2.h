/* SPDX-License-Identifier: Apache-2.0
 *
 * The 16 lanes of rule R2 in two registers of AVX2, for cpu/operators_lanes.h. A product and a sum
 * are always two operations.
 */
#ifndef TRI_CPU_LANES_AVX2_H
#define TRI_CPU_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    __m256 a, b; /* lanes 0..7 and 8..15 */
} lanes;

/* Attention holds HEADS * POSITIONS sums, and HEADS * CHUNK * 16 outputs, in registers. */
enum { HEADS = 2, POSITIONS = 2, CHUNK = 2 };

#define EACH(f, ...) ((lanes){f(x.a, __VA_ARGS__.a), f(x.b, __VA_ARGS__.b)})

static inline lanes zero(void) { return (lanes){_mm256_setzero_ps(), _mm256_setzero_ps()}; }
static inline lanes all(float x) { return (lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static inline lanes load(const float *x) {
    return (lanes){_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
}
static inline lanes load_part(const float *x, size_t n) {
    float buffer[16] = {0};
    memcpy(buffer, x, n * sizeof *x);
    return load(buffer);
}
static inline void store(float *to, lanes x) {
    _mm256_storeu_ps(to, x.a);
    _mm256_storeu_ps(to + 8, x.b);
}
static inline void store_part(float *to, lanes x, size_t n) {
    float buffer[16];
    store(buffer, x);
    memcpy(to, buffer, n * sizeof *to);
}
static inline lanes add(lanes x, lanes y) { return EACH(_mm256_add_ps, y); }
static inline lanes subtract(lanes x, lanes y) { return EACH(_mm256_sub_ps, y); }
static inline lanes multiply(lanes x, lanes y) { return EACH(_mm256_mul_ps, y); }
static inline lanes divide(lanes x, lanes y) { return EACH(_mm256_div_ps, y); }

/* x > y ? x : y */
static inline lanes larger(lanes x, lanes y) { return EACH(_mm256_max_ps, y); }

/* x < y ? yes : no */
static inline lanes if_less(lanes x, lanes y, lanes yes, lanes no) {
    return (lanes){_mm256_blendv_ps(no.a, yes.a, _mm256_cmp_ps(x.a, y.a, _CMP_LT_OQ)),
                   _mm256_blendv_ps(no.b, yes.b, _mm256_cmp_ps(x.b, y.b, _CMP_LT_OQ))};
}

static inline __m256 half_larger_magnitude(__m256 a, __m256 b) {
    const __m256i bits = _mm256_and_si256(_mm256_castps_si256(b), _mm256_set1_epi32(0x7fffffff));
    return _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), bits));
}

/* Of bit patterns: the larger of x and the magnitude of y. */
static inline lanes larger_magnitude(lanes x, lanes y) { return EACH(half_larger_magnitude, y); }

/* In two factors, for 2^128 is not a float. */
static inline __m256 half_times_power(__m256 a, __m256 k) {
    const __m256i bias = _mm256_set1_epi32(127), whole = _mm256_cvtps_epi32(k);
    const __m256i half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);
    const __m256i one = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    const __m256i two = _mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23);
    return _mm256_mul_ps(_mm256_mul_ps(a, _mm256_castsi256_ps(one)), _mm256_castsi256_ps(two));
}

/* x * 2^k for integers k, where that is a normal number. */
static inline lanes times_power(lanes x, lanes k) { return EACH(half_times_power, k); }

static inline lanes load_int(const int32_t *x) {
    const __m256i *at = (const __m256i *)(const void *)x;
    return (lanes){_mm256_cvtepi32_ps(_mm256_loadu_si256(at)),
                   _mm256_cvtepi32_ps(_mm256_loadu_si256(at + 1))};
}

/* Integers of -128..127. */
static inline void store_codes(int8_t *codes, lanes x) {
    const __m256i ab = _mm256_packs_epi32(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b));
    const __m256i in_order = _mm256_permute4x64_epi64(ab, 0xd8);
    _mm_storeu_si128(
        (__m128i *)(void *)codes,
        _mm_packs_epi16(_mm256_castsi256_si128(in_order), _mm256_extracti128_si256(in_order, 1)));
}

static inline __m256i eight_halves(const uint16_t *w) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)w));
}

static inline lanes load_bf16(const uint16_t *w) {
    return (lanes){_mm256_castsi256_ps(_mm256_slli_epi32(eight_halves(w), 16)),
                   _mm256_castsi256_ps(_mm256_slli_epi32(eight_halves(w + 8), 16))};
}

/* As tri_f16_to_float: the exponent's bias moves by a product, infinities by hand. */
static inline __m256 from_f16(__m256i half) {
    const __m256i top = _mm256_set1_epi32(0x7c00), low = _mm256_set1_epi32(0x7fff);
    const __m256i magnitude = _mm256_slli_epi32(_mm256_and_si256(half, low), 13);
    const __m256i sign = _mm256_slli_epi32(_mm256_andnot_si256(low, half), 16);
    const __m256i endless = _mm256_cmpeq_epi32(_mm256_and_si256(half, top), top);
    const __m256 moved = _mm256_mul_ps(_mm256_castsi256_ps(magnitude), _mm256_set1_ps(0x1p112f));
    const __m256i extra = _mm256_and_si256(endless, _mm256_set1_epi32(0x7f800000));
    const __m256i kept = _mm256_or_si256(extra, _mm256_and_si256(endless, magnitude));
    const __m256 value =
        _mm256_blendv_ps(moved, _mm256_castsi256_ps(kept), _mm256_castsi256_ps(endless));
    return _mm256_or_ps(value, _mm256_castsi256_ps(sign));
}

static inline lanes load_f16(const uint16_t *w) {
    return (lanes){from_f16(eight_halves(w)), from_f16(eight_halves(w + 8))};
}

/* The tree (l, l+8), (l, l+4) as far as that. */
static inline __m128 sum_to_quarter(lanes x) {
    const __m256 eight = _mm256_add_ps(x.a, x.b);
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

static inline float sum(lanes x) {
    __m128 four = sum_to_quarter(x);
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}

/* scores[head][position] = sum(x[head][position]) * scale, rows `row` floats apart. */
static inline void store_sums(lanes x[HEADS][POSITIONS], float scale, float *scores, size_t row) {
    const __m128 a = sum_to_quarter(x[0][0]), b = sum_to_quarter(x[0][1]);
    const __m128 c = sum_to_quarter(x[1][0]), d = sum_to_quarter(x[1][1]);
    const __m128 ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
    const __m128 cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));
    const __m128 s = _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xdd));
    const __m128 scaled = _mm_mul_ps(s, _mm_set1_ps(scale));
    _mm_storel_pi((__m64 *)(void *)scores, scaled);
    _mm_storeh_pi((__m64 *)(void *)(scores + row), scaled);
}

#endif
