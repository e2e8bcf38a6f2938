/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium compare`: a text goes through the device and through the reference in lock step. Every
 * product and every bit of every logit is compared; the first difference is named and saved for
 * `tritium replay`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/commands.h"
#include "host/engine.h"
#include "host/options.h"
#include "ref/sampler.h"

enum { PIECE = 64 };

struct compare {
    struct tri_model_choice model;
    struct tri_device_choice where;
    const char *prompt, *ids, *replay_out, *plant;
    uint32_t wanted;
    bool special;
    uint64_t stall_seed;
    struct tri_engine engine;
    struct tri_session *reference;
    struct tri_prompt tokens;
    struct tri_sampler *sampler;
    struct tri_replay replay;
    float *got, *right; /* [PIECE][vocab]: of the device, of the reference */
    uint64_t logits_equal;
    bool logits_differ;
};

static const struct tri_usage usage = {
    .command = "compare",
    .synopsis = "-m MODEL --device URI [-p TEXT | --prompt-ids 1,2,3] [options]",
    .purpose = "Runs device and reference in lock step, greedily, and stops at the first "
               "difference: says\n"
               "layer, matrix, row, token, wanted and got, and writes the one command that went "
               "wrong as a\n"
               "replay file.",
    .examples = "  tritium compare -m tests/models/demo --device sim:kv260 -p 'The king' -n 8\n"
                "  tritium compare -m tests/models/micro --device ref:kv260 --prompt-ids 496,1,2\n"
                "  tritium compare -m tests/models/demo --device cpu --threads 3 -p 'The king'\n",
    .statuses =
        "  0  all equal   1  failed   2  wrong command line   3  different   130  stopped by "
        "Ctrl-C\n",
};

/* Runs `count` tokens both ways; the last token's logits end up in row 0 of `right`. */
static enum tri_status step(struct compare *c, struct tri_phase *phase, const uint32_t *ids,
                            uint32_t count) {
    const uint32_t vocab = c->engine.model->config.vocab;
    const uint32_t first = tri_session_length(c->reference);
    TRI_TRY(tri_engine_run(&c->engine, phase, ids, count, true, c->got));
    TRI_TRY(tri_session_run(c->reference, ids, count, tri_product_ref, c->engine.model, true,
                            c->right));
    for (size_t i = 0; i < (size_t)count * vocab; i++) {
        if (memcmp(&c->got[i], &c->right[i], sizeof(float)) == 0) continue;
        c->logits_differ = true;
        return tri_fail(TRI_E_MISMATCH, "logits, vocabulary %zu, token %zu: wanted %a, got %a",
                        i % vocab, first + i / vocab, (double)c->right[i], (double)c->got[i]);
    }
    c->logits_equal += (uint64_t)count * vocab;
    memmove(c->right, c->right + (size_t)(count - 1) * vocab, vocab * sizeof(float));
    return TRI_OK;
}

static enum tri_status prepare(struct compare *c) {
    char uri[4352];
    TRI_TRY(tri_engine_uri(c->where.device, c->where.design, uri));
    if (strcmp(uri, "ref") == 0)
        return tri_fail(TRI_E_ARGUMENT,
                        "compare: wanted --device cpu, ref:DESIGN, hls:DESIGN, sim:DESIGN or "
                        "xrt:FILE.xclbin, got the reference itself");
    TRI_TRY(tri_engine_open(&c->engine, &c->model));
    tri_engine_place(&c->engine, &c->where);
    TRI_TRY(tri_engine_prompt(&c->engine, c->prompt, c->ids, c->special, &c->tokens));
    TRI_TRY(tri_engine_reply_length(&c->engine, c->tokens.count, c->wanted, &c->wanted));
    const struct tri_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    const uint32_t vocab = c->engine.model->config.vocab;
    TRI_TRY(tri_sampler_create(&greedy, vocab, &c->sampler));
    const size_t rows = c->tokens.count < PIECE ? c->tokens.count : PIECE;
    c->got = malloc(rows * vocab * sizeof *c->got);
    c->right = malloc(rows * vocab * sizeof *c->right);
    if (c->got == NULL || c->right == NULL) return tri_fail(TRI_E_MEMORY, "logits: out of memory");
    const uint32_t positions = c->tokens.count + c->wanted;
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    options.seed = c->stall_seed;
    options.plant = c->plant;
    TRI_TRY(tri_engine_start(&c->engine, uri, positions, &options));
    c->engine.products.check = true;
    c->engine.products.replay = &c->replay;
    c->replay.seed = options.seed;
    c->replay.stall_permille = options.stall_permille;
    if (c->plant != NULL) snprintf(c->replay.plant, sizeof c->replay.plant, "%s", c->plant);
    return tri_session_create(c->engine.model, positions, &c->reference);
}

static enum tri_status lock_step(struct compare *c) {
    for (uint32_t first = 0; first < c->tokens.count; first += PIECE) {
        uint32_t left = c->tokens.count - first;
        TRI_TRY(
            step(c, &c->engine.stats.prefill, c->tokens.ids + first, left < PIECE ? left : PIECE));
    }
    for (uint32_t i = 0; i < c->wanted; i++) {
        uint32_t id = 0;
        TRI_TRY(tri_sampler_next(c->sampler, c->right, &id));
        if (tri_config_ends(&c->engine.model->config, id)) break;
        TRI_TRY(step(c, &c->engine.stats.decode, &id, 1));
    }
    return TRI_OK;
}

static int different(struct compare *c) {
    printf("different: %s\n", tri_error());
    printf("before it: %" PRIu64 " products and %" PRIu64 " logits equal on %s\n",
           c->engine.products.equal, c->logits_equal, c->engine.uri);
    if (c->logits_differ) {
        printf("All products were equal: the host's own arithmetic differs, there is no command to "
               "replay.\n");
        return TRI_EXIT_DIFFERENT;
    }
    if (c->engine.products.device == NULL) {
        printf("A product of this processor differs: there is no command to replay.\n");
        return TRI_EXIT_DIFFERENT;
    }
    enum tri_status status = tri_replay_write(&c->replay, c->replay_out);
    if (status != TRI_OK) return tri_complain(status);
    printf("replay with: tritium replay %s --device %s%s%s --wave %s.fst\n", c->replay_out,
           c->engine.uri, c->plant != NULL ? " --plant " : "", c->plant != NULL ? c->plant : "",
           c->replay_out);
    return TRI_EXIT_DIFFERENT;
}

static int perform(struct compare *c) {
    enum tri_status status = prepare(c);
    if (status == TRI_OK) status = lock_step(c);
    if (c->logits_differ || c->engine.products.difference.found)
        return status == TRI_E_MISMATCH ? different(c) : tri_complain(status);
    if (status != TRI_OK) return tri_complain(status);
    const struct tri_stats *stats = tri_engine_stats(&c->engine);
    printf("equal: %" PRIu64 " products (%" PRIu64 " sums) and %" PRIu64 " logits of %" PRIu64
           " tokens on %s\n",
           stats->products_equal, stats->sums_checked, c->logits_equal,
           stats->prefill.tokens + stats->decode.tokens, c->engine.uri);
    return TRI_EXIT_OK;
}

int tri_command_compare(int argc, char **argv) {
    struct compare c = {.wanted = 16, .replay_out = "mismatch.replay"};
    const struct tri_option options[] = {
        TRI_MODEL_OPTIONS(c.model),
        TRI_DEVICE_OPTIONS(c.where),
        {"prompt", 'p', "TEXT", TRI_OPTION_TEXT, &c.prompt, "BOS and this text (BOS alone)"},
        {"prompt-ids", 0, "IDS", TRI_OPTION_TEXT, &c.ids, "token ids, taken as they are"},
        {"special", 0, NULL, TRI_OPTION_FLAG, &c.special,
         "names like <|eot_id|> in TEXT are special tokens"},
        {"tokens", 'n', "N", TRI_OPTION_U32, &c.wanted, "tokens after the prompt, greedy (16)"},
        {"replay-out", 0, "FILE", TRI_OPTION_TEXT, &c.replay_out,
         "where the failing command goes (mismatch.replay)"},
        {"stall-seed", 0, "N", TRI_OPTION_U64, &c.stall_seed,
         "of the simulated memory's random stalls (0)"},
        {"plant", 0, "NAME", TRI_OPTION_TEXT, &c.plant,
         "load the simulator built with this planted bug (for tests)"},
    };
    int status =
        tri_options_parse(&usage, options, sizeof options / sizeof options[0], argc, argv, NULL);
    if (status >= 0) return status;
    if (c.model.path == NULL) return tri_complain_usage("compare: --model is missing");
    if (c.where.device == NULL && c.where.design == NULL)
        return tri_complain_usage("compare: --device is missing");
    status = tri_finish_output(perform(&c));
    tri_session_destroy(c.reference);
    tri_sampler_destroy(c.sampler);
    tri_replay_free(&c.replay);
    free(c.tokens.ids);
    free(c.got);
    free(c.right);
    tri_engine_close(&c.engine);
    return status;
}
