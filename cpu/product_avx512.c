/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels for AVX-512 with VNNI and VBMI. vpdpbusd multiplies bytes without sign by bytes with
 * sign and adds four products to 32 bits: 16 rows of 4 columns in one instruction, never saturated.
 * Compiles to nothing elsewhere.
 */
#include "cpu/product_kernels.h"

#ifdef __AVX512VBMI__
#include <immintrin.h>
#include <string.h>

enum { TILE = 12, INVERSE_63 = -1090785345 }; /* 63 times it is 1 modulo 2^32 */

/* What the decoders need in registers. A byte of B3 is 64 h + l with l = 3 g + u4, so one look-up
 * of 64 bytes finds 63 u4 by l. Its average with the byte, rounded up as vpavgb does, is (64 h + 3
 * g + u4 + 63 u4 + 1) / 2 = 32 (h + u4) + (3 g + 1) / 2: u4 is gone but for a turn of h, which was
 * turned back when packed, and a look-up of 128 bytes gives the other four weights as a byte of B2.
 * Both look-ups ignore the bits of an index that they do not need. The 63 u4 are multiplied as they
 * are. */
struct decoder {
    __m512i two_bits[2], base, last, field[4];
};

#define FOUR(f, i)    f(i), f(i + 1), f(i + 2), f(i + 3)
#define SIXTEEN(f, i) FOUR(f, i), FOUR(f, i + 4), FOUR(f, i + 8), FOUR(f, i + 12)
#define TABLE64(f, i) SIXTEEN(f, i), SIXTEEN(f, i + 16), SIXTEEN(f, i + 32), SIXTEEN(f, i + 48)
/* g is 2/3 of an index's lower five bits; q = 21 h + g = u0 + 3 u1 + 9 u2 + 27 u3. */
#define Q_AT(i)    (21 * ((i) >> 5) + (2 * ((i)&31) + 1) / 3)
#define BYTE_AT(i) (Q_AT(i) % 3 | Q_AT(i) / 3 % 3 << 2 | Q_AT(i) / 9 % 3 << 4 | Q_AT(i) / 27 << 6)
#define LAST_AT(i) ((i) % 3)
#define BASE_AT(i) (63 * ((i) % 3))
static const uint8_t two_bits[128]
    __attribute__((aligned(64))) = {TABLE64(BYTE_AT, 0), TABLE64(BYTE_AT, 64)};
static const uint8_t bases[64] __attribute__((aligned(64))) = {TABLE64(BASE_AT, 0)};
static const uint8_t lasts[64] __attribute__((aligned(64))) = {TABLE64(LAST_AT, 0)};

TRI_INLINE struct decoder decoder(void) {
    struct decoder d = {
        .two_bits = {_mm512_load_si512(two_bits), _mm512_load_si512(two_bits + 64)},
        .base = _mm512_load_si512(bases),
        .last = _mm512_load_si512(lasts),
    };
    for (int f = 0; f < 4; f++) d.field[f] = _mm512_set1_epi8((char)(3 << 2 * f));
    return d;
}

/* B2 of the first four weights; the fifth times 63 in *base, and as it is in *last. */
TRI_INLINE __m512i decode_b3(const struct decoder *d, __m512i v, __m512i *base, __m512i *last) {
    *base = _mm512_permutexvar_epi8(v, d->base);
    *last = _mm512_permutexvar_epi8(v, d->last);
    return _mm512_permutex2var_epi8(d->two_bits[0], _mm512_avg_epu8(v, *base), d->two_bits[1]);
}

/* Field f as 0, 1, 2. */
TRI_INLINE __m512i field(const struct decoder *d, __m512i v, int f) {
    typedef uint16_t shifted
        __attribute__((vector_size(64))); /* compilers differ in the type of f */
    return _mm512_and_si512((__m512i)((shifted)v >> 2 * f), d->field[0]);
}

TRI_INLINE __m512i broadcast(const int8_t *x) {
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm512_set1_epi32(four);
}

/* sum + groups of four of u x. Written out because compilers copy the sums around their own. */
TRI_INLINE void add_fours(__m512i *sum, __m512i u, __m512i x) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(u), "v"(x));
}

/* One token. The fields stay where they are in the byte and so weigh 1, 4, 16, 64, the fifth 84:
 * each has a sum of its own that is divided in the end, exactly. The largest are of 64 * 2 * 128
 * for one column in four and of 84 * 2 * 128 for one in five, less than 2^31 for TRI_PRODUCT_COLS.
 */
TRI_INLINE void one_token(bool b3, const uint8_t *panel, uint32_t blocks, const int8_t *x,
                          int32_t *out) {
    const struct decoder d = decoder();
    __m512i sum[2][5];
    for (int h = 0; h < 2; h++)
        for (int f = 0; f < 5; f++) sum[h][f] = _mm512_setzero_si512();
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES) {
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            __m512i v = _mm512_load_si512(panel + 64 * h), base, last = _mm512_setzero_si512();
            if (b3) {
                v = decode_b3(&d, v, &base, &last);
                add_fours(&sum[h][4], base, broadcast(x + 16));
            }
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                add_fours(&sum[h][f], _mm512_and_si512(v, d.field[f]), broadcast(x + 4 * f));
            }
        }
        x += b3 ? TRI_B3_COLS : TRI_B2_COLS;
    }
    for (int h = 0; h < 2; h++) {
        __m512i all = _mm512_add_epi32(sum[h][0], _mm512_srai_epi32(sum[h][1], 2));
        all = _mm512_add_epi32(all, _mm512_srai_epi32(sum[h][2], 4));
        all = _mm512_add_epi32(all, _mm512_srai_epi32(sum[h][3], 6));
        if (b3) {
            const __m512i inverse = _mm512_set1_epi32(INVERSE_63);
            all = _mm512_add_epi32(all, _mm512_mullo_epi32(sum[h][4], inverse));
        }
        _mm512_storeu_si512(out + 16 * h, all);
    }
}

/* Several tokens: fields are shifted down once for all and need no sums of their own, and each
 * broadcast of activations meets both halves. Up to four tokens have two sums for each half,
 * because one would wait for its own last addition; more fill the registers with one. */
TRI_INLINE void some_tokens(bool b3, unsigned tokens, const uint8_t *panel, uint32_t blocks,
                            const struct tri_codes *codes, int32_t (*out)[TRI_PANEL_ROWS]) {
    const struct decoder d = decoder();
    const int8_t *x = codes->x;
    const size_t stride = codes->stride;
    const int fields = b3 ? 5 : 4, odd = tokens <= 4;
    __m512i sum[2][2][TRI_TOGETHER];
#pragma GCC unroll 8
    for (unsigned t = 0; t < tokens; t++)
        for (int h = 0; h < 2; h++) sum[0][h][t] = sum[odd][h][t] = _mm512_setzero_si512();
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES) {
        __m512i v[2], base, last[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            v[h] = _mm512_load_si512(panel + 64 * h);
            if (b3) v[h] = decode_b3(&d, v[h], &base, &last[h]);
        }
#pragma GCC unroll 5
        for (int f = 0; f < fields; f++) {
            const __m512i low = f < 4 ? field(&d, v[0], f) : last[0];
            const __m512i high = f < 4 ? field(&d, v[1], f) : last[1];
#pragma GCC unroll 8
            for (unsigned t = 0; t < tokens; t++) {
                const __m512i four = broadcast(x + t * stride + 4 * f);
                add_fours(&sum[f & odd][0][t], low, four);
                add_fours(&sum[f & odd][1][t], high, four);
            }
        }
        x += b3 ? TRI_B3_COLS : TRI_B2_COLS;
    }
#pragma GCC unroll 8
    for (unsigned t = 0; t < tokens; t++) {
        for (int h = 0; h < 2; h++) {
            const __m512i all = odd ? _mm512_add_epi32(sum[0][h][t], sum[1][h][t]) : sum[0][h][t];
            _mm512_storeu_si512(out[t] + 16 * h, all);
        }
    }
}

TRI_INLINE void few(bool b3, const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                    int32_t (*out)[TRI_PANEL_ROWS]) {
    switch (codes->tokens) {
    case 1: one_token(b3, panel, blocks, codes->x, out[0]); break;
    case 2: some_tokens(b3, 2, panel, blocks, codes, out); break;
    case 3: some_tokens(b3, 3, panel, blocks, codes, out); break;
    case 4: some_tokens(b3, 4, panel, blocks, codes, out); break;
    case 5: some_tokens(b3, 5, panel, blocks, codes, out); break;
    case 6: some_tokens(b3, 6, panel, blocks, codes, out); break;
    case 7: some_tokens(b3, 7, panel, blocks, codes, out); break;
    case 8: some_tokens(b3, 8, panel, blocks, codes, out); break;
    default: break;
    }
}

static void few_b2(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    few(false, panel, blocks, codes, out);
}

static void few_b3(const uint8_t *panel, uint32_t blocks, const struct tri_codes *codes,
                   int32_t (*out)[TRI_PANEL_ROWS]) {
    few(true, panel, blocks, codes, out);
}

TRI_INLINE void unpack(bool b3, const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    const struct decoder d = decoder();
    for (uint32_t b = 0; b < blocks; b++, panel += TRI_BLOCK_BYTES) {
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            uint8_t *to = out + 64 * h;
            __m512i v = _mm512_load_si512(panel + 64 * h), base, last = _mm512_setzero_si512();
            if (b3) {
                v = decode_b3(&d, v, &base, &last);
                _mm512_store_si512(to + 4 * TRI_BLOCK_BYTES, last);
            }
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                _mm512_store_si512(to + f * TRI_BLOCK_BYTES, field(&d, v, f));
            }
        }
        out += (b3 ? TRI_B3_COLS : TRI_B2_COLS) / 4 * TRI_BLOCK_BYTES;
    }
}

static void unpack_b2(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    unpack(false, panel, blocks, out);
}

static void unpack_b3(const uint8_t *panel, uint32_t blocks, uint8_t *out) {
    unpack(true, panel, blocks, out);
}

/* 32 rows by up to 12 tokens in 24 registers: each load of weights serves 12 tokens, each broadcast
 * of activations 32 rows. */
TRI_INLINE void tile(unsigned tokens, const uint8_t *u, uint32_t cols, const int8_t *x,
                     size_t stride, int32_t (*sums)[TRI_PANEL_ROWS]) {
    __m512i low[TILE], high[TILE];
#pragma GCC unroll 12
    for (unsigned t = 0; t < tokens; t++) {
        low[t] = _mm512_loadu_si512(sums[t]);
        high[t] = _mm512_loadu_si512(sums[t] + 16);
    }
    for (uint32_t k = 0; k < cols; k += 4, u += TRI_BLOCK_BYTES) {
        const __m512i first = _mm512_load_si512(u), second = _mm512_load_si512(u + 64);
#pragma GCC unroll 12
        for (unsigned t = 0; t < tokens; t++) {
            const __m512i four = broadcast(x + t * stride + k);
            add_fours(&low[t], first, four);
            add_fours(&high[t], second, four);
        }
    }
#pragma GCC unroll 12
    for (unsigned t = 0; t < tokens; t++) {
        _mm512_storeu_si512(sums[t], low[t]);
        _mm512_storeu_si512(sums[t] + 16, high[t]);
    }
}

static void many(const uint8_t *unpacked, uint32_t cols, const struct tri_codes *codes,
                 int32_t (*sums)[TRI_PANEL_ROWS]) {
    const int8_t *x = codes->x;
    const size_t stride = codes->stride;
    uint32_t left = codes->tokens;
    /* Tiles of about the same size: a small last one would wait for the latency of its sums. */
    for (uint32_t tiles = (left + TILE - 1) / TILE; tiles > 0; tiles--) {
        const uint32_t count = (left + tiles - 1) / tiles;
        switch (count) {
#define CASE(n)                                                                                    \
    case n: tile(n, unpacked, cols, x, stride, sums); break
            CASE(1);
            CASE(2);
            CASE(3);
            CASE(4);
            CASE(5);
            CASE(6);
            CASE(7);
            CASE(8);
            CASE(9);
            CASE(10);
            CASE(11);
            CASE(12);
#undef CASE
        default: break;
        }
        x += count * stride;
        sums += count;
        left -= count;
    }
}

static int32_t copy(const int8_t *from, size_t count, int8_t *to) {
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 64) {
        const size_t left = count - i;
        const __mmask64 mask = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
        const __m512i x = _mm512_maskz_loadu_epi8(mask, from + i);
        _mm512_mask_storeu_epi8(to + i, mask, x);
        sum = _mm512_dpbusd_epi32(sum, ones, x);
    }
    return _mm512_reduce_add_epi32(sum);
}

#define TABLE(how, turns)                                                                          \
    {                                                                                              \
        .code = TRI_B3_TURNED, .together = TRI_TOGETHER, .in_turns = turns, .copy = copy,          \
        .few = {few_b2, few_b3}, .unpack = {unpack_b2, unpack_b3}, .many = how                     \
    }
const struct tri_product_kernels tri_product_avx512 = TABLE(many, 128);
const struct tri_product_kernels tri_product_amx = TABLE(tri_product_amx_many, 4);
#endif
