/* SPDX-License-Identifier: Apache-2.0
 *
 * The b2 and b3 weight codes: defined once bit by bit, then used through tables. The definition of
 * b3 here and the decoder in rtl/ are two readings of the same rule in docs/accelerator.md.
 */
#include "driver/codec.h"

#include <pthread.h>
#include <string.h>

#include "driver/image.h"

/* b2: two bits are 0, +1, -1 or, 3, no trit. */
static bool decode_b2(unsigned byte, int8_t *trits) {
    static const int8_t value[4] = {0, 1, -1, 0};
    bool valid = true;
    for (unsigned i = 0; i < 4; i++) {
        const unsigned code = byte >> (2 * i) & 3U;
        trits[i] = value[code];
        if (code == 3U) valid = false;
    }
    return valid;
}

/* b3: two bits of one trit, bit 0: it is not zero, bit 1: it is negative. Returns false for 2. */
static bool decode_single(unsigned code, int8_t *trit) {
    static const int8_t value[4] = {0, 1, 0, -1};
    *trit = value[code & 3U];
    return (code & 3U) != 2U;
}

/* Three bits for a pair that is not (0,0): bit 2 says that both trits are nonzero and the other
 * bits are their signs; otherwise bit 0 is the sign of the only one, which is the first where bits
 * 1 and 0 are equal. Every code of the eight is a pair, so a pair needs no check. */
static void decode_pair(unsigned code, int8_t *first, int8_t *second) {
    const int8_t high = (code & 2U) ? -1 : 1;
    const int8_t low = (code & 1U) ? -1 : 1;
    const bool both = (code & 4U) != 0;
    *first = both ? high : high == low ? low : 0;
    *second = both || high != low ? low : 0;
}

/* A byte holds the last trit in bits 7:6 and the pairs in 5:3 and 2:0. The code 10 that no trit
 * uses is the escape for bytes in which one pair, or both, are (0,0) and so have no pair code. */
static bool decode_b3(unsigned byte, int8_t *trits) {
    memset(trits, 0, TRI_TRITS_MAX);
    if (decode_single(byte >> 6, &trits[4])) {
        decode_pair(byte >> 3 & 7U, &trits[0], &trits[1]);
        decode_pair(byte & 7U, &trits[2], &trits[3]);
        return true;
    }
    if (decode_single(byte >> 4, &trits[4])) {
        int8_t *pair = (byte & 8U) ? &trits[0] : &trits[2];
        decode_pair(byte & 7U, &pair[0], &pair[1]);
        return true;
    }
    return decode_single(byte, &trits[4]) && (byte & 0xcU) == 0;
}

bool tri_trits_decode(enum tri_encoding encoding, uint8_t byte, int8_t *trits) {
    const size_t count = encoding == TRI_B3 ? 5 : 4;
    const bool valid = encoding == TRI_B3 ? decode_b3(byte, trits) : decode_b2(byte, trits);
    if (!valid) memset(trits, 0, count);
    return valid;
}

/* Trits plus one as base-3 digits. *bad collects the bits of digits above 2. */
static unsigned state_of(const int8_t *trits, uint32_t count, unsigned *bad) {
    unsigned state = 0;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned digit = (unsigned)(trits[i] + 1);
        *bad |= (unsigned)(digit > 2U);
        state = state * 3U + digit;
    }
    return state & 0xffU;
}

uint8_t tri_trits_encode(enum tri_encoding encoding, const int8_t *trits) {
    const struct tri_codec *codec = tri_codec(encoding);
    unsigned bad = 0;
    return codec->encode[state_of(trits, codec->trits, &bad)];
}

static struct tri_codec codecs[2];
static pthread_once_t codecs_once = PTHREAD_ONCE_INIT;

/* The encoder is the decoder turned round, so the two cannot disagree. */
static void make_codec(struct tri_codec *codec, enum tri_encoding encoding) {
    codec->trits = encoding == TRI_B3 ? 5 : 4;
    const int8_t zeros[TRI_TRITS_MAX] = {0};
    unsigned bad = 0;
    const unsigned zero_state = state_of(zeros, codec->trits, &bad);
    for (unsigned byte = 0; byte < 256; byte++) {
        int8_t *trits = codec->decode[byte];
        codec->valid[byte] = tri_trits_decode(encoding, (uint8_t)byte, trits);
        if (!codec->valid[byte]) continue;
        const unsigned state = state_of(trits, codec->trits, &bad);
        codec->encode[state] = (uint8_t)byte;
        if (state == zero_state) codec->zero = (uint8_t)byte;
    }
    const unsigned states = encoding == TRI_B3 ? TRI_STATES_B3 : TRI_STATES_B2;
    for (unsigned state = states; state < 256; state++) codec->encode[state] = codec->zero;
}

static void make_codecs(void) {
    make_codec(&codecs[TRI_B2], TRI_B2);
    make_codec(&codecs[TRI_B3], TRI_B3);
}

const struct tri_codec *tri_codec(enum tri_encoding encoding) {
    pthread_once(&codecs_once, make_codecs);
    return &codecs[encoding == TRI_B3 ? TRI_B3 : TRI_B2];
}

/* state_of for as many whole groups as eight bytes can be read of, all digits by one product: digit
 * i times 3^(count - 1 - i) comes to lie in byte count - 1 of it, and what is below cannot carry
 * into it, as no sum there passes 242. Returns the groups done; a 2B model has 4e8 of them. */
static inline uint32_t pack_words(const struct tri_codec *codec, uint32_t count,
                                  const int8_t *trits, uint32_t cols, uint8_t *out, unsigned *bad) {
    uint64_t factor = 0, faults = 0;
    uint32_t done = 0;
    for (uint32_t i = 0, power = 1; i < count; i++, power *= 3) factor |= (uint64_t)power << 8 * i;
    const uint64_t used = ~UINT64_C(0) >> (64 - 8 * count);
    const uint64_t ones = UINT64_C(0x0101010101010101) & used;
    for (; (uint64_t)done * count + 8 <= cols; done++) {
        uint64_t digits = 0;
        memcpy(&digits, trits + (size_t)done * count, sizeof digits);
        /* Plus one in each byte, without carries between them: 0, 1 and 2 are right. */
        digits = (((digits & 0x7f * ones) + ones) ^ (digits & 0x80 * ones)) & used;
        faults |= digits | ((digits & 0x7f * ones) + 0x7d * ones);
        out[done] = codec->encode[digits * factor >> 8 * (count - 1) & 0xff];
    }
    *bad |= (faults & 0x80 * ones) != 0;
    return done;
}

/* With a constant `count` the compiler unrolls the digits. */
static inline bool pack(const struct tri_codec *codec, uint32_t count, const int8_t *trits,
                        uint32_t cols, uint8_t *out, size_t bytes) {
    unsigned bad = 0;
    const uint32_t whole = cols / count;
    uint32_t i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    i = pack_words(codec, count, trits, cols, out, &bad);
#endif
    for (; i < whole; i++) {
        out[i] = codec->encode[state_of(trits + (size_t)i * count, count, &bad)];
    }
    size_t done = whole;
    const uint32_t rest = cols - whole * count;
    if (rest > 0) {
        int8_t last[TRI_TRITS_MAX] = {0};
        memcpy(last, trits + (size_t)whole * count, rest);
        out[done++] = codec->encode[state_of(last, count, &bad)];
    }
    memset(out + done, codec->zero, bytes - done);
    return bad == 0;
}

bool tri_codec_pack(const struct tri_codec *codec, const int8_t *trits, uint32_t cols, uint8_t *out,
                    size_t bytes) {
    if (codec->trits == 5) return pack(codec, 5, trits, cols, out, bytes);
    return pack(codec, 4, trits, cols, out, bytes);
}

bool tri_codec_unpack(const struct tri_codec *codec, const uint8_t *bytes, uint32_t cols,
                      int8_t *trits) {
    bool valid = true;
    const uint32_t count = codec->trits;
    for (uint32_t k = 0; k < cols; k += count) {
        const uint8_t byte = *bytes++;
        valid = valid && codec->valid[byte];
        const uint32_t rest = cols - k;
        memcpy(trits + k, codec->decode[byte], rest < count ? rest : count);
    }
    return valid;
}
