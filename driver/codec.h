/* SPDX-License-Identifier: Apache-2.0
 *
 * The two weight encodings as tables: byte to trits and trits to byte, and whole rows packed and
 * unpacked with them. Knows bytes and trits only; where rows lie in an image is driver/image.h.
 */
#ifndef TRI_CODEC_H
#define TRI_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/design.h"

enum { TRI_TRITS_MAX = 5, TRI_STATES_B3 = 243, TRI_STATES_B2 = 81 };

struct tri_codec {
    uint32_t trits;                    /* in one byte: 4 (b2) or 5 (b3) */
    uint8_t zero;                      /* the byte that stands for zeros only */
    int8_t decode[256][TRI_TRITS_MAX]; /* zeros where the byte is corrupt */
    bool valid[256];                   /* false: the byte stands for no trits */
    /* Byte of a state: its trits plus one as base-3 digits, the first trit the most significant.
     * Entries past the number of states are the zero byte. */
    uint8_t encode[256];
};

/* The tables of one encoding, made on first use by any thread. Static storage. */
const struct tri_codec *tri_codec(enum tri_encoding encoding);

/* Packs trits [cols] into out [bytes]; bytes past the last column get zero trits. Returns false
 * when a trit is not -1, 0 or 1 (out is then undefined). cols must fit: cols <= bytes * trits. */
bool tri_codec_pack(const struct tri_codec *codec, const int8_t *trits, uint32_t cols, uint8_t *out,
                    size_t bytes);

/* Unpacks cols trits from bytes. Returns false when one of the bytes read is corrupt. */
bool tri_codec_unpack(const struct tri_codec *codec, const uint8_t *bytes, uint32_t cols,
                      int8_t *trits);

#endif
