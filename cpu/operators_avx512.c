/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators for AVX-512. Empty for processors of another kind.
 */
#if defined(__AVX512F__)
#include "cpu/lanes_avx512.h"
/* The lanes come first. */
#include "cpu/operators_lanes.h"

const struct tri_operators tri_operators_avx512 = OPERATORS_TABLE;
#else
typedef int tri_operators_avx512_is_empty;
#endif
