/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of a point of a design space: one list of figures with unit and direction, and for
 * each value where it comes from. The list is the only one: space files, tables, JSON and the
 * report take names, units and directions from here. Computes nothing.
 */
#ifndef TRI_FIGURE_H
#define TRI_FIGURE_H

#include <stdint.h>

/* How a value was come by, best first; ABSENT: a tool is missing or the step was not asked for. */
enum tri_origin {
    TRI_SIMULATED,   /* Verilated RTL, every sum compared */
    TRI_ROUTED,      /* placed and routed */
    TRI_SYNTHESISED, /* Yosys, whole kernel */
    TRI_COMPOSED,    /* Yosys, sum of modules synthesised one by one */
    TRI_MODELLED,    /* a formula of this project */
    TRI_ASSUMED,     /* stated in the space or design file */
    TRI_CITED,       /* somebody else's measurement, source in docs/exploring.md */
    TRI_ABSENT,
};

enum tri_better { TRI_SMALLER, TRI_LARGER, TRI_NEITHER };

/* F(identifier, unit, better, meaning): the identifier in lower case is the name in files. */
#define TRI_FIGURES(F)                                                                             \
    F(macs, "MAC/cycle", TRI_NEITHER, "multiply-accumulates a cycle of the array")                 \
    F(clock_mhz, "MHz", TRI_LARGER, "clock of the accelerator")                                    \
    F(lut, "LUT", TRI_SMALLER, "look-up tables of the family")                                     \
    F(lut_per_mac, "LUT", TRI_SMALLER, "look-up tables a MAC, everything included")                \
    F(ff, "FF", TRI_SMALLER, "flip-flops")                                                         \
    F(ram_kbit, "Kbit", TRI_SMALLER, "block RAM")                                                  \
    F(dsp, "DSP", TRI_SMALLER, "multipliers")                                                      \
    F(gates, "NAND2", TRI_SMALLER, "standard-cell area without memories")                          \
    F(prefill_cycles, "cycles", TRI_SMALLER, "accelerator, the workload's prompts")                \
    F(decode_cycles, "cycles", TRI_SMALLER, "accelerator, one decoded token of every sequence")    \
    F(prefill_use, "%", TRI_LARGER, "steps of the array a cycle, prefill")                         \
    F(decode_use, "%", TRI_LARGER, "steps of the array a cycle, decode")                           \
    F(weight_bytes, "bytes", TRI_SMALLER, "weights read for one decode step")                      \
    F(bytes, "bytes", TRI_SMALLER, "all bytes moved for one decode step")                          \
    F(device_ms, "ms", TRI_SMALLER, "accelerator's part of one decode step")                       \
    F(host_ms, "ms", TRI_SMALLER, "host's part of one decode step, not hidden")                    \
    F(launch_ms, "ms", TRI_SMALLER, "starting commands, one decode step")                          \
    F(decode_tokens_s, "tokens/s", TRI_LARGER, "decoded tokens a second, host and launches in it") \
    F(prefill_tokens_s, "tokens/s", TRI_LARGER, "prompt tokens a second, host and launches in it") \
    F(first_token_ms, "ms", TRI_SMALLER, "prompt to first token")                                  \
    F(joules_token, "J", TRI_SMALLER, "energy of one decoded token, all terms")                    \
    F(joules_arithmetic, "J", TRI_SMALLER, "of it in adders and multipliers")                      \
    F(joules_sram, "J", TRI_SMALLER, "of it in on-chip memories")                                  \
    F(joules_dram, "J", TRI_SMALLER, "of it in external memory")                                   \
    F(joules_host, "J", TRI_SMALLER, "of it in the host's cores while they work")                  \
    F(joules_idle, "J", TRI_SMALLER, "of it idle power times time")                                \
    F(watts, "W", TRI_SMALLER, "mean power while decoding")                                        \
    F(model_error, "%", TRI_NEITHER, "formula's cycles against simulated ones, the further phase")

#define TRI_FIGURE_ENUM(name, unit, better, meaning) TRI_FIGURE_##name,
enum tri_figure_id { TRI_FIGURES(TRI_FIGURE_ENUM) TRI_FIGURE_COUNT };

struct tri_figure {
    double value;
    enum tri_origin origin;
};

/* Which wall a point's decode runs into; named in tables and in the report. */
enum tri_wall { TRI_WALL_MEMORY, TRI_WALL_ARRAY, TRI_WALL_HOST, TRI_WALL_LAUNCH, TRI_WALLS };

/* Everything known of one point. An absent figure has origin TRI_ABSENT. */
struct tri_figures {
    struct tri_figure at[TRI_FIGURE_COUNT];
    enum tri_wall wall;
    uint64_t prefill_counters[6], decode_counters[6]; /* cycles: active, then the five waits and
                                                         steps as in docs/accelerator.md; zeros when
                                                         only modelled */
};

struct tri_figure_info {
    const char *name, *unit, *meaning;
    enum tri_better better;
};

const struct tri_figure_info *tri_figure_info(enum tri_figure_id id);
/* TRI_FIGURE_COUNT if there is none of that name. */
enum tri_figure_id tri_figure_find(const char *name);
const char *tri_origin_name(enum tri_origin origin); /* "simulated", ... */
enum tri_origin tri_origin_find(const char *name);   /* TRI_ABSENT if unknown */
const char *tri_wall_name(enum tri_wall wall);
const char *tri_better_name(enum tri_better better); /* "smaller", ... */

#endif
