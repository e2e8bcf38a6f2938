/* SPDX-License-Identifier: Apache-2.0
 *
 * One list for each product of a layer, decoding and in prefill, on the simulated accelerator.
 */
#include "explore/simulate.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/device.h"
#include "explore/keys.h"
#include "ref/random.h"

/* Bounds of one list: seconds of simulation, not minutes. */
enum { MOST_CYCLES = 150000, MOST_MACS = 400000000, LIST_MS = 600000 };
enum { LISTS = 2 * TRI_GROUPS, COUNTERS = 6 };

struct list {
    struct tri_cycles_product whole, part;
    int8_t *weights, *codes; /* [rows][cols], [tokens][cols] of the part */
    int32_t *sums;           /* [tokens][rows] */
};

struct run {
    struct list list[LISTS]; /* decode, then prefill, in the order of tri_group */
    double cycles[2], model[2];
    double counters[2][COUNTERS];
};

struct tri_cycles_product tri_simulate_part(const struct tri_design *design,
                                            struct tri_cycles_product whole) {
    struct tri_cycles_product part = whole;
    const double all = (double)whole.tokens * whole.rows * whole.cols;
    if (all <= MOST_MACS && tri_cycles_list(design, &whole, 1) <= MOST_CYCLES) return whole;
    /* Two commands show what lies between commands. */
    if (part.tokens > 2 * design->geometry.t_max) part.tokens = 2 * design->geometry.t_max;
    const double cycles = tri_cycles_list(design, &part, 1);
    const double macs = (double)part.tokens * part.rows * part.cols;
    const double share = fmin(1, fmin(MOST_CYCLES / cycles, MOST_MACS / macs));
    if (share == 1) return part;
    /* Whole chunks of 64 rows, and enough of them that the list's ends stay a small part. */
    const double rows = ceil(share * part.rows / 64) * 64;
    part.rows = rows < 256 ? 256 : (uint32_t)rows;
    if (part.rows > whole.rows) part.rows = whole.rows;
    return part;
}

/* ---- the problem ---- */

static struct tri_cycles_product list_of(const struct tri_work *work, int i) {
    const int g = i % TRI_GROUPS;
    return (struct tri_cycles_product){work->product[g].rows, work->product[g].cols,
                                       i < TRI_GROUPS ? work->decode_tokens : work->prompt_tokens};
}

static void fill(struct list *list, struct tri_random *random) {
    const size_t rows = list->part.rows, cols = list->part.cols, tokens = list->part.tokens;
    for (size_t i = 0; i < rows * cols; i++)
        list->weights[i] = (int8_t)((int)((tri_random_next(random) >> 40) * 3 >> 24) - 1);
    for (size_t i = 0; i < tokens * cols; i++)
        list->codes[i] = (int8_t)(tri_random_next(random) >> 56);
    memset(list->sums, 0x5a, tokens * rows * sizeof *list->sums);
}

static enum tri_status allocate(struct run *run, const struct tri_design *design,
                                const struct tri_work *work) {
    struct tri_random random = {1};
    for (int i = 0; i < LISTS; i++) {
        struct list *list = &run->list[i];
        list->whole = list_of(work, i);
        list->part = tri_simulate_part(design, list->whole);
        const size_t rows = list->part.rows, cols = list->part.cols, tokens = list->part.tokens;
        list->weights = malloc(rows * cols);
        list->codes = malloc(tokens * cols);
        list->sums = malloc(tokens * rows * sizeof *list->sums);
        if (list->weights == NULL || list->codes == NULL || list->sums == NULL)
            return tri_fail(TRI_E_MEMORY, "no memory for a product of %zu rows", rows);
        fill(list, &random);
    }
    return TRI_OK;
}

static void release(struct run *run) {
    for (int i = 0; i < LISTS; i++) {
        free(run->list[i].weights);
        free(run->list[i].codes);
        free(run->list[i].sums);
    }
}

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    const struct run *run = context;
    (void)snprintf(name, 48, "%s %s", i < TRI_GROUPS ? "decode" : "prefill",
                   tri_group_name((enum tri_group)(i % TRI_GROUPS)));
    *rows = run->list[i].part.rows;
    *cols = run->list[i].part.cols;
}

static void row_of(void *context, uint32_t i, uint32_t row, int8_t *out) {
    const struct list *list = &((const struct run *)context)->list[i];
    memcpy(out, list->weights + (size_t)row * list->part.cols, list->part.cols);
}

static enum tri_status compare(const struct list *list, const char *name) {
    const size_t rows = list->part.rows, cols = list->part.cols;
    for (size_t t = 0; t < list->part.tokens; t++)
        for (size_t m = 0; m < rows; m++) {
            const int8_t *w = list->weights + m * cols, *x = list->codes + t * cols;
            int32_t wanted = 0;
            for (size_t k = 0; k < cols; k++) wanted += w[k] * x[k];
            const int32_t got = list->sums[t * rows + m];
            if (got != wanted)
                return tri_fail(TRI_E_MISMATCH,
                                "%s: token %zu, row %zu: wanted the sum %" PRId32 ", got %" PRId32,
                                name, t, m, wanted, got);
        }
    return TRI_OK;
}

/* ---- the runs ---- */

/* One list; what it took is scaled to all of the workload's by the formula. */
static enum tri_status simulate(struct tri_device *device, struct run *run, uint32_t i,
                                double times) {
    struct list *list = &run->list[i];
    const struct tri_design *design = &tri_device_info(device)->design;
    const struct tri_job job = {
        .matrix = i, .tokens = list->part.tokens, .codes = list->codes, .sums = list->sums};
    struct tri_counters a, b;
    char name[48];
    uint32_t rows, cols;
    describe(run, i, name, &rows, &cols);
    tri_device_counters(device, &a);
    TRI_TRY(tri_device_submit(device, &job, 1));
    TRI_TRY(tri_device_wait(device, LIST_MS));
    tri_device_counters(device, &b);
    TRI_TRY(compare(list, name));
    const double whole = tri_cycles_list(design, &list->whole, 1);
    const double scale = times * whole / tri_cycles_list(design, &list->part, 1);
    const uint64_t counted[COUNTERS] = {
        b.cycles_active - a.cycles_active, b.steps - a.steps,
        b.wait_command - a.wait_command,   b.wait_activations - a.wait_activations,
        b.wait_results - a.wait_results,   b.wait_weights - a.wait_weights};
    const int phase = i >= TRI_GROUPS;
    for (int c = 0; c < COUNTERS; c++) run->counters[phase][c] += scale * (double)counted[c];
    run->cycles[phase] += scale * (double)counted[0];
    run->model[phase] += times * whole;
    return TRI_OK;
}

/* The image outlives the device's use of it: nothing runs after this. */
static enum tri_status run_all(struct tri_device *device, const struct tri_work *work,
                               struct run *run) {
    const struct tri_matrix_source source = {
        .context = run, .count = LISTS, .describe = describe, .row = row_of};
    struct tri_image *image = NULL;
    TRI_TRY(tri_image_build(&tri_device_info(device)->design.geometry, &source, &image));
    enum tri_status status = tri_device_load(device, image);
    for (uint32_t i = 0; status == TRI_OK && i < LISTS; i++)
        status =
            simulate(device, run, i, (double)work->layers * (i < TRI_GROUPS ? 1 : work->prompts));
    tri_image_destroy(image);
    return status;
}

/* A file with this point's memory, which the simulator takes when it starts. Named by the key,
 * whose lock is held: two machines that share the cache may have processes of one number. */
static enum tri_status open_device(const struct tri_simulate *s, const struct tri_design *design,
                                   uint64_t key, const char *library, struct tri_device **device) {
    char path[PATH_MAX], uri[PATH_MAX + 8];
    (void)snprintf(path, sizeof path, "%.4000s/sim/point-%016" PRIx64 ".yaml", s->folder, key);
    FILE *out = fopen(path, "w");
    if (out == NULL) return tri_fail(TRI_E_IO, "%s: cannot be written", path);
    tri_design_print(design, out);
    const bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) return tri_fail(TRI_E_IO, "%s: a write failed", path);
    (void)snprintf(uri, sizeof uri, "sim:%s", path);
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    options.library = library;
    const enum tri_status status = tri_device_open(uri, &options, device);
    (void)unlink(path);
    return status;
}

static enum tri_status make(const struct tri_simulate *s, const struct tri_design *design,
                            const struct tri_work *work, uint64_t key, json_t **answer, char *log,
                            size_t size) {
    char library[PATH_MAX];
    struct run run = {0};
    struct tri_device *device = NULL;
    TRI_TRY(tri_simulate_library(s, design, library, sizeof library, log, size));
    enum tri_status status = allocate(&run, design, work);
    if (status == TRI_OK) status = open_device(s, design, key, library, &device);
    if (status == TRI_OK) status = run_all(device, work, &run);
    tri_device_close(device);
    release(&run);
    TRI_TRY(status);
    *answer = json_object();
    static const char *const phases[2] = {"decode", "prefill"};
    for (int p = 0; p < 2; p++) {
        json_t *counters = json_array();
        for (int c = 0; c < COUNTERS; c++)
            json_array_append_new(counters, json_real(run.counters[p][c]));
        json_object_set_new(*answer, phases[p],
                            json_pack("{s:f, s:f, s:o}", "cycles", run.cycles[p], "model",
                                      run.model[p], "counters", counters));
    }
    return *answer != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "no memory for counters");
}

/* ---- figures ---- */

static double take(const json_t *phase, struct tri_figure *cycles, uint64_t *counters) {
    const json_t *list = json_object_get(phase, "counters");
    const double simulated = json_number_value(json_object_get(phase, "cycles"));
    const double model = json_number_value(json_object_get(phase, "model"));
    *cycles = (struct tri_figure){simulated, TRI_SIMULATED};
    for (int c = 0; c < COUNTERS; c++)
        counters[c] = (uint64_t)(json_number_value(json_array_get(list, (size_t)c)) + 0.5);
    return simulated > 0 ? 100 * (model - simulated) / simulated : 0;
}

static uint64_t key_of(const struct tri_simulate *s, const struct tri_design *d,
                       const struct tri_work *work) {
    const double bounds[] = {MOST_CYCLES, MOST_MACS};
    uint64_t key = tri_key_hash(s->hash, d);
    key = tri_hash_bytes(key, bounds, sizeof bounds);
    key = tri_hash_bytes(key, work, sizeof *work); /* numbers of 32 bits, no gaps */
    /* What is kept was cut and scaled by the formula. */
    const double formula[] = {tri_work_decode_cycles(work, d), tri_work_prefill_cycles(work, d)};
    for (int i = 0; i < LISTS; i++) {
        const struct tri_cycles_product part = tri_simulate_part(d, list_of(work, i));
        key = tri_hash_bytes(key, &part, sizeof part); /* no gaps here either */
    }
    return tri_hash_bytes(key, formula, sizeof formula);
}

enum tri_status tri_simulate_cycles(const struct tri_simulate *simulate,
                                    const struct tri_design *design, const struct tri_work *work,
                                    struct tri_figures *figures, char *log, size_t size) {
    const uint64_t key = key_of(simulate, design, work);
    json_t *answer = NULL;
    *log = '\0';
    TRI_TRY(tri_cache_get(simulate->cache, "cycles", key, &answer));
    if (answer == NULL) {
        int lock = -1;
        TRI_TRY(tri_cache_lock(simulate->cache, "cycles", key, &lock));
        enum tri_status status = tri_cache_get(simulate->cache, "cycles", key, &answer);
        if (status == TRI_OK && answer == NULL)
            status = make(simulate, design, work, key, &answer, log, size);
        if (status == TRI_OK) status = tri_cache_put(simulate->cache, "cycles", key, answer);
        tri_cache_unlock(lock);
        if (status != TRI_OK) {
            json_decref(answer);
            return status;
        }
    }
    const double decode = take(json_object_get(answer, "decode"),
                               &figures->at[TRI_FIGURE_decode_cycles], figures->decode_counters);
    const double prefill = take(json_object_get(answer, "prefill"),
                                &figures->at[TRI_FIGURE_prefill_cycles], figures->prefill_counters);
    figures->at[TRI_FIGURE_model_error] =
        (struct tri_figure){fabs(prefill) > fabs(decode) ? prefill : decode, TRI_SIMULATED};
    json_decref(answer);
    return TRI_OK;
}
