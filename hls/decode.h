/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight codes to trits, in fields of one, two and three bits as in rtl/trit_decode.sv: no table
 * and no division. In a header so that it becomes a part of the array's pipeline. Every value here
 * is a single bit; written without branches, so that gcc works on all bytes of a beat at once.
 */
#ifndef HLS_DECODE_H
#define HLS_DECODE_H

#include "hls/kernel.h"

static inline uint8_t hls_bit(uint8_t byte, unsigned i) { return (uint8_t)(byte >> i & 1); }
static inline uint8_t hls_not(uint8_t bit) { return bit ^ 1; }
static inline uint8_t hls_choose(uint8_t which, uint8_t one, uint8_t zero) {
    return (uint8_t)((which & one) | (hls_not(which) & zero));
}

/* Two bits: 00 is 0, 01 is +1, 10 is -1; 11 gives 0 and has to be told apart by the caller. */
static inline int8_t hls_trit(uint8_t high, uint8_t low) {
    return (int8_t)((low & hls_not(high)) - (high & hls_not(low)));
}

static inline int8_t hls_signed(uint8_t nonzero, uint8_t negative) {
    return (int8_t)(nonzero - 2 * (nonzero & negative));
}

#if HLS_ENCODING == 0
/* b2: four trits; returns whether one of them is corrupt, then all four are zeros. */
static inline uint8_t hls_decode_byte(uint8_t byte, unsigned i, struct hls_lanes *trits) {
#pragma HLS inline
    uint8_t corrupt = 0;
    for (unsigned j = 0; j < HLS_TRITS; j++) {
#pragma HLS unroll
        corrupt |= (uint8_t)(hls_bit(byte, 2 * j + 1) & hls_bit(byte, 2 * j));
    }
    for (unsigned j = 0; j < HLS_TRITS; j++) {
#pragma HLS unroll
        const uint8_t high = hls_bit(byte, 2 * j + 1), low = hls_bit(byte, 2 * j);
        trits->lane[j][i] = (int8_t)(hls_trit(high, low) * hls_not(corrupt));
    }
    return corrupt;
}
#else
/* b3: five trits, see docs/accelerator.md. */
static inline uint8_t hls_decode_byte(uint8_t byte, unsigned i, struct hls_lanes *trits) {
#pragma HLS inline
    const uint8_t b0 = hls_bit(byte, 0), b1 = hls_bit(byte, 1), b2 = hls_bit(byte, 2);
    const uint8_t b3 = hls_bit(byte, 3), b4 = hls_bit(byte, 4), b5 = hls_bit(byte, 5);
    const uint8_t b6 = hls_bit(byte, 6), b7 = hls_bit(byte, 7);
    /* Only t4, or only one pair and t4. */
    const uint8_t escape = b7 & hls_not(b6), lone = escape & b5 & hls_not(b4);
    const uint8_t first_on = hls_not(escape) | (hls_not(lone) & b3);
#ifdef TRITIUM_PLANT_LONE /* a bug for tests: some codes that stand for no trits are accepted */
    const uint8_t corrupt = lone & b1 & hls_not(b0);
#else
    const uint8_t corrupt = lone & (b3 | b2 | (b1 & hls_not(b0)));
#endif
    const uint8_t second_on = hls_not(escape) | (hls_not(lone) & hls_not(b3));
    /* A pair's bits: both nonzero, then two signs; or which one is nonzero (the first where the two
     * bits are equal), then its sign. */
    const uint8_t a2 = hls_choose(escape, b2, b5), a1 = hls_choose(escape, b1, b4);
    const uint8_t a0 = hls_choose(escape, b0, b3);
    const uint8_t a_second = a1 ^ a0, b_second = b1 ^ b0;
    trits->lane[0][i] = hls_signed(first_on & (a2 | hls_not(a_second)), a1);
    trits->lane[1][i] = hls_signed(first_on & (a2 | a_second), a0);
    trits->lane[2][i] = hls_signed(second_on & (b2 | hls_not(b_second)), b1);
    trits->lane[3][i] = hls_signed(second_on & (b2 | b_second), b0);
    const uint8_t negative = hls_choose(lone, b1, hls_choose(escape, b5, b7));
    const uint8_t nonzero = hls_choose(lone, b0, hls_choose(escape, b4, b6));
    trits->lane[HLS_TRITS - 1][i] = hls_signed(nonzero & hls_not(corrupt), negative);
    return corrupt;
}
#endif

/* One beat: trits of all lanes; returns whether some byte stands for no trits. */
static inline bool hls_decode(const struct hls_beat *beat, struct hls_lanes *trits) {
#pragma HLS inline
    uint8_t corrupt = 0;
    for (unsigned i = 0; i < HLS_BEAT_BYTES; i++) {
#pragma HLS unroll
        corrupt |= hls_decode_byte(beat->byte[i], i, trits);
    }
    return corrupt != 0;
}

#endif
