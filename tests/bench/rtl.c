/* SPDX-License-Identifier: Apache-2.0
 *
 * `bench-rtl DESIGN... [--token FILE] [--json FILE]`: how well the Verilated accelerator streams.
 * Command lists of one layer of a model of 2B4T's shape, and of thirty, decoding and in prefill,
 * every sum compared with the formula; beside them what a bare reader gets from the same simulated
 * memory, and what driver/cycles.h says. Not here: whole tokens with the host's part (`tritium
 * bench`).
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cycles.h"
#include "driver/device.h"
#include "ref/random.h"
#include "sim/memory.h"

enum { MATRICES = 4, LAYERS = 30, BURST = 64, T_MOST = 64 };

static const struct {
    const char *name;
    uint32_t rows, cols;
} shapes[MATRICES] = {
    {"q|k|v", 3840, 2560}, {"o", 2560, 2560}, {"gate|up", 13824, 2560}, {"down", 2560, 6912}};

/* Random matrices and codes, and the right sums of every token. */
struct problem {
    int8_t *weights[MATRICES]; /* [rows][cols] */
    int8_t *codes[MATRICES];   /* [T_MOST][cols] */
    int32_t *wanted[MATRICES]; /* [T_MOST][rows] */
    int32_t *sums[MATRICES];   /* [T_MOST][rows] */
};

struct measured {
    uint64_t cycles, steps, wait_command, wait_activations, wait_results, wait_weights;
    double of_peak, of_allowed, use, model_error;
};

static enum tri_status allocate(struct problem *p) {
    for (int i = 0; i < MATRICES; i++) {
        const size_t rows = shapes[i].rows, cols = shapes[i].cols;
        p->weights[i] = malloc(rows * cols);
        p->codes[i] = malloc(T_MOST * cols);
        p->wanted[i] = malloc(T_MOST * rows * sizeof(int32_t));
        p->sums[i] = malloc(T_MOST * rows * sizeof(int32_t));
        if (p->weights[i] == NULL || p->codes[i] == NULL || p->wanted[i] == NULL ||
            p->sums[i] == NULL)
            return tri_fail(TRI_E_MEMORY, "bench-rtl: out of memory");
    }
    return TRI_OK;
}

static void release(struct problem *p) {
    for (int i = 0; i < MATRICES; i++) {
        free(p->weights[i]);
        free(p->codes[i]);
        free(p->wanted[i]);
        free(p->sums[i]);
    }
}

static void fill(struct problem *p) {
    struct tri_random random = {1};
    for (int i = 0; i < MATRICES; i++) {
        const size_t rows = shapes[i].rows, cols = shapes[i].cols;
        for (size_t at = 0; at < rows * cols; at++)
            p->weights[i][at] = (int8_t)((int)(tri_random_next(&random) >> 33) % 3 - 1);
        for (size_t at = 0; at < T_MOST * cols; at++)
            p->codes[i][at] = (int8_t)(tri_random_next(&random) >> 56);
        for (size_t t = 0; t < T_MOST; t++)
            for (size_t m = 0; m < rows; m++) {
                const int8_t *w = p->weights[i] + m * cols, *x = p->codes[i] + t * cols;
                int32_t sum = 0;
                for (size_t k = 0; k < cols; k++) sum += w[k] * x[k];
                p->wanted[i][t * rows + m] = sum;
            }
    }
}

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    (void)context;
    snprintf(name, 48, "%s", shapes[i].name);
    *rows = shapes[i].rows;
    *cols = shapes[i].cols;
}

static void row_of(void *context, uint32_t i, uint32_t row, int8_t *out) {
    const struct problem *p = context;
    memcpy(out, p->weights[i] + (size_t)row * shapes[i].cols, shapes[i].cols);
}

/* Cycles that a master needs to read `beats` beats from one port of this memory when it does
 * nothing but ask for bursts as long and as early as it may. */
static enum tri_status bare_reader(const struct tri_design *design, uint64_t beats,
                                   uint64_t *cycles) {
    static uint8_t memory[1 << 20];
    const struct tri_sim_fault none = {.kind = TRI_FAULT_NONE};
    const uint32_t beat_bytes = design->geometry.beat_bits / 8;
    struct tri_mem mem;
    if (!tri_mem_init(&mem, 0, design->geometry.beat_bits, false, &design->memory, 0, &none) ||
        !tri_mem_map(&mem, 0, memory, sizeof memory))
        return tri_fail(TRI_E_MEMORY, "bench-rtl: out of memory");
    uint64_t asked = 0;
    mem.r.rready = true;
    while (mem.read_bytes < beats * beat_bytes) {
        const uint64_t left = beats - asked;
        mem.r.arvalid = left > 0;
        mem.r.araddr = asked * beat_bytes % sizeof memory;
        mem.r.arlen = (uint8_t)((left < BURST ? left : BURST) - 1);
        const bool taken = mem.r.arvalid && mem.r.arready;
        tri_mem_tick(&mem);
        if (taken) asked += left < BURST ? left : BURST;
    }
    *cycles = mem.cycle;
    const bool clean = mem.protocol_errors == 0;
    tri_mem_free(&mem);
    return clean ? TRI_OK : tri_fail(TRI_E_DEVICE, "bench-rtl: the bare reader broke a bus rule");
}

static enum tri_status compare(const struct problem *p, const struct tri_job *jobs,
                               uint32_t count) {
    for (uint32_t i = 0; i < count && i < MATRICES; i++) {
        const size_t sums = (size_t)jobs[i].tokens * shapes[jobs[i].matrix].rows;
        const int32_t *wanted = p->wanted[jobs[i].matrix];
        for (size_t at = 0; at < sums; at++)
            if (jobs[i].sums[at] != wanted[at])
                return tri_fail(TRI_E_MISMATCH, "%s: sum %zu: wanted %d, got %d",
                                shapes[jobs[i].matrix].name, at, (int)wanted[at],
                                (int)jobs[i].sums[at]);
    }
    return TRI_OK;
}

/* One list, from the doorbell to its end. The first jobs' sums are compared; those of a list that
 * repeats a layer are written again and again to the same place, where the last ones stand. */
static enum tri_status run(struct tri_device *device, const struct problem *p,
                           const struct tri_job *jobs, uint32_t count, struct measured *m) {
    struct tri_counters before, after;
    for (uint32_t i = 0; i < count && i < MATRICES; i++)
        memset(jobs[i].sums, 0x5a,
               (size_t)jobs[i].tokens * shapes[jobs[i].matrix].rows * sizeof(int32_t));
    tri_device_counters(device, &before);
    TRI_TRY(tri_device_submit(device, jobs, count));
    TRI_TRY(tri_device_wait(device, 600000));
    tri_device_counters(device, &after);
    TRI_TRY(compare(p, jobs, count));
    m->cycles = after.cycles_active - before.cycles_active;
    m->steps = after.steps - before.steps;
    m->wait_command = after.wait_command - before.wait_command;
    m->wait_activations = after.wait_activations - before.wait_activations;
    m->wait_results = after.wait_results - before.wait_results;
    m->wait_weights = after.wait_weights - before.wait_weights;
    m->use = (double)m->steps / (double)m->cycles;

    const struct tri_design *design = &tri_device_info(device)->design;
    const double beat = design->geometry.beat_bits / 8.0;
    const uint64_t beats = (after.beats_consumed - before.beats_consumed) / design->geometry.ports;
    m->of_peak = (double)beats * beat / (design->memory.bytes_per_cycle * (double)m->cycles);
    uint64_t allowed = 0;
    TRI_TRY(bare_reader(design, beats, &allowed));
    m->of_allowed = (double)allowed / (double)m->cycles;

    struct tri_cycles_product products[MATRICES * LAYERS];
    for (uint32_t i = 0; i < count; i++)
        products[i] = (struct tri_cycles_product){.rows = shapes[jobs[i].matrix].rows,
                                                  .cols = shapes[jobs[i].matrix].cols,
                                                  .tokens = jobs[i].tokens};
    const double model = tri_cycles_list(design, products, count);
    m->model_error = 100 * (model - (double)m->cycles) / (double)m->cycles;
    return TRI_OK;
}

static void show(const char *what, const struct measured *m) {
    const double c = (double)m->cycles;
    printf("| %-22s | %9" PRIu64 " | %6.2f | %6.2f | %6.2f | %5.2f %5.2f %5.2f %5.2f | %+5.2f |\n",
           what, m->cycles, 100 * m->use, 100 * m->of_peak, 100 * m->of_allowed,
           100 * (double)m->wait_command / c, 100 * (double)m->wait_activations / c,
           100 * (double)m->wait_results / c, 100 * (double)m->wait_weights / c, m->model_error);
    fflush(stdout);
}

static json_t *as_json(const struct measured *m) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "cycles",
                     (json_int_t)m->cycles, "steps", (json_int_t)m->steps, "wait_command",
                     (json_int_t)m->wait_command, "wait_activations",
                     (json_int_t)m->wait_activations, "wait_results", (json_int_t)m->wait_results,
                     "wait_weights", (json_int_t)m->wait_weights, "use", m->use, "use_of_peak",
                     m->of_peak, "use_of_allowed", m->of_allowed, "model_error_pct",
                     m->model_error);
}

static enum tri_status keep(struct tri_device *device, const struct problem *p, const char *key,
                            const char *what, const struct tri_job *jobs, uint32_t count,
                            json_t *report) {
    struct measured m;
    TRI_TRY(run(device, p, jobs, count, &m));
    show(what, &m);
    json_object_set_new(report, key, as_json(&m));
    return TRI_OK;
}

static enum tri_status lists(struct tri_device *device, struct problem *p, json_t *report) {
    struct tri_job jobs[MATRICES * LAYERS];
    const struct tri_geometry *g = &tri_device_info(device)->design.geometry;
    char key[32], what[48];
    for (uint32_t i = 0; i < MATRICES * LAYERS; i++)
        jobs[i] = (struct tri_job){.matrix = i % MATRICES,
                                   .tokens = 1,
                                   .codes = p->codes[i % MATRICES],
                                   .sums = p->sums[i % MATRICES]};
    for (uint32_t i = 0; i < MATRICES; i++) {
        snprintf(key, sizeof key, "decode_%s", shapes[i].name);
        snprintf(what, sizeof what, "decode, %s alone", shapes[i].name);
        TRI_TRY(keep(device, p, key, what, jobs + i, 1, report));
    }
    TRI_TRY(keep(device, p, "decode_layer", "decode, 1 layer", jobs, MATRICES, report));
    TRI_TRY(keep(device, p, "decode_model", "decode, 30 layers", jobs, MATRICES * LAYERS, report));
    const uint32_t tokens[3] = {2 * g->tokens, g->t_max, 2 * g->t_max};
    static const char *const keys[3] = {"prefill_2", "prefill_t_max", "prefill_2_t_max"};
    for (int n = 0; n < 3; n++) {
        if (tokens[n] > T_MOST || (n == 0 && tokens[0] > g->t_max)) continue;
        for (uint32_t i = 0; i < MATRICES; i++) jobs[i].tokens = tokens[n];
        snprintf(what, sizeof what, "prefill %u, 1 layer", tokens[n]);
        TRI_TRY(keep(device, p, keys[n], what, jobs, MATRICES, report));
    }
    if (tokens[0] > g->t_max) return TRI_OK;
    for (uint32_t i = 0; i < MATRICES * LAYERS; i++) jobs[i].tokens = tokens[0];
    snprintf(what, sizeof what, "prefill %u, 30 layers", tokens[0]);
    return keep(device, p, "prefill_2_model", what, jobs, MATRICES * LAYERS, report);
}

static enum tri_status bench(const char *name, struct problem *p, json_t *all) {
    char uri[256];
    struct tri_device *device = NULL;
    struct tri_image *image = NULL;
    json_t *report = json_object();
    snprintf(uri, sizeof uri, "sim:%s", name);
    enum tri_status status = tri_device_open(uri, NULL, &device);
    if (status == TRI_OK) {
        const struct tri_matrix_source source = {
            .context = p, .count = MATRICES, .describe = describe, .row = row_of};
        status = tri_image_build(&tri_device_info(device)->design.geometry, &source, &image);
    }
    if (status == TRI_OK) status = tri_device_load(device, image);
    if (status == TRI_OK) {
        printf("\n%s\n| %-22s | %9s | %6s | %6s | %6s | %-23s | %5s |\n", uri, "list", "cycles",
               "array", "peak", "allow", "wait cmd  act   res   wgt", "model");
        status = lists(device, p, report);
    }
    tri_device_close(device);
    tri_image_destroy(image);
    json_object_set_new(all, name, report);
    return status;
}

/* The model furthest off, of every list that was run: percent, without sign. */
static double worst_model(json_t *streams) {
    const char *name, *key;
    json_t *design, *list;
    double worst = 0;
    json_object_foreach(streams, name, design) json_object_foreach(design, key, list) worst =
        fmax(worst, fabs(json_number_value(json_object_get(list, "model_error_pct"))));
    return worst;
}

/* What `tritium bench --device sim:kv260 --model synth-2b4t --tokens 1 --check --json` said: a
 * token as it really comes, each product a list of its own because its codes wait for the one
 * before. */
static enum tri_status token(const char *path, json_t *report) {
    struct tri_design design;
    json_t *bench = json_load_file(path, 0, NULL);
    const json_t *decode = json_object_get(bench, "decode");
    if (!json_is_object(decode)) {
        json_decref(bench);
        return tri_fail(TRI_E_FORMAT, "%s: wanted a report of tritium bench", path);
    }
    TRI_TRY(tri_design_read("designs/kv260.yaml", &design));
    double model = 0;
    for (int i = 0; i < MATRICES; i++) {
        const struct tri_cycles_product product = {shapes[i].rows, shapes[i].cols, 1};
        model += LAYERS * tri_cycles_list(&design, &product, 1);
    }
    const double cycles = json_number_value(json_object_get(decode, "cycles_per_token"));
    const double seconds = json_number_value(json_object_get(bench, "wall_seconds")) -
                           json_number_value(json_object_get(bench, "make_seconds"));
    printf("\ntoken: 120 lists of one command, %.0f cycles (formula %+.2f %%), array used %.2f %%, "
           "%" JSON_INTEGER_FORMAT " sums equal, %.1f s (%.1f s of CPU)\n",
           cycles, 100 * (model - cycles) / cycles,
           100 * json_number_value(json_object_get(decode, "array_use")),
           json_integer_value(json_object_get(bench, "sums_checked")), seconds,
           json_number_value(json_object_get(bench, "cpu_seconds")));
    json_object_set_new(report, "token_cycles", json_real(cycles));
    json_object_set_new(report, "token_seconds", json_real(seconds));
    json_object_set(report, "token_cpu_seconds", json_object_get(bench, "cpu_seconds"));
    json_object_set(report, "token_use", json_object_get(decode, "array_use"));
    json_object_set_new(report, "token_model_error_pct",
                        json_real(100 * (model - cycles) / cycles));
    json_decref(bench);
    return TRI_OK;
}

/* Keys of others stay. */
static enum tri_status merge(const char *path, json_t *streams, const char *token_path) {
    json_t *report = json_load_file(path, 0, NULL);
    if (!json_is_object(report)) {
        json_decref(report);
        report = json_object();
    }
    json_t *old = json_object_get(report, "streams");
    if (json_is_object(old))
        json_object_update(old, streams);
    else
        json_object_set(report, "streams", streams);
    const json_t *kv260 = json_object_get(streams, "kv260");
    if (kv260 != NULL) {
        const json_t *model = json_object_get(kv260, "decode_model");
        json_object_set(report, "decode_use", json_object_get(model, "use_of_peak"));
        json_object_set(report, "decode_use_of_allowed", json_object_get(model, "use_of_allowed"));
        json_object_set(report, "prefill_use",
                        json_object_get(json_object_get(kv260, "prefill_2"), "use"));
    }
    json_object_set_new(report, "model_error_pct",
                        json_real(worst_model(json_object_get(report, "streams"))));
    enum tri_status status = token_path != NULL ? token(token_path, report) : TRI_OK;
    const int bad = json_dump_file(report, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(report);
    if (bad != 0) status = tri_fail(TRI_E_IO, "%s: cannot be written", path);
    return status;
}

int main(int argc, char **argv) {
    struct problem p = {0};
    const char *path = NULL, *token_path = NULL;
    json_t *streams = json_object();
    enum tri_status status = allocate(&p);
    if (status == TRI_OK) fill(&p);
    for (int i = 1; i < argc && status == TRI_OK; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
            path = argv[++i];
        else if (strcmp(argv[i], "--token") == 0 && i + 1 < argc)
            token_path = argv[++i];
        else
            status = bench(argv[i], &p, streams);
    }
    if (status == TRI_OK && path != NULL) status = merge(path, streams, token_path);
    if (status != TRI_OK) fprintf(stderr, "bench-rtl: %s\n", tri_error());
    json_decref(streams);
    release(&p);
    return status == TRI_OK ? 0 : 1;
}
