/* SPDX-License-Identifier: Apache-2.0
 *
 * Derived figures are computed in one place, `derive`, for both forms of output.
 */
#include "host/stats.h"

#include <inttypes.h>
#include <string.h>

/* Ratios of one phase or of both; negative where not known. */
struct derived {
    double cycles_per_token, array_use, weight_bytes_per_token, tokens_per_second;
    double wait[4]; /* command, activations, results, weights: shares of cycles_active */
};

static const char *const wait_names[4] = {"command", "activations", "results", "weights"};

void tri_counters_add(struct tri_counters *to, const struct tri_counters *after,
                      const struct tri_counters *before) {
    to->cycles_active += after->cycles_active - before->cycles_active;
    to->steps += after->steps - before->steps;
    to->wait_command += after->wait_command - before->wait_command;
    to->wait_activations += after->wait_activations - before->wait_activations;
    to->wait_results += after->wait_results - before->wait_results;
    to->wait_weights += after->wait_weights - before->wait_weights;
    to->beats_consumed += after->beats_consumed - before->beats_consumed;
    to->corrupt_codes += after->corrupt_codes - before->corrupt_codes;
    to->axi_errors += after->axi_errors - before->axi_errors;
    to->runs += after->runs - before->runs;
    to->commands += after->commands - before->commands;
    to->bytes_weights += after->bytes_weights - before->bytes_weights;
    to->bytes_data += after->bytes_data - before->bytes_data;
    to->cycles_simulated += after->cycles_simulated - before->cycles_simulated;
    to->seconds_simulating += after->seconds_simulating - before->seconds_simulating;
    to->seconds_lists += after->seconds_lists - before->seconds_lists;
}

static double ratio(double a, double b) { return b > 0 ? a / b : -1; }

static struct derived derive(const struct tri_phase *phase) {
    const struct tri_counters *c = &phase->counters;
    double cycles = (double)c->cycles_active;
    double tokens = (double)phase->tokens;
    struct derived d = {
        .cycles_per_token = cycles > 0 ? ratio(cycles, tokens) : -1,
        .array_use = ratio((double)c->steps, cycles),
        .weight_bytes_per_token =
            c->bytes_weights > 0 ? ratio((double)c->bytes_weights, tokens) : -1,
        .tokens_per_second = ratio(tokens, phase->seconds),
        .wait = {ratio((double)c->wait_command, cycles), ratio((double)c->wait_activations, cycles),
                 ratio((double)c->wait_results, cycles), ratio((double)c->wait_weights, cycles)},
    };
    return d;
}

static struct tri_phase both(const struct tri_stats *stats) {
    const struct tri_counters zero = {0};
    struct tri_phase sum = stats->prefill;
    sum.tokens += stats->decode.tokens;
    sum.seconds += stats->decode.seconds;
    tri_counters_add(&sum.counters, &stats->decode.counters, &zero);
    return sum;
}

/* Tokens per second of an accelerator that does nothing but this, at its design's clock. */
static double projected(const struct tri_stats *stats, const struct derived *d) {
    if (stats->info == NULL || !stats->info->counts_cycles) return -1;
    return ratio(stats->info->design.clock_mhz * 1e6, d->cycles_per_token);
}

static void print_phase(const char *name, const struct tri_phase *phase, FILE *out) {
    struct derived d = derive(phase);
    if (d.cycles_per_token <= 0) return;
    fprintf(out, "%-10s  %.0f cycles per token, array used %.1f %%; waiting for", name,
            d.cycles_per_token, 100 * d.array_use);
    for (int i = 0; i < 4; i++)
        fprintf(out, "%s %s %.1f %%", i > 0 ? "," : "", wait_names[i], 100 * d.wait[i]);
    fprintf(out, "\n");
}

/* What a launch costs beside the multiplying: on a card the multiplying is cycles at the design's
 * clock, in emulation it is the simulator's time. Negative where not known. */
static double launch_us(const struct tri_device_info *info, const struct tri_counters *c) {
    if (info == NULL || strcmp(info->backend, "xrt") != 0 || c->runs == 0) return -1;
    const double busy = info->real_time ? (double)c->cycles_active / (info->design.clock_mhz * 1e6)
                                        : c->seconds_simulating;
    return 1e6 * (c->seconds_lists - busy) / (double)c->runs;
}

static void print_launches(const struct tri_device_info *info, const struct tri_counters *c,
                           FILE *out) {
    const double us = launch_us(info, c);
    if (us < 0) return;
    fprintf(out, "%-10s  %" PRIu64 " on %u compute unit%s, %.0f us each beside %s\n", "launches",
            c->runs, info->units, info->units == 1 ? "" : "s", us,
            info->real_time ? "the multiplying (at the design's clock)"
                            : "the simulator (XRT's emulation over sockets, not a card's cost)");
}

void tri_stats_print(const struct tri_stats *stats, FILE *out) {
    struct tri_phase all = both(stats);
    struct derived decode = derive(&stats->decode);
    double speed = projected(stats, &decode);
    fprintf(out, "%-10s  %s on %s\n", "model", stats->model, stats->device);
    if (stats->info != NULL) {
        const struct tri_geometry *g = &stats->info->design.geometry;
        fprintf(out, "%-10s  %s: %u port%s of %u bits, %s, %u token%s at once, %.0f MHz\n",
                "design", stats->info->design.name, g->ports, g->ports == 1 ? "" : "s",
                g->beat_bits, g->encoding == TRI_B3 ? "b3" : "b2", g->tokens,
                g->tokens == 1 ? "" : "s", stats->info->design.clock_mhz);
    }
    if (stats->cpu != NULL) {
        static const double mib = 1 << 20;
        const struct tri_cpu_bytes *b = &stats->bytes;
        const uint32_t threads = tri_cpu_threads(stats->cpu);
        fprintf(out,
                "%-10s  %s, %u thread%s; weights %.1f MiB, head %.1f, cache %.1f, scratch %.1f\n",
                "host", tri_isa_name(tri_cpu_isa(stats->cpu)), threads, threads == 1 ? "" : "s",
                (double)b->weights / mib, (double)b->head / mib, (double)b->cache / mib,
                (double)b->scratch / mib);
    }
    fprintf(out, "%-10s  %" PRIu64 " of prompt, %" PRIu64 " of reply, in %.2f s\n", "tokens",
            stats->prompt_tokens, stats->reply_tokens, all.seconds);
    if (stats->products_checked > 0)
        fprintf(out,
                "%-10s  %" PRIu64 " of %" PRIu64 " products equal to the reference (%" PRIu64
                " sums)\n",
                "checked", stats->products_equal, stats->products_checked, stats->sums_checked);
    if (all.counters.commands > 0)
        fprintf(out, "%-10s  %" PRIu64 " in %" PRIu64 " runs\n", "commands", all.counters.commands,
                all.counters.runs);
    print_launches(stats->info, &all.counters, out);
    print_phase("prefill", &stats->prefill, out);
    print_phase("decode", &stats->decode, out);
    print_phase("overall", &all, out);
    if (decode.weight_bytes_per_token > 0)
        fprintf(out, "%-10s  %.0f bytes per decoded token\n", "weights",
                decode.weight_bytes_per_token);
    if (all.counters.seconds_simulating > 0)
        fprintf(out, "%-10s  %" PRIu64 " cycles, %.0f per second (%.2f s in the simulator)\n",
                "simulated", all.counters.cycles_simulated,
                ratio((double)all.counters.cycles_simulated, all.counters.seconds_simulating),
                all.counters.seconds_simulating);
    if (speed > 0)
        fprintf(out,
                "%-10s  %.1f tokens/s at %.0f MHz (accelerator cycles only: the host's part is "
                "not counted; not measured on hardware)\n",
                "projected", speed, stats->info->design.clock_mhz);
}

static void set(json_t *object, const char *key, double value) {
    if (value >= 0) json_object_set_new(object, key, json_real(value));
}

static void set_count(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *counters_json(const struct tri_counters *c) {
    json_t *o = json_object();
    set_count(o, "cycles_active", c->cycles_active);
    set_count(o, "steps", c->steps);
    set_count(o, "wait_command", c->wait_command);
    set_count(o, "wait_activations", c->wait_activations);
    set_count(o, "wait_results", c->wait_results);
    set_count(o, "wait_weights", c->wait_weights);
    set_count(o, "beats_consumed", c->beats_consumed);
    set_count(o, "corrupt_codes", c->corrupt_codes);
    set_count(o, "axi_errors", c->axi_errors);
    set_count(o, "runs", c->runs);
    set_count(o, "commands", c->commands);
    set_count(o, "bytes_weights", c->bytes_weights);
    set_count(o, "bytes_data", c->bytes_data);
    return o;
}

json_t *tri_stats_json(const struct tri_stats *stats) {
    struct tri_phase all = both(stats);
    struct derived total = derive(&all), decode = derive(&stats->decode);
    struct derived prefill = derive(&stats->prefill);
    json_t *o = json_object();
    if (o == NULL) return NULL;
    json_object_set_new(o, "model", json_string(stats->model));
    json_object_set_new(o, "device", json_string(stats->device));
    set_count(o, "tokens", stats->prompt_tokens + stats->reply_tokens);
    set_count(o, "prompt_tokens", stats->prompt_tokens);
    set_count(o, "reply_tokens", stats->reply_tokens);
    set(o, "seconds", all.seconds);
    set(o, "decode_tokens_per_second", decode.tokens_per_second);
    set_count(o, "products_checked", stats->products_checked);
    set_count(o, "products_equal", stats->products_equal);
    set_count(o, "sums_checked", stats->sums_checked);
    if (stats->cpu != NULL) {
        json_object_set_new(o, "isa", json_string(tri_isa_name(tri_cpu_isa(stats->cpu))));
        set_count(o, "threads", tri_cpu_threads(stats->cpu));
        set_count(o, "bytes_weights", stats->bytes.weights);
        set_count(o, "bytes_head", stats->bytes.head);
        set_count(o, "bytes_cache", stats->bytes.cache);
        set_count(o, "bytes_scratch", stats->bytes.scratch);
        json_object_set_new(o, "profile", tri_profile_json(stats));
    }
    if (stats->info == NULL) return o;
    json_object_set_new(o, "design", json_string(stats->info->design.name));
    set(o, "clock_mhz", stats->info->design.clock_mhz);
    set_count(o, "commands", all.counters.commands);
    set_count(o, "compute_units", stats->info->units);
    set(o, "launch_us", launch_us(stats->info, &all.counters));
    if (!stats->info->counts_cycles) return o;
    set(o, "cycles_per_token", decode.cycles_per_token);
    set(o, "cycles_per_token_prefill", prefill.cycles_per_token);
    set(o, "array_use", decode.array_use);
    set(o, "array_use_prefill", prefill.array_use);
    set(o, "array_use_overall", total.array_use);
    for (int i = 0; i < 4; i++) {
        char key[32];
        snprintf(key, sizeof key, "wait_%s", wait_names[i]);
        set(o, key, decode.wait[i]);
    }
    set(o, "weight_bytes_per_token", decode.weight_bytes_per_token);
    set_count(o, "sim_cycles", all.counters.cycles_simulated);
    set(o, "sim_cycles_per_second",
        ratio((double)all.counters.cycles_simulated, all.counters.seconds_simulating));
    set(o, "projected_tokens_per_second", projected(stats, &decode));
    json_object_set_new(o, "prefill_counters", counters_json(&stats->prefill.counters));
    json_object_set_new(o, "decode_counters", counters_json(&stats->decode.counters));
    return o;
}
