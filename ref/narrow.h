/* SPDX-License-Identifier: Apache-2.0
 *
 * float32 rounded to the two 16-bit types of model files, nearest with ties to even. The way back
 * is exact and lives in elementary.h and model.h. For files only: the forward pass never narrows.
 */
#ifndef TRI_NARROW_H
#define TRI_NARROW_H

#include <stddef.h>

#include "ref/elementary.h"

/* Infinities stay, NaN stays a (quiet) NaN. */
static inline uint16_t tri_float_to_bf16(float x) {
    uint32_t bits = tri_float_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* |x| >= 65520 becomes infinite. */
static inline uint16_t tri_float_to_f16(float x) {
    uint32_t bits = tri_float_bits(x), sign = bits >> 16 & 0x8000u;
    uint32_t size = bits & 0x7fffffffu;
    /* Below 2^-14 the result is subnormal: adding 0.5 makes the adder round at its last bit. */
    uint32_t small = tri_float_bits(tri_float_from_bits(size) + 0.5f) - 0x3f000000u;
    uint32_t normal = (size - 0x38000000u + 0xfffu + (size >> 13 & 1u)) >> 13;
    uint32_t big = size > 0x7f800000u ? 0x7e00u : 0x7c00u;
    uint32_t result = size < 0x38800000u ? small : size < 0x47800000u ? normal : big;
    return (uint16_t)(sign | result);
}

/* What narrowing did to an array. */
struct tri_narrowed {
    size_t changed;  /* values that are another number now */
    size_t infinite; /* finite values that no longer are */
};

/* x, out: [n] */
struct tri_narrowed tri_narrow_bf16(const float *x, size_t n, uint16_t *out);
struct tri_narrowed tri_narrow_f16(const float *x, size_t n, uint16_t *out);

/* bf16 to f16 through a table of all bf16 numbers, for arrays of many millions. */
enum { TRI_NARROW_TABLE = 1 << 16 };
void tri_narrow_fill(uint32_t *table);
/* table: [TRI_NARROW_TABLE], filled; x: [n] of any alignment; out: [n] */
struct tri_narrowed tri_narrow_by_table(const uint32_t *table, const void *x, size_t n,
                                        uint16_t *out);

#endif
