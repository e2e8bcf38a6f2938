/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints one 64-bit hash over the bits that the reference's operators and a forward pass produce on
 * a seeded workload. Equal on every compiler, optimisation level and machine, or the definition of
 * the numbers is broken. Reads no files and needs no library but libc, so it runs anywhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/forward.h"
#include "ref/loader.h"
#include "ref/numerics.h"
#include "ref/random.h"
#include "ref/rope.h"
#include "ref/sampler.h"

enum { HIDDEN = 2560, FFN = 6912, DIM = 128, ROUNDS = 12 };

static struct tri_random noise = {20241};
static uint64_t hash = 0xcbf29ce484222325u;

/* FNV-1a over bytes. */
static void mix(const void *data, size_t bytes) {
    const unsigned char *c = data;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ c[i]) * 0x100000001b3u;
}

static void mix_floats(const float *x, size_t n) { mix(x, n * sizeof *x); }

/* A float in -1..1 times a power of two between 2^-bits and 2^bits. */
static float value(int bits) {
    float x = (float)(tri_random_unit(&noise) * 2 - 1);
    int power = (int)(tri_random_next(&noise) % (uint64_t)(2 * bits + 1)) - bits;
    return x * tri_float_from_bits((uint32_t)(127 + power) << 23);
}

static uint16_t bf16(float x) { return (uint16_t)(tri_float_bits(x) >> 16); }

static void *room(size_t count, size_t bytes) {
    void *data = calloc(count, bytes);
    if (data == NULL) {
        fputs("ref_hash: out of memory\n", stderr);
        exit(1);
    }
    return data;
}

static void must(enum tri_status status) {
    if (status == TRI_OK) return;
    fprintf(stderr, "ref_hash: %s\n", tri_error());
    exit(1);
}

static void operators(void) {
    float *x = room(FFN, sizeof *x), *g = room(FFN, sizeof *g), *y = room(FFN, sizeof *y);
    uint16_t *w = room(FFN, sizeof *w);
    int8_t *codes = room(FFN, 1);
    int32_t *sums = room(FFN, sizeof *sums);
    for (int round = 0; round < ROUNDS; round++) {
        static const size_t sizes[] = {HIDDEN, FFN, DIM, 1003};
        size_t n = sizes[round % 4];
        for (size_t i = 0; i < n; i++) {
            x[i] = value(round % 3 == 0 ? 60 : 4); /* wide: products become subnormal */
            g[i] = value(8);
            w[i] = bf16(value(8));
            sums[i] = (int32_t)(tri_random_next(&noise) % 1769473u) - 884736;
        }
        float s = 0;
        if (!tri_norm(x, g, 1e-5f, n, y) || !tri_quantise(y, n, codes, &s)) exit(1);
        mix_floats(y, n);
        mix(codes, n);
        mix_floats(&s, 1);
        float dots[3] = {tri_dot(x, g, n), tri_dot_bf16(x, w, n), tri_sum(x, n)};
        mix_floats(dots, 3);
        tri_dequantise(sums, s, value(3), n, y);
        mix_floats(y, n);
        tri_relu2(g, y, n, y);
        mix_floats(y, n);
        for (size_t i = 0; i < n; i++) y[i] = value(6);
        tri_softmax(y, n);
        mix_floats(y, n);
        for (size_t i = 0; i < n; i++) y[i] = tri_sqrt(x[i] < 0 ? -x[i] : x[i]);
        mix_floats(y, n);
        tri_dequantise_dividing(sums, s, value(3), n, y);
        mix_floats(y, n);
        tri_silu(x, g, n, y);
        mix_floats(y, n);
    }
    free(x), free(g), free(y), free(w), free(codes), free(sums);
}

static void rope(void) {
    static const double thetas[] = {500000, 10000, 1234.5};
    float frequencies[DIM / 2], cosine[DIM / 2], sine[DIM / 2], head[DIM];
    for (size_t i = 0; i < 3; i++) {
        tri_rope_frequencies(DIM - 32 * (uint32_t)i, thetas[i], frequencies);
        uint32_t half = (DIM - 32 * (uint32_t)i) / 2;
        mix_floats(frequencies, half);
        for (uint32_t position = 0; position < 4096; position += 13) {
            tri_rope_angles(position, frequencies, half, cosine, sine);
            mix_floats(cosine, half);
            mix_floats(sine, half);
            for (uint32_t k = 0; k < 2 * half; k++) head[k] = value(4);
            tri_rope_rotate(head, cosine, sine, half);
            mix_floats(head, 2 * half);
        }
    }
}

/* Every float16 as float32, and masters made ternary. */
static void files(void) {
    enum { ROWS = 96, COLS = 171 };
    uint16_t *half = room(65536, sizeof *half);
    float *wide = room(65536, sizeof *wide);
    for (uint32_t i = 0; i < 65536; i++) half[i] = (uint16_t)i;
    const struct tri_table all = {1, 65536, TRI_F16, half};
    tri_table_row(&all, 0, wide);
    for (uint32_t i = 0; i < 65536; i++)
        if (wide[i] != wide[i]) wide[i] = 0; /* the bits of a NaN are nobody's business */
    mix_floats(wide, 65536);
    for (int round = 0; round < 4; round++) {
        struct tri_ternary matrix = {.rows = ROWS, .cols = COLS, .name = "master"};
        const struct tri_table masters = {ROWS, COLS, TRI_BF16, half};
        void *owned;
        for (uint32_t i = 0; i < ROWS * COLS; i++) half[i] = bf16(value(round == 3 ? 30 : 3));
        must(tri_master_quantise("hash", &masters, round % 2 == 0, true, &matrix, &owned));
        mix(owned, (size_t)tri_layout_bytes(TRI_LAYOUT_ROWS, ROWS, COLS));
        mix_floats(&matrix.scale, 1);
        free(owned);
    }
    free(half), free(wide);
}

static float *random_norm(uint32_t n) {
    float *norm = room(n, sizeof *norm);
    for (uint32_t i = 0; i < n; i++) norm[i] = tri_bf16_to_float(bf16(value(3)));
    return norm;
}

static struct tri_ternary random_ternary(uint32_t rows, uint32_t cols) {
    uint8_t *packed = room((size_t)rows / 4 * cols, 1);
    for (size_t i = 0; i < (size_t)rows / 4 * cols; i++) {
        for (int k = 0; k < 4; k++) {
            packed[i] = (uint8_t)(packed[i] | (tri_random_next(&noise) % 3) << (2 * k));
        }
    }
    float scale = tri_bf16_to_float(bf16(0.5f + (float)tri_random_unit(&noise)));
    return (struct tri_ternary){.rows = rows, .cols = cols, .scale = scale, .packed = packed};
}

/* A whole small model in memory, two layers, grouped heads; or the same as Llama's: no norms
 * inside, SiLU, a float16 head, scales that divide; run in uneven steps, then sampled. */
static void forward(bool llama) {
    enum { H = 192, KV = 64, F = 276, V = 320, LAYERS = 2, TOKENS = 40 };
    struct tri_layer layers[LAYERS];
    uint16_t *embedding = room((size_t)V * H, sizeof *embedding);
    for (size_t i = 0; i < (size_t)V * H; i++) embedding[i] = bf16(value(3));
    for (int i = 0; i < LAYERS; i++) {
        layers[i] = (struct tri_layer){
            .matrix = {random_ternary(H, H), random_ternary(KV, H), random_ternary(KV, H),
                       random_ternary(H, H), random_ternary(F, H), random_ternary(F, H),
                       random_ternary(H, F)},
            .input_norm = random_norm(H),
            .attn_norm = random_norm(H),
            .post_norm = random_norm(H),
            .ffn_norm = random_norm(F),
        };
    }
    struct tri_model model = {
        .config = {.layers = LAYERS,
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
                   .sub_norms = true},
        .layers = layers,
        .embedding = {V, H, TRI_BF16, embedding},
        .head = {V, H, TRI_BF16, embedding},
        .final_norm = random_norm(H),
        .rope_inv_freq = room(16, sizeof(float)),
    };
    tri_rope_frequencies(32, 500000, model.rope_inv_freq);

    if (llama) {
        for (int i = 0; i < LAYERS; i++) {
            free(layers[i].attn_norm), free(layers[i].ffn_norm);
            layers[i].attn_norm = layers[i].ffn_norm = NULL;
            for (int m = 0; m < TRI_MATRICES; m++) layers[i].matrix[m].divides = true;
        }
        model.config.activation = TRI_SILU;
        model.config.sub_norms = false;
        model.embedding.type = model.head.type = TRI_F16; /* other numbers, as good */
        for (size_t i = 0; i < (size_t)V * H; i++) embedding[i] &= 0xbfff;
    }
    const struct tri_sampling options = {.temperature = 0.8f,
                                         .top_k = 50,
                                         .top_p = 0.9f,
                                         .min_p = 0.01f,
                                         .repetition_penalty = 1.1f,
                                         .seed = 3};
    struct tri_session *session;
    struct tri_sampler *sampler;
    float *logits = room(V, sizeof *logits);
    uint32_t ids[3] = {0, 100, 200};
    must(tri_session_create(&model, 64, &session));
    must(tri_sampler_create(&options, V, &sampler));
    must(tri_session_run(session, ids, 3, tri_product_ref, &model, false, logits));
    for (int i = 0; i < TOKENS; i++) {
        mix_floats(logits, V);
        must(tri_sampler_next(sampler, logits, ids));
        mix(ids, sizeof *ids);
        tri_sampler_accept(sampler, *ids);
        must(tri_session_run(session, ids, 1, tri_product_ref, &model, false, logits));
    }
    /* The process ends here; only what has an owner function is given back. */
    tri_session_destroy(session);
    tri_sampler_destroy(sampler);
}

int main(void) {
    operators();
    rope();
    forward(false);
    files();
    forward(true);
    printf("%016" PRIx64 "\n", hash);
    return 0;
}
