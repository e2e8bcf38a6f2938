/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine gives the reference's bits: on every instruction set of this machine, with any
 * number of threads, any cut of a text, any company in a batch, and wherever products are computed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "ref/random.h"
#include "ref/rope.h"
#include "tests/unit/test_ref_support.h"

enum { TEXT = 70 };

/* Of the combinations on the smallest model and on the others, every so manieth; with sanitizers,
 * which look for other things, fewer. */
#ifdef __SANITIZE_ADDRESS__
enum { EVERY_SMALL = 7, EVERY_OTHER = 17 };
#else
enum { EVERY_SMALL = 1, EVERY_OTHER = 5 };
#endif

static void fill(uint32_t *ids, uint32_t n, uint32_t vocab, uint64_t seed) {
    struct tri_random random = {seed};
    for (uint32_t i = 0; i < n; i++) ids[i] = (uint32_t)(tri_random_next(&random) % vocab);
}

/* [n][vocab], by the reference. */
static float *by_reference(struct tri_model *model, const uint32_t *ids, uint32_t n) {
    struct tri_session *session;
    float *logits = malloc((size_t)n * model->config.vocab * sizeof *logits);
    must(tri_session_create(model, n, &session));
    must(tri_session_run(session, ids, n, tri_product_ref, model, true, logits));
    tri_session_destroy(session);
    return logits;
}

static struct tri_cpu *engine(const struct tri_model *model, enum tri_isa isa, uint32_t threads,
                              enum tri_packing packing, uint32_t chunk) {
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    options.isa = isa;
    options.threads = threads;
    options.packing = packing;
    options.chunk = chunk;
    options.screen = false;
    options.grain = 1; /* small as the models are, the threads take part */
    must(tri_cpu_create(model, &options, &cpu));
    return cpu;
}

/* The whole text with all logits in one call, then its last logits and state alone in calls of
 * `step` tokens: both are the reference's. */
static void same(struct tri_cpu *cpu, const struct tri_model *model, const uint32_t *ids,
                 uint32_t n, const float *wanted, uint32_t step, const char *what) {
    const size_t vocab = model->config.vocab;
    float *got = malloc(n * vocab * sizeof *got);
    struct tri_sequence *sequence;
    must(tri_sequence_create(cpu, n, &sequence));
    const struct tri_request all = {
        .sequence = sequence, .ids = ids, .count = n, .all_logits = got};
    must(tri_cpu_run(cpu, &all, 1, NULL, NULL));
    cr_assert(tri_sequence_length(sequence) == n);
    cr_assert(memcmp(got, wanted, n * vocab * sizeof *got) == 0, "%s: all logits", what);
    tri_sequence_rewind(sequence, 0);
    for (uint32_t done = 0; done < n;) {
        const uint32_t count = n - done < step ? n - done : step;
        const struct tri_request last = {
            .sequence = sequence, .ids = ids + done, .count = count, .logits = got};
        must(tri_cpu_run(cpu, &last, 1, NULL, NULL));
        done += count;
        cr_assert(memcmp(got, wanted + (done - 1) * vocab, vocab * sizeof *got) == 0,
                  "%s: position %u in steps of %u", what, done - 1, step);
    }
    tri_sequence_destroy(sequence);
    free(got);
}

Test(cpu_engine, logits_are_the_references_at_any_threads_isa_packing_and_chunk) {
    static const char *const names[] = {"micro", "tiny-a", "tiny-b", "demo"};
    static const uint32_t threads[] = {1, 2, 3, 8}, chunks[] = {1, 3, 17, 64, 0};
    printf("instruction sets here:");
    for (int isa = 0; isa < TRI_ISAS; isa++)
        if (tri_isa_here((enum tri_isa)isa)) printf(" %s", tri_isa_name((enum tri_isa)isa));
    printf("\n");
    for (int m = 0; m < 4; m++) {
        struct tri_model *model = open_model(names[m]);
        uint32_t ids[TEXT];
        fill(ids, TEXT, model->config.vocab, 7);
        float *wanted = by_reference(model, ids, TEXT);
        unsigned turn = 0;
        for (int isa = 0; isa < TRI_ISAS; isa++) {
            if (!tri_isa_here((enum tri_isa)isa)) continue;
            for (int t = 0; t < 4; t++) {
                for (int k = 0; k < 5; k++, turn++) {
                    char what[96];
                    if (turn % (m == 0 ? EVERY_SMALL : EVERY_OTHER) != 0) continue;
                    const enum tri_packing packing = turn % 2 ? TRI_PACKING_B2 : TRI_PACKING_B3;
                    (void)snprintf(what, sizeof what, "%s, %s, %u threads, chunk %u", names[m],
                                   tri_isa_name((enum tri_isa)isa), threads[t], chunks[k]);
                    struct tri_cpu *cpu =
                        engine(model, (enum tri_isa)isa, threads[t], packing, chunks[k]);
                    same(cpu, model, ids, TEXT, wanted, chunks[k] == 0 ? TEXT : chunks[k], what);
                    tri_cpu_destroy(cpu);
                }
            }
        }
        free(wanted);
        tri_model_close(model);
    }
}

/* Random weights of the shape of 2B4T: hidden 2560, 20 heads on 5, ffn 6912; one layer, few words.
 */
struct slice {
    struct tri_model model;
    struct tri_layer layer;
    void *taken[32];
    unsigned count;
};

static void *take(struct slice *s, size_t bytes) {
    void *data = malloc(bytes);
    cr_assert(data != NULL);
    return s->taken[s->count++] = data;
}

static float *random_floats(struct slice *s, struct tri_random *random, size_t n) {
    float *x = take(s, n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(tri_random_unit(random) * 2 - 1);
    return x;
}

static struct tri_ternary random_matrix(struct slice *s, struct tri_random *random, uint32_t rows,
                                        uint32_t cols) {
    static const uint8_t codes[3] = {0, 1, 2};
    uint8_t *packed = take(s, (size_t)rows / 4 * cols);
    for (size_t i = 0; i < (size_t)rows / 4 * cols; i++) {
        const uint64_t r = tri_random_next(random);
        packed[i] = (uint8_t)(codes[r % 3] | codes[(r >> 8) % 3] << 2 | codes[(r >> 16) % 3] << 4 |
                              codes[(r >> 24) % 3] << 6);
    }
    return (struct tri_ternary){
        .rows = rows, .cols = cols, .scale = 0.75f, .packed = packed, .name = "random"};
}

static void make_slice(struct slice *s) {
    enum { H = 2560, KV = 640, F = 6912, V = 384, DIM = 128 };
    struct tri_random random = {11};
    memset(s, 0, sizeof *s);
    s->layer = (struct tri_layer){
        .matrix = {random_matrix(s, &random, H, H), random_matrix(s, &random, KV, H),
                   random_matrix(s, &random, KV, H), random_matrix(s, &random, H, H),
                   random_matrix(s, &random, F, H), random_matrix(s, &random, F, H),
                   random_matrix(s, &random, H, F)},
        .input_norm = random_floats(s, &random, H),
        .attn_norm = random_floats(s, &random, H),
        .post_norm = random_floats(s, &random, H),
        .ffn_norm = random_floats(s, &random, F),
    };
    s->model.config = (struct tri_config){.layers = 1,
                                          .hidden = H,
                                          .ffn = F,
                                          .heads = H / DIM,
                                          .kv_heads = KV / DIM,
                                          .head_dim = DIM,
                                          .vocab = V,
                                          .context = 64,
                                          .eps = 1e-5f,
                                          .rope_theta = 500000,
                                          .sub_norms = true,
                                          .tied = true};
    s->model.layers = &s->layer;
    s->model.embedding =
        (struct tri_table){V, H, TRI_F32, random_floats(s, &random, (size_t)V * H)};
    s->model.head = s->model.embedding;
    s->model.final_norm = random_floats(s, &random, H);
    s->model.rope_inv_freq = take(s, DIM / 2 * sizeof(float));
    tri_rope_frequencies(DIM, 500000, s->model.rope_inv_freq);
}

Test(cpu_engine, a_layer_of_full_shape_gives_the_references_logits) {
    enum { N = 6 };
    static struct slice s;
    uint32_t ids[N];
    make_slice(&s);
    fill(ids, N, s.model.config.vocab, 3);
    float *wanted = by_reference(&s.model, ids, N);
    for (int isa = 0; isa < TRI_ISAS; isa++) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        for (unsigned p = 0; p < 2; p++) {
            struct tri_cpu *cpu = engine(&s.model, (enum tri_isa)isa, 2 + p,
                                         p ? TRI_PACKING_B2 : TRI_PACKING_B3, p ? 4 : 0);
            same(cpu, &s.model, ids, N, wanted, 5, tri_isa_name((enum tri_isa)isa));
            tri_cpu_destroy(cpu);
        }
    }
    free(wanted);
    for (unsigned i = 0; i < s.count; i++) free(s.taken[i]);
}

/* Five texts of unequal length in passes that they join and leave at different times. */
enum { TEXTS = 5 };
static const uint32_t lengths[TEXTS] = {40, 3, 70, 21, 1};

static void run_together(struct tri_cpu *cpu, const struct tri_model *model,
                         uint32_t ids[TEXTS][TEXT], float *const wanted[TEXTS], tri_product product,
                         void *context) {
    const size_t vocab = model->config.vocab;
    struct tri_sequence *sequence[TEXTS];
    float *got[TEXTS];
    for (int i = 0; i < TEXTS; i++) {
        must(tri_sequence_create(cpu, lengths[i], &sequence[i]));
        got[i] = malloc(lengths[i] * vocab * sizeof(float));
    }
    for (uint32_t round = 0, left = 1; left > 0; round++) {
        struct tri_request q[TEXTS];
        uint32_t count = 0;
        left = 0;
        for (uint32_t i = 0; i < TEXTS; i++) {
            const uint32_t done = tri_sequence_length(sequence[i]), rest = lengths[i] - done;
            left += rest;
            if (rest == 0 || round < i) continue; /* text i comes in round i */
            uint32_t step = (round + i) % 3 == 0 ? 1 + 7 * i : 1;
            if (step > rest) step = rest;
            q[count++] = (struct tri_request){.sequence = sequence[i],
                                              .ids = ids[i] + done,
                                              .count = step,
                                              .all_logits = got[i] + done * vocab};
        }
        if (count > 0) must(tri_cpu_run(cpu, q, count, product, context));
    }
    for (int i = 0; i < TEXTS; i++) {
        cr_assert(memcmp(got[i], wanted[i], lengths[i] * vocab * sizeof(float)) == 0, "text %d", i);
        tri_sequence_destroy(sequence[i]);
        free(got[i]);
    }
}

Test(cpu_engine, a_text_in_company_has_the_logits_it_has_alone) {
    static const char *const names[] = {"micro", "tiny-a"};
    for (int m = 0; m < 2; m++) {
        struct tri_model *model = open_model(names[m]);
        uint32_t ids[TEXTS][TEXT];
        float *wanted[TEXTS];
        for (uint32_t i = 0; i < TEXTS; i++) {
            fill(ids[i], lengths[i], model->config.vocab, 40 + i);
            wanted[i] = by_reference(model, ids[i], lengths[i]);
        }
        for (uint32_t chunk = 0; chunk < 6; chunk += 5) {
            struct tri_cpu *cpu = engine(model, tri_isa_best(), 2, TRI_PACKING_B3, chunk);
            run_together(cpu, model, ids, wanted, NULL, NULL);
            tri_cpu_destroy(cpu);
        }
        /* And with the products elsewhere, two parts of each pass in turn. */
        for (uint32_t split = 1; split <= 4; split += 3) {
            struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
            struct tri_cpu *cpu;
            options.pack = options.screen = false;
            options.threads = 2;
            options.chunk = 8;
            options.split = split;
            must(tri_cpu_create(model, &options, &cpu));
            run_together(cpu, model, ids, wanted, tri_product_ref, model);
            cr_assert(tri_cpu_profile(cpu)->elsewhere > 0);
            tri_cpu_destroy(cpu);
        }
        for (uint32_t i = 0; i < TEXTS; i++) free(wanted[i]);
        tri_model_close(model);
    }
}

Test(cpu_engine, a_text_longer_than_the_cache_blocks_is_the_references) {
    enum { LONG = 200 };
    struct tri_model *model = open_model("micro");
    uint32_t ids[LONG];
    fill(ids, LONG, model->config.vocab, 9);
    float *wanted = by_reference(model, ids, LONG);
    struct tri_cpu *cpu = engine(model, tri_isa_best(), 3, TRI_PACKING_B3, 0);
    same(cpu, model, ids, LONG, wanted, 33, "long");
    free(wanted);
    tri_cpu_destroy(cpu);
    tri_model_close(model);
}
