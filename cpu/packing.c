/* SPDX-License-Identifier: Apache-2.0
 *
 * Ternary rows into the panels that product_kernels.h describes. Plain C: a few bytes at a time in
 * one register, fast enough to pack a model while it is opened.
 */
#include <string.h>

#include "cpu/product_kernels.h"

/* Four weights of consecutive columns as they lie in memory: the bytes only move, so the order of
 * bytes in a register does not matter. */
static inline uint32_t load4(const int8_t *at) {
    uint32_t four;
    memcpy(&four, at, sizeof four);
    return four;
}

/* No byte carries into the next: the largest is 170 or 242. */
static void pack_b2(const int8_t *row, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, row += TRI_B2_COLS, out += TRI_BLOCK_BYTES) {
        const uint32_t four =
            load4(row) | load4(row + 4) << 2 | load4(row + 8) << 4 | load4(row + 12) << 6;
        memcpy(out, &four, sizeof four);
    }
}

static void pack_b3(const int8_t *row, uint32_t blocks, uint8_t *out) {
    for (uint32_t b = 0; b < blocks; b++, row += TRI_B3_COLS, out += TRI_BLOCK_BYTES) {
        const uint32_t four = load4(row) + 3 * load4(row + 4) + 9 * load4(row + 8) +
                              27 * load4(row + 12) + 81 * load4(row + 16);
        memcpy(out, &four, sizeof four);
    }
}

static void pack_turned(uint8_t *bytes, size_t count) {
    uint8_t turned[243];
    for (unsigned v = 0; v < sizeof turned; v++) {
        const unsigned last = v / 81, h = v % 81 / 21, g = v % 81 % 21;
        turned[v] = (uint8_t)(64 * ((h + 4 - last) % 4) + 3 * g + last);
    }
    for (size_t i = 0; i < count; i++) bytes[i] = turned[bytes[i]];
}

/* Rounded up, so that the digits behind the point are those of v and its multiples. */
static void pack_fractions(uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint16_t wide = (uint16_t)(bytes[i] * 256 + 242); /* at most 62194 */
        bytes[i] = (uint8_t)(wide / 243);
    }
}

static void pack_words(uint8_t *half) {
    static const uint8_t place[8] = {0, 1, 4, 5, 2, 3, 6, 7}; /* its own inverse */
    uint16_t words[32];
    for (size_t i = 0; i < 32; i++) {
        const uint32_t v = half[i] * 243u + half[i + 32];
        words[4 * place[i / 4] + i % 4] = (uint16_t)((v * 65536u + 59048u) / 59049u);
    }
    memcpy(half, words, sizeof words);
}

void tri_pack_panel(enum tri_packing packing, enum tri_b3 code, int8_t *rows, size_t stride,
                    uint32_t blocks, uint8_t *out) {
    const size_t cols = (size_t)blocks * tri_packing_cols(packing);
    for (size_t r = 0; r < TRI_PANEL_ROWS; r++) {
        int8_t *row = rows + r * stride;
        for (size_t k = 0; k < cols; k++) row[k] = (int8_t)(row[k] + 1);
        (packing == TRI_PACKING_B2 ? pack_b2 : pack_b3)(row, blocks, out + 4 * r);
    }
    if (packing == TRI_PACKING_B2) return;
    const size_t bytes = (size_t)blocks * TRI_BLOCK_BYTES;
    switch (code) {
    case TRI_B3_TURNED: pack_turned(out, bytes); break;
    case TRI_B3_FRACTION: pack_fractions(out, bytes); break;
    case TRI_B3_WORDS:
        for (size_t at = 0; at < bytes; at += 64) pack_words(out + at);
        break;
    }
}
