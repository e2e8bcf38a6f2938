/* SPDX-License-Identifier: Apache-2.0
 *
 * Which table of operators belongs to which instruction set.
 */
#include "cpu/operators_private.h"

const struct tri_operators *tri_operators(enum tri_isa isa) {
#if defined(__x86_64__)
    if (isa == TRI_ISA_AVX512 || isa == TRI_ISA_AMX) return &tri_operators_avx512;
    if (isa == TRI_ISA_AVX2) return &tri_operators_avx2;
#elif defined(__aarch64__)
    if (isa == TRI_ISA_NEON) return &tri_operators_neon;
#endif
    (void)isa;
    return &tri_operators_portable;
}
