/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators for AVX2. Empty for processors of another kind.
 */
#if defined(__AVX2__)
#include "cpu/lanes_avx2.h"
/* The lanes come first. */
#include "cpu/operators_lanes.h"

const struct tri_operators tri_operators_avx2 = OPERATORS_TABLE;
#else
typedef int tri_operators_avx2_is_empty;
#endif
