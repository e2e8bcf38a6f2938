/* SPDX-License-Identifier: Apache-2.0
 *
 * The layouts of layout.h, each one function that unpacks a row.
 */
#include "ref/layout.h"

#include <string.h>

#include "ref/numerics.h"

/* A code as a weight; a 3 is noted in *bad and gives 0. */
static inline int8_t weight_of(unsigned code, unsigned *bad) {
    *bad |= code & (code >> 1);
    return (int8_t)(code == 3 ? 0 : (int)code - 1);
}

/* n codes at one place of n bytes. Bytes alone in the loop, and a shift that the compiler knows,
 * make vectors of it; the rare code 3 is put right afterwards. */
static inline uint8_t run_at(const uint8_t *bytes, unsigned shift, uint32_t n, int8_t *out) {
    uint8_t bad = 0;
    for (uint32_t j = 0; j < n; j++) {
        const uint8_t code = (uint8_t)((unsigned)bytes[j] >> shift & 3u);
        bad = (uint8_t)(bad | (code & code >> 1));
        out[j] = (int8_t)(code - 1);
    }
    for (uint32_t j = 0; bad != 0 && j < n; j++) out[j] = out[j] == 2 ? 0 : out[j];
    return bad;
}

static unsigned run_of(const uint8_t *bytes, unsigned shift, uint32_t n, int8_t *out) {
    switch (shift) {
    case 0: return run_at(bytes, 0, n, out);
    case 2: return run_at(bytes, 2, n, out);
    case 4: return run_at(bytes, 4, n, out);
    default: return run_at(bytes, 6, n, out);
    }
}

/* Four row blocks, a quarter of the matrix apart, share the bytes of one. */
static unsigned row_hf(const struct tri_ternary *m, uint32_t row, int8_t *out) {
    const uint32_t quarter = m->rows / 4;
    const unsigned shift = 2 * (row / quarter);
    const uint8_t *bytes = m->packed + (size_t)(row % quarter) * m->cols;
    return run_of(bytes, shift, m->cols, out);
}

/* Blocks of `block` elements in block/4 bytes run through the whole matrix: element j of a block is
 * in byte j % (block/4), the first quarter of the elements in the top bits. */
static unsigned row_i2s(const struct tri_ternary *m, uint32_t row, uint32_t block, int8_t *out) {
    const uint32_t quarter = block / 4;
    const uint64_t first = (uint64_t)row * m->cols;
    unsigned bad = 0;
    if (m->cols % block == 0) { /* whole blocks, four runs of columns each */
        const uint8_t *bytes = m->packed + first / 4;
        for (uint32_t c = 0; c < m->cols; c += block, bytes += quarter) {
            for (uint32_t part = 0; part < 4; part++) {
                bad |= run_of(bytes, 6 - 2 * part, quarter, out + c + part * quarter);
            }
        }
        return bad;
    }
    for (uint32_t c = 0; c < m->cols; c++) {
        const uint64_t element = first + c;
        const uint32_t j = (uint32_t)(element % block);
        const unsigned byte = m->packed[element / block * quarter + j % quarter];
        out[c] = weight_of((byte >> (6 - 2 * (j / quarter))) & 3u, &bad);
    }
    return bad;
}

/* Four neighbouring rows in one byte, the first in the top bits. */
static unsigned row_i2s_rows(const struct tri_ternary *m, uint32_t row, int8_t *out) {
    const uint8_t *bytes = m->packed + (size_t)(row / 4) * m->cols;
    const unsigned shift = 6 - 2 * (row % 4);
    return run_of(bytes, shift, m->cols, out);
}

static unsigned row_rows(const struct tri_ternary *m, uint32_t row, int8_t *out) {
    const uint8_t *bytes = m->packed + (size_t)row * ((m->cols + 3) / 4);
    const uint32_t whole = m->cols / 4 * 4;
    unsigned bad = 0;
    for (uint32_t c = 0; c < whole; c += 4) {
        const unsigned byte = bytes[c / 4];
        for (uint32_t k = 0; k < 4; k++) out[c + k] = weight_of(byte >> 2 * k & 3u, &bad);
    }
    for (uint32_t c = whole; c < m->cols; c++)
        out[c] = weight_of((unsigned)bytes[c / 4] >> 2 * (c % 4) & 3u, &bad);
    return bad;
}

static float scale_at(const uint8_t *bytes) {
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return tri_f16_to_float(bits);
}

float tri_layout_block_scale(const struct tri_ternary *m, uint64_t block) {
    const size_t size = m->layout == TRI_LAYOUT_TQ1_0 ? TRI_TQ1_BYTES : TRI_TQ2_BYTES;
    return scale_at(m->packed + block * size + size - 2);
}

/* 64 code bytes, two bits each from the bottom: element j in byte 32(j/128) + j%32. */
static unsigned block_tq2(const uint8_t *bytes, int8_t *out) {
    unsigned bad = 0;
    for (unsigned run = 0; run < 8; run++) {
        const uint8_t *from = bytes + 32 * (run / 4);
        const unsigned shift = 2 * (run % 4);
        for (unsigned j = 0; j < 32; j++)
            out[32 * run + j] = weight_of(((unsigned)from[j] >> shift) & 3u, &bad);
    }
    return bad;
}

/* Trit k of a byte that holds trits as a base-3 fraction, the most significant first. */
static inline int8_t trit(unsigned byte, unsigned power) {
    return (int8_t)((int)(((byte * power & 0xffu) * 3u) >> 8) - 1);
}

/* 32 bytes of five trits, 16 of five, 4 of four; trit k of byte j is element k * count + j. */
static void block_tq1(const uint8_t *bytes, int8_t *out) {
    static const struct { unsigned count, trits; } runs[] = {{32, 5}, {16, 5}, {4, 4}};
    for (unsigned r = 0; r < 3; r++) {
        unsigned power = 1;
        for (unsigned k = 0; k < runs[r].trits; k++, power *= 3, out += runs[r].count)
            for (unsigned j = 0; j < runs[r].count; j++) out[j] = trit(bytes[j], power);
        bytes += runs[r].count;
    }
}

static enum tri_row_fault row_tq(const struct tri_ternary *m, uint32_t row, int8_t *out) {
    const bool tq1 = m->layout == TRI_LAYOUT_TQ1_0;
    const size_t size = tq1 ? TRI_TQ1_BYTES : TRI_TQ2_BYTES;
    const uint32_t blocks = m->cols / TRI_TQ_BLOCK;
    const uint8_t *bytes = m->packed + (size_t)row * blocks * size;
    enum tri_row_fault fault = TRI_ROW_OK;
    for (uint32_t b = 0; b < blocks; b++, bytes += size, out += TRI_TQ_BLOCK) {
        const float scale = scale_at(bytes + size - 2);
        if (scale == 0.0f) { /* all zeros, whatever the codes are */
            memset(out, 0, TRI_TQ_BLOCK);
            continue;
        }
        if (tq1)
            block_tq1(bytes, out);
        else if (block_tq2(bytes, out) != 0)
            fault = TRI_ROW_CODE;
        if (!(scale == m->scale) && fault == TRI_ROW_OK) fault = TRI_ROW_SCALE;
    }
    return fault;
}

/* Where row `row` of the model lies in a file that keeps the halves of each head in pairs. */
static uint32_t paired_row(uint32_t head_dim, uint32_t row) {
    const uint32_t half = head_dim / 2, in_head = row % head_dim;
    return row - in_head + 2 * (in_head % half) + in_head / half;
}

enum tri_row_fault tri_layout_row(const struct tri_ternary *m, uint32_t row, int8_t *out) {
    if (m->paired != 0) row = paired_row(m->paired, row);
    unsigned bad = 0;
    switch (m->layout) {
    case TRI_LAYOUT_HF: bad = row_hf(m, row, out); break;
    case TRI_LAYOUT_I2S_X86: bad = row_i2s(m, row, 128, out); break;
    case TRI_LAYOUT_I2S_ARM: bad = row_i2s(m, row, 64, out); break;
    case TRI_LAYOUT_I2S_ROWS: bad = row_i2s_rows(m, row, out); break;
    case TRI_LAYOUT_ROWS: bad = row_rows(m, row, out); break;
    case TRI_LAYOUT_TQ1_0:
    case TRI_LAYOUT_TQ2_0: return row_tq(m, row, out);
    }
    return bad != 0 ? TRI_ROW_CODE : TRI_ROW_OK;
}

uint64_t tri_layout_bytes(enum tri_layout layout, uint32_t rows, uint32_t cols) {
    const uint64_t elements = (uint64_t)rows * cols;
    switch (layout) {
    case TRI_LAYOUT_HF:
    case TRI_LAYOUT_I2S_ROWS: return rows % 4 == 0 ? elements / 4 : 0;
    case TRI_LAYOUT_I2S_X86: return elements % 128 == 0 ? elements / 4 : 0;
    case TRI_LAYOUT_I2S_ARM: return elements % 64 == 0 ? elements / 4 : 0;
    case TRI_LAYOUT_TQ1_0: return cols % TRI_TQ_BLOCK == 0 ? elements / TRI_TQ_BLOCK * 54 : 0;
    case TRI_LAYOUT_TQ2_0: return cols % TRI_TQ_BLOCK == 0 ? elements / TRI_TQ_BLOCK * 66 : 0;
    case TRI_LAYOUT_ROWS: return (uint64_t)rows * (((uint64_t)cols + 3) / 4);
    }
    return 0;
}
