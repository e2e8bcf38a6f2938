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

/* Four rows at a time are four short streams: the processor does not see what comes next. Asked for
 * a little with every unit, for many lines at once would wait for each other. */
enum { AHEAD = 16384 };

static inline __attribute__((always_inline)) void fetch(const uint8_t *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64)
        _mm_prefetch((const char *)from + AHEAD + i, _MM_HINT_T1);
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

/* Adds up 256 above + below of four rows, or one, modulo 2^32. */
static inline __attribute__((always_inline)) void
store_sums(const __m512i *above, const __m512i *below, const int rows, int32_t *sums) {
    __m512i row[4] = {_mm512_setzero_si512()};
    for (int r = 0; r < rows; r++)
        row[r] = _mm512_add_epi32(_mm512_slli_epi32(above[r], 8), below[r]);
    if (rows == 1) {
        sums[0] = _mm512_reduce_add_epi32(row[0]);
        return;
    }
    const __m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(row[0], row[1]),
                                       _mm512_unpackhi_epi32(row[0], row[1]));
    const __m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(row[2], row[3]),
                                       _mm512_unpackhi_epi32(row[2], row[3]));
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    const __m256i half =
        _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    _mm_storeu_si128((__m128i *)(void *)sums, _mm_add_epi32(_mm256_castsi256_si128(half),
                                                            _mm256_extracti128_si256(half, 1)));
}

/* Four rows of the first plane, whose units take turns. */
static inline __attribute__((always_inline)) void
rows3(const uint8_t *plane, uint32_t units, const int8_t *high, const int8_t *low, int32_t *sums) {
    __m512i above[4], below[4];
    for (int r = 0; r < 4; r++) above[r] = below[r] = _mm512_setzero_si512();
    for (uint32_t u = 0; u < units; u++, plane += 768) {
        __m512i unit[4][3];
        fetch(plane, 768);
        for (int r = 0; r < 4; r++) {
            for (int b = 0; b < 3; b++) unit[r][b] = _mm512_loadu_si512(plane + 192 * r + 64 * b);
        }
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) {
            const __m512i h = _mm512_loadu_si512(high + 512 * u + 64 * k);
            const __m512i l = _mm512_loadu_si512(low + 512 * u + 64 * k);
            for (int r = 0; r < 4; r++) {
                const __m512i code = code3(unit[r], k);
                above[r] = _mm512_dpbusd_epi32(above[r], code, h);
                below[r] = _mm512_dpbusd_epi32(below[r], code, l);
            }
        }
    }
    store_sums(above, below, 4, sums);
}

static void tile(const uint8_t *plane, const struct tri_head_shape *shape, const int8_t *high,
                 const int8_t *low, int32_t *sums) {
    const uint32_t units = shape->padded / 512;
    for (int r = 0; r < TRI_HEAD_TILE; r += 4, plane += (size_t)768 * units)
        rows3(plane, units, high, low, sums + r);
}

/* Rows of codes of one bit or two. */
static inline __attribute__((always_inline)) void few(const int bits, const uint8_t *const *from,
                                                      const int rows, uint32_t cols,
                                                      const int8_t *high, const int8_t *low,
                                                      int32_t *sums) {
    const __m512i mask = _mm512_set1_epi8((char)((1 << bits) - 1));
    const uint32_t codes = 8 / (uint32_t)bits;
    __m512i above[4], below[4];
    for (int r = 0; r < rows; r++) above[r] = below[r] = _mm512_setzero_si512();
    for (uint32_t at = 0; at < cols; at += 64 * codes) {
        __m512i unit[4];
        for (int r = 0; r < rows; r++) unit[r] = _mm512_loadu_si512(from[r] + at / codes);
#pragma GCC unroll 8
        for (uint32_t k = 0; k < codes; k++) {
            const __m512i h = _mm512_loadu_si512(high + at + 64 * k);
            const __m512i l = _mm512_loadu_si512(low + at + 64 * k);
            for (int r = 0; r < rows; r++) {
                const __m512i bit = _mm512_srli_epi16(unit[r], bits * (int)k);
                const __m512i code = _mm512_and_si512(bit, mask);
                above[r] = _mm512_dpbusd_epi32(above[r], code, h);
                below[r] = _mm512_dpbusd_epi32(below[r], code, l);
            }
        }
    }
    store_sums(above, below, rows, sums);
}

static void dot1(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (; count >= 4; count -= 4, rows += 4, sums += 4)
        few(1, rows, 4, shape->padded, high, low, sums);
    for (; count > 0; count--, rows++, sums++) few(1, rows, 1, shape->padded, high, low, sums);
}

static void dot2(const uint8_t *const *rows, uint32_t count, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    for (; count >= 4; count -= 4, rows += 4, sums += 4)
        few(2, rows, 4, shape->padded, high, low, sums);
    for (; count > 0; count--, rows++, sums++) few(2, rows, 1, shape->padded, high, low, sums);
}

/* 4 a + b of chunk k of a unit, from a's three chunks and b's two. */
static inline __attribute__((always_inline)) __m512i code5(const uint8_t *unit,
                                                           const uint8_t *second, int k) {
    const __m512i three = _mm512_set1_epi8(3), all = _mm512_set1_epi8(31);
    const __m512i b = _mm512_loadu_si512(second + 64 * (k / 4));
    const __m512i bits = k % 4 == 0 ? b : _mm512_srli_epi16(b, 2 * (k % 4));
    __m512i a;
    if (k < 6) {
        a = _mm512_loadu_si512(unit + 64 * (k / 2));
        a = k % 2 == 0 ? _mm512_slli_epi16(a, 2) : _mm512_srli_epi16(a, 1);
    } else { /* two bits 6 and 7 of the unit's k - 6, above them bit k of the last */
        const __m512i two = _mm512_srli_epi16(_mm512_loadu_si512(unit + 64 * (k - 6)), 4);
        const __m512i top = _mm512_srli_epi16(_mm512_loadu_si512(unit + 128), k - 4);
        a = _mm512_ternarylogic_epi32(_mm512_set1_epi8(12), two, top, 0xca);
    }
    /* where `three` has a bit, b's, else a's */
    return _mm512_and_si512(_mm512_ternarylogic_epi32(three, bits, a, 0xca), all);
}

/* Four rows of the first plane, whose units take turns, with their second: 4 a + b. */
static inline __attribute__((always_inline)) void rows5(const uint8_t *first, const uint8_t *second,
                                                        uint32_t units, const int8_t *high,
                                                        const int8_t *low, int32_t *sums) {
    const size_t stride = (size_t)128 * units;
    __m512i above[4], below[4];
    for (int r = 0; r < 4; r++) above[r] = below[r] = _mm512_setzero_si512();
    for (uint32_t u = 0; u < units; u++, first += 768) {
        fetch(first, 768);
        fetch(second + (size_t)512 * u, 512);
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) {
            const __m512i h = _mm512_loadu_si512(high + 512 * u + 64 * k);
            const __m512i l = _mm512_loadu_si512(low + 512 * u + 64 * k);
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
                const __m512i code =
                    code5(first + 192 * r, second + (size_t)r * stride + 128 * u, k);
                above[r] = _mm512_dpbusd_epi32(above[r], code, h);
                below[r] = _mm512_dpbusd_epi32(below[r], code, l);
            }
        }
    }
    store_sums(above, below, 4, sums);
}

static void both(const uint8_t *first, const uint8_t *second, const struct tri_head_shape *shape,
                 const int8_t *high, const int8_t *low, int32_t *sums) {
    const uint32_t units = shape->padded / 512;
    for (size_t r = 0; r < TRI_HEAD_TILE; r += 4)
        rows5(first + (size_t)192 * units * r, second + (size_t)128 * units * r, units, high, low,
              sums + r);
}

/* Two neighbours of four rows that take turns, for several states: their sums are what fits into
 * registers. */
static inline __attribute__((always_inline)) void
pair(const int states, const int deep, const uint8_t *first, const uint8_t *second, uint32_t units,
     const int8_t *const *high, const int8_t *const *low, int32_t *const *sums, size_t row) {
    enum { ROWS = 2 };
    __m512i above[ROWS * TRI_HEAD_TOGETHER], below[ROWS * TRI_HEAD_TOGETHER];
    for (int i = 0; i < ROWS * TRI_HEAD_TOGETHER; i++) above[i] = below[i] = _mm512_setzero_si512();
    for (uint32_t u = 0; u < units; u++, first += 768) {
        fetch(first, 192 * ROWS);
        if (deep) fetch(second + (size_t)128 * ROWS * u, 128 * ROWS);
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) {
            __m512i code[ROWS];
#pragma GCC unroll 2
            for (int r = 0; r < ROWS; r++) {
                const uint8_t *unit = first + 192 * r;
                const __m512i whole[3] = {_mm512_loadu_si512(unit), _mm512_loadu_si512(unit + 64),
                                          _mm512_loadu_si512(unit + 128)};
                code[r] =
                    deep ? code5(unit, second + 128 * ((size_t)r * units + u), k) : code3(whole, k);
            }
#pragma GCC unroll 4
            for (int s = 0; s < states; s++) {
                __m512i h = _mm512_loadu_si512(high[s] + 512 * u + 64 * k);
                __m512i l = _mm512_loadu_si512(low[s] + 512 * u + 64 * k);
                /* Kept in registers: loads, one a clock, are as scarce as products. */
                __asm__("" : "+v"(h), "+v"(l));
#pragma GCC unroll 2
                for (int r = 0; r < ROWS; r++) {
                    const int i = ROWS * s + r;
                    above[i] = _mm512_dpbusd_epi32(above[i], code[r], h);
                    below[i] = _mm512_dpbusd_epi32(below[i], code[r], l);
                }
            }
        }
    }
    for (int s = 0; s < states; s += 2) { /* those of two states, or of one and zeros */
        int32_t four[4];
        store_sums(above + ROWS * s, below + ROWS * s, 4, four);
        memcpy(sums[s] + row, four, ROWS * sizeof *four);
        if (s + 1 < states) memcpy(sums[s + 1] + row, four + ROWS, ROWS * sizeof *four);
    }
}

static inline __attribute__((always_inline)) void
pairs(const int states, const int deep, const uint8_t *first, const uint8_t *second, uint32_t units,
      const int8_t *const *high, const int8_t *const *low, int32_t *const *sums) {
    for (size_t r = 0; r < TRI_HEAD_TILE; r += 2)
        pair(states, deep, first + (size_t)192 * units * (r / 4 * 4) + 192 * (r % 4),
             deep ? second + (size_t)128 * units * r : NULL, units, high, low, sums, r);
}

static void each(const uint8_t *first, const uint8_t *second, const struct tri_head_shape *shape,
                 uint32_t states, const int8_t *const *high, const int8_t *const *low,
                 int32_t *const *sums) {
    const uint32_t units = shape->padded / 512;
    if (second == NULL) {
        if (states == 2) pairs(2, 0, first, second, units, high, low, sums);
        if (states == 3) pairs(3, 0, first, second, units, high, low, sums);
        if (states == 4) pairs(4, 0, first, second, units, high, low, sums);
        return;
    }
    if (states == 2) pairs(2, 1, first, second, units, high, low, sums);
    if (states == 3) pairs(3, 1, first, second, units, high, low, sums);
    if (states == 4) pairs(4, 1, first, second, units, high, low, sums);
}

const struct tri_head_kernels tri_head_avx512 = {.tile = tile,
                                                 .both = both,
                                                 .each = each,
                                                 .dot1 = dot1,
                                                 .dot2 = dot2,
                                                 .judge = judge_tile,
                                                 .narrow = narrow_row};
#endif
