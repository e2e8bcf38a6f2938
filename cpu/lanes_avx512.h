/* SPDX-License-Identifier: Apache-2.0
 *
 * The 16 lanes of rule R2 in one register of AVX-512, for cpu/operators_lanes.h. A product and a
 * sum are always two operations.
 */
#ifndef TRI_CPU_LANES_AVX512_H
#define TRI_CPU_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m512 lanes;

/* Attention holds HEADS * POSITIONS sums, and HEADS * CHUNK * 16 outputs, in registers. */
enum { HEADS = 4, POSITIONS = 4, CHUNK = 4 };

static inline __mmask16 first(size_t n) { return (__mmask16)((1u << n) - 1u); }

static inline lanes zero(void) { return _mm512_setzero_ps(); }
static inline lanes all(float x) { return _mm512_set1_ps(x); }
static inline lanes load(const float *x) { return _mm512_loadu_ps(x); }
static inline lanes load_part(const float *x, size_t n) {
    return _mm512_maskz_loadu_ps(first(n), x);
}
static inline void store(float *x, lanes a) { _mm512_storeu_ps(x, a); }
static inline void store_part(float *x, lanes a, size_t n) {
    _mm512_mask_storeu_ps(x, first(n), a);
}
static inline lanes add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes subtract(lanes a, lanes b) { return _mm512_sub_ps(a, b); }
static inline lanes multiply(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
static inline lanes divide(lanes a, lanes b) { return _mm512_div_ps(a, b); }

/* a > b ? a : b */
static inline lanes larger(lanes a, lanes b) { return _mm512_max_ps(a, b); }

/* a < b ? yes : no */
static inline lanes if_less(lanes a, lanes b, lanes yes, lanes no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}

/* Of bit patterns: the larger of a and the magnitude of b. */
static inline lanes larger_magnitude(lanes a, lanes b) {
    const __m512i bits = _mm512_and_epi32(_mm512_castps_si512(b), _mm512_set1_epi32(0x7fffffff));
    return _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(a), bits));
}

/* a * 2^k for integers k, where that is a normal number. */
static inline lanes times_power(lanes a, lanes k) { return _mm512_scalef_ps(a, k); }

static inline lanes load_int(const int32_t *x) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(x)); }

/* Integers of -128..127. */
static inline void store_codes(int8_t *codes, lanes a) {
    _mm_storeu_si128((__m128i *)(void *)codes, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}

static inline lanes load_bf16(const uint16_t *w) {
    const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)w);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

static inline lanes load_f16(const uint16_t *w) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)w));
}

/* The tree (l, l+8), (l, l+4), (l, l+2), (l, l+1). */
static inline float sum(lanes a) {
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0xb1));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0x4e));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0xb1));
    return _mm512_cvtss_f32(a);
}

/* Four trees at once as far as (l, l+4): each in a quarter of the result. */
static inline lanes sum_to_quarters(lanes a, lanes b, lanes c, lanes d) {
    const lanes ab =
        _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    const lanes cd =
        _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xee));
    return _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
}

/* scores[head][position] = sum(a[head][position]) * scale, rows `row` floats apart. */
static inline void store_sums(lanes a[HEADS][POSITIONS], float scale, float *scores, size_t row) {
    lanes p[POSITIONS];
#pragma GCC unroll 4
    for (size_t i = 0; i < POSITIONS; i++) {
        p[i] = sum_to_quarters(a[0][i], a[1][i], a[2][i], a[3][i]);
    }
    const lanes p01 =
        _mm512_add_ps(_mm512_shuffle_ps(p[0], p[1], 0x44), _mm512_shuffle_ps(p[0], p[1], 0xee));
    const lanes p23 =
        _mm512_add_ps(_mm512_shuffle_ps(p[2], p[3], 0x44), _mm512_shuffle_ps(p[2], p[3], 0xee));
    const lanes s =
        _mm512_add_ps(_mm512_shuffle_ps(p01, p23, 0x88), _mm512_shuffle_ps(p01, p23, 0xdd));
    const lanes scaled = _mm512_mul_ps(s, _mm512_set1_ps(scale));
    _mm_storeu_ps(scores, _mm512_extractf32x4_ps(scaled, 0));
    _mm_storeu_ps(scores + row, _mm512_extractf32x4_ps(scaled, 1));
    _mm_storeu_ps(scores + 2 * row, _mm512_extractf32x4_ps(scaled, 2));
    _mm_storeu_ps(scores + 3 * row, _mm512_extractf32x4_ps(scaled, 3));
}

#endif
