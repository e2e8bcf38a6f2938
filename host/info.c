/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium info`: what is in a model, as text or JSON. The counting is host/survey.c's.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/engine.h"
#include "host/options.h"
#include "host/survey.h"

static const struct tri_usage usage = {
    .command = "info",
    .synopsis = "MODEL [--verify] [--json]",
    .purpose =
        "Says what is in a model: architecture, shapes of the matrices, bytes by kind, tokenizer,\n"
        "share of zero weights by matrix and by layer, scales, and whatever looks odd. --verify "
        "also\n"
        "reads the embeddings and the head to the last value.",
    .examples = "  tritium info tests/models/demo\n"
                "  tritium info -m tests/models/demo --json\n"
                "  tritium info ggml-model-i2_s.gguf --verify\n",
    .statuses = "  0  done   1  the model cannot be read   2  wrong command line\n",
    .most = 1,
};

struct facts {
    const struct tri_model *model;
    const struct tri_engine *engine;
    struct tri_survey survey;
    bool verified;
};

static double part(const struct tri_share *share) {
    return share->weights > 0 ? (double)share->zeros / (double)share->weights : 0;
}

static uint64_t parameters(const struct facts *f) {
    const struct tri_config *c = &f->model->config;
    uint64_t norms = f->survey.norm_bytes / (tri_model_gguf(f->model) != NULL ? 4 : 2);
    return f->survey.all.weights + norms + (uint64_t)c->vocab * c->hidden * (c->tied ? 1 : 2);
}

static void print_shapes(const struct facts *f) {
    const struct tri_survey *v = &f->survey;
    printf("\n%-12s %8s %8s %8s\n", "matrix", "rows", "columns", "zeros");
    for (int m = 0; m < TRI_MATRICES; m++) {
        const struct tri_ternary *matrix = &f->model->layers[0].matrix[m];
        printf("%-12s %8u %8u %6.1f %%\n", tri_matrix_name((enum tri_matrix)m), matrix->rows,
               matrix->cols, 100 * part(&v->matrix[m]));
    }
    printf("%-12s %8s %8s %6.1f %%\n\n%-12s %8s\n", "all", "", "", 100 * part(&v->all), "layer",
           "zeros");
    for (uint32_t l = 0; l < f->model->config.layers; l++)
        printf("%-12u %6.1f %%\n", l, 100 * part(&v->layer[l]));
}

static void print(const struct facts *f) {
    const struct tri_config *c = &f->model->config;
    const struct tri_survey *v = &f->survey;
    const struct tri_ternary *first = &f->model->layers[0].matrix[0];
    printf("%-12s %s\n", "model", f->model->path);
    printf("%-12s %s, %u layers, hidden %u, ffn %u (%s), %u heads of %u, %u key/value heads\n",
           "architecture", c->sub_norms ? "BitNet b1.58" : "Llama with ternary matrices", c->layers,
           c->hidden, c->ffn, c->activation == TRI_RELU2 ? "relu2" : "silu", c->heads, c->head_dim,
           c->kv_heads);
    printf("%-12s %u tokens; rope theta %g, norm eps %g, bos %u, eos", "context", c->context,
           c->rope_theta, (double)c->eps, c->bos);
    for (uint32_t i = 0; i < c->eos_count; i++) printf(" %u", c->eos[i]);
    printf("; %" PRIu64 " bytes of cache a token\n", v->cache_bytes);
    printf("%-12s %" PRIu64 " ternary of %" PRIu64 " parameters, %s\n", "weights", v->all.weights,
           parameters(f), tri_layout_name(first->layout));
    printf("%-12s ternary %" PRIu64 ", embedding %" PRIu64 " (%s, vocabulary %u), head %" PRIu64
           "%s, norms %" PRIu64 "\n",
           "bytes", v->ternary_bytes, v->embedding_bytes, tri_float_name(f->model->embedding.type),
           c->vocab, v->head_bytes, c->tied ? " (tied)" : "", v->norm_bytes);
    if (f->engine->tokenizer != NULL)
        printf("%-12s %u ids\n", "tokenizer", tri_tokenizer_vocab(f->engine->tokenizer));
    else
        printf("%-12s none (%s): prompts only as --prompt-ids\n", "tokenizer",
               f->engine->no_tokenizer);
    printf("%-12s %g to %g, median %g; %" PRIu64 " of %u are bf16 numbers; they %s\n", "scales",
           (double)v->scale_least, (double)v->scale_most, (double)v->scale_median, v->scales_bf16,
           c->layers * TRI_MATRICES, first->divides ? "divide" : "multiply");
    if (v->i2s[0] != '\0') printf("%-12s %s\n", "I2_S layout", v->i2s);
    if (f->verified) printf("%-12s every code, scale and value is in order\n", "verified");
    print_shapes(f);
    printf("\n%s\n", v->remarks > 0 ? "remarks" : "nothing odd");
    for (uint32_t i = 0; i < v->remarks; i++) printf("  %s\n", v->remark[i]);
}

static json_t *describe(const struct facts *f) {
    const struct tri_config *c = &f->model->config;
    const struct tri_survey *v = &f->survey;
    const struct tri_ternary *first = &f->model->layers[0].matrix[0];
    json_t *o =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:f, s:f}", "model",
                  f->model->path, "layers", (int)c->layers, "hidden", (int)c->hidden, "ffn",
                  (int)c->ffn, "heads", (int)c->heads, "kv_heads", (int)c->kv_heads, "head_dim",
                  (int)c->head_dim, "vocab", (int)c->vocab, "context", (int)c->context, "bos",
                  (int)c->bos, "eos", (int)(c->eos_count > 0 ? c->eos[0] : 0), "tied", (int)c->tied,
                  "eps", (double)c->eps, "rope_theta", c->rope_theta);
    json_t *ends = json_array();
    for (uint32_t i = 0; i < c->eos_count; i++)
        json_array_append_new(ends, json_integer(c->eos[i]));
    json_object_set_new(o, "eos_all", ends);
    json_object_set_new(o, "sub_norms", json_boolean(c->sub_norms));
    json_object_set_new(o, "activation",
                        json_string(c->activation == TRI_RELU2 ? "relu2" : "silu"));
    json_object_set_new(o, "layout", json_string(tri_layout_name(first->layout)));
    json_object_set_new(o, "scales_divide", json_boolean(first->divides));
    json_object_set_new(
        o, "bytes",
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "ternary", (json_int_t)v->ternary_bytes, "embedding",
                  (json_int_t)v->embedding_bytes, "head", (json_int_t)v->head_bytes, "norms",
                  (json_int_t)v->norm_bytes, "cache_per_token", (json_int_t)v->cache_bytes));
    json_object_set_new(o, "ternary_weights", json_integer((json_int_t)v->all.weights));
    json_object_set_new(o, "parameters", json_integer((json_int_t)parameters(f)));
    json_object_set_new(o, "tokenizer_ids",
                        f->engine->tokenizer != NULL
                            ? json_integer((json_int_t)tri_tokenizer_vocab(f->engine->tokenizer))
                            : json_null());
    return o;
}

static void print_json(const struct facts *f) {
    const struct tri_survey *v = &f->survey;
    json_t *matrices = json_array(), *layers = json_array(), *remarks = json_array();
    for (int m = 0; m < TRI_MATRICES; m++) {
        const struct tri_ternary *matrix = &f->model->layers[0].matrix[m];
        json_array_append_new(matrices, json_pack("{s:s, s:i, s:i, s:f}", "name",
                                                  tri_matrix_name((enum tri_matrix)m), "rows",
                                                  (int)matrix->rows, "columns", (int)matrix->cols,
                                                  "zeros", part(&v->matrix[m])));
    }
    for (uint32_t l = 0; l < f->model->config.layers; l++)
        json_array_append_new(layers, json_real(part(&v->layer[l])));
    for (uint32_t i = 0; i < v->remarks; i++)
        json_array_append_new(remarks, json_string(v->remark[i]));
    json_t *o = describe(f);
    json_object_set_new(o, "scale_least", json_real((double)v->scale_least));
    json_object_set_new(o, "scale_most", json_real((double)v->scale_most));
    json_object_set_new(o, "scale_median", json_real((double)v->scale_median));
    json_object_set_new(o, "scales_bf16", json_integer((json_int_t)v->scales_bf16));
    json_object_set_new(o, "dead_columns", json_integer((json_int_t)v->dead_columns));
    json_object_set_new(o, "dead_rows", json_integer((json_int_t)v->dead_rows));
    json_object_set_new(o, "dead_norms", json_integer((json_int_t)v->dead_norms));
    json_object_set_new(o, "i2s", v->i2s[0] != '\0' ? json_string(v->i2s) : json_null());
    json_object_set_new(o, "verified", json_boolean(f->verified));
    json_object_set_new(o, "zeros", json_real(part(&v->all)));
    json_object_set_new(o, "matrices", matrices);
    json_object_set_new(o, "zeros_by_layer", layers);
    json_object_set_new(o, "remarks", remarks);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(o);
}

int tri_command_info(int argc, char **argv) {
    struct tri_model_choice choice = {0};
    bool json = false, show = false, verify = false;
    char **paths = NULL;
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(choice),
        {"verify", 0, NULL, TRI_OPTION_FLAG, &verify, "read every value of the file"},
        {"progress", 0, NULL, TRI_OPTION_FLAG, &show,
         "say how far it is (on a terminal, after 2 s)"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &json, "one JSON object instead of text"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, &paths);
    if (code >= 0) return code;
    if (choice.path == NULL) choice.path = paths[0];
    if (choice.path == NULL) return tri_complain_usage("info: the model is missing");
    struct tri_engine engine;
    struct facts facts;
    struct tri_progress progress;
    memset(&facts, 0, sizeof facts);
    facts.engine = &engine;
    tri_progress_start(&progress, "reading", NULL, show);
    enum tri_status status = tri_engine_open(&engine, &choice);
    facts.model = engine.model;
    if (status == TRI_OK) status = tri_survey_make(engine.model, &progress, &facts.survey);
    if (status == TRI_OK && verify) status = tri_model_verify(engine.model);
    facts.verified = verify && status == TRI_OK;
    tri_progress_end(&progress);
    if (status == TRI_OK && json) print_json(&facts);
    if (status == TRI_OK && !json) print(&facts);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_survey_free(&facts.survey);
    tri_engine_close(&engine);
    return tri_finish_output(code);
}
