/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays narrowed, and what changed counted.
 */
#include "ref/narrow.h"

struct tri_narrowed tri_narrow_bf16(const float *x, size_t n, uint16_t *out) {
    uint32_t changed = 0, infinite = 0;
    struct tri_narrowed all = {0, 0};
    for (size_t i = 0; i < n; i++) {
        out[i] = tri_float_to_bf16(x[i]);
        uint32_t wide = (uint32_t)out[i] << 16;
        changed += wide != tri_float_bits(x[i]);
        infinite += (wide & 0x7fffffffu) == 0x7f800000u && tri_is_finite(x[i]);
    }
    all.changed = changed;
    all.infinite = infinite;
    return all;
}

struct tri_narrowed tri_narrow_f16(const float *x, size_t n, uint16_t *out) {
    uint32_t changed = 0, infinite = 0;
    struct tri_narrowed all = {0, 0};
    for (size_t i = 0; i < n; i++) {
        out[i] = tri_float_to_f16(x[i]);
        changed += tri_float_bits(tri_f16_to_float(out[i])) != tri_float_bits(x[i]);
        infinite += (out[i] & 0x7fffu) == 0x7c00u && tri_is_finite(x[i]);
    }
    all.changed = changed;
    all.infinite = infinite;
    return all;
}

/* An entry: the f16 number, and above it whether it is another one, and no longer finite. */
enum { CHANGED = 1 << 16, INFINITE = 1 << 17 };

void tri_narrow_fill(uint32_t *table) {
    for (uint32_t bits = 0; bits < TRI_NARROW_TABLE; bits++) {
        const float x = tri_bf16_to_float((uint16_t)bits);
        uint16_t out;
        struct tri_narrowed one = tri_narrow_f16(&x, 1, &out);
        table[bits] = out | (one.changed > 0 ? CHANGED : 0u) | (one.infinite > 0 ? INFINITE : 0u);
    }
}

struct tri_narrowed tri_narrow_by_table(const uint32_t *table, const void *x, size_t n,
                                        uint16_t *out) {
    struct tri_narrowed all = {0, 0};
    for (size_t i = 0; i < n; i++) {
        uint16_t bits;
        memcpy(&bits, (const char *)x + 2 * i, sizeof bits);
        const uint32_t entry = table[bits];
        out[i] = (uint16_t)entry;
        all.changed += entry >> 16 & 1;
        all.infinite += entry >> 17;
    }
    return all;
}
