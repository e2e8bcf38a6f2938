/* SPDX-License-Identifier: Apache-2.0
 *
 * The energy model's constants with their sources, and its sums.
 *
 * [1] M. Horowitz, "Computing's energy problem", ISSCC 2014, 45 nm: INT8 add 0.03 pJ, FP16 add 0.4
 *     and multiply 1.1 pJ, 64 bits from an 8 KB SRAM 10 pJ, 64 bits from DRAM 1.3 to 2.6 nJ.
 * [2] The same operations at 7 nm, as the BitNet b1.58 2B4T report (arXiv 2504.12285) uses them:
 *     INT8 add 0.007 pJ, FP16 add 0.16 and multiply 0.34 pJ.
 * [3] I. Kuon, J. Rose, "Measuring the gap between FPGAs and ASICs", IEEE TCAD 26(2), 2007: logic
 *     alone takes 14 times the dynamic energy in an FPGA.
 * [4] M. O'Connor et al., "Fine-grained DRAM", MICRO 2017: HBM2 takes 3.92 pJ/bit.
 * [5] bitnet-kv260, docs/measurements.md, one KV260: 3.808 W idle; generating 6.206 W at 16.29
 *     tokens/s, 0.381 J a token; prompt 5.148 W at 25.48 tokens/s, 0.202 J a token. Weights
 *     417,546,240 bytes a pass, four prompt tokens a pass; head 65,667,072 bytes a generated token;
 *     the host works for 23 % of a token of 59.6 ms, 13.7 ms, 1.3 ms of it for the head.
 */
#include "explore/energy.h"

#include <math.h>
#include <string.h>

/* [1], [2] */
static const struct {
    double nm, add8, add16, mul16;
} nodes[] = {[TRI_45NM] = {45, 0.03, 0.4, 1.1}, [TRI_7NM] = {7, 0.007, 0.16, 0.34}};
static const double pj_sram_bit_45nm = 10.0 / 64;

static const double fpga_logic = 14; /* [3] */

/* Calibration: the two measured points of [5] above idle, 147 mJ and 53 mJ a token, less array and
 * on-chip memories (1.3 and 0.8 mJ by this model), give two equations in energy a DRAM bit and
 * power of the host's cores. Their solution lies within the range of [1]. */
static const double pj_dram_bit_kv260 = 30.1, host_watts_kv260 = 2.15;
static const double pj_dram_bit_hbm = 3.92;        /* [4], without controller */
static const double pj_dram_bit_any = 1300.0 / 64; /* [1], the lower end */

static const struct family {
    const char *name;
    double nm, logic;
} families[] = {{"xcup", 16, fpga_logic},
                {"ecp5", 40, fpga_logic},
                {"ice40", 40, fpga_logic},
                {"osu018", 180, 1}};

/* Between and beyond the two nodes the energy of an operation follows the power of the feature size
 * that joins them: measured at neither 16, 40 nor 180 nm. */
static double scale(double nm) {
    const double power = log(nodes[TRI_45NM].add8 / nodes[TRI_7NM].add8) /
                         log(nodes[TRI_45NM].nm / nodes[TRI_7NM].nm);
    return pow(nm / nodes[TRI_45NM].nm, power);
}

struct tri_energy_costs tri_energy_costs(const struct tri_space *space,
                                         const struct tri_memory *memory) {
    const struct tri_space_part *part = &space->part;
    const struct family *family = &families[0];
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strcmp(part->family, families[i].name) == 0) family = &families[i];
    const double dram = strcmp(memory->profile, "kv260") == 0 ? pj_dram_bit_kv260
                        : strcmp(memory->profile, "hbm") == 0 ? pj_dram_bit_hbm
                                                              : pj_dram_bit_any;
    return (struct tri_energy_costs){
        .pj_mac = part->pj_per_mac > 0 ? part->pj_per_mac
                                       : nodes[TRI_45NM].add8 * scale(family->nm) * family->logic,
        .pj_sram_bit = part->pj_per_sram_bit > 0 ? part->pj_per_sram_bit
                                                 : pj_sram_bit_45nm * scale(family->nm),
        .pj_dram_bit = part->pj_per_dram_bit > 0 ? part->pj_per_dram_bit : dram,
        .host_watts = strcmp(memory->profile, "kv260") == 0 ? host_watts_kv260 : 0,
        .idle_watts = part->idle_watts};
}

struct tri_energy tri_energy_of(const struct tri_energy_costs *costs,
                                const struct tri_energy_work *work) {
    struct tri_energy e = {.arithmetic = 1e-12 * costs->pj_mac * work->macs,
                           .sram = 1e-12 * costs->pj_sram_bit * work->sram_bits,
                           .dram = 1e-12 * costs->pj_dram_bit * 8 * work->dram_bytes,
                           .host = costs->host_watts * work->host_seconds,
                           .idle = costs->idle_watts * work->seconds};
    e.total = e.arithmetic + e.sram + e.dram + e.host + e.idle;
    return e;
}

/* ---- the report's count ---- */

/* [m][n] by [n][p]: m (n - 1) p additions; m n p multiplications, or for a ternary matrix the FP16
 * scalings of m p sums and m n activations. */
static double product(double m, double n, double p, bool ternary, enum tri_energy_node node) {
    const double adds = m * (n - 1) * p;
    return 1e-12 * (ternary ? adds * nodes[node].add8 + (m * p + m * n) * nodes[node].mul16
                            : adds * nodes[node].add16 + m * n * p * nodes[node].mul16);
}

struct tri_energy_sequence tri_energy_sequence(const struct tri_config *config, bool ternary,
                                               uint32_t tokens, enum tri_energy_node node) {
    const double t = tokens, d = config->hidden, f = config->ffn, h = config->head_dim;
    const double q = (double)config->heads * h, kv = (double)config->kv_heads * h;
    const double layer = product(t, d, q, ternary, node) + 2 * product(t, d, kv, ternary, node) +
                         product(t, q, d, ternary, node) + 2 * product(t, d, f, ternary, node) +
                         product(t, f, d, ternary, node);
    const double head = product(t, h, t, false, node) + product(t, t, h, false, node);
    return (struct tri_energy_sequence){.linear = config->layers * layer,
                                        .attention = (double)config->layers * config->heads * head};
}
