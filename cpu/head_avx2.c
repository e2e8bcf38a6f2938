/* SPDX-License-Identifier: Apache-2.0
 *
 * The narrow head's kernels for AVX2: pairs of products are added in 16 bits, exactly: a pair is at
 * most 2 * 7 * 128, and 8 of them are added before they are widened.
 */
typedef int tri_head_avx2_is_not_empty;
#if defined(__AVX2__)
#include <immintrin.h>

#include "cpu/head_row.h"

static inline __attribute__((always_inline)) __m256i load(const void *from) {
    return _mm256_loadu_si256(from);
}

static inline __attribute__((always_inline)) __m256i code3(const __m256i unit[3], int k) {
    const __m256i seven = _mm256_set1_epi8(7), three = _mm256_set1_epi8(3);
    const __m256i four = _mm256_set1_epi8(4);
    if (k == 0 || k == 2 || k == 4) return _mm256_and_si256(unit[k / 2], seven);
    if (k == 1 || k == 3 || k == 5)
        return _mm256_and_si256(_mm256_srli_epi16(unit[k / 2], 3), seven);
    const __m256i low = _mm256_and_si256(_mm256_srli_epi16(unit[k - 6], 6), three);
    return _mm256_or_si256(low, _mm256_and_si256(_mm256_srli_epi16(unit[2], k - 2), four));
}

static inline __attribute__((always_inline)) int32_t sum_of(__m256i x) {
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}

/* Wider sums of both digits: 256 above + below. */
static inline __attribute__((always_inline)) __m256i widened(__m256i above, __m256i below) {
    const __m256i ones = _mm256_set1_epi16(1);
    return _mm256_add_epi32(_mm256_slli_epi32(_mm256_madd_epi16(above, ones), 8),
                            _mm256_madd_epi16(below, ones));
}

static inline __attribute__((always_inline)) void
rows3(const uint8_t *plane, const int rows, const struct tri_head_shape *shape, size_t unit_step,
      size_t row_step, const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t chunk = shape->chunk;
    __m256i total[2];
    for (int r = 0; r < rows; r++) total[r] = _mm256_setzero_si256();
    for (uint32_t first = 0; first < shape->padded; first += 8 * chunk, plane += unit_step) {
        for (uint32_t half = 0; half < chunk; half += 32) {
            __m256i unit[2][3], above[2], below[2];
            for (int r = 0; r < rows; r++) {
                above[r] = below[r] = _mm256_setzero_si256();
                for (uint32_t b = 0; b < 3; b++)
                    unit[r][b] = load(plane + (size_t)r * row_step + b * chunk + half);
            }
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) {
                const size_t at = first + (uint32_t)k * chunk + half;
                const __m256i h = load(high + at), l = load(low + at);
                for (int r = 0; r < rows; r++) {
                    const __m256i code = code3(unit[r], k);
                    above[r] = _mm256_add_epi16(above[r], _mm256_maddubs_epi16(code, h));
                    below[r] = _mm256_add_epi16(below[r], _mm256_maddubs_epi16(code, l));
                }
            }
            for (int r = 0; r < rows; r++)
                total[r] = _mm256_add_epi32(total[r], widened(above[r], below[r]));
        }
    }
    for (int r = 0; r < rows; r++) sums[r] = sum_of(total[r]);
}

static void tile(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums) {
    const size_t unit = 3 * (size_t)shape->chunk, bytes = tri_head_plane_bytes(shape, 0);
    for (int r = 0; r < TRI_HEAD_TILE; r += 4, plane += 4 * bytes) {
        rows3(plane, 2, shape, 4 * unit, unit, high, low, sums + r);
        rows3(plane + 2 * unit, 2, shape, 4 * unit, unit, high, low, sums + r + 2);
    }
}

/* Rows of codes of one bit or two. */
static inline __attribute__((always_inline)) void
few(const int bits, const uint8_t *const *from, const int rows, const struct tri_head_shape *shape,
    const int8_t *high, const int8_t *low, int32_t *sums) {
    const __m256i mask = _mm256_set1_epi8((char)((1 << bits) - 1));
    const uint32_t chunk = shape->chunk, codes = 8 / (uint32_t)bits;
    __m256i total[2];
    for (int r = 0; r < rows; r++) total[r] = _mm256_setzero_si256();
    for (uint32_t first = 0; first < shape->padded; first += codes * chunk) {
        for (uint32_t half = 0; half < chunk; half += 32) {
            __m256i unit[2], above[2], below[2];
            for (int r = 0; r < rows; r++) {
                above[r] = below[r] = _mm256_setzero_si256();
                unit[r] = load(from[r] + first / codes + half);
            }
#pragma GCC unroll 8
            for (uint32_t k = 0; k < codes; k++) {
                const size_t at = first + k * chunk + half;
                const __m256i h = load(high + at), l = load(low + at);
                for (int r = 0; r < rows; r++) {
                    const __m256i code =
                        _mm256_and_si256(_mm256_srli_epi16(unit[r], bits * (int)k), mask);
                    above[r] = _mm256_add_epi16(above[r], _mm256_maddubs_epi16(code, h));
                    below[r] = _mm256_add_epi16(below[r], _mm256_maddubs_epi16(code, l));
                }
            }
            for (int r = 0; r < rows; r++)
                total[r] = _mm256_add_epi32(total[r], widened(above[r], below[r]));
        }
    }
    for (int r = 0; r < rows; r++) sums[r] = sum_of(total[r]);
}

static void dot1(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (; count >= 2; count -= 2, rows += 2, sums += 2) few(1, rows, 2, shape, high, low, sums);
    if (count > 0) few(1, rows, 1, shape, high, low, sums);
}

static void dot2(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (; count >= 2; count -= 2, rows += 2, sums += 2) few(2, rows, 2, shape, high, low, sums);
    if (count > 0) few(2, rows, 1, shape, high, low, sums);
}

const struct tri_head_kernels tri_head_avx2 = {
    .tile = tile, .dot1 = dot1, .dot2 = dot2, .judge = judge_tile, .narrow = narrow_row};
#endif
