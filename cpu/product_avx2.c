/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels for AVX2. vpmaddubsw multiplies bytes without sign by bytes with sign and adds two
 * products to 16 bits, which would saturate; where sums of 16 bits grow, a comment proves that they
 * cannot. Compiles to nothing elsewhere.
 */
#include "cpu/product_kernels.h"

#ifdef __AVX2__
#include <immintrin.h>
#include <string.h>

/* Every product u x is in [-256, 254], so vpmaddubsw of u in 0 .. 2 is in [-512, 508]. */
enum { QUARTERS = 4 }; /* of a panel's rows: 8 lanes of 32 bits */

TRI_INLINE __m256i load(const void *at) { return _mm256_load_si256(at); }

TRI_INLINE __m256i broadcast(const int8_t *x) {
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

/* sum + pairs of u x, in 16 bits. Written out because compilers, left alone, do all products first
 * and all sums later, and spill what does not fit in 16 registers. */
TRI_INLINE void add_pairs(__m256i *sum, __m256i u, __m256i x) {
    __m256i pairs;
    __asm__("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0"
            : "+x"(*sum), "=&x"(pairs)
            : "x"(u), "x"(x));
}

/* u as two masks leave it, 1 or 4 times as large. Sums of both weights for a quarter. */
struct b2_sums {
    __m256i one[QUARTERS], four[QUARTERS];
};

/* One block meets one token: each sum gets two more pairs. Eight blocks are 16 pairs, at most
 * 16 * 508 * 4 = 32512 and at least 16 * -512 * 4 = -32768: just what 16 bits hold. */
enum { B2_BLOCKS = 8 };
TRI_INLINE void add_b2(struct b2_sums *s, const uint8_t *block, const int8_t *x) {
    const __m256i low = _mm256_set1_epi8(3), high = _mm256_set1_epi8(12);
    const __m256i x0 = broadcast(x), x1 = broadcast(x + 4), x2 = broadcast(x + 8),
                  x3 = broadcast(x + 12);
#pragma GCC unroll 4
    for (int q = 0; q < QUARTERS; q++) {
        const __m256i v = load(block + 32 * q), w = _mm256_srli_epi16(v, 4);
        const __m256i u0 = _mm256_and_si256(v, low), u1 = _mm256_and_si256(v, high);
        const __m256i u2 = _mm256_and_si256(w, low), u3 = _mm256_and_si256(w, high);
        add_pairs(&s->one[q], u0, x0);
        add_pairs(&s->four[q], u1, x1);
        add_pairs(&s->one[q], u2, x2);
        add_pairs(&s->four[q], u3, x3);
    }
}

static void few_b2(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    const int8_t *x = codes->x;
    __m256i sum[QUARTERS]; /* times 4 */
    for (int q = 0; q < QUARTERS; q++) sum[q] = _mm256_setzero_si256();
    while (blocks > 0) {
        const uint32_t count = blocks < B2_BLOCKS ? blocks : B2_BLOCKS;
        struct b2_sums s;
#pragma GCC unroll 4
        for (int q = 0; q < QUARTERS; q++) s.one[q] = s.four[q] = _mm256_setzero_si256();
        for (uint32_t b = 0; b < count; b++) {
            add_b2(&s, panel + b * TRI_BLOCK_BYTES, x + b * TRI_B2_COLS);
        }
#pragma GCC unroll 4
        for (int q = 0; q < QUARTERS; q++) {
            const __m256i one = _mm256_madd_epi16(s.one[q], _mm256_set1_epi16(4));
            const __m256i four = _mm256_madd_epi16(s.four[q], _mm256_set1_epi16(1));
            sum[q] = _mm256_add_epi32(sum[q], _mm256_add_epi32(one, four));
        }
        panel += count * TRI_BLOCK_BYTES;
        x += count * TRI_B2_COLS;
        blocks -= count;
    }
    for (int q = 0; q < QUARTERS; q++) {
        _mm256_storeu_si256((__m256i *)(out[0] + 8 * q), _mm256_srai_epi32(sum[q], 2));
    }
}

/* B3 as words: ten base-3 digits of 16 rows as a fraction of 65536. Multiplying by 9 moves two of
 * them into the upper half and the rest on: f4 f3, f2 f1, f0 of rows 0 .. 7 and f4 of rows 8 .. 15,
 * f3 f2, f1 f0. vpackuswb brings the pairs of eight rows into the order of a block. */
struct words {
    __m256i first, second, nine, upper, lower;
};

TRI_INLINE struct words words(const uint8_t *half) {
    return (struct words){
        .first = load(half),
        .second = load(half + 32),
        .nine = _mm256_set1_epi16(9),
        .upper = _mm256_broadcastsi128_si256(
            _mm_setr_epi8(0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0)),
        .lower = _mm256_broadcastsi128_si256(
            _mm_setr_epi8(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0)),
    };
}

/* The next two digits of all rows as one number in 0 .. 8. */
TRI_INLINE __m256i next_pair(struct words *w) {
    const __m256i pair = _mm256_packus_epi16(_mm256_mulhi_epu16(w->first, w->nine),
                                             _mm256_mulhi_epu16(w->second, w->nine));
    w->first = _mm256_mullo_epi16(w->first, w->nine);
    w->second = _mm256_mullo_epi16(w->second, w->nine);
    return pair;
}

/* Calls put(n, u) for digit n = 0 .. 9: f4, f3 .. f0 of rows 0 .. 7, then of rows 8 .. 15. Each is
 * used before the next is made, because there are 16 registers. */
#define EACH_DIGIT(half, put)                                                                      \
    do {                                                                                           \
        struct words w_ = words(half);                                                             \
        _Pragma("GCC unroll 5") for (int n_ = 0; n_ < 10; n_ += 2) {                               \
            const __m256i pair_ = next_pair(&w_);                                                  \
            put(n_, _mm256_shuffle_epi8(w_.upper, pair_));                                         \
            put(n_ + 1, _mm256_shuffle_epi8(w_.lower, pair_));                                     \
        }                                                                                          \
    } while (0)

/* A block adds five pairs to a sum of 16 bits: 12 blocks are in [-30720, 30480]. */
enum { B3_BLOCKS = 12 };
static void few_b3(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    const __m256i ones = _mm256_set1_epi16(1);
    const int8_t *x = codes->x;
    __m256i sum[QUARTERS];
    for (int q = 0; q < QUARTERS; q++) sum[q] = _mm256_setzero_si256();
    while (blocks > 0) {
        const uint32_t count = blocks < B3_BLOCKS ? blocks : B3_BLOCKS;
        __m256i s[QUARTERS];
#pragma GCC unroll 4
        for (int q = 0; q < QUARTERS; q++) s[q] = _mm256_setzero_si256();
        for (uint32_t b = 0; b < count; b++, x += TRI_B3_COLS, panel += TRI_BLOCK_BYTES) {
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
#define ADD(n, u) add_pairs(&s[2 * h + (n) / 5], u, broadcast(x + 16 - 4 * ((n) % 5)))
                EACH_DIGIT(panel + 64 * h, ADD);
#undef ADD
            }
        }
#pragma GCC unroll 4
        for (int q = 0; q < QUARTERS; q++) {
            sum[q] = _mm256_add_epi32(sum[q], _mm256_madd_epi16(s[q], ones));
        }
        blocks -= count;
    }
    for (int q = 0; q < QUARTERS; q++) {
        _mm256_storeu_si256((__m256i *)(out[0] + 8 * q), sum[q]);
    }
}

static void unpack_b2(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    const __m256i mask = _mm256_set1_epi8(3);
    for (uint32_t i = 0; i < blocks; i++, panel += TRI_BLOCK_BYTES) {
#pragma GCC unroll 4
        for (int q = 0; q < QUARTERS; q++) {
            const __m256i v = load(panel + 32 * q);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                const __m256i u = _mm256_and_si256(_mm256_srli_epi16(v, 2 * f), mask);
                _mm256_store_si256((__m256i *)(out + f * TRI_BLOCK_BYTES + 32 * q), u);
            }
        }
        out += 4 * TRI_BLOCK_BYTES;
    }
}

static void unpack_b3(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    for (uint32_t i = 0; i < blocks; i++, panel += TRI_BLOCK_BYTES) {
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
#define PUT(n, u)                                                                                  \
    _mm256_store_si256(                                                                            \
        (__m256i *)(out + (4 - (n) % 5) * TRI_BLOCK_BYTES + 64 * h + 32 * ((n) / 5)), u)
            EACH_DIGIT(panel + 64 * h, PUT);
#undef PUT
        }
        out += 5 * TRI_BLOCK_BYTES;
    }
}

/* 16 rows by up to five tokens; 16 bits hold the pairs of 64 steps of four columns, and a chunk
 * halves evenly into 40. */
enum { TILE = 5, STEPS = 40 };
TRI_INLINE void tile(uint32_t tokens, const uint8_t *u, uint32_t cols, const int8_t *x,
                     size_t stride, int32_t (*sums)[TRI_PANEL_ROWS]) {
    const __m256i ones = _mm256_set1_epi16(1);
    for (uint32_t k = 0; k < cols;) {
        const uint32_t end = cols - k < 4 * STEPS ? cols : k + 4 * STEPS;
        __m256i low[TILE], high[TILE];
#pragma GCC unroll 5
        for (uint32_t t = 0; t < tokens; t++) low[t] = high[t] = _mm256_setzero_si256();
        for (; k < end; k += 4, u += TRI_BLOCK_BYTES) {
            const __m256i first = load(u), second = load(u + 32);
#pragma GCC unroll 5
            for (uint32_t t = 0; t < tokens; t++) {
                const __m256i four = broadcast(x + t * stride + k);
                add_pairs(&low[t], first, four);
                add_pairs(&high[t], second, four);
            }
        }
#pragma GCC unroll 5
        for (uint32_t t = 0; t < tokens; t++) {
            __m256i *to = (__m256i *)sums[t];
            const __m256i sum = _mm256_madd_epi16(low[t], ones);
            _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), sum));
            const __m256i next = _mm256_madd_epi16(high[t], ones);
            _mm256_storeu_si256(to + 1, _mm256_add_epi32(_mm256_loadu_si256(to + 1), next));
        }
    }
}

TRI_INLINE void tiles(const uint8_t *u, uint32_t cols, const struct tri_codes *codes,
                      int32_t (*sums)[TRI_PANEL_ROWS]) {
    const int8_t *x = codes->x;
    uint32_t left = codes->tokens;
    for (uint32_t n = (left + TILE - 1) / TILE; n > 0; n--) {
        const uint32_t count = (left + n - 1) / n;
        switch (count) {
        case 1: tile(1, u, cols, x, codes->stride, sums); break;
        case 2: tile(2, u, cols, x, codes->stride, sums); break;
        case 3: tile(3, u, cols, x, codes->stride, sums); break;
        case 4: tile(4, u, cols, x, codes->stride, sums); break;
        default: tile(5, u, cols, x, codes->stride, sums); break;
        }
        x += count * codes->stride;
        sums += count;
        left -= count;
    }
}

/* Each half of the rows for itself: sums and weights start 16 rows further for the second. */
static void many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                 int32_t (*sums)[TRI_PANEL_ROWS]) {
    tiles(unpacked, cols, codes, sums);
    tiles(unpacked + 64, cols, codes, (int32_t(*)[TRI_PANEL_ROWS])(sums[0] + 16));
}

static int32_t copy(const int8_t *from, size_t count, int8_t *to) {
    const __m256i ones = _mm256_set1_epi8(1), pairs = _mm256_set1_epi16(1);
    __m256i sum = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(from + i));
        _mm256_storeu_si256((__m256i *)(to + i), x);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(ones, x), pairs));
    }
    int32_t lane[8], all = 0;
    _mm256_storeu_si256((__m256i *)lane, sum);
    for (int l = 0; l < 8; l++) all += lane[l];
    for (; i < count; i++) all += to[i] = from[i];
    return all;
}

const struct tri_product_kernels tri_product_avx2 = {
    .code = TRI_B3_WORDS,
    .together = 1,
    .in_turns = 1,
    .copy = copy,
    .few = {few_b2, few_b3},
    .unpack = {unpack_b2, unpack_b3},
    .many = many,
};
#endif
