/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium convert`: any model that can be opened, into any form that can hold it.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "host/commands.h"
#include "host/engine.h"
#include "host/options.h"
#include "host/save.h"
#include "ref/gguf.h"
#include "ref/map.h"

static const struct tri_usage usage = {
    .command = "convert",
    .synopsis = "IN OUT --to FORM [options]",
    .purpose =
        "Writes a model in another form: hf (packed Hugging Face folder) or, as a GGUF file, "
        "i2_s,\n"
        "i2_s-arm, tq1_0, tq2_0, f16, bf16, f32. OUT is whole or absent, and never replaces\n"
        "anything. What the form cannot hold to the last bit is said, or refused with --exact.",
    .examples = "  tritium convert bitnet-2b4t ggml-model-i2_s.gguf --to i2_s\n"
                "  tritium convert ggml-model-i2_s.gguf bitnet-2b4t-hf --to hf\n"
                "  tritium convert tests/models/micro build/micro-tq1_0.gguf --to tq1_0 --exact\n",
    .statuses = "  0  done   1  IN cannot be read, or OUT not written   2  wrong command line\n"
                "  130  stopped by Ctrl-C: OUT does not exist\n",
    .least = 2,
    .most = 2,
};

struct convert {
    struct tri_model_choice in;
    const char *form, *name, *tokenizer_path;
    bool json;
    struct tri_saving saving;
    struct tri_model *model;
    struct tri_tokenizer *tokenizer;
};

static enum tri_status matrix_of(void *context, uint32_t layer, enum tri_matrix which,
                                 struct tri_ternary *matrix) {
    const struct tri_model *model = context;
    *matrix = model->layers[layer].matrix[which];
    return TRI_OK;
}

static enum tri_status rows_of(void *context, bool head, uint32_t first, uint32_t count,
                               struct tri_table *rows) {
    const struct tri_model *model = context;
    *rows = head ? model->head : model->embedding;
    rows->data =
        (const char *)rows->data + (size_t)first * rows->cols * tri_float_bytes(rows->type);
    rows->rows = count;
    return TRI_OK;
}

static enum tri_status norm_of(void *context, uint32_t layer, enum tri_norm_kind which,
                               const float **norm) {
    const struct tri_model *model = context;
    const struct tri_layer *l = &model->layers[layer];
    *norm = which == TRI_FINAL_NORM   ? model->final_norm
            : which == TRI_INPUT_NORM ? l->input_norm
            : which == TRI_POST_NORM  ? l->post_norm
            : which == TRI_ATTN_NORM  ? l->attn_norm
                                      : l->ffn_norm;
    return TRI_OK;
}

static enum tri_status intact(void *context) { return tri_model_intact(context); }

/* --name, or the name in a GGUF file, or the last part of IN's path without .gguf. out: 256 bytes
 */
static const char *name_of(const struct convert *c, char *out) {
    const struct tri_gguf *file = tri_model_gguf(c->model);
    const char *text;
    uint64_t bytes;
    if (c->name != NULL) return c->name;
    if (file != NULL && tri_gguf_string(tri_gguf_value(file, "general.name"), &text, &bytes) &&
        bytes > 0 && bytes < 256) {
        memcpy(out, text, (size_t)bytes);
        out[bytes] = '\0';
        return out;
    }
    size_t length = strlen(c->in.path);
    while (length > 1 && c->in.path[length - 1] == '/') length--;
    size_t start = length;
    while (start > 0 && c->in.path[start - 1] != '/') start--;
    if (length - start > 5 && memcmp(c->in.path + length - 5, ".gguf", 5) == 0) length -= 5;
    snprintf(out, 256, "%.*s", (int)(length - start), c->in.path + start);
    return out;
}

static enum tri_status open_input(struct convert *c) {
    struct tri_model_options options;
    char why[512];
    TRI_TRY(tri_save_form(c->form, &c->saving.form));
    TRI_TRY(tri_map_guard());
    TRI_TRY(tri_model_choice_options(&c->in, &options));
    TRI_TRY(tri_model_open(c->in.path, &options, &c->model));
    if (c->tokenizer_path != NULL) return tri_tokenizer_open(c->tokenizer_path, &c->tokenizer);
    return tri_engine_tokenizer(c->in.path, &c->tokenizer, why);
}

static enum tri_status convert(struct convert *c) {
    char name[256];
    TRI_TRY(open_input(c));
    const struct tri_ternary *first = &c->model->layers[0].matrix[0];
    const bool folder = tri_model_gguf(c->model) == NULL;
    if (folder && c->tokenizer_path == NULL) c->saving.copy = c->in.path;
    if (folder) c->saving.copy_config = first->layout == TRI_LAYOUT_HF;
    struct tri_source source = {.config = &c->model->config,
                                .name = name_of(c, name),
                                .tokenizer = c->tokenizer,
                                .divides = first->divides,
                                .context = c->model,
                                .matrix = matrix_of,
                                .rows = rows_of,
                                .norm = norm_of};
    if (c->tokenizer != NULL && tri_tokenizer_vocab(c->tokenizer) > c->model->config.vocab)
        return tri_fail(TRI_E_FORMAT, "%s: tokenizer: wanted at most %u ids, got %u", c->in.path,
                        c->model->config.vocab, tri_tokenizer_vocab(c->tokenizer));
    return tri_save(&source, &c->saving, intact, c->model);
}

static void report(const struct convert *c) {
    const struct tri_saving *s = &c->saving;
    char remarks[256];
    tri_save_remarks(s, remarks);
    double rate = s->seconds > 0 ? (double)s->bytes * 1e-6 / s->seconds : 0;
    if (!c->json) {
        printf("%s: %s, %" PRIu64 " bytes of tensors in %.2f s, %.0f MB/s\n%s%s\n", s->path,
               tri_form_names[s->form], s->bytes, s->seconds, rate,
               remarks[0] != '\0' ? "not the same to the last bit: " : "the same to the last bit",
               remarks);
        return;
    }
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:f, s:I, s:I, s:I, s:b}", "in", c->in.path, "out",
                          s->path, "form", tri_form_names[s->form], "bytes", (json_int_t)s->bytes,
                          "seconds", s->seconds, "scales_rounded", (json_int_t)s->rounded.scales,
                          "values_rounded", (json_int_t)s->rounded.values, "scales_inverted",
                          (json_int_t)s->rounded.inverted, "exact", (int)(remarks[0] == '\0'));
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(o);
}

int tri_command_convert(int argc, char **argv) {
    struct convert c = {.saving = {.what = "converting"}};
    char **paths = NULL;
    const struct tri_option options[] = {
        {"to", 't', "FORM", TRI_OPTION_TEXT, &c.form,
         "hf, i2_s, i2_s-arm, tq1_0, tq2_0, f16, bf16 or f32"},
        {"i2s", 0, "LAYOUT", TRI_OPTION_TEXT, &c.in.i2s,
         "of an I2_S file read: x86, arm or rows; nothing in the file says it (x86)"},
        {"exact", 0, NULL, TRI_OPTION_FLAG, &c.saving.exact,
         "refuse what is not the same model to the last bit"},
        {"name", 0, "TEXT", TRI_OPTION_TEXT, &c.name, "general.name of a GGUF file (IN's)"},
        {"tokenizer", 0, "FILE", TRI_OPTION_TEXT, &c.tokenizer_path,
         "tokenizer.json, tokenizer.model or GGUF to take along (IN's)"},
        {"progress", 0, NULL, TRI_OPTION_FLAG, &c.saving.progress,
         "say how far it is (on a terminal, after 2 s)"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &c.json, "one JSON object instead of text"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, &paths);
    if (code >= 0) return code;
    if (c.form == NULL) return tri_complain_usage("convert: --to is missing");
    c.in.path = paths[0];
    c.saving.path = paths[1];
    enum tri_status status = convert(&c);
    if (status == TRI_OK) report(&c);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_tokenizer_close(c.tokenizer);
    tri_model_close(c.model);
    return tri_finish_output(code);
}
