/* SPDX-License-Identifier: Apache-2.0
 *
 * Float matrices in their file's type, of any alignment, and rows of them as float32.
 */
#include <string.h>

#include "ref/model.h"
#include "ref/numerics.h"

uint32_t tri_float_bytes(enum tri_float type) { return type == TRI_F32 ? 4 : 2; }

const char *tri_float_name(enum tri_float type) {
    static const char *const names[] = {[TRI_BF16] = "BF16", [TRI_F16] = "F16", [TRI_F32] = "F32"};
    return (unsigned)type <= TRI_F32 ? names[type] : "unknown";
}

static inline uint16_t half_at(const unsigned char *from, size_t i) {
    uint16_t bits;
    memcpy(&bits, from + 2 * i, sizeof bits);
    return bits;
}

void tri_table_row(const struct tri_table *table, uint32_t row, float *out) {
    const size_t n = table->cols;
    const unsigned char *from =
        (const unsigned char *)table->data + (size_t)row * n * tri_float_bytes(table->type);
    if (table->type == TRI_F32) {
        memcpy(out, from, n * sizeof *out);
        return;
    }
    if (table->type == TRI_BF16) { /* one loop each, so that compilers make vectors of them */
        for (size_t i = 0; i < n; i++) out[i] = tri_bf16_to_float(half_at(from, i));
    } else {
        for (size_t i = 0; i < n; i++) out[i] = tri_f16_to_float(half_at(from, i));
    }
}
