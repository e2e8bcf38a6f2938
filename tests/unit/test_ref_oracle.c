/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference against vectors from Hugging Face transformers on three small models: integers
 * exactly, floats within the tolerances of tests/vectors/README.md.
 */
#include "tests/unit/test_ref_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/numerics.h"
#include "ref/rope.h"
#include "ref/session.h"

struct oracle {
    struct tri_model *model;
    struct tri_safetensors *vectors;
};

static struct oracle open_oracle(const char *name) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/hf-packed-float32.safetensors", name);
    return (struct oracle){open_model(name), open_vectors(path)};
}

static void close_oracle(struct oracle *o) {
    tri_model_close(o->model);
    tri_safetensors_close(o->vectors);
}

/* Vector `suffix` of one projection or norm of a layer; path is "self_attn.q_proj" and the like. */
static const void *of_layer(const struct oracle *o, uint32_t layer, const char *path,
                            const char *suffix, enum tri_dtype dtype, size_t count) {
    char name[128];
    (void)snprintf(name, sizeof name, "model.layers.%u.%s.%s", layer, path, suffix);
    size_t got;
    const void *data = vector_of(o->vectors, name, dtype, &got);
    cr_assert(got == count, "%s: wanted %zu elements, got %zu", name, count, got);
    return data;
}

static const void *of_matrix(const struct oracle *o, uint32_t layer, enum tri_matrix matrix,
                             const char *suffix, enum tri_dtype dtype, size_t width) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s.%s", matrix <= TRI_O ? "self_attn" : "mlp",
                   tri_matrix_name(matrix));
    return of_layer(o, layer, path, suffix, dtype, ORACLE_TOKENS * width);
}

static const float *y_of(const struct oracle *o, uint32_t layer, enum tri_matrix matrix) {
    uint32_t rows = o->model->layers[layer].matrix[matrix].rows;
    return of_matrix(o, layer, matrix, "y", TRI_DTYPE_F32, rows);
}

static const float *hidden_of(const struct oracle *o, uint32_t index) {
    char name[32];
    size_t count;
    (void)snprintf(name, sizeof name, "hidden.%u", index);
    return vector_of(o->vectors, name, TRI_DTYPE_F32, &count);
}

static const uint32_t *ids_of(const struct oracle *o, const char *name, uint32_t ids[]) {
    size_t count;
    const int64_t *stored = vector_of(o->vectors, name, TRI_DTYPE_I64, &count);
    cr_assert(count == ORACLE_TOKENS);
    for (size_t i = 0; i < count; i++) ids[i] = (uint32_t)stored[i];
    return ids;
}

static void check_projection(const struct oracle *o, uint32_t layer, enum tri_matrix which,
                             double *worst) {
    const struct tri_ternary *matrix = &o->model->layers[layer].matrix[which];
    const uint32_t rows = matrix->rows, cols = matrix->cols;
    const float *x = of_matrix(o, layer, which, "x", TRI_DTYPE_F32, cols);
    const int8_t *q = of_matrix(o, layer, which, "q", TRI_DTYPE_I8, cols);
    const float *s = of_matrix(o, layer, which, "s", TRI_DTYPE_F32, 1);
    const int32_t *acc = of_matrix(o, layer, which, "acc", TRI_DTYPE_I32, rows);
    const float *y = y_of(o, layer, which);
    const char *name = tri_matrix_name(which);

    int8_t *codes = malloc(cols), *weights = malloc(cols);
    float *own = malloc(rows * sizeof *own);
    for (uint32_t t = 0; t < ORACLE_TOKENS; t++) {
        float scale;
        cr_assert(tri_quantise(x + (size_t)t * cols, cols, codes, &scale));
        cr_assert(tri_float_bits(scale) == tri_float_bits(s[t]), "layer %u %s token %u: s", layer,
                  name, t);
        cr_assert(memcmp(codes, q + (size_t)t * cols, cols) == 0, "layer %u %s token %u: codes",
                  layer, name, t);
        for (uint32_t r = 0; r < rows; r++) {
            int32_t sum = 0;
            cr_assert(tri_ternary_row(matrix, r, weights));
            for (uint32_t c = 0; c < cols; c++) sum += weights[c] * codes[c];
            cr_assert(sum == acc[(size_t)t * rows + r],
                      "layer %u %s token %u row %u: wanted %d, got %d", layer, name, t, r,
                      acc[(size_t)t * rows + r], sum);
        }
        tri_dequantise(acc + (size_t)t * rows, scale, matrix->scale, rows, own);
        double wrong = largest_difference(own, y + (size_t)t * rows, rows);
        double size = largest_magnitude(y, (size_t)ORACLE_TOKENS * rows);
        if (wrong / size > *worst) *worst = wrong / size;
    }
    free(codes);
    free(weights);
    free(own);
}

Test(oracle, codes_scales_and_sums_of_every_projection_are_exact) {
    double worst = 0;
    unsigned projections = 0;
    for (int m = 0; m < ORACLE_MODELS; m++) {
        struct oracle o = open_oracle(oracle_models[m]);
        for (uint32_t layer = 0; layer < o.model->config.layers; layer++) {
            for (int which = 0; which < TRI_MATRICES; which++, projections++) {
                check_projection(&o, layer, (enum tri_matrix)which, &worst);
            }
        }
        close_oracle(&o);
    }
    cr_assert(projections == 28);
    printf("oracle: y, largest difference %.2g of max |y|, allowed 1e-6\n", worst);
    cr_assert(worst <= 1e-6, "y: wanted within 1e-6 of max |y|, got %g", worst);
}

Test(oracle, the_product_of_a_group_is_its_matrices_one_below_the_other) {
    struct oracle o = open_oracle("tiny-a");
    for (uint32_t layer = 0; layer < o.model->config.layers; layer++) {
        for (int g = 0; g < TRI_GROUPS; g++) {
            enum tri_group group = (enum tri_group)g;
            enum tri_matrix first = tri_group_first(group);
            uint32_t rows = tri_group_rows(o.model, group), cols = tri_group_cols(o.model, group);
            const int8_t *q = of_matrix(&o, layer, first, "q", TRI_DTYPE_I8, cols);
            int32_t *sums = malloc((size_t)ORACLE_TOKENS * rows * sizeof *sums);
            int8_t *row = malloc(cols);
            must(tri_product_ref(o.model, layer, group, ORACLE_TOKENS, q, sums));
            uint32_t above = 0;
            for (uint32_t i = 0; i < tri_group_count(group); i++) {
                enum tri_matrix which = (enum tri_matrix)(first + i);
                uint32_t n = o.model->layers[layer].matrix[which].rows;
                const int32_t *acc = of_matrix(&o, layer, which, "acc", TRI_DTYPE_I32, n);
                for (uint32_t t = 0; t < ORACLE_TOKENS; t++) {
                    cr_assert(memcmp(sums + (size_t)t * rows + above, acc + (size_t)t * n,
                                     n * sizeof *sums) == 0,
                              "layer %u %s token %u", layer, tri_matrix_name(which), t);
                }
                above += n;
            }
            cr_assert(above == rows);
            for (uint32_t r = 0; r < rows; r++) { /* the unpacked row says the same, for token 0 */
                int32_t sum = 0;
                must(tri_group_row(o.model, layer, group, r, row));
                for (uint32_t c = 0; c < cols; c++) sum += row[c] * q[c];
                cr_assert(sum == sums[r]);
            }
            free(sums);
            free(row);
        }
    }
    close_oracle(&o);
}

/* Compares 16 rows of own norm outputs with the vector NAME.out, relative to its largest value. */
static void check_norm(const struct oracle *o, uint32_t layer, const char *name, const float *x,
                       const float *weight, uint32_t n, double *worst) {
    const float *out = of_layer(o, layer, name, "out", TRI_DTYPE_F32, (size_t)ORACLE_TOKENS * n);
    float *own = malloc(n * sizeof *own);
    for (uint32_t t = 0; t < ORACLE_TOKENS; t++) {
        const float *wanted = out + (size_t)t * n;
        cr_assert(tri_norm(x + (size_t)t * n, weight, o->model->config.eps, n, own));
        double wrong = largest_difference(own, wanted, n) / largest_magnitude(wanted, n);
        if (wrong > *worst) *worst = wrong;
    }
    free(own);
}

/* out = a + b for 16 rows */
static float *sum_of(const float *a, const float *b, size_t n) {
    float *out = malloc(ORACLE_TOKENS * n * sizeof *out);
    for (size_t i = 0; i < ORACLE_TOKENS * n; i++) out[i] = a[i] + b[i];
    return out;
}

/* Attention from the dumped outputs of q, k and v; checks what attn_sub_norm makes of it. */
static void check_attention(const struct oracle *o, uint32_t layer, double *worst) {
    const struct tri_config *c = &o->model->config;
    const uint32_t kv = c->kv_heads * c->head_dim, half = c->head_dim / 2;
    struct tri_session *s;
    must(tri_session_create(o->model, ORACLE_TOKENS, &s));
    float *q = malloc((size_t)ORACLE_TOKENS * c->hidden * sizeof *q);
    float *out = malloc((size_t)ORACLE_TOKENS * c->hidden * sizeof *out);
    memcpy(q, y_of(o, layer, TRI_Q), (size_t)ORACLE_TOKENS * c->hidden * sizeof *q);
    size_t row = tri_session_kv_row(s, layer, 0);
    memcpy(s->keys + row, y_of(o, layer, TRI_K), (size_t)ORACLE_TOKENS * kv * sizeof *q);
    memcpy(s->values + row, y_of(o, layer, TRI_V), (size_t)ORACLE_TOKENS * kv * sizeof *q);
    for (uint32_t t = 0; t < ORACLE_TOKENS; t++) {
        float *k = s->keys + row + (size_t)t * kv, *query = q + (size_t)t * c->hidden;
        tri_rope_angles(t, o->model->rope_inv_freq, half, s->cosine, s->sine);
        for (uint32_t i = 0; i < c->hidden; i += c->head_dim) {
            tri_rope_rotate(query + i, s->cosine, s->sine, half);
        }
        for (uint32_t i = 0; i < kv; i += c->head_dim) {
            tri_rope_rotate(k + i, s->cosine, s->sine, half);
        }
        tri_attention(s, layer, t, query, s->scores, out + (size_t)t * c->hidden);
    }
    check_norm(o, layer, "self_attn.attn_sub_norm", out, o->model->layers[layer].attn_norm,
               c->hidden, worst);
    free(q);
    free(out);
    tri_session_destroy(s);
}

Test(oracle, norms_attention_and_activation_agree_when_fed_the_oracle_s_inputs) {
    double norms = 0, attention = 0;
    for (int m = 0; m < ORACLE_MODELS; m++) {
        struct oracle o = open_oracle(oracle_models[m]);
        const struct tri_config *c = &o.model->config;
        float *x = NULL;
        for (uint32_t layer = 0; layer < c->layers; layer++) {
            const struct tri_layer *l = &o.model->layers[layer];
            const float *in = hidden_of(&o, layer);
            check_norm(&o, layer, "input_layernorm", in, l->input_norm, c->hidden, &norms);
            check_attention(&o, layer, &attention);
            float *middle = sum_of(in, y_of(&o, layer, TRI_O), c->hidden);
            check_norm(&o, layer, "post_attention_layernorm", middle, l->post_norm, c->hidden,
                       &norms);
            float *ffn = malloc((size_t)ORACLE_TOKENS * c->ffn * sizeof *ffn);
            tri_relu2(y_of(&o, layer, TRI_GATE), y_of(&o, layer, TRI_UP),
                      (size_t)ORACLE_TOKENS * c->ffn, ffn);
            check_norm(&o, layer, "mlp.ffn_sub_norm", ffn, l->ffn_norm, c->ffn, &norms);
            free(x);
            x = sum_of(middle, y_of(&o, layer, TRI_DOWN), c->hidden);
            free(middle);
            free(ffn);
        }
        size_t count;
        const float *out = vector_of(o.vectors, "model.norm.out", TRI_DTYPE_F32, &count);
        float *own = malloc(c->hidden * sizeof *own);
        for (uint32_t t = 0; t < ORACLE_TOKENS; t++) {
            const float *wanted = out + (size_t)t * c->hidden;
            cr_assert(
                tri_norm(x + (size_t)t * c->hidden, o.model->final_norm, c->eps, c->hidden, own));
            double wrong =
                largest_difference(own, wanted, c->hidden) / largest_magnitude(wanted, c->hidden);
            if (wrong > norms) norms = wrong;
        }
        free(own);
        free(x);
        close_oracle(&o);
    }
    printf("oracle: norms %.2g, attention and norm %.2g of the row's max, allowed 1e-6\n", norms,
           attention);
    cr_assert(norms <= 1e-6, "norms: wanted within 1e-6, got %g", norms);
    cr_assert(attention <= 1e-6, "attention: wanted within 1e-6, got %g", attention);
}

Test(oracle, logits_agree_within_2e_5_and_sixteen_greedy_tokens_are_equal) {
    for (int m = 0; m < ORACLE_MODELS; m++) {
        struct oracle o = open_oracle(oracle_models[m]);
        const uint32_t vocab = o.model->config.vocab;
        uint32_t ids[ORACLE_TOKENS], greedy[ORACLE_TOKENS];
        size_t count;
        const float *wanted = vector_of(o.vectors, "logits", TRI_DTYPE_F32, &count);
        cr_assert(count == (size_t)ORACLE_TOKENS * vocab);
        float *logits = malloc(count * sizeof *logits);
        struct tri_session *session;
        must(tri_session_create(o.model, 0, &session));
        must(tri_session_run(session, ids_of(&o, "input_ids", ids), ORACLE_TOKENS, tri_product_ref,
                             o.model, true, logits));
        double wrong = largest_difference(logits, wanted, count);

        char path[64];
        (void)snprintf(path, sizeof path, "%s/hf-packed-float64.safetensors", oracle_models[m]);
        struct tri_safetensors *f64 = open_vectors(path);
        size_t count64;
        const double *wanted64 = vector_of(f64, "logits", TRI_DTYPE_F64, &count64);
        cr_assert(count64 == count);
        double wrong64 = 0;
        for (size_t i = 0; i < count; i++) {
            double d = absolute((double)logits[i] - wanted64[i]);
            if (!(d <= wrong64)) wrong64 = d;
        }
        tri_safetensors_close(f64);
        printf("oracle %s: logits, max |d| %.2g to float32, %.2g to float64, allowed 2e-5\n",
               oracle_models[m], wrong, wrong64);
        cr_assert(wrong <= 2e-5 && wrong64 <= 2e-5);

        ids_of(&o, "greedy16", greedy);
        memmove(logits, logits + (size_t)(ORACLE_TOKENS - 1) * vocab, vocab * sizeof *logits);
        for (int i = 0; i < ORACLE_TOKENS; i++) {
            uint32_t id = argmax(logits, vocab);
            cr_assert(id == greedy[i], "%s: greedy token %d: wanted %u, got %u", oracle_models[m],
                      i, greedy[i], id);
            must(tri_session_run(session, &id, 1, tri_product_ref, o.model, false, logits));
        }
        tri_session_destroy(session);
        free(logits);
        close_oracle(&o);
    }
}

Test(oracle, inverse_frequencies_are_those_of_pytorch_bit_for_bit) {
    json_t *bits =
        json_load_file("tests/vectors/rope_inv_freq_d128_theta500000_f32bits.json", 0, NULL);
    cr_assert(json_array_size(bits) == 64);
    float whole[64], halved[32];
    tri_rope_frequencies(128, 500000, whole);
    tri_rope_frequencies(64, 500000, halved);
    for (size_t i = 0; i < 64; i++) {
        uint32_t wanted = (uint32_t)json_integer_value(json_array_get(bits, i));
        cr_assert(tri_float_bits(whole[i]) == wanted, "head_dim 128, %zu", i);
        if (i % 2 == 0) cr_assert(tri_float_bits(halved[i / 2]) == wanted, "head_dim 64, %zu", i);
    }
    json_decref(bits);
}
