/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of operators by instruction set. Each exists only in programs for its processors.
 */
#ifndef TRI_CPU_OPERATORS_PRIVATE_H
#define TRI_CPU_OPERATORS_PRIVATE_H

#include "cpu/operators.h"

extern const struct tri_operators tri_operators_portable, tri_operators_neon, tri_operators_avx2,
    tri_operators_avx512;

#endif
