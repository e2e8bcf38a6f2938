/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium run`: prompt in, text out as it comes, and on request logits, a check of every product
 * and what it cost.
 */
#include <stdlib.h>
#include <string.h>

#include "host/batch.h"
#include "host/commands.h"
#include "host/engine.h"
#include "host/interrupt.h"
#include "host/npy.h"
#include "host/options.h"
#include "host/reply.h"
#include "ref/sampler.h"

/* A prompt goes through the model in pieces, so that scratch and logits stay small; smaller ones
 * when the logits of every position are kept. */
enum { PIECE = 64, LONG_PIECE = 4 * TRI_CPU_CHUNK };

struct run {
    struct tri_model_choice model;
    struct tri_device_choice where;
    struct tri_sampling_choice choice;
    const char *prompt, *ids, *batch_path, *logits_path, *report, *plant, *trace_path;
    uint32_t wanted, parallel;
    bool special, echo, stats, profile, json, check;
    uint64_t stall_seed;
    struct tri_engine engine;
    struct tri_device_options options;
    struct tri_trace trace;
    struct tri_prompt tokens;
    struct tri_reply reply;
    struct tri_batch *batch;
    struct tri_sampler *sampler;
    struct tri_npy npy;
    float *logits;    /* [PIECE][vocab] with --logits, else NULL */
    const char *stop; /* "eos", "length" or "interrupted" */
};

static const struct tri_usage usage = {
    .command = "run",
    .synopsis = "-m MODEL [-p TEXT | --prompt-ids 1,2,3] [options]",
    .purpose =
        "Continues a text. The device computes the ternary products, the host does the rest; the\n"
        "tokens are the same on every device, bit for bit. Text goes to standard output as it\n"
        "comes, figures to standard error.",
    .examples = "  tritium run -m tests/models/demo -p 'Once upon a time' --echo\n"
                "  tritium run -m tests/models/demo -p 'The king' -n 32 --device sim:kv260 --check "
                "--stats\n"
                "  tritium run -m tests/models/micro --prompt-ids 496,7,8 --greedy --json\n"
                "  printf 'The king\\nThe queen\\n' | tritium run -m tests/models/demo --batch - "
                "--json\n",
    .statuses = "  0  done   1  failed   2  wrong command line   3  --check found a difference\n"
                "  130  stopped by Ctrl-C: what was finished is kept\n",
};

/* Runs tokens; with --logits, writes what each gives and keeps the last in row 0. */
static enum tri_status feed(struct run *run, struct tri_phase *phase, const uint32_t *ids,
                            uint32_t count) {
    const size_t vocab = run->engine.model->config.vocab;
    if (run->logits == NULL) return tri_engine_feed(&run->engine, phase, ids, count);
    TRI_TRY(tri_engine_run(&run->engine, phase, ids, count, true, run->logits));
    TRI_TRY(tri_npy_append(&run->npy, run->logits, count));
    memmove(run->logits, run->logits + (count - 1) * vocab, vocab * sizeof(float));
    return TRI_OK;
}

static enum tri_status prefill(struct run *run) {
    const uint32_t piece = run->logits != NULL ? PIECE : LONG_PIECE;
    for (uint32_t first = 0; first < run->tokens.count; first += piece) {
        const uint32_t left = run->tokens.count - first;
        TRI_TRY(feed(run, &run->engine.stats.prefill, run->tokens.ids + first,
                     left < piece ? left : piece));
    }
    return TRI_OK;
}

/* The first token belongs to the prompt's time, all others to the reply's. */
static enum tri_status choose(struct run *run, uint32_t *id) {
    struct tri_stats *s = &run->engine.stats;
    if (run->logits != NULL) return tri_sampler_next(run->sampler, run->logits, id);
    return tri_engine_choose(&run->engine, run->reply.count == 0 ? &s->prefill : &s->decode,
                             run->sampler, id);
}

static enum tri_status generate(struct run *run) {
    for (uint32_t i = 0; i < run->tokens.count; i++)
        tri_sampler_accept(run->sampler, run->tokens.ids[i]);
    TRI_TRY(prefill(run));
    run->engine.stats.prompt_tokens = run->tokens.count;
    while (run->reply.count < run->wanted) {
        uint32_t id = 0;
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        TRI_TRY(choose(run, &id));
        if (tri_config_ends(&run->engine.model->config, id)) {
            run->stop = "eos";
            return TRI_OK;
        }
        tri_sampler_accept(run->sampler, id);
        TRI_TRY(tri_reply_add(&run->reply, id));
        run->engine.stats.reply_tokens = run->reply.count;
        /* Nothing follows the last token, so the model need not see it, unless its logits are
         * wanted. */
        if (run->reply.count == run->wanted && run->logits_path == NULL) break;
        TRI_TRY(feed(run, &run->engine.stats.decode, &id, 1));
    }
    run->stop = "length";
    return TRI_OK;
}

static enum tri_status start(struct run *run, const char *uri, uint32_t positions) {
    run->options.seed = run->stall_seed;
    run->options.plant = run->plant;
    run->engine.screen = run->logits_path == NULL;
    run->engine.serial = run->trace_path != NULL;
    TRI_TRY(tri_engine_start(&run->engine, uri, positions, &run->options));
    run->engine.products.check = run->check;
    if (run->trace_path == NULL) return TRI_OK;
    TRI_TRY(tri_trace_open(&run->trace, run->trace_path));
    TRI_TRY(tri_trace_start(&run->trace, run->engine.model, run->engine.products.device,
                            run->engine.products.image));
    run->engine.products.trace = &run->trace;
    return TRI_OK;
}

static enum tri_status prepare_batch(struct run *run, const char *uri) {
    const struct tri_batch_options options = {.path = run->batch_path,
                                              .parallel = run->parallel,
                                              .reply = run->wanted,
                                              .special = run->special,
                                              .json = run->json,
                                              .choice = &run->choice};
    uint32_t positions;
    if (run->prompt != NULL || run->ids != NULL || run->logits_path != NULL || run->echo ||
        run->trace_path != NULL)
        return tri_fail(TRI_E_ARGUMENT, "--batch: wanted none of --prompt, --prompt-ids, --logits, "
                                        "--trace and --echo");
    TRI_TRY(tri_batch_create(&run->engine, &options, &run->batch, &positions));
    return start(run, uri, positions);
}

/* Everything that can be wrong with the question is found here, before the device is opened. */
static enum tri_status prepare(struct run *run) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(run->where.device, run->where.design, uri));
    if (run->check && strcmp(uri, "ref") == 0)
        return tri_fail(
            TRI_E_ARGUMENT,
            "--check: wanted --device cpu, ref:DESIGN, hls:DESIGN, sim:DESIGN or xrt:FILE, got the "
            "reference itself");
    TRI_TRY(tri_engine_open(&run->engine, &run->model));
    tri_engine_place(&run->engine, &run->where);
    if (run->batch_path != NULL) return prepare_batch(run, uri);
    TRI_TRY(tri_engine_prompt(&run->engine, run->prompt, run->ids, run->special, &run->tokens));
    TRI_TRY(tri_engine_reply_length(&run->engine, run->tokens.count, run->wanted, &run->wanted));
    const size_t vocab = run->engine.model->config.vocab;
    TRI_TRY(tri_sampling_choice_create(&run->choice, (uint32_t)vocab, &run->sampler));
    if (run->logits_path != NULL) {
        run->logits = malloc(PIECE * vocab * sizeof *run->logits);
        if (run->logits == NULL) return tri_fail(TRI_E_MEMORY, "logits: out of memory");
        TRI_TRY(tri_npy_open(&run->npy, run->logits_path, (uint32_t)vocab));
    }
    run->reply.tokenizer = run->engine.tokenizer;
    run->reply.show = run->json ? NULL : stdout;
    TRI_TRY(start(run, uri, run->tokens.count + run->wanted));
    if (run->echo && run->prompt != NULL)
        return tri_reply_show(&run->reply, run->prompt, strlen(run->prompt));
    return TRI_OK;
}

static json_t *ids_json(const uint32_t *ids, uint32_t count) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) json_array_append_new(array, json_integer(ids[i]));
    return array;
}

static enum tri_status write_report(struct run *run, json_t *report) {
    struct tri_outfile file;
    TRI_TRY(tri_outfile_open(&file, run->report));
    int bad = json_dumpf(report, file.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', file.stream);
    if (bad != 0) {
        tri_outfile_discard(&file);
        return tri_fail(TRI_E_IO, "%s: not written", run->report);
    }
    return tri_outfile_commit(&file);
}

/* What is kept of a run that was finished or interrupted. */
static enum tri_status finish(struct run *run) {
    if (run->batch == NULL) {
        TRI_TRY(tri_reply_end(&run->reply));
        TRI_TRY(tri_reply_show(&run->reply, "\n", 1));
    }
    if (run->npy.rows > 0) TRI_TRY(tri_npy_commit(&run->npy));
    if (run->trace_path != NULL) TRI_TRY(tri_trace_commit(&run->trace));
    const struct tri_stats *stats = tri_engine_stats(&run->engine);
    if (run->stats) tri_stats_print(stats, stderr);
    if (run->profile) tri_profile_print(stats, stderr);
    json_t *report = tri_stats_json(stats);
    json_object_set_new(report, "stop", json_string(run->stop));
    enum tri_status status = run->report != NULL ? write_report(run, report) : TRI_OK;
    if (status == TRI_OK && run->json && run->batch == NULL) {
        json_t *out = json_object();
        json_object_set_new(out, "prompt_ids", ids_json(run->tokens.ids, run->tokens.count));
        json_object_set_new(out, "ids", ids_json(run->reply.ids, run->reply.count));
        json_object_set_new(
            out, "text",
            json_stringn(run->reply.text != NULL ? run->reply.text : "", run->reply.bytes));
        json_object_set_new(out, "device", json_string(run->engine.uri));
        json_object_set(out, "stats", report);
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)); /* seen in the flush */
        fputc('\n', stdout);
        json_decref(out);
    }
    json_decref(report);
    return status;
}

static int perform(struct run *run) {
    enum tri_status status = prepare(run);
    if (status != TRI_OK) return tri_complain(status);
    status = run->batch != NULL ? tri_batch_run(run->batch) : generate(run);
    if (run->batch != NULL) run->stop = "batch";
    int code = TRI_EXIT_OK;
    if (status == TRI_E_INTERRUPTED) {
        run->stop = "interrupted";
        code = TRI_EXIT_SIGNAL + tri_interrupted();
    } else if (status != TRI_OK) {
        if (run->reply.bytes > 0) tri_reply_show(&run->reply, "\n", 1);
        if (!run->engine.products.difference.found) return tri_complain(status);
        fprintf(stderr, "tritium: %s (%s)\n", tri_error(), run->engine.uri);
        return TRI_EXIT_DIFFERENT;
    }
    status = finish(run);
    if (status != TRI_OK) return tri_complain(status);
    if (code != TRI_EXIT_OK) fprintf(stderr, "tritium: interrupted\n");
    return tri_finish_output(code);
}

int tri_command_run(int argc, char **argv) {
    struct run run = {.parallel = 8,
                      .wanted = TRI_REPLY_DEFAULT,
                      .choice = TRI_SAMPLING_CHOICE_INIT,
                      .options = TRI_DEVICE_OPTIONS_INIT};
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(run.model),
        {"prompt", 'p', "TEXT", TRI_OPTION_TEXT, &run.prompt, "BOS and this text (BOS alone)"},
        {"prompt-ids", 0, "IDS", TRI_OPTION_TEXT, &run.ids, "token ids, taken as they are"},
        {"batch", 0, "FILE", TRI_OPTION_TEXT, &run.batch_path,
         "a prompt a line, many at a time; each reply is the one it has alone"},
        {"parallel", 0, "N", TRI_OPTION_U32, &run.parallel, "of --batch: texts at a time (8)"},
        {"special", 0, NULL, TRI_OPTION_FLAG, &run.special,
         "names like <|eot_id|> in TEXT are special tokens"},
        {"tokens", 'n', "N", TRI_OPTION_U32, &run.wanted,
         "length of the reply (128, or what fits)"},
        TRI_DEVICE_OPTIONS(run.where),
        {"check", 0, NULL, TRI_OPTION_FLAG, &run.check,
         "compute every product on the reference too, and compare"},
        TRI_SAMPLING_OPTIONS(run.choice),
        {"stall-seed", 0, "N", TRI_OPTION_U64, &run.stall_seed,
         "of the simulated memory's random stalls (0)"},
        {"plant", 0, "NAME", TRI_OPTION_TEXT, &run.plant,
         "load the simulator built with this planted bug (for tests)"},
        {"echo", 0, NULL, TRI_OPTION_FLAG, &run.echo, "show the prompt's text first"},
        {"stats", 0, NULL, TRI_OPTION_FLAG, &run.stats, "figures on standard error"},
        {"profile", 0, NULL, TRI_OPTION_FLAG, &run.profile,
         "where a token's time went, on standard error"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &run.json, "one JSON object instead of text"},
        {"report", 0, "FILE", TRI_OPTION_TEXT, &run.report, "write the figures as JSON"},
        {"trace", 0, "FILE", TRI_OPTION_TEXT, &run.trace_path,
         "phases of host and accelerator, for Perfetto or chrome://tracing"},
        TRI_WAVE_OPTIONS(run.options),
        {"logits", 0, "FILE", TRI_OPTION_TEXT, &run.logits_path,
         "write float32 .npy [position][vocabulary], prompt and reply"},
    };
    int status =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (status >= 0) return status;
    if (run.model.path == NULL) return tri_complain_usage("run: --model is missing");
    if (tri_wave_options_fault(&run.options) != NULL)
        return tri_complain_usage("run: %s", tri_wave_options_fault(&run.options));
    status = perform(&run);
    tri_npy_discard(&run.npy);
    tri_sampler_destroy(run.sampler);
    tri_reply_free(&run.reply);
    tri_batch_destroy(run.batch);
    free(run.tokens.ids);
    free(run.logits);
    tri_engine_close(&run.engine); /* before its watcher goes */
    tri_trace_discard(&run.trace);
    return status;
}
