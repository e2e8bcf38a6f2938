/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine against the reference on small models in memory: every instruction set here, both
 * packings, with and without threads, in passes and token by token, and the narrow head's choice.
 * Reads no files and needs no library but libc and threads, so it runs wherever it compiles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "ref/elementary.h"
#include "ref/random.h"
#include "ref/rope.h"

enum { H = 192, KV = 64, F = 276, V = 320, LAYERS = 2, TOKENS = 24 };

static struct tri_random noise = {77};
static unsigned passed, failed;

static void must(enum tri_status status) {
    if (status == TRI_OK) return;
    fprintf(stderr, "engine_check: %s\n", tri_error());
    exit(1);
}

static void *room(size_t count, size_t bytes) {
    void *data = calloc(count, bytes);
    if (data != NULL) return data;
    fprintf(stderr, "engine_check: out of memory\n");
    exit(1);
}

static float *floats(size_t n) {
    float *x = room(n, sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(tri_random_unit(&noise) * 2 - 1);
    return x;
}

static struct tri_ternary ternary(uint32_t rows, uint32_t cols, bool divides) {
    uint8_t *packed = room((size_t)rows / 4 * cols, 1);
    for (size_t i = 0; i < (size_t)rows / 4 * cols; i++)
        for (int k = 0; k < 4; k++)
            packed[i] = (uint8_t)(packed[i] | (tri_random_next(&noise) % 3) << (2 * k));
    return (struct tri_ternary){.rows = rows,
                                .cols = cols,
                                .scale = 0.6f,
                                .divides = divides,
                                .packed = packed,
                                .name = "random"};
}

/* The process ends after the checks; what is made here is given back then. */
static struct tri_model *make(bool llama) {
    struct tri_model *m = room(1, sizeof *m);
    m->layers = room(LAYERS, sizeof *m->layers);
    for (int i = 0; i < LAYERS; i++)
        m->layers[i] = (struct tri_layer){
            .matrix = {ternary(H, H, llama), ternary(KV, H, llama), ternary(KV, H, llama),
                       ternary(H, H, llama), ternary(F, H, llama), ternary(F, H, llama),
                       ternary(H, F, llama)},
            .input_norm = floats(H),
            .attn_norm = llama ? NULL : floats(H),
            .post_norm = floats(H),
            .ffn_norm = llama ? NULL : floats(F),
        };
    m->config = (struct tri_config){.layers = LAYERS,
                                    .hidden = H,
                                    .ffn = F,
                                    .heads = 6,
                                    .kv_heads = 2,
                                    .head_dim = 32,
                                    .vocab = V,
                                    .context = 64,
                                    .eps = 1e-5f,
                                    .rope_theta = 500000,
                                    .tied = true,
                                    .sub_norms = !llama,
                                    .activation = llama ? TRI_SILU : TRI_RELU2};
    uint16_t *table = room((size_t)V * H, sizeof *table);
    for (size_t i = 0; i < (size_t)V * H; i++) {
        const float x = (float)(tri_random_unit(&noise) * 2 - 1);
        table[i] = (uint16_t)(tri_float_bits(x) >> 16); /* a bf16, and some finite f16 */
        if (llama) table[i] &= 0xbbff;
    }
    m->embedding = (struct tri_table){V, H, llama ? TRI_F16 : TRI_BF16, table};
    m->head = m->embedding;
    m->final_norm = floats(H);
    m->rope_inv_freq = room(16, sizeof(float));
    tri_rope_frequencies(32, 500000, m->rope_inv_freq);
    return m;
}

static void verdict(bool equal, const char *what, enum tri_isa isa, unsigned threads) {
    if (equal)
        passed++;
    else
        failed++;
    if (!equal) printf("FAILED %s, %s, %u threads\n", what, tri_isa_name(isa), threads);
}

static void check(struct tri_model *model, const uint32_t *ids, const float *wanted,
                  const struct tri_cpu_options *options) {
    struct tri_cpu *cpu;
    struct tri_sequence *sequence;
    float *got = room((size_t)TOKENS * V, sizeof *got), state[H];
    must(tri_cpu_create(model, options, &cpu));
    must(tri_sequence_create(cpu, TOKENS, &sequence));
    struct tri_request q = {.sequence = sequence, .ids = ids, .count = TOKENS, .all_logits = got};
    must(tri_cpu_run(cpu, &q, 1, NULL, NULL));
    verdict(memcmp(got, wanted, sizeof(float) * TOKENS * V) == 0, "all at once", options->isa,
            options->threads);
    tri_sequence_rewind(sequence, 0);
    struct tri_sampling sampling = {.temperature = options->threads > 1 ? 0.8f : 0,
                                    .top_k = 20,
                                    .top_p = 0.9f,
                                    .min_p = 0.02f,
                                    .repetition_penalty = 1.1f,
                                    .seed = 5};
    struct tri_sampler *full, *narrow;
    must(tri_sampler_create(&sampling, V, &full));
    must(tri_sampler_create(&sampling, V, &narrow));
    bool equal = true, same = true;
    for (uint32_t i = 0; i < TOKENS; i++) {
        uint32_t right = 0, id = 0;
        q = (struct tri_request){
            .sequence = sequence, .ids = ids + i, .count = 1, .logits = got, .state = state};
        must(tri_cpu_run(cpu, &q, 1, NULL, NULL));
        equal = equal && memcmp(got, wanted + (size_t)i * V, sizeof(float) * V) == 0;
        must(tri_sampler_next(full, got, &right));
        must(tri_head_next(tri_cpu_head(cpu), narrow, state, &id));
        same = same && id == right;
        tri_sampler_accept(full, id);
        tri_sampler_accept(narrow, id);
    }
    verdict(equal, "token by token", options->isa, options->threads);
    verdict(same, "the narrow head's tokens", options->isa, options->threads);
    tri_sampler_destroy(full);
    tri_sampler_destroy(narrow);
    tri_sequence_destroy(sequence);
    tri_cpu_destroy(cpu);
    free(got);
}

int main(void) {
    for (int llama = 0; llama < 2; llama++) {
        struct tri_model *model = make(llama != 0);
        struct tri_session *session;
        float *wanted = room((size_t)TOKENS * V, sizeof *wanted);
        uint32_t ids[TOKENS];
        for (uint32_t i = 0; i < TOKENS; i++) ids[i] = (uint32_t)(tri_random_next(&noise) % V);
        must(tri_session_create(model, TOKENS, &session));
        must(tri_session_run(session, ids, TOKENS, tri_product_ref, model, true, wanted));
        for (int isa = 0; isa < TRI_ISAS; isa++) {
            if (!tri_isa_here((enum tri_isa)isa)) continue;
            for (int k = 0; k < 4; k++) {
                struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
                options.isa = (enum tri_isa)isa;
                options.packing = k % 2 != 0 ? TRI_PACKING_B2 : TRI_PACKING_B3;
                options.threads = k < 2 ? 1 : 3;
                options.chunk = k < 2 ? 0 : 7;
                options.grain = 1; /* small as the models are, the threads take part */
                check(model, ids, wanted, &options);
            }
        }
        tri_session_destroy(session);
        free(wanted);
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
