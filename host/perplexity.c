/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium perplexity`: how well a model predicts a text, window by window.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/likelihood.h"
#include "host/options.h"
#include "host/progress.h"
#include "host/textfile.h"

static const struct tri_usage usage = {
    .command = "perplexity",
    .synopsis = "-m MODEL -f TEXT [options]",
    .purpose =
        "The exponential of the mean negative log-likelihood of a text's tokens. The text is cut\n"
        "into windows of --context tokens that do not overlap; each begins with BOS, and every "
        "token\n"
        "is judged once, given what is before it in its window. Longer windows give lower "
        "figures:\n"
        "compare only figures of the same --context.",
    .examples =
        "  tritium perplexity -m tests/models/demo -f README.md --context 256\n"
        "  tritium perplexity -m tests/models/demo -f README.md -n 200 --device ref:kv260\n",
    .statuses = "  0  done   1  failed   2  wrong command line   130  stopped by Ctrl-C\n",
};

struct perplexity {
    struct tri_model_choice model;
    struct tri_device_choice where;
    const char *file;
    uint32_t context, most;
    bool json, progress;
    struct tri_engine engine;
    struct tri_likelihood likelihood;
    char *text;
    uint32_t *ids; /* [count] */
    size_t bytes, count;
    uint32_t *window; /* [context + 1] */
    double *logs;     /* [context] */
    double sum, squares, seconds;
    size_t windows;
};

static enum tri_status prepare(struct perplexity *p) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(p->where.device, p->where.design, uri));
    TRI_TRY(tri_engine_open(&p->engine, &p->model));
    tri_engine_place(&p->engine, &p->where);
    const struct tri_config *c = &p->engine.model->config;
    if (p->engine.tokenizer == NULL)
        return tri_fail(TRI_E_UNSUPPORTED, "%s", p->engine.no_tokenizer);
    if (p->context == 0) p->context = c->context;
    if (p->context < 2 || p->context > c->context)
        return tri_fail(TRI_E_ARGUMENT, "--context: wanted 2 to %u tokens, got %u", c->context,
                        p->context);
    TRI_TRY(tri_textfile_read(p->file, &p->text, &p->bytes));
    TRI_TRY(
        tri_tokenizer_encode(p->engine.tokenizer, p->text, p->bytes, false, &p->ids, &p->count));
    if (p->most > 0 && p->count > p->most) p->count = p->most;
    if (p->count == 0)
        return tri_fail(TRI_E_ARGUMENT, "%s: wanted at least one token of text, got none", p->file);
    for (size_t i = 0; i < p->count; i++)
        if (p->ids[i] >= c->vocab)
            return tri_fail(TRI_E_FORMAT, "%s: tokenizer: wanted ids below %u, got %u",
                            p->engine.model->path, c->vocab, p->ids[i]);
    uint32_t positions = p->count < p->context ? (uint32_t)p->count : p->context;
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    TRI_TRY(tri_engine_start(&p->engine, uri, positions, &options));
    p->window = malloc(((size_t)p->context + 1) * sizeof *p->window);
    p->logs = malloc(p->context * sizeof *p->logs);
    if (p->window == NULL || p->logs == NULL)
        return tri_fail(TRI_E_MEMORY, "perplexity: out of memory");
    return tri_likelihood_create(&p->engine, positions, &p->likelihood);
}

static enum tri_status measure(struct perplexity *p, struct tri_progress *progress) {
    p->window[0] = p->engine.model->config.bos;
    for (size_t first = 0; first < p->count; first += p->context) {
        size_t left = p->count - first;
        uint32_t n = left < p->context ? (uint32_t)left : p->context;
        memcpy(p->window + 1, p->ids + first, n * sizeof *p->ids);
        TRI_TRY(tri_likelihood_run(&p->likelihood, p->window, n + 1, n, p->logs, NULL));
        for (uint32_t i = 0; i < n; i++) {
            p->sum -= p->logs[i];
            p->squares += p->logs[i] * p->logs[i];
        }
        p->windows++;
        tri_progress_update(progress, first + n, p->count);
    }
    return TRI_OK;
}

static void report(const struct perplexity *p) {
    const double n = (double)p->count, mean = p->sum / n;
    double variance = n > 1 ? (p->squares - n * mean * mean) / (n - 1) : 0;
    double error = variance > 0 ? sqrt(variance / n) : 0; /* of the mean */
    if (!p->json) {
        printf("perplexity %.4f +/- %.4f\n", exp(mean), exp(mean) * error);
        printf("%zu tokens in %zu windows of at most %u, %.6f nats a token, %.2f s on %s\n",
               p->count, p->windows, p->context, mean, p->seconds, p->engine.uri);
        return;
    }
    json_t *o = json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:f, s:s, s:s}", "perplexity",
                          exp(mean), "perplexity_error", exp(mean) * error, "nats_per_token", mean,
                          "nats_error", error, "tokens", (json_int_t)p->count, "windows",
                          (json_int_t)p->windows, "context", (json_int_t)p->context, "seconds",
                          p->seconds, "model", p->engine.model->path, "device", p->engine.uri);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    printf("\n");
    json_decref(o);
}

int tri_command_perplexity(int argc, char **argv) {
    struct perplexity p = {0};
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(p.model),
        {"file", 'f', "TEXT", TRI_OPTION_TEXT, &p.file, "the text, - for standard input"},
        {"context", 'c', "N", TRI_OPTION_U32, &p.context,
         "tokens of a window (the model's context)"},
        {"tokens", 'n', "N", TRI_OPTION_U32, &p.most, "at most the first N tokens (all)"},
        TRI_DEVICE_OPTIONS(p.where),
        {"progress", 0, NULL, TRI_OPTION_FLAG, &p.progress,
         "say how far it is (on a terminal, after 2 s)"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &p.json, "one JSON object instead of text"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if (p.model.path == NULL) return tri_complain_usage("perplexity: --model is missing");
    if (p.file == NULL) return tri_complain_usage("perplexity: --file is missing");
    struct tri_progress progress;
    enum tri_status status = prepare(&p);
    if (status == TRI_OK) {
        tri_progress_start(&progress, "reading", "tokens", p.progress);
        status = measure(&p, &progress);
        p.seconds = tri_progress_end(&progress);
    }
    if (status == TRI_OK) report(&p);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_likelihood_free(&p.likelihood);
    free(p.text);
    free(p.ids);
    free(p.window);
    free(p.logs);
    tri_engine_close(&p.engine);
    return tri_finish_output(code);
}
