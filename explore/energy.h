/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy by formula, every term apart: adders, on-chip memories, external memory, host, and idle
 * power times time. Each constant's source stands in energy.c. An estimate for comparing designs;
 * no card was measured with this project's accelerator.
 */
#ifndef TRI_ENERGY_H
#define TRI_ENERGY_H

#include "base/design.h"
#include "explore/space.h"
#include "ref/model.h"

/* Energies of one operation, and powers. */
struct tri_energy_costs {
    double pj_mac;      /* one ternary multiply-accumulate of the array */
    double pj_sram_bit; /* one bit written to or read from an on-chip memory */
    double pj_dram_bit; /* one bit moved from or to external memory */
    double host_watts;  /* of the host's cores while they work, above idle; 0: not known */
    double idle_watts;  /* of the board without work */
};

struct tri_energy_work {
    double macs, sram_bits, dram_bytes;
    double host_seconds; /* the host works */
    double seconds;      /* all in all */
};

struct tri_energy { /* J */
    double arithmetic, sram, dram, host, idle, total;
};

/* What a part says, and this model's own figures for its family and the memory profile where it
 * says nothing. An unknown family counts as xcup. */
struct tri_energy_costs tri_energy_costs(const struct tri_space *space,
                                         const struct tri_memory *memory);

struct tri_energy tri_energy_of(const struct tri_energy_costs *costs,
                                const struct tri_energy_work *work);

/* As the BitNet b1.58 2B4T report (arXiv 2504.12285, table 1) counts a sequence: additions and
 * multiplications of the matrix products alone, no memory, no head. Float models multiply in FP16;
 * ternary ones add INT8 and scale in FP16, attention stays FP16. */
enum tri_energy_node { TRI_45NM, TRI_7NM };
struct tri_energy_sequence {
    double linear, attention; /* J */
};
struct tri_energy_sequence tri_energy_sequence(const struct tri_config *config, bool ternary,
                                               uint32_t tokens, enum tri_energy_node node);

#endif
