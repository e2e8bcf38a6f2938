/* SPDX-License-Identifier: Apache-2.0
 *
 * The weight codes over every byte and every state, against the rule written out a second time.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "driver/codec.h"
#include "driver/image.h"

static void trits_of(uint32_t state, uint32_t count, int8_t *trits) {
    for (uint32_t i = count; i-- > 0; state /= 3) trits[i] = (int8_t)((int)(state % 3) - 1);
}

static unsigned sign(int8_t trit) { return trit < 0 ? 1U : 0U; }

/* Three bits of a pair that is not (0,0). */
static unsigned pair_code(const int8_t *pair) {
    if (pair[0] != 0 && pair[1] != 0) return 4U | sign(pair[0]) << 1 | sign(pair[1]);
    if (pair[0] != 0) return pair[0] > 0 ? 0U : 3U;
    return pair[1] > 0 ? 2U : 1U;
}

/* The b3 byte of five trits, from the rule and not from a decoder. */
static uint8_t b3_by_rule(const int8_t *trits) {
    static const unsigned trit_code[3] = {3, 0, 1};
    const unsigned last = trit_code[trits[4] + 1];
    const bool no_a = trits[0] == 0 && trits[1] == 0, no_b = trits[2] == 0 && trits[3] == 0;
    if (no_a && no_b) return (uint8_t)(0xa0U | last);
    if (no_a) return (uint8_t)(0x80U | last << 4 | pair_code(trits + 2));
    if (no_b) return (uint8_t)(0x88U | last << 4 | pair_code(trits));
    return (uint8_t)(last << 6 | pair_code(trits) << 3 | pair_code(trits + 2));
}

static void check_round_trips(enum tri_encoding encoding, uint32_t count, uint32_t states) {
    for (uint32_t state = 0; state < states; state++) {
        int8_t trits[5] = {0}, back[5] = {0};
        trits_of(state, count, trits);
        const uint8_t byte = tri_trits_encode(encoding, trits);
        cr_assert(tri_trits_decode(encoding, byte, back), "state %u: byte %02x", state, byte);
        cr_assert_eq(memcmp(trits, back, count), 0, "state %u: byte %02x", state, byte);
        cr_assert_eq(tri_codec(encoding)->encode[state], byte);
        cr_assert_eq(memcmp(tri_codec(encoding)->decode[byte], trits, count), 0);
    }
}

Test(codec, b3_carries_all_243_states_there_and_back) { check_round_trips(TRI_B3, 5, 243); }
Test(codec, b2_carries_all_81_states_there_and_back) { check_round_trips(TRI_B2, 4, 81); }

Test(codec, b3_bytes_are_those_of_the_written_rule) {
    for (uint32_t state = 0; state < 243; state++) {
        int8_t trits[5];
        trits_of(state, 5, trits);
        cr_assert_eq(tri_trits_encode(TRI_B3, trits), b3_by_rule(trits), "state %u", state);
    }
}

static int count_corrupt(enum tri_encoding encoding) {
    static const int8_t zeros[5] = {0};
    const size_t trits_of_byte = encoding == TRI_B3 ? 5 : 4;
    int corrupt = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        int8_t trits[5] = {9, 9, 9, 9, 9};
        const bool valid = tri_trits_decode(encoding, (uint8_t)byte, trits);
        cr_assert_eq(valid, tri_codec(encoding)->valid[byte]);
        if (valid) {
            cr_assert_eq(tri_trits_encode(encoding, trits), byte, "byte %02x", byte);
        } else {
            cr_assert_eq(memcmp(trits, zeros, trits_of_byte), 0, "byte %02x", byte);
            corrupt++;
        }
    }
    return corrupt;
}

Test(codec, exactly_13_bytes_of_b3_stand_for_no_trits) { cr_assert_eq(count_corrupt(TRI_B3), 13); }
Test(codec, the_175_bytes_of_b2_with_a_code_3_stand_for_no_trits) {
    cr_assert_eq(count_corrupt(TRI_B2), 256 - 81);
}

Test(codec, b2_puts_trit_i_in_bits_2i) {
    const int8_t trits[4] = {1, -1, 0, -1};
    cr_assert_eq(tri_trits_encode(TRI_B2, trits), 0x89);
}

Test(codec, packs_any_number_of_columns_and_fills_with_zeros) {
    for (int encoding = TRI_B2; encoding <= TRI_B3; encoding++) {
        const struct tri_codec *codec = tri_codec((enum tri_encoding)encoding);
        for (uint32_t cols = 1; cols <= 40; cols++) {
            int8_t trits[40], back[64];
            uint8_t bytes[16];
            for (uint32_t k = 0; k < cols; k++) trits[k] = (int8_t)((int)((k * 7 + cols) % 3) - 1);
            cr_assert(tri_codec_pack(codec, trits, cols, bytes, 12));
            back[cols] = 77;
            cr_assert(tri_codec_unpack(codec, bytes, cols, back));
            cr_assert_eq(back[cols], 77, "%u columns: wrote past the last", cols);
            cr_assert(tri_codec_unpack(codec, bytes, 12 * codec->trits, back));
            cr_assert_eq(memcmp(trits, back, cols), 0, "%u columns", cols);
            for (uint32_t k = cols; k < 12 * codec->trits; k++) cr_assert_eq(back[k], 0);
        }
    }
}

Test(codec, refuses_to_pack_what_is_not_a_trit) {
    for (uint32_t at = 0; at < 13; at++) {
        for (int value = -128; value < 128; value++) {
            int8_t trits[13] = {0};
            uint8_t bytes[4];
            trits[at] = (int8_t)value;
            const bool packed = tri_codec_pack(tri_codec(TRI_B3), trits, 13, bytes, 4);
            cr_assert_eq(packed, value >= -1 && value <= 1, "value %d", value);
        }
    }
}

Test(codec, reports_a_corrupt_byte_among_good_ones) {
    uint8_t bytes[3] = {0xa0, 0xaf, 0xa0};
    int8_t trits[15];
    cr_assert(!tri_codec_unpack(tri_codec(TRI_B3), bytes, 15, trits));
    cr_assert(tri_codec_unpack(tri_codec(TRI_B3), bytes, 5, trits));
}
