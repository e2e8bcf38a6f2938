/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels for 64-bit ARM with SDOT: four products to 32 bits in one instruction.
 * Compiles to nothing elsewhere.
 */
#include "cpu/product_kernels.h"

#if defined __aarch64__
#include <arm_neon.h>

TRI_INLINE int32x4_t add_fours(int32x4_t sum, int8x16_t u, int8x16_t x) {
    return vdotq_s32(sum, u, x);
}

#define NEON_TABLE tri_product_neon_dot
#include "cpu/product_neon.h"
#endif
