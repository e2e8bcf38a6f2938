/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium bench`: times the engine on random ids, prefill and decode apart. Knows nothing of what
 * a device is; figures are host/benchreport.h's.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/benchreport.h"
#include "host/commands.h"
#include "host/engine.h"
#include "host/interrupt.h"
#include "host/options.h"
#include "host/outfile.h"
#include "host/synthetic.h"
#include "ref/random.h"

enum { PASSES_MOST = 1000 };

struct bench {
    struct tri_model_choice model;
    struct tri_device_choice where;
    struct tri_device_options options;
    const char *models, *json_path, *trace_path;
    uint32_t tokens, prompt, repeat, warmup;
    bool check;
    char path[4096]; /* of a synthetic model */
    struct tri_engine engine;
    struct tri_trace trace;
    struct tri_bench_report report;
    uint32_t *ids; /* [prompt + tokens] */
    struct tri_sampler *sampler;
};

static const struct tri_usage usage = {
    .command = "bench",
    .synopsis = "--model MODEL [--device URI] [--prompt N] [--tokens N] [--repeat N] [options]",
    .purpose =
        "Times a model on random token ids: prefill is --prompt tokens at once, decode --tokens\n"
        "one by one after them, both --repeat times over; the medians are shown. Time spent on\n"
        "--check is never part of a figure. MODEL may be a word such as synth-2b4t or\n"
        "synth-tiny-3b: a random model of that shape, made once and kept under build/models (see\n"
        "'tritium synth --help' for the shapes). A simulated device also says how many cycles a\n"
        "token takes, where they go, and the tokens/s of the accelerator alone at its clock.",
    .examples =
        "  tritium bench --device sim:kv260 --model synth-2b4t --tokens 1 --check\n"
        "  tritium bench --model synth-2b4t --prompt 32 --tokens 4 --repeat 3\n"
        "  tritium bench --device sim:tiny --model synth-tiny --prompt 8 --json report.json\n",
    .statuses = "  0  done   1  failed   2  wrong command line   3  --check found a difference\n"
                "  130  stopped by Ctrl-C\n",
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static enum tri_status make_ids(struct bench *b) {
    struct tri_random random = {b->report.seed};
    const size_t count = (size_t)b->prompt + b->tokens;
    b->ids = malloc(count * sizeof *b->ids);
    for (int i = 0; i < 2; i++)
        b->report.phase[i].pass = calloc(b->repeat, sizeof *b->report.phase[i].pass);
    if (b->ids == NULL || b->report.phase[0].pass == NULL || b->report.phase[1].pass == NULL)
        return tri_fail(TRI_E_MEMORY, "bench: out of memory");
    for (size_t i = 0; i < count; i++)
        b->ids[i] = (uint32_t)(tri_random_next(&random) % b->engine.model->config.vocab);
    return TRI_OK;
}

static enum tri_status prepare(struct bench *b) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(b->where.device, b->where.design, uri));
    if (b->check && strcmp(uri, "ref") == 0)
        return tri_fail(TRI_E_ARGUMENT, "--check: wanted another device, got the reference itself");
    if (tri_synthetic_named(b->model.path)) {
        TRI_TRY(tri_synthetic_find(b->model.path, b->models, b->path, &b->report.make_seconds));
        b->model.path = b->path;
    }
    const double began = now();
    TRI_TRY(tri_engine_open(&b->engine, &b->model));
    const double opened = now();
    const uint32_t context = b->engine.model->config.context;
    if (b->prompt > context || b->tokens > context - b->prompt)
        return tri_fail(TRI_E_ARGUMENT, "wanted at most %u tokens (the context), got %llu", context,
                        (unsigned long long)b->prompt + b->tokens);
    TRI_TRY(make_ids(b));
    const struct tri_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    TRI_TRY(tri_sampler_create(&greedy, b->engine.model->config.vocab, &b->sampler));
    tri_engine_place(&b->engine, &b->where);
    b->engine.screen = true;
    b->engine.serial = b->trace_path != NULL;
    TRI_TRY(tri_engine_start(&b->engine, uri, b->prompt + b->tokens, &b->options));
    b->engine.products.check = b->check;
    if (b->trace_path != NULL) {
        TRI_TRY(tri_trace_open(&b->trace, b->trace_path));
        TRI_TRY(tri_trace_start(&b->trace, b->engine.model, b->engine.products.device,
                                b->engine.products.image));
        b->engine.products.trace = &b->trace;
    }
    b->report.open_seconds = opened - began;
    b->report.load_seconds = now() - opened;
    b->report.model = b->engine.model->path;
    b->report.device = b->engine.uri;
    b->report.info = b->engine.stats.info;
    return TRI_OK;
}

/* `count` tokens from `first` on, `at_once` or one by one. phase NULL: not to be counted. */
static enum tri_status run(struct bench *b, uint32_t first, uint32_t count, bool at_once,
                           struct tri_bench_phase *phase) {
    const struct tri_counters zero = {0};
    const struct tri_products *p = &b->engine.products;
    const double products = p->seconds, checking = p->seconds_checking;
    struct tri_phase measured = {0};
    for (uint32_t i = 0; i < count;) {
        const uint32_t piece = at_once ? count : 1;
        uint32_t
            chosen; /* as `run --greedy` chooses it; the next id is a random one all the same */
        TRI_TRY(tri_engine_feed(&b->engine, &measured, b->ids + first + i, piece));
        TRI_TRY(tri_engine_choose(&b->engine, &measured, b->sampler, &chosen));
        i += piece;
    }
    if (phase == NULL || count == 0) return TRI_OK;
    struct tri_bench_pass *pass = &phase->pass[phase->passes++];
    pass->product_seconds = p->seconds - products;
    pass->seconds = measured.seconds - (p->seconds_checking - checking);
    tri_counters_add(&phase->counters, &measured.counters, &zero);
    return TRI_OK;
}

static enum tri_status measure(struct bench *b) {
    for (uint32_t pass = 0; pass < b->warmup + b->repeat; pass++) {
        const bool counts = pass >= b->warmup;
        tri_engine_rewind(&b->engine, 0);
        TRI_TRY(run(b, 0, b->prompt, true, counts ? &b->report.phase[0] : NULL));
        TRI_TRY(run(b, b->prompt, b->tokens, false, counts ? &b->report.phase[1] : NULL));
    }
    return TRI_OK;
}

static enum tri_status write_json(const struct bench *b, json_t *json) {
    struct tri_outfile file;
    TRI_TRY(tri_outfile_open(&file, b->json_path));
    const int bad = json_dumpf(json, file.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', file.stream);
    if (bad == 0) return tri_outfile_commit(&file);
    tri_outfile_discard(&file);
    return tri_fail(TRI_E_IO, "%s: not written", b->json_path);
}

static enum tri_status finish(struct bench *b) {
    json_t *json = NULL;
    b->report.products_checked = b->engine.products.checked;
    b->report.products_equal = b->engine.products.equal;
    b->report.sums_checked = b->engine.products.sums_checked;
    b->report.check_seconds = b->engine.products.seconds_checking;
    if (b->trace_path != NULL) TRI_TRY(tri_trace_commit(&b->trace));
    if (b->json_path == NULL) return tri_bench_print(&b->report, stdout);
    TRI_TRY(tri_bench_json(&b->report, &json));
    enum tri_status status = TRI_OK;
    if (strcmp(b->json_path, "-") == 0) {
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)); /* seen in the flush */
        fputc('\n', stdout);
    } else {
        status = tri_bench_print(&b->report, stdout);
        if (status == TRI_OK) status = write_json(b, json);
    }
    json_decref(json);
    return status;
}

static int perform(struct bench *b) {
    const double began = now();
    enum tri_status status = prepare(b);
    if (status == TRI_OK) status = measure(b);
    if (status == TRI_E_INTERRUPTED)
        return tri_complain(status), TRI_EXIT_SIGNAL + tri_interrupted();
    if (b->engine.products.difference.found) {
        fprintf(stderr, "tritium: %s (%s)\n", tri_error(), b->engine.uri);
        return TRI_EXIT_DIFFERENT;
    }
    b->report.wall_seconds = now() - began;
    b->report.cpu_seconds = (double)clock() / CLOCKS_PER_SEC;
    if (status == TRI_OK) status = finish(b);
    return tri_finish_output(status == TRI_OK ? TRI_EXIT_OK : tri_complain(status));
}

int tri_command_bench(int argc, char **argv) {
    struct bench b = {.models = "build/models",
                      .tokens = 1,
                      .repeat = 1,
                      .options = TRI_DEVICE_OPTIONS_INIT,
                      .report = {.seed = 1, .phase = {{.name = "prefill"}, {.name = "decode"}}}};
    const struct tri_option options[] = {
        {"model", 'm', "MODEL", TRI_OPTION_TEXT, &b.model.path,
         "Hugging Face folder, GGUF file, or synth-SHAPE"},
        {"i2s", 0, "LAYOUT", TRI_OPTION_TEXT, &b.model.i2s,
         "of I2_S files: x86, arm or rows (x86)"},
        TRI_DEVICE_OPTIONS(b.where),
        {"prompt", 'p', "N", TRI_OPTION_U32, &b.prompt, "tokens of the prefill (0: none)"},
        {"tokens", 'n', "N", TRI_OPTION_U32, &b.tokens, "tokens to decode (1)"},
        {"repeat", 'r', "N", TRI_OPTION_U32, &b.repeat, "passes that count (1)"},
        {"warmup", 'w', "N", TRI_OPTION_U32, &b.warmup, "passes before them that do not (0)"},
        {"check", 0, NULL, TRI_OPTION_FLAG, &b.check,
         "compute every product on the reference too, and compare"},
        {"seed", 0, "N", TRI_OPTION_U64, &b.report.seed, "of the random ids (1)"},
        {"stall-seed", 0, "N", TRI_OPTION_U64, &b.options.seed,
         "of the simulated memory's random stalls (0)"},
        {"trace", 0, "FILE", TRI_OPTION_TEXT, &b.trace_path,
         "phases of host and accelerator, for Perfetto or chrome://tracing"},
        TRI_WAVE_OPTIONS(b.options),
        {"json", 0, "FILE", TRI_OPTION_TEXT, &b.json_path,
         "write the figures as JSON; -: only that"},
        {"models", 0, "FOLDER", TRI_OPTION_TEXT, &b.models,
         "where random models are kept (build/models)"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if (b.model.path == NULL) return tri_complain_usage("bench: --model is missing");
    if (b.tokens == 0 && b.prompt == 0)
        return tri_complain_usage("bench: wanted tokens in --prompt or --tokens, got none");
    if (b.repeat == 0 || b.repeat > PASSES_MOST || b.warmup > PASSES_MOST)
        return tri_complain_usage("bench: --repeat: wanted 1 to %d (--warmup: 0 to %d), got %u, %u",
                                  PASSES_MOST, PASSES_MOST, b.repeat, b.warmup);
    if (tri_wave_options_fault(&b.options) != NULL)
        return tri_complain_usage("bench: %s", tri_wave_options_fault(&b.options));
    b.report.phase[0].tokens = b.prompt;
    b.report.phase[1].tokens = b.tokens;
    code = perform(&b);
    for (int i = 0; i < 2; i++) free(b.report.phase[i].pass);
    free(b.ids);
    tri_sampler_destroy(b.sampler);
    tri_engine_close(&b.engine); /* before its watcher goes */
    tri_trace_discard(&b.trace);
    return code;
}
