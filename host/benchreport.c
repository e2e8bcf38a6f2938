/* SPDX-License-Identifier: Apache-2.0
 *
 * Every derived figure is computed once, in `derive`, for both forms of output.
 */
#include "host/benchreport.h"

#include <inttypes.h>
#include <stdlib.h>

struct derived {
    double ms, least_ms, most_ms, product_ms, host_ms; /* of a pass */
    double tokens_per_second;
    double cycles_per_token, array_use, projected; /* negative: not known */
};

static const char *const causes[4] = {"command", "activations", "results", "weights"};

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tri_median(double *values, uint32_t count) {
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Waits in the order of `causes`. */
static uint64_t wait_of(const struct tri_counters *c, int cause) {
    const uint64_t waits[4] = {c->wait_command, c->wait_activations, c->wait_results,
                               c->wait_weights};
    return waits[cause];
}

static enum tri_status derive(const struct tri_bench_report *report,
                              const struct tri_bench_phase *phase, struct derived *d) {
    double *values = malloc(phase->passes * sizeof *values);
    if (values == NULL) return tri_fail(TRI_E_MEMORY, "bench: out of memory");
    for (uint32_t i = 0; i < phase->passes; i++) values[i] = 1e3 * phase->pass[i].seconds;
    d->ms = tri_median(values, phase->passes);
    d->least_ms = values[0]; /* sorted now */
    d->most_ms = values[phase->passes - 1];
    for (uint32_t i = 0; i < phase->passes; i++) values[i] = 1e3 * phase->pass[i].product_seconds;
    d->product_ms = tri_median(values, phase->passes);
    for (uint32_t i = 0; i < phase->passes; i++)
        values[i] = 1e3 * (phase->pass[i].seconds - phase->pass[i].product_seconds);
    d->host_ms = tri_median(values, phase->passes);
    free(values);
    d->tokens_per_second = d->ms > 0 ? 1e3 * phase->tokens / d->ms : -1;
    d->cycles_per_token = d->array_use = d->projected = -1;
    const struct tri_counters *c = &phase->counters;
    if (c->cycles_active == 0) return TRI_OK;
    const double tokens = (double)phase->tokens * phase->passes;
    d->cycles_per_token = (double)c->cycles_active / tokens;
    d->array_use = (double)c->steps / (double)c->cycles_active;
    if (report->info != NULL && report->info->counts_cycles)
        d->projected = report->info->design.clock_mhz * 1e6 / d->cycles_per_token;
    return TRI_OK;
}

static enum tri_status print_phase(const struct tri_bench_report *report,
                                   const struct tri_bench_phase *phase, FILE *out) {
    struct derived d;
    if (phase->tokens == 0 || phase->passes == 0) return TRI_OK;
    TRI_TRY(derive(report, phase, &d));
    fprintf(out, "%-10s  %u token%s in %.2f ms (%u pass%s, %.2f to %.2f): %.2f ms a token, ",
            phase->name, phase->tokens, phase->tokens == 1 ? "" : "s", d.ms, phase->passes,
            phase->passes == 1 ? "" : "es", d.least_ms, d.most_ms, d.ms / phase->tokens);
    fprintf(out, "%.3f tokens/s; products %.2f ms, the rest %.2f ms\n", d.tokens_per_second,
            d.product_ms, d.host_ms);
    if (d.cycles_per_token < 0) return TRI_OK;
    const struct tri_counters *c = &phase->counters;
    fprintf(out, "%-10s  %.0f cycles a token, array used %.2f %%; waiting for", "",
            d.cycles_per_token, 100 * d.array_use);
    for (int i = 0; i < 4; i++)
        fprintf(out, "%s %s %.2f %%", i > 0 ? "," : "", causes[i],
                100 * (double)wait_of(c, i) / (double)c->cycles_active);
    fprintf(out, "\n");
    if (d.projected > 0)
        fprintf(out,
                "%-10s  %.2f tokens/s projected at %.0f MHz (accelerator only: the host's part is "
                "not in it; not run on a card)\n",
                "", d.projected, report->info->design.clock_mhz);
    return TRI_OK;
}

static struct tri_counters sum(const struct tri_bench_report *report) {
    const struct tri_counters zero = {0};
    struct tri_counters all = report->phase[0].counters;
    tri_counters_add(&all, &report->phase[1].counters, &zero);
    return all;
}

enum tri_status tri_bench_print(const struct tri_bench_report *report, FILE *out) {
    const struct tri_counters all = sum(report);
    fprintf(out, "%-10s  %s on %s\n", "model", report->model, report->device);
    for (int i = 0; i < 2; i++) TRI_TRY(print_phase(report, &report->phase[i], out));
    if (all.seconds_simulating > 0)
        fprintf(out, "%-10s  %" PRIu64 " cycles in %.2f s (%.0f cycles/s)\n", "simulated",
                all.cycles_simulated, all.seconds_simulating,
                (double)all.cycles_simulated / all.seconds_simulating);
    if (report->products_checked > 0)
        fprintf(out,
                "%-10s  %" PRIu64 " of %" PRIu64 " products equal to the reference, %" PRIu64
                " sums, in %.2f s\n",
                "checked", report->products_equal, report->products_checked, report->sums_checked,
                report->check_seconds);
    fprintf(out, "%-10s  %.2f s in all, %.2f s of CPU: ", "wall", report->wall_seconds,
            report->cpu_seconds);
    if (report->make_seconds > 0) fprintf(out, "making the model %.2f, ", report->make_seconds);
    fprintf(out, "opening it %.2f, packing and loading %.2f\n", report->open_seconds,
            report->load_seconds);
    return TRI_OK;
}

static void set(json_t *object, const char *key, double value) {
    if (value >= 0) json_object_set_new(object, key, json_real(value));
}

static void set_count(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void add_counters(const struct tri_counters *c, json_t *o) {
    set_count(o, "cycles_active", c->cycles_active);
    set_count(o, "steps", c->steps);
    for (int i = 0; i < 4; i++) {
        char key[32];
        snprintf(key, sizeof key, "wait_%s", causes[i]);
        set_count(o, key, wait_of(c, i));
    }
    set_count(o, "beats_consumed", c->beats_consumed);
    set_count(o, "lists", c->runs);
    set_count(o, "commands", c->commands);
    set_count(o, "bytes_weights", c->bytes_weights);
    set_count(o, "bytes_data", c->bytes_data);
}

static enum tri_status phase_json(const struct tri_bench_report *report,
                                  const struct tri_bench_phase *phase, json_t *o) {
    struct derived d;
    TRI_TRY(derive(report, phase, &d));
    set_count(o, "tokens", phase->tokens);
    set_count(o, "passes", phase->passes);
    set(o, "ms", d.ms);
    set(o, "ms_least", d.least_ms);
    set(o, "ms_most", d.most_ms);
    set(o, "ms_per_token", d.ms / phase->tokens);
    set(o, "product_ms", d.product_ms);
    set(o, "host_ms", d.host_ms);
    set(o, "tokens_per_second", d.tokens_per_second);
    if (d.cycles_per_token < 0) return TRI_OK;
    set(o, "cycles_per_token", d.cycles_per_token);
    set(o, "array_use", d.array_use);
    set(o, "projected_tokens_per_second", d.projected);
    add_counters(&phase->counters, o);
    return TRI_OK;
}

enum tri_status tri_bench_json(const struct tri_bench_report *report, json_t **json) {
    json_t *o = json_object();
    enum tri_status status = o != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "bench: out of memory");
    json_object_set_new(o, "model", json_string(report->model));
    json_object_set_new(o, "device", json_string(report->device));
    set_count(o, "seed", report->seed);
    set(o, "make_seconds", report->make_seconds);
    set(o, "open_seconds", report->open_seconds);
    set(o, "load_seconds", report->load_seconds);
    set(o, "check_seconds", report->check_seconds);
    set(o, "wall_seconds", report->wall_seconds);
    set(o, "cpu_seconds", report->cpu_seconds);
    set_count(o, "products_checked", report->products_checked);
    set_count(o, "products_equal", report->products_equal);
    set_count(o, "sums_checked", report->sums_checked);
    if (report->info != NULL) {
        json_object_set_new(o, "design", json_string(report->info->design.name));
        set(o, "clock_mhz", report->info->design.clock_mhz);
    }
    for (int i = 0; i < 2 && status == TRI_OK; i++) {
        const struct tri_bench_phase *phase = &report->phase[i];
        if (phase->tokens == 0 || phase->passes == 0) continue;
        json_t *part = json_object();
        status = phase_json(report, phase, part);
        json_object_set_new(o, phase->name, part);
    }
    const struct tri_counters all = sum(report);
    if (all.seconds_simulating > 0) {
        set_count(o, "simulated_cycles", all.cycles_simulated);
        set(o, "simulated_seconds", all.seconds_simulating);
        set(o, "simulated_cycles_per_second",
            (double)all.cycles_simulated / all.seconds_simulating);
    }
    if (status != TRI_OK) json_decref(o), o = NULL;
    *json = o;
    return status;
}
