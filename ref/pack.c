/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain loops over short arrays, which compilers turn into vectors. docs/model-files.md has the
 * layouts in words.
 */
#include "ref/pack.h"

void tri_pack_hf(const int8_t *const row[4], size_t n, uint8_t *out) {
    const int8_t *r0 = row[0], *r1 = row[1], *r2 = row[2], *r3 = row[3];
    for (size_t i = 0; i < n; i++) {
        unsigned low = (unsigned)(r0[i] + 1) | (unsigned)(r1[i] + 1) << 2;
        out[i] = (uint8_t)(low | (unsigned)(r2[i] + 1) << 4 | (unsigned)(r3[i] + 1) << 6);
    }
}

/* One byte of elements j, j + step, j + 2 step, j + 3 step, the first in the top bits. */
static inline void pack_i2s(const int8_t *t, size_t step, uint8_t *out) {
    for (size_t j = 0; j < step; j++) {
        unsigned top = (unsigned)(t[j] + 1) << 6 | (unsigned)(t[step + j] + 1) << 4;
        out[j] =
            (uint8_t)(top | (unsigned)(t[2 * step + j] + 1) << 2 | (unsigned)(t[3 * step + j] + 1));
    }
}

void tri_pack_i2s_x86(const int8_t *t, size_t n, uint8_t *out) {
    for (size_t at = 0; at < n; at += 128) pack_i2s(t + at, 32, out + at / 4);
}

void tri_pack_i2s_arm(const int8_t *t, size_t n, uint8_t *out) {
    for (size_t at = 0; at < n; at += 64) pack_i2s(t + at, 16, out + at / 4);
}

/* The block scale behind a block's codes: 0 when no element needs it. */
static void put_scale(const int8_t *t, uint16_t d, uint8_t *out) {
    int8_t any = 0;
    for (int i = 0; i < 256; i++) any |= t[i];
    if (any == 0) d = 0;
    out[0] = (uint8_t)d;
    out[1] = (uint8_t)(d >> 8);
}

/* The base-3 number v as a fraction of 256, rounded up, so that multiplying by 3 shifts out a trit.
 */
static inline uint8_t fraction(unsigned v) {
    uint16_t wide = (uint16_t)(v * 256 + 242); /* at most 62194 */
    return (uint8_t)(wide / 243);
}

/* `count` bytes of five trits each, taken `count` elements apart; the first is most significant. */
static inline void pack_five(const int8_t *t, size_t count, uint8_t *out) {
    for (size_t m = 0; m < count; m++) {
        unsigned v = (unsigned)(t[m] + 1);
        for (size_t i = 1; i < 5; i++) v = 3 * v + (unsigned)(t[i * count + m] + 1);
        out[m] = fraction(v);
    }
}

void tri_pack_tq1(const int8_t *t, size_t n, uint16_t d, uint8_t *out) {
    for (size_t at = 0; at < n; at += 256, out += 54) {
        const int8_t *block = t + at;
        pack_five(block, 32, out);
        pack_five(block + 160, 16, out + 32);
        for (size_t m = 0; m < 4; m++) { /* four trits and a fifth that is 0 */
            unsigned v = 0;
            for (size_t i = 0; i < 4; i++) v = 3 * v + (unsigned)(block[240 + 4 * i + m] + 1);
            out[48 + m] = fraction(3 * v);
        }
        put_scale(block, d, out + 52);
    }
}

void tri_pack_tq2(const int8_t *t, size_t n, uint16_t d, uint8_t *out) {
    for (size_t at = 0; at < n; at += 256, out += 66) {
        for (size_t half = 0; half < 2; half++) {
            const int8_t *block = t + at + 128 * half;
            const int8_t *const row[4] = {block, block + 32, block + 64, block + 96};
            tri_pack_hf(row, 32, out + 32 * half);
        }
        put_scale(t + at, d, out + 64);
    }
}
