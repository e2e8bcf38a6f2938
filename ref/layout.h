/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of ternary matrices in every layout of enum tri_layout. Private to ref/; others use
 * tri_ternary_row and tri_group_row. The bytes are described in docs/model-files.md.
 */
#ifndef TRI_LAYOUT_H
#define TRI_LAYOUT_H

#include "ref/model.h"

/* What is wrong with a row. */
enum tri_row_fault {
    TRI_ROW_OK,
    TRI_ROW_CODE,  /* a code that stands for nothing */
    TRI_ROW_SCALE, /* a block with a scale of its own */
};

/* As tri_ternary_row. */
enum tri_row_fault tri_layout_row(const struct tri_ternary *matrix, uint32_t row, int8_t *out);

/* Bytes of a matrix in a layout, scales inside it included (I2_S: without the 32 bytes behind it).
 * 0 if the layout cannot hold this shape. */
uint64_t tri_layout_bytes(enum tri_layout layout, uint32_t rows, uint32_t cols);

/* llama.cpp's blocks of 256. */
enum { TRI_TQ_BLOCK = 256, TRI_TQ1_BYTES = 54, TRI_TQ2_BYTES = 66 };
/* The scale of block `block` of a TQ1_0 or TQ2_0 matrix. */
float tri_layout_block_scale(const struct tri_ternary *matrix, uint64_t block);

#endif
