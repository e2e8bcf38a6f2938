/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels for every 64-bit ARM: products of 16 bits, added in pairs to 32; and the
 * question whether SDOT is there, asked in code that does not need it. Compiles to nothing
 * elsewhere.
 */
#include "cpu/product_kernels.h"

#if defined __aarch64__
#include <arm_neon.h>
#include <sys/auxv.h>

bool tri_neon_dot_here(void) {
    enum { ASIMDDP = 1 << 20 }; /* HWCAP_ASIMDDP of the Linux headers */
    return (getauxval(AT_HWCAP) & ASIMDDP) != 0;
}

/* A product is in [-256, 256]: 16 bits hold four of them. */
TRI_INLINE int32x4_t add_fours(int32x4_t sum, int8x16_t u, int8x16_t x) {
    const int16x8_t low = vmull_s8(vget_low_s8(u), vget_low_s8(x));
    const int16x8_t high = vmull_high_s8(u, x);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
}

#define NEON_TABLE tri_product_neon
#include "cpu/product_neon.h"
#endif
