/* SPDX-License-Identifier: Apache-2.0
 *
 * The narrow head's kernels for AVX-512 with VNNI: chunks of 64 bytes, four rows at a time, each
 * code unpacked once and multiplied with both digits of the state. Bound by memory, not by
 * instructions.
 */
typedef int tri_head_avx512_is_not_empty;
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include <immintrin.h>

#include "cpu/head_row.h"

/* Four rows at a time are four short streams: the processor does not see what comes next. */
static inline __attribute__((always_inline)) void fetch(const uint8_t *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) _mm_prefetch((const char *)from + i, _MM_HINT_T0);
}

static inline __attribute__((always_inline)) __m512i code3(const __m512i unit[3], int k) {
    const __m512i seven = _mm512_set1_epi8(7), three = _mm512_set1_epi8(3);
    if (k == 0 || k == 2 || k == 4) return _mm512_and_si512(unit[k / 2], seven);
    if (k == 1 || k == 3 || k == 5)
        return _mm512_and_si512(_mm512_srli_epi16(unit[k / 2], 3), seven);
    const __m512i low = _mm512_srli_epi16(unit[k - 6], 6);
    const __m512i top = _mm512_srli_epi16(unit[2], k - 2);
    /* where `three` has a bit, low's, else top's */
    return _mm512_and_si512(_mm512_ternarylogic_epi32(three, low, top, 0xca), seven);
}

/* Units `unit_step` bytes apart, rows `row_step`. */
static inline __attribute__((always_inline)) void rows3(const uint8_t *plane, const int rows,
                                                        uint32_t units, size_t unit_step,
                                                        size_t row_step, const int8_t *high,
                                                        const int8_t *low, int32_t *sums) {
    __m512i above[4], below[4];
    for (int r = 0; r < rows; r++) above[r] = below[r] = _mm512_setzero_si512();
    for (uint32_t u = 0; u < units; u++, plane += unit_step) {
        __m512i unit[4][3];
        for (int r = 0; r < rows; r++) {
            for (int b = 0; b < 3; b++)
                unit[r][b] = _mm512_loadu_si512(plane + (size_t)r * row_step + 64 * b);
        }
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) {
            const __m512i h = _mm512_loadu_si512(high + 512 * u + 64 * k);
            const __m512i l = _mm512_loadu_si512(low + 512 * u + 64 * k);
            for (int r = 0; r < rows; r++) {
                const __m512i code = code3(unit[r], k);
                above[r] = _mm512_dpbusd_epi32(above[r], code, h);
                below[r] = _mm512_dpbusd_epi32(below[r], code, l);
            }
        }
    }
    for (int r = 0; r < rows; r++)
        sums[r] =
            _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(above[r], 8), below[r]));
}

static void tile(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums) {
    const uint32_t units = shape->padded / 512;
    for (int r = 0; r < TRI_HEAD_TILE; r += 4, plane += (size_t)768 * units)
        rows3(plane, 4, units, 768, 192, high, low, sums + r);
}

static void dot3(const uint8_t *plane, uint32_t rows, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t units = shape->padded / 512;
    const size_t bytes = (size_t)192 * units;
    for (; rows >= 4; rows -= 4, plane += 4 * bytes, sums += 4) {
        fetch(plane + 8 * bytes, 4 * bytes);
        rows3(plane, 4, units, 192, bytes, high, low, sums);
    }
    for (; rows > 0; rows--, plane += bytes, sums++)
        rows3(plane, 1, units, 192, bytes, high, low, sums);
}

static inline __attribute__((always_inline)) void rows2(const uint8_t *plane, const int rows,
                                                        uint32_t units, size_t stride,
                                                        const int8_t *high, const int8_t *low,
                                                        int32_t *sums) {
    const __m512i three = _mm512_set1_epi8(3);
    __m512i above[4], below[4];
    for (int r = 0; r < rows; r++) above[r] = below[r] = _mm512_setzero_si512();
    for (uint32_t u = 0; u < units; u++) {
        __m512i unit[4];
        for (int r = 0; r < rows; r++)
            unit[r] = _mm512_loadu_si512(plane + (size_t)r * stride + 64 * u);
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            const __m512i h = _mm512_loadu_si512(high + 256 * u + 64 * k);
            const __m512i l = _mm512_loadu_si512(low + 256 * u + 64 * k);
            for (int r = 0; r < rows; r++) {
                const __m512i code = _mm512_and_si512(_mm512_srli_epi16(unit[r], 2 * k), three);
                above[r] = _mm512_dpbusd_epi32(above[r], code, h);
                below[r] = _mm512_dpbusd_epi32(below[r], code, l);
            }
        }
    }
    for (int r = 0; r < rows; r++)
        sums[r] =
            _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(above[r], 8), below[r]));
}

static void dot2(const uint8_t *plane, uint32_t rows, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t units = shape->padded / 256;
    const size_t stride = (size_t)64 * units;
    for (; rows >= 4; rows -= 4, plane += 4 * stride, sums += 4) {
        fetch(plane + 8 * stride, 4 * stride);
        rows2(plane, 4, units, stride, high, low, sums);
    }
    for (; rows > 0; rows--, plane += stride, sums++)
        rows2(plane, 1, units, stride, high, low, sums);
}

const struct tri_head_kernels tri_head_avx512 = {
    .tile = tile, .dot3 = dot3, .dot2 = dot2, .judge = judge_tile, .narrow = narrow_row};
#endif
