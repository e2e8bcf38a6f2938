/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium synth`: a random model of a published shape, streamed to disk.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/options.h"
#include "host/randommodel.h"
#include "host/save.h"
#include "host/shape.h"

static const struct tri_usage usage = {
    .command = "synth",
    .synopsis = "--shape SHAPE --out PATH [--seed N] [--format FORM] [options]",
    .purpose = "Makes a random model of a published shape, with the magnitudes, dead channels and "
               "outliers\n"
               "of trained ones: for tests and measurements without anybody's weights. The same "
               "seed gives\n"
               "the same bytes on every machine. Shapes: 2b4t, 0.7b, 3b, falcon3-1b, falcon3-3b, "
               "falcon3-7b,\n"
               "falcon3-10b, llama3-8b, and tiny- before one of them (tiny alone: tiny-2b4t). The "
               "tokenizer\n"
               "is one of single bytes, unless --tokenizer gives another.",
    .examples = "  tritium synth --shape 2b4t --seed 1 -o build/2b4t\n"
                "  tritium synth --shape tiny-falcon3-7b -o build/falcon.gguf --format tq2_0\n",
    .statuses = "  0  done   1  not written   2  wrong command line\n"
                "  130  stopped by Ctrl-C: PATH does not exist\n",
};

struct synth {
    const char *shape, *form, *tokenizer_path;
    uint64_t seed;
    bool json, no_tokenizer;
    struct tri_config config;
    struct tri_saving saving;
    struct tri_random_model *model;
    struct tri_tokenizer *tokenizer;
};

static enum tri_status make_tokenizer(struct synth *s, uint32_t eot) {
    if (s->no_tokenizer) return TRI_OK;
    if (s->tokenizer_path != NULL) {
        TRI_TRY(tri_tokenizer_open(s->tokenizer_path, &s->tokenizer));
        if (tri_tokenizer_vocab(s->tokenizer) <= s->config.vocab) return TRI_OK;
        return tri_fail(TRI_E_ARGUMENT, "%s: wanted at most %u ids, got %u", s->tokenizer_path,
                        s->config.vocab, tri_tokenizer_vocab(s->tokenizer));
    }
    /* Single bytes, at ids that the special tokens leave free. */
    struct tri_named_token names[3] = {{s->config.bos, "<|begin_of_text|>"},
                                       {s->config.eos[0], "<|end_of_text|>"},
                                       {eot, "<|eot_id|>"}};
    size_t count = 3;
    if (s->config.bos == s->config.eos[0]) names[--count - 1] = names[2];
    return tri_tokenizer_of_bytes(s->config.bos < 256 ? 16 : 0, names, count, &s->tokenizer);
}

static enum tri_status synth(struct synth *s) {
    uint32_t eot;
    struct tri_source source = {0};
    TRI_TRY(tri_save_form(s->form, &s->saving.form));
    TRI_TRY(tri_shape(s->shape, &s->config, &eot));
    TRI_TRY(make_tokenizer(s, eot));
    TRI_TRY(tri_random_model_create(&s->config, s->seed, &s->model));
    char name[96];
    snprintf(name, sizeof name, "synth-%s-%" PRIu64, s->shape, s->seed);
    tri_random_model_source(s->model, &source);
    source.name = name;
    source.tokenizer = s->tokenizer;
    return tri_save(&source, &s->saving, NULL, NULL);
}

static void report(const struct synth *s) {
    const struct tri_saving *saving = &s->saving;
    if (!s->json) {
        printf("%s: %s, seed %" PRIu64 ", %s, %" PRIu64 " bytes of tensors in %.2f s\n",
               saving->path, s->shape, s->seed, tri_form_names[saving->form], saving->bytes,
               saving->seconds);
        return;
    }
    json_t *o = json_pack("{s:s, s:s, s:I, s:s, s:I, s:f}", "out", saving->path, "shape", s->shape,
                          "seed", (json_int_t)s->seed, "form", tri_form_names[saving->form],
                          "bytes", (json_int_t)saving->bytes, "seconds", saving->seconds);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    printf("\n");
    json_decref(o);
}

int tri_command_synth(int argc, char **argv) {
    struct synth s = {.form = "hf", .seed = 1, .saving = {.what = "making"}};
    const struct tri_option options[] = {
        {"shape", 's', "SHAPE", TRI_OPTION_TEXT, &s.shape, "one of the above"},
        {"seed", 0, "N", TRI_OPTION_U64, &s.seed, "of the random numbers (1)"},
        {"out", 'o', "PATH", TRI_OPTION_TEXT, &s.saving.path,
         "folder or GGUF file; must not exist"},
        {"format", 'f', "FORM", TRI_OPTION_TEXT, &s.form,
         "hf, i2_s, i2_s-arm, tq1_0, tq2_0, f16, bf16 or f32 (hf)"},
        {"tokenizer", 0, "FILE", TRI_OPTION_TEXT, &s.tokenizer_path,
         "tokenizer.json, tokenizer.model or GGUF to take along (single bytes)"},
        {"no-tokenizer", 0, NULL, TRI_OPTION_FLAG, &s.no_tokenizer, "none at all"},
        {"progress", 0, NULL, TRI_OPTION_FLAG, &s.saving.progress,
         "say how far it is (on a terminal, after 2 s)"},
        {"json", 0, NULL, TRI_OPTION_FLAG, &s.json, "one JSON object instead of text"},
    };
    int code =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (code >= 0) return code;
    if (s.shape == NULL) return tri_complain_usage("synth: --shape is missing");
    if (s.saving.path == NULL) return tri_complain_usage("synth: --out is missing");
    enum tri_status status = synth(&s);
    if (status == TRI_OK) report(&s);
    code = status == TRI_OK ? TRI_EXIT_OK : tri_complain(status);
    tri_random_model_destroy(s.model);
    tri_tokenizer_close(s.tokenizer);
    return tri_finish_output(code);
}
