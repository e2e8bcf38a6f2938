/* SPDX-License-Identifier: Apache-2.0
 *
 * The operators for NEON. Empty for processors of another kind.
 */
#if defined(__aarch64__)
#include "cpu/lanes_neon.h"
/* The lanes come first. */
#include "cpu/operators_lanes.h"

const struct tri_operators tri_operators_neon = OPERATORS_TABLE;
#else
typedef int tri_operators_neon_is_empty;
#endif
