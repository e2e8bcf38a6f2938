/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium score`: multiple choice by log-likelihood, as lm-evaluation-harness counts it.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/likelihood.h"
#include "host/options.h"
#include "host/outfile.h"
#include "host/progress.h"
#include "host/task.h"
#include "host/textfile.h"

static const struct tri_usage usage = {
    .command = "score",
    .synopsis = "TASK.jsonl -m MODEL [options]",
    .purpose =
        "Multiple choice: for each item the log-likelihood of every continuation after the "
        "context.\n"
        "acc counts items whose likeliest continuation is the answer, acc_norm divides by the "
        "number\n"
        "of characters first; both as lm-evaluation-harness defines them. One JSON object a line:\n"
        "  {\"context\": \"Question: ...\\nAnswer:\", \"continuations\": [\"yes\", \"no\"], "
        "\"answer\": 0}\n"
        "Context and continuation are joined by \"delimiter\" (a space). BOS comes first.\n"
        "docs/commands.md has items in the style of ARC, PIQA and BoolQ.",
    .examples = "  tritium score tests/tasks/small.jsonl -m tests/models/demo\n"
                "  tritium score arc_easy.jsonl -m bitnet-2b4t --details arc.jsonl --json\n",
    .statuses = "  0  done   1  failed   2  wrong command line   130  stopped by Ctrl-C\n",
    .least = 1,
    .most = 1,
};

struct score {
    struct tri_model_choice model;
    struct tri_device_choice where;
    const char *path, *details_path;
    uint32_t context, limit;
    bool json, progress, no_bos;
    struct tri_engine engine;
    struct tri_likelihood likelihood;
    struct tri_task task;
    struct tri_outfile details;
    char *text;
    size_t text_bytes;
    double *logs; /* [context] */
    size_t items;
    uint64_t right, right_norm, cut; /* cut: texts that lost their beginning */
    double seconds;
};

/* Room for the longest text's tokens, and the scratch of one item. */
struct pair {
    uint32_t *ids;   /* [count] */
    uint32_t count;  /* BOS, context and continuation */
    uint32_t judged; /* of them the last ones are the continuation's */
};

static enum tri_status encode(const struct score *s, const char *text, size_t bytes, uint32_t **ids,
                              size_t *count) {
    TRI_TRY(tri_tokenizer_encode(s->engine.tokenizer, text, bytes, false, ids, count));
    const uint32_t vocab = s->engine.model->config.vocab;
    for (size_t i = 0; i < *count; i++)
        if ((*ids)[i] >= vocab)
            return tri_fail(TRI_E_FORMAT, "%s: tokenizer: wanted ids below %u, got %u",
                            s->engine.model->path, vocab, (*ids)[i]);
    return TRI_OK;
}

/* The harness's way: the whole text is cut into tokens once, and the context without the spaces at
 * its end once more; what the first has more is the continuation. */
static enum tri_status split(const struct score *s, const struct tri_task_item *item,
                             const struct tri_choice *choice, struct pair *pair) {
    const size_t delimiter = strlen(item->delimiter);
    const size_t bytes = item->context_bytes + delimiter + choice->bytes;
    size_t before = item->context_bytes;
    while (before > 0 && strchr(" \t\n\r\v\f", item->context[before - 1]) != NULL) before--;
    char *text = malloc(bytes + 1);
    uint32_t *whole = NULL, *context = NULL;
    size_t whole_count = 0, context_count = 0;
    enum tri_status status = tri_fail(TRI_E_MEMORY, "score: out of memory");
    if (text != NULL) {
        memcpy(text, item->context, item->context_bytes);
        memcpy(text + item->context_bytes, item->delimiter, delimiter);
        memcpy(text + item->context_bytes + delimiter, choice->text, choice->bytes);
        status = encode(s, text, bytes, &whole, &whole_count);
    }
    if (status == TRI_OK) status = encode(s, item->context, before, &context, &context_count);
    /* A context of nothing: the model still needs something to start from. */
    const bool bos = !s->no_bos || context_count == 0;
    if (status == TRI_OK && (whole_count <= context_count || whole_count >= UINT32_MAX))
        status = tri_fail(TRI_E_FORMAT,
                          "%s:%u: continuation '%.60s': wanted a token of its own, "
                          "got none",
                          s->path, item->line, choice->text);
    if (status == TRI_OK) {
        pair->ids = malloc((whole_count + 1) * sizeof *pair->ids);
        if (pair->ids == NULL) status = tri_fail(TRI_E_MEMORY, "score: out of memory");
    }
    if (status == TRI_OK) {
        if (bos) pair->ids[pair->count++] = s->engine.model->config.bos;
        memcpy(pair->ids + pair->count, whole, whole_count * sizeof *whole);
        pair->count += (uint32_t)whole_count;
        pair->judged = (uint32_t)(whole_count - context_count);
    }
    free(text);
    free(whole);
    free(context);
    return status;
}

/* The log-likelihood of one continuation. */
static enum tri_status judge(struct score *s, const struct tri_task_item *item,
                             const struct tri_choice *choice, double *sum, bool *greedy) {
    struct pair pair = {0};
    enum tri_status status = split(s, item, choice, &pair);
    const uint32_t most = s->context + 1; /* the last token is judged, not read */
    if (status == TRI_OK && pair.judged > s->context)
        status = tri_fail(TRI_E_ARGUMENT, "%s:%u: continuation: wanted at most %u tokens, got %u",
                          s->path, item->line, s->context, pair.judged);
    if (status == TRI_OK) {
        uint32_t skip = pair.count > most ? pair.count - most : 0; /* from the left */
        s->cut += skip > 0;
        status = tri_likelihood_run(&s->likelihood, pair.ids + skip, pair.count - skip, pair.judged,
                                    s->logs, greedy);
    }
    *sum = 0;
    for (uint32_t i = 0; status == TRI_OK && i < pair.judged; i++) *sum += s->logs[i];
    free(pair.ids);
    return status;
}

static enum tri_status write_details(struct score *s, const struct tri_task_item *item,
                                     const double *sums, const bool *greedy, uint32_t best,
                                     uint32_t best_norm) {
    if (s->details.stream == NULL) return TRI_OK;
    json_t *list = json_array(), *likely = json_array();
    for (uint32_t i = 0; i < item->choices; i++) {
        json_array_append_new(list, json_real(sums[i]));
        json_array_append_new(likely, json_boolean(greedy[i]));
    }
    json_t *o = json_pack("{s:i, s:o, s:o, s:i, s:i, s:i}", "line", (int)item->line,
                          "log_likelihoods", list, "greedy", likely, "choice", (int)best,
                          "choice_norm", (int)best_norm, "answer", (int)item->answer);
    int bad = json_dumpf(o, s->details.stream, JSON_COMPACT);
    fputc('\n', s->details.stream);
    json_decref(o);
    return bad == 0 ? TRI_OK : tri_fail(TRI_E_IO, "%s: not written", s->details_path);
}

static enum tri_status score_item(struct score *s, const struct tri_task_item *item) {
    double *sums = calloc(2 * (size_t)item->choices, sizeof *sums);
    bool *greedy = calloc(item->choices, sizeof *greedy);
    enum tri_status status = TRI_OK;
    if (sums == NULL || greedy == NULL) status = tri_fail(TRI_E_MEMORY, "score: out of memory");
    for (uint32_t i = 0; status == TRI_OK && i < item->choices; i++) {
        status = judge(s, item, &item->choice[i], &sums[i], &greedy[i]);
        sums[item->choices + i] = sums[i] / (double)item->choice[i].characters;
    }
    if (status == TRI_OK) {
        uint32_t best = tri_task_best(sums, item->choices);
        uint32_t best_norm = tri_task_best(sums + item->choices, item->choices);
        s->right += best == item->answer;
        s->right_norm += best_norm == item->answer;
        s->items++;
        status = write_details(s, item, sums, greedy, best, best_norm);
    }
    free(sums);
    free(greedy);
    return status;
}

static enum tri_status prepare(struct score *s) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(s->where.device, s->where.design, uri));
    TRI_TRY(tri_textfile_read(s->path, &s->text, &s->text_bytes));
    TRI_TRY(tri_task_read(s->path, s->text, s->text_bytes, &s->task));
    if (s->limit > 0 && s->limit < s->task.count) {
        for (size_t i = s->limit; i < s->task.count; i++) free(s->task.item[i].choice);
        s->task.count = s->limit;
    }
    TRI_TRY(tri_engine_open(&s->engine, &s->model));
    tri_engine_place(&s->engine, &s->where);
    if (s->engine.tokenizer == NULL)
        return tri_fail(TRI_E_UNSUPPORTED, "%s", s->engine.no_tokenizer);
    const uint32_t most = s->engine.model->config.context;
    if (s->context == 0) s->context = most < 2048 ? most : 2048;
    if (s->context < 2 || s->context > most)
        return tri_fail(TRI_E_ARGUMENT, "--context: wanted 2 to %u tokens, got %u", most,
                        s->context);
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    TRI_TRY(tri_engine_start(&s->engine, uri, s->context, &options));
    s->logs = malloc(s->context * sizeof *s->logs);
    if (s->logs == NULL) return tri_fail(TRI_E_MEMORY, "score: out of memory");
    TRI_TRY(tri_likelihood_create(&s->engine, s->context, &s->likelihood));
    return s->details_path != NULL ? tri_outfile_open(&s->details, s->details_path) : TRI_OK;
}

static enum tri_status perform(struct score *s) {
    TRI_TRY(prepare(s));
    struct tri_progress progress;
    tri_progress_start(&progress, "scoring", "items", s->progress);
    enum tri_status status = TRI_OK;
    for (size_t i = 0; status == TRI_OK && i < s->task.count; i++) {
        status = score_item(s, &s->task.item[i]);
        tri_progress_update(&progress, i + 1, s->task.count);
    }
    s->seconds = tri_progress_end(&progress);
    if (status == TRI_OK && s->details.stream != NULL) status = tri_outfile_commit(&s->details);
    return status;
}

static void report(const struct score *s) {
    const double n = (double)s->items;
    double acc = (double)s->right / n, norm = (double)s->right_norm / n;
    double acc_error = tri_task_error(s->right, s->items);
    double norm_error = tri_task_error(s->right_norm, s->items);
    if (!s->json) {
        printf("items     %zu\nacc       %.4f +/- %.4f\nacc_norm  %.4f +/- %.4f\n", s->items, acc,
               acc_error, norm, norm_error);
        printf("%" PRIu64 " tokens in %.2f s on %s\n", s->likelihood.tokens, s->seconds,
               s->engine.uri);
        if (s->cut > 0)
            printf("%" PRIu64 " texts were longer than %u tokens and lost their beginning\n",
                   s->cut, s->context);
        return;
    }
    json_t *o = json_pack("{s:I, s:f, s:f, s:f, s:f, s:I, s:I, s:f, s:s, s:s}", "items",
                          (json_int_t)s->items, "acc", acc, "acc_stderr", acc_error, "acc_norm",
                          norm, "acc_norm_stderr", norm_error, "tokens",
                          (json_int_t)s->likelihood.tokens, "cut", (json_int_t)s->cut, "seconds",
                          s->seconds, "model", s->engine.model->path, "device", s->engine.uri);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    printf("\n");
    json_decref(o);
}

int tri_command_score(int argc, char **argv) {
    struct score s = {0};
    char **paths = NULL;
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(s.model),
        TRI_DEVICE_OPTIONS(s.where),
        {"context", 'c', "N", TRI_OPTION_U32, &s.context,
         "most tokens of a text; longer ones lose their beginning (2048)"},
        {"limit", 'n', "N", TRI_OPTION_U32, &s.limit, "only the first N items (all)"},
        {"no-bos", 0, NULL, TRI_OPTION_FLAG, &s.no_bos,
         "no BOS before a context that is not empty"},
        {"details", 0, "FILE", TRI_OPTION_TEXT, &s.details_path,
         "one JSON object for each item: likelihoods and choices"},
        {"progress", 0, NULL, TRI_OPTION_FLAG, &s.progress,
         "say how far it is (on a terminal, after 2 s)"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &s.json, "one JSON object instead of text"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, &paths);
    if (code >= 0) return code;
    if (s.model.path == NULL) return tri_complain_usage("score: --model is missing");
    s.path = paths[0];
    enum tri_status status = perform(&s);
    if (status == TRI_OK) report(&s);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_outfile_discard(&s.details);
    tri_likelihood_free(&s.likelihood);
    tri_task_free(&s.task);
    free(s.text);
    free(s.logs);
    tri_engine_close(&s.engine);
    return tri_finish_output(code);
}
