/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over a model's products; see docs/exploring.md for each figure's formula.
 */
#include "explore/model.h"

#include <inttypes.h>
#include <string.h>

#include "explore/energy.h"
#include "ref/shape.h"

enum { COMMAND_BYTES = 64, COMPLETION_BYTES = 32, SUM_BYTES = 4, TOKENS_MOST = 1 << 20 };

enum tri_status tri_work_of(const struct tri_space *space, const struct tri_design *design,
                            struct tri_work *work) {
    const struct tri_space_workload *w = &space->workload;
    struct tri_config c;
    uint32_t eot;
    TRI_TRY(tri_shape(w->shape, &c, &eot));
    if (w->prompt == 0 || w->batch == 0 || w->prompt > TOKENS_MOST || w->batch > TOKENS_MOST)
        return tri_fail(TRI_E_ARGUMENT,
                        "workload: wanted prompt and batch from 1 to %d, got %" PRIu32
                        " and %" PRIu32,
                        (int)TOKENS_MOST, w->prompt, w->batch);
    const uint32_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
    *work = (struct tri_work){.layers = c.layers,
                              .product = {[TRI_GROUP_QKV] = {q + 2 * kv, c.hidden},
                                          [TRI_GROUP_O] = {c.hidden, q},
                                          [TRI_GROUP_GATE_UP] = {2 * c.ffn, c.hidden},
                                          [TRI_GROUP_DOWN] = {c.hidden, c.ffn}},
                              .decode_tokens = w->batch,
                              .prompts = w->batch,
                              .prompt_tokens = w->prompt};
    for (int g = 0; g < TRI_GROUPS; g++)
        if (work->product[g].cols > design->geometry.k_max)
            return tri_fail(TRI_E_ARGUMENT,
                            "%s: geometry.k_max: wanted at least %" PRIu32
                            " for %s of %s, got %" PRIu32,
                            design->name, work->product[g].cols, tri_group_name((enum tri_group)g),
                            w->shape, design->geometry.k_max);
    return TRI_OK;
}

static struct tri_cycles_product product(const struct tri_work *work, int group, uint32_t tokens) {
    return (struct tri_cycles_product){work->product[group].rows, work->product[group].cols,
                                       tokens};
}

static double cycles(const struct tri_work *work, const struct tri_design *design,
                     uint32_t tokens) {
    double sum = 0;
    for (int g = 0; g < TRI_GROUPS; g++) {
        const struct tri_cycles_product p = product(work, g, tokens);
        sum += tri_cycles_list(design, &p, 1);
    }
    return work->layers * sum;
}

double tri_work_decode_cycles(const struct tri_work *work, const struct tri_design *design) {
    return cycles(work, design, work->decode_tokens);
}

double tri_work_prefill_cycles(const struct tri_work *work, const struct tri_design *design) {
    return work->prompts * cycles(work, design, work->prompt_tokens);
}

/* ---- what is moved and done ---- */

struct load {
    double steps, memory;       /* cycles that array and ports need at least */
    double weight_bytes, bytes; /* on the accelerator's ports */
    double macs, sram_bits;
};

static double parts(uint32_t n, uint32_t size) { return (double)((n + size - 1) / size); }

/* One pass of `tokens` vectors through all layers. */
static struct load load_of(const struct tri_work *work, const struct tri_design *design,
                           uint32_t tokens) {
    const struct tri_geometry *g = &design->geometry;
    const uint32_t beat = g->beat_bits / 8, lanes = tri_weights_per_beat(g);
    const double commands = parts(tokens, g->t_max);
    struct load load = {0};
    for (int i = 0; i < TRI_GROUPS; i++) {
        const struct tri_cycles_product p = product(work, i, tokens);
        double steps, memory;
        tri_cycles_bounds(design, &p, 1, &steps, &memory);
        load.steps += steps;
        load.memory += memory;
        const double beats = parts(p.rows, g->ports) * parts(p.cols, lanes) * g->ports * commands;
        const double activations = tokens * parts(p.cols, beat) * beat;
        const double sums = (double)tokens * p.rows * SUM_BYTES;
        load.weight_bytes += beats * beat;
        load.bytes +=
            beats * beat + activations + sums + commands * (COMMAND_BYTES + COMPLETION_BYTES);
        load.macs += (double)tokens * p.rows * p.cols;
        /* Into the FIFO and out, activations of each step, activations and sums in and out. */
        load.sram_bits +=
            8 * (2 * beats * beat + steps * lanes * g->tokens + activations + 2 * sums);
    }
    load.steps *= work->layers;
    load.memory *= work->layers;
    load.weight_bytes *= work->layers;
    load.bytes *= work->layers;
    load.macs *= work->layers;
    load.sram_bits *= work->layers;
    return load;
}

/* ---- figures ---- */

static void set(struct tri_figures *f, enum tri_figure_id id, double value,
                enum tri_origin origin) {
    f->at[id] = (struct tri_figure){value, origin};
}

/* Host's time that is not hidden behind `device` ms. */
static double shown(const struct tri_space *space, double host, double device) {
    const double hidden = space->host.overlap * host;
    return host - (hidden < device ? hidden : device);
}

static double launches(const struct tri_space *space, const struct tri_work *work) {
    return space->host.lists_per_token > 0 ? space->host.lists_per_token
                                           : (double)work->layers * TRI_GROUPS;
}

static void derive_times(const struct tri_space *space, const struct tri_work *work,
                         struct tri_figures *f) {
    const struct tri_space_host *host = &space->host;
    const double per_ms = f->at[TRI_FIGURE_clock_mhz].value * 1e3;
    const double device = f->at[TRI_FIGURE_decode_cycles].value / per_ms;
    const double batch = work->decode_tokens, prompt = (double)work->prompts * work->prompt_tokens;
    const double working = batch * (host->ms_per_token + host->head_ms_per_token);
    const double host_ms = shown(space, working, device);
    const double launch = launches(space, work) * host->launch_us / 1e3;
    const double step = device + host_ms + launch;

    const double prefill_device = f->at[TRI_FIGURE_prefill_cycles].value / per_ms;
    const double prefill_host = shown(space, prompt * host->prefill_ms_per_token, prefill_device);
    const double prefill = prefill_device + prefill_host + work->prompts * launch;
    const enum tri_origin of_cycles = f->at[TRI_FIGURE_decode_cycles].origin;

    set(f, TRI_FIGURE_device_ms, device, of_cycles);
    set(f, TRI_FIGURE_host_ms, host_ms, TRI_ASSUMED);
    set(f, TRI_FIGURE_launch_ms, launch, TRI_ASSUMED);
    set(f, TRI_FIGURE_decode_tokens_s, batch * 1e3 / step, TRI_MODELLED);
    set(f, TRI_FIGURE_prefill_tokens_s, prompt * 1e3 / prefill, TRI_MODELLED);
    set(f, TRI_FIGURE_first_token_ms, prefill + work->prompts * host->head_ms_per_token,
        TRI_MODELLED);
}

static void derive_energy(const struct tri_space *space, const struct tri_design *design,
                          const struct tri_work *work, const struct load *load,
                          struct tri_figures *f) {
    const double batch = work->decode_tokens;
    const double seconds = batch / f->at[TRI_FIGURE_decode_tokens_s].value;
    const double host_ms = space->host.ms_per_token + space->host.head_ms_per_token;
    const struct tri_energy_costs costs = tri_energy_costs(space, &design->memory);
    const struct tri_energy_work each = {.macs = load->macs / batch,
                                         .sram_bits = load->sram_bits / batch,
                                         .dram_bytes = load->bytes / batch,
                                         .host_seconds = host_ms / 1e3,
                                         .seconds = seconds / batch};
    const struct tri_energy e = tri_energy_of(&costs, &each);
    set(f, TRI_FIGURE_joules_arithmetic, e.arithmetic, TRI_MODELLED);
    set(f, TRI_FIGURE_joules_sram, e.sram, TRI_MODELLED);
    set(f, TRI_FIGURE_joules_dram, e.dram, TRI_MODELLED);
    set(f, TRI_FIGURE_joules_host, e.host, costs.host_watts > 0 ? TRI_MODELLED : TRI_ABSENT);
    set(f, TRI_FIGURE_joules_idle, e.idle, costs.idle_watts > 0 ? TRI_MODELLED : TRI_ASSUMED);
    set(f, TRI_FIGURE_joules_token, e.total, TRI_MODELLED);
    set(f, TRI_FIGURE_watts, e.total * batch / seconds, TRI_MODELLED);
}

/* The longest of the step's three parts; within the accelerator's, what it cannot go below. */
static enum tri_wall wall_of(const struct load *load, const struct tri_figures *f) {
    const double device = f->at[TRI_FIGURE_device_ms].value, host = f->at[TRI_FIGURE_host_ms].value,
                 launch = f->at[TRI_FIGURE_launch_ms].value;
    if (host > device && host >= launch) return TRI_WALL_HOST;
    if (launch > device) return TRI_WALL_LAUNCH;
    return load->memory > load->steps ? TRI_WALL_MEMORY : TRI_WALL_ARRAY;
}

void tri_model_derive(const struct tri_space *space, const struct tri_design *design,
                      const struct tri_work *work, struct tri_figures *f) {
    const struct load decode = load_of(work, design, work->decode_tokens);
    const struct load prompt = load_of(work, design, work->prompt_tokens);
    const struct tri_figure *prefill_cycles = &f->at[TRI_FIGURE_prefill_cycles];
    const struct tri_figure *decode_cycles = &f->at[TRI_FIGURE_decode_cycles];
    set(f, TRI_FIGURE_prefill_use, 100 * work->prompts * prompt.steps / prefill_cycles->value,
        prefill_cycles->origin);
    set(f, TRI_FIGURE_decode_use, 100 * decode.steps / decode_cycles->value, decode_cycles->origin);
    set(f, TRI_FIGURE_weight_bytes, decode.weight_bytes, TRI_MODELLED);
    set(f, TRI_FIGURE_bytes, decode.bytes, TRI_MODELLED);
    derive_times(space, work, f);
    derive_energy(space, design, work, &decode, f);
    f->wall = wall_of(&decode, f);
    if (f->at[TRI_FIGURE_lut].origin != TRI_ABSENT)
        set(f, TRI_FIGURE_lut_per_mac, f->at[TRI_FIGURE_lut].value / f->at[TRI_FIGURE_macs].value,
            f->at[TRI_FIGURE_lut].origin);
}

enum tri_status tri_model_figures(const struct tri_space *space, const struct tri_design *design,
                                  struct tri_figures *figures) {
    const struct tri_geometry *g = &design->geometry;
    struct tri_work work;
    TRI_TRY(tri_work_of(space, design, &work));
    memset(figures, 0, sizeof *figures);
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) figures->at[i].origin = TRI_ABSENT;
    set(figures, TRI_FIGURE_macs, (double)g->ports * tri_weights_per_beat(g) * g->tokens,
        TRI_MODELLED);
    set(figures, TRI_FIGURE_clock_mhz, design->clock_mhz, TRI_ASSUMED);
    set(figures, TRI_FIGURE_decode_cycles, tri_work_decode_cycles(&work, design), TRI_MODELLED);
    set(figures, TRI_FIGURE_prefill_cycles, tri_work_prefill_cycles(&work, design), TRI_MODELLED);
    tri_model_derive(space, design, &work, figures);
    return TRI_OK;
}
