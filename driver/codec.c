/* SPDX-License-Identifier: Apache-2.0
 *
 * The b2 and b3 weight codes: defined once bit by bit, then used through tables. The definition of
 * b3 here and the decoder in rtl/ are two readings of the same rule in docs/accelerator.md.
 */
#include "driver/codec.h"

#include <pthread.h>
#include <string.h>

#include "driver/image.h"

/* Decodes two bits: 0 is 0, 1 is +1, 2 is -1. Returns false for 3. */
static bool decode_trit(unsigned code, int8_t *trit) {
    static const int8_t value[4] = {0, 1, -1, 0};
    *trit = value[code & 3U];
    return (code & 3U) != 3U;
}

/* Three bits for a pair that is not (0,0): bit 2 says that both trits are nonzero and the other
 * bits are their signs; otherwise bit 1 says which one is nonzero and bit 0 is its sign. Every code
 * of the eight is a pair, so a pair needs no check. */
static void decode_pair(unsigned code, int8_t *first, int8_t *second) {
    const int8_t high = (code & 2U) ? -1 : 1;
    const int8_t low = (code & 1U) ? -1 : 1;
    if (code & 4U) {
        *first = high;
        *second = low;
    } else if (code & 2U) {
        *first = 0;
        *second = low;
    } else {
        *first = low;
        *second = 0;
    }
}

static bool decode_b2(unsigned byte, int8_t *trits) {
    bool valid = true;
    for (unsigned i = 0; i < 4; i++) {
        if (!decode_trit(byte >> (2 * i), &trits[i])) valid = false;
    }
    return valid;
}

/* A byte holds the last trit in bits 7:6 and the pairs in 5:3 and 2:0. The code 11 that no trit
 * uses is the escape for bytes in which one pair, or both, are (0,0) and so have no pair code. */
static bool decode_b3(unsigned byte, int8_t *trits) {
    memset(trits, 0, TRI_TRITS_MAX);
    if (decode_trit(byte >> 6, &trits[4])) {
        decode_pair(byte >> 3 & 7U, &trits[0], &trits[1]);
        decode_pair(byte & 7U, &trits[2], &trits[3]);
        return true;
    }
    if (decode_trit(byte >> 4, &trits[4])) {
        int8_t *pair = (byte & 8U) ? &trits[0] : &trits[2];
        decode_pair(byte & 7U, &pair[0], &pair[1]);
        return true;
    }
    return (byte & 0xcU) == 0 && decode_trit(byte, &trits[4]);
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

/* With a constant `count` the compiler unrolls the digits: a 2B model has 2e9 of them. */
static inline bool pack(const struct tri_codec *codec, uint32_t count, const int8_t *trits,
                        uint32_t cols, uint8_t *out, size_t bytes) {
    unsigned bad = 0;
    const uint32_t whole = cols / count;
    for (uint32_t i = 0; i < whole; i++) {
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
