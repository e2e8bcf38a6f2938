/* SPDX-License-Identifier: Apache-2.0
 *
 * The instruction sets that have kernels of their own, and which of them this machine has. Every
 * kernel gives the same bits on every one; the choice is a matter of speed alone.
 */
#ifndef TRI_CPU_ISA_H
#define TRI_CPU_ISA_H

#include <stdbool.h>

#include "base/status.h"

enum tri_isa {
    TRI_ISA_PORTABLE, /* plain C, everywhere */
    TRI_ISA_NEON,     /* 64-bit ARM */
    TRI_ISA_AVX2,     /* with FMA off: products and sums are rounded apart */
    TRI_ISA_AVX512,   /* F, BW, VL, VBMI and VNNI */
    TRI_ISA_AMX,      /* AVX512 and the int8 tiles */
    TRI_ISAS
};

/* "portable", "neon", "avx2", "avx512", "amx". */
const char *tri_isa_name(enum tri_isa isa);
/* True if this program was built with it, and processor and system have it. */
bool tri_isa_here(enum tri_isa isa);
/* The fastest that is here. */
enum tri_isa tri_isa_best(void);
/* Errors: ARGUMENT (no such name: lists them), UNSUPPORTED (not here: says what is). */
enum tri_status tri_isa_parse(const char *name, enum tri_isa *isa);

#endif
