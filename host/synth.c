/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium synth`: a random model of a published shape, streamed to disk.
 */
#include <inttypes.h>
#include <jansson.h>

#include "host/commands.h"
#include "host/options.h"
#include "host/synthetic.h"

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
    struct tri_saving saving;
};

static enum tri_status synth(struct synth *s) {
    TRI_TRY(tri_save_form(s->form, &s->saving.form));
    return tri_synthetic_make(s->shape, s->seed, s->tokenizer_path, s->no_tokenizer, &s->saving);
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
    return tri_finish_output(code);
}
