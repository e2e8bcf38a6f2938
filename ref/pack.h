/* SPDX-License-Identifier: Apache-2.0
 *
 * Ternary values to the bytes of each file layout, block by block. The way back is tri_ternary_row
 * in model.h; where the blocks go in a file is write.h's business.
 */
#ifndef TRI_PACK_H
#define TRI_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Everywhere t holds -1, 0 and 1 only. */

/* Hugging Face: one byte of four values, one of each row block. row[i], out: [n] */
void tri_pack_hf(const int8_t *const row[4], size_t n, uint8_t *out);

/* I2_S: elements of the row-major matrix, n a multiple of 128 (x86) or 64 (arm); out: [n / 4] */
void tri_pack_i2s_x86(const int8_t *t, size_t n, uint8_t *out);
void tri_pack_i2s_arm(const int8_t *t, size_t n, uint8_t *out);

/* TQ1_0 and TQ2_0: n a multiple of 256; out: [n / 256 * 54] and [n / 256 * 66]. d: the scale as
 * f16; a block of zeros gets 0 for it. */
void tri_pack_tq1(const int8_t *t, size_t n, uint16_t d, uint8_t *out);
void tri_pack_tq2(const int8_t *t, size_t n, uint16_t d, uint8_t *out);

#endif
