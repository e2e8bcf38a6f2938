/* SPDX-License-Identifier: Apache-2.0
 *
 * Ternary layouts: files of one model that other programs wrote agree weight by weight; random
 * matrices packed by definition are read back; damaged codes and block scales are seen; and the
 * statistics of I2_S say a layout only when they can tell.
 */
#include "tests/unit/test_ref_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/layout.h"
#include "ref/numerics.h"
#include "ref/random.h"

static const struct {
    const char *model, *file;
    enum tri_layout i2s;
} files[] = {
    {"micro", "micro-i2_s.gguf", TRI_LAYOUT_I2S_X86},
    {"micro", "micro-i2_s-arm.gguf", TRI_LAYOUT_I2S_ARM},
    {"micro", "micro-tq1_0.gguf", TRI_LAYOUT_I2S_X86},
    {"micro", "micro-tq2_0.gguf", TRI_LAYOUT_I2S_X86},
    {"micro", "micro-f16.gguf", TRI_LAYOUT_I2S_X86},
    {"micro", "micro-bf16.gguf", TRI_LAYOUT_I2S_X86},
    {"tiny-a", "tiny-a-i2_s.gguf", TRI_LAYOUT_I2S_X86},
    {"tiny-a", "tiny-a-i2_s-arm.gguf", TRI_LAYOUT_I2S_ARM},
    {"tiny-a", "tiny-a-tq1_0.gguf", TRI_LAYOUT_I2S_X86},
    {"tiny-a", "tiny-a-tq2_0.gguf", TRI_LAYOUT_I2S_X86},
    {"tiny-b", "tiny-b-i2_s.gguf", TRI_LAYOUT_I2S_X86},
};
enum { FILES = sizeof files / sizeof files[0] };

static struct tri_model *open_gguf(size_t i) {
    char path[128];
    (void)snprintf(path, sizeof path, "tests/models/%s/%s", files[i].model, files[i].file);
    const struct tri_model_options options = {files[i].i2s, true};
    struct tri_model *model = NULL;
    must(tri_model_open(path, &options, &model));
    return model;
}

static void same_weights(const struct tri_model *a, const struct tri_model *b, bool scales,
                         const char *name) {
    for (uint32_t layer = 0; layer < a->config.layers; layer++) {
        for (int m = 0; m < TRI_MATRICES; m++) {
            const struct tri_ternary *x = &a->layers[layer].matrix[m];
            const struct tri_ternary *y = &b->layers[layer].matrix[m];
            cr_assert(x->rows == y->rows && x->cols == y->cols);
            if (scales) cr_assert(tri_float_bits(x->scale) == tri_float_bits(y->scale), "%s", name);
            int8_t *one = malloc(x->cols), *other = malloc(x->cols);
            for (uint32_t r = 0; r < x->rows; r++) {
                cr_assert(tri_ternary_row(x, r, one) && tri_ternary_row(y, r, other));
                cr_assert(memcmp(one, other, x->cols) == 0, "%s: layer %u %s row %u", name, layer,
                          tri_matrix_name((enum tri_matrix)m), r);
            }
            free(one);
            free(other);
        }
    }
}

/* The largest difference of the 16 stored rows of logits. */
static double against_vectors(struct tri_model *model, const char *vectors) {
    struct tri_safetensors *file = open_vectors(vectors);
    size_t count, tokens;
    const float *wanted = vector_of(file, "logits", TRI_DTYPE_F32, &count);
    const int64_t *stored = vector_of(file, "input_ids", TRI_DTYPE_I64, &tokens);
    uint32_t ids[ORACLE_TOKENS];
    cr_assert(tokens == ORACLE_TOKENS && count == tokens * model->config.vocab);
    for (size_t i = 0; i < tokens; i++) ids[i] = (uint32_t)stored[i];
    float *logits = malloc(count * sizeof *logits);
    struct tri_session *session;
    must(tri_session_create(model, 0, &session));
    must(tri_session_run(session, ids, ORACLE_TOKENS, tri_product_ref, model, true, logits));
    const double wrong = largest_difference(logits, wanted, count);
    tri_session_destroy(session);
    tri_safetensors_close(file);
    free(logits);
    return wrong;
}

Test(layouts, every_gguf_of_a_model_holds_the_same_ternary_weights_and_scales) {
    for (size_t i = 0; i < FILES; i++) {
        struct tri_model *packed = open_model(files[i].model), *model = open_gguf(i);
        cr_assert(tri_model_gguf(model) != NULL);
        must(tri_model_verify(model));
        same_weights(packed, model, true, files[i].file);
        cr_assert(memcmp(packed->final_norm, model->final_norm, packed->config.hidden * 4) == 0);
        cr_assert(memcmp(packed->layers[0].ffn_norm, model->layers[0].ffn_norm,
                         packed->config.ffn * 4) == 0);
        tri_model_close(packed);
        tri_model_close(model);
    }
}

Test(layouts, logits_of_every_gguf_agree_with_hugging_face_within_2e_5) {
    for (size_t i = 0; i < FILES; i++) {
        char vectors[64];
        (void)snprintf(vectors, sizeof vectors, "%s/hf-packed-float32.safetensors", files[i].model);
        struct tri_model *model = open_gguf(i);
        const double wrong = against_vectors(model, vectors);
        cr_assert(wrong <= 2e-5, "%s: %g", files[i].file, wrong);
        tri_model_close(model);
    }
}

Test(layouts, a_master_is_quantised_to_the_packed_weights_and_agrees_with_hugging_face_online) {
    struct tri_model *packed = open_model("micro"), *master = open_model("micro/hf-master");
    must(tri_model_verify(master));
    same_weights(packed, master, false, "hf-master");
    for (int m = 0; m < TRI_MATRICES; m++) { /* the packed scale is this one rounded to bf16 */
        const float a = packed->layers[0].matrix[m].scale, b = master->layers[0].matrix[m].scale;
        cr_assert(absolute((double)a / (double)b - 1) <= 0x1p-8 && a != b);
    }
    const double wrong = against_vectors(master, "micro/hf-master-float32.safetensors");
    printf("layouts: hf-master, logits, max |d| %.2g, allowed 2e-5\n", wrong);
    cr_assert(wrong <= 2e-5);
    tri_model_close(packed);
    tri_model_close(master);
}

/* Bit position of element (row, col), straight from the description of each layout. */
static size_t bits_of(const struct tri_ternary *m, uint32_t row, uint32_t col) {
    const size_t e = (size_t)row * m->cols + col;
    switch (m->layout) {
    case TRI_LAYOUT_HF:
        return 8 * ((size_t)(row % (m->rows / 4)) * m->cols + col) + 2 * (row / (m->rows / 4));
    case TRI_LAYOUT_I2S_X86: return 8 * (e / 128 * 32 + e % 32) + 6 - 2 * (e % 128 / 32);
    case TRI_LAYOUT_I2S_ARM: return 8 * (e / 64 * 16 + e % 16) + 6 - 2 * (e % 64 / 16);
    case TRI_LAYOUT_I2S_ROWS: return 8 * ((size_t)(row / 4) * m->cols + col) + 6 - 2 * (row % 4);
    case TRI_LAYOUT_ROWS: return 8 * ((size_t)row * ((m->cols + 3) / 4) + col / 4) + 2 * (col % 4);
    case TRI_LAYOUT_TQ2_0:
        return 8 * (e / 256 * 66 + e % 256 / 128 * 32 + e % 32) + 2 * (e % 128 / 32);
    case TRI_LAYOUT_TQ1_0: break;
    }
    cr_assert_fail("no bits");
    return 0;
}

static void set_code(const struct tri_ternary *m, uint32_t row, uint32_t col, unsigned code) {
    uint8_t *bytes = (uint8_t *)(uintptr_t)m->packed;
    const size_t at = bits_of(m, row, col);
    bytes[at / 8] = (uint8_t)((bytes[at / 8] & ~(3u << at % 8)) | code << at % 8);
}

static struct tri_ternary zeroed(enum tri_layout layout, uint32_t rows, uint32_t cols) {
    const uint64_t bytes = tri_layout_bytes(layout, rows, cols);
    cr_assert(bytes > 0);
    return (struct tri_ternary){.rows = rows,
                                .cols = cols,
                                .scale = 1.0f,
                                .layout = layout,
                                .packed = calloc(1, (size_t)bytes)};
}

static void set_block_scales(const struct tri_ternary *m, size_t size, uint16_t bits) {
    uint8_t *bytes = (uint8_t *)(uintptr_t)m->packed;
    for (size_t b = 0; b < (size_t)m->rows * m->cols / 256; b++)
        memcpy(bytes + b * size + size - 2, &bits, 2);
}

Test(layouts, random_matrices_packed_by_definition_are_read_back_and_a_code_three_is_seen) {
    static const struct {
        enum tri_layout layout;
        uint32_t rows, cols;
    } cases[] = {
        {TRI_LAYOUT_HF, 8, 33},       {TRI_LAYOUT_HF, 12, 100},    {TRI_LAYOUT_I2S_X86, 3, 256},
        {TRI_LAYOUT_I2S_X86, 8, 80},  {TRI_LAYOUT_I2S_ARM, 5, 64}, {TRI_LAYOUT_I2S_ARM, 4, 400},
        {TRI_LAYOUT_I2S_ROWS, 8, 77}, {TRI_LAYOUT_ROWS, 5, 101},   {TRI_LAYOUT_TQ2_0, 3, 512},
    };
    struct tri_random random = {11};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t rows = cases[i].rows, cols = cases[i].cols;
        struct tri_ternary m = zeroed(cases[i].layout, rows, cols);
        if (m.layout == TRI_LAYOUT_TQ2_0) set_block_scales(&m, 66, 0x3c00);
        int8_t *wanted = malloc((size_t)rows * cols), *got = malloc(cols);
        for (uint32_t r = 0; r < rows; r++) {
            for (uint32_t c = 0; c < cols; c++) {
                const unsigned code = (unsigned)(tri_random_next(&random) % 3);
                set_code(&m, r, c, code);
                wanted[(size_t)r * cols + c] = (int8_t)((int)code - 1);
            }
        }
        for (uint32_t r = 0; r < rows; r++) {
            cr_assert(tri_ternary_row(&m, r, got), "layout %d", m.layout);
            cr_assert(memcmp(got, wanted + (size_t)r * cols, cols) == 0, "layout %d", m.layout);
        }
        for (int k = 0; k < 50; k++) {
            const uint32_t r = (uint32_t)(tri_random_next(&random) % rows);
            const uint32_t c = (uint32_t)(tri_random_next(&random) % cols);
            set_code(&m, r, c, 3);
            cr_assert(!tri_ternary_row(&m, r, got) && got[c] == 0, "layout %d", m.layout);
            if (rows > 1) cr_assert(tri_ternary_row(&m, (r + 1) % rows, got));
            set_code(&m, r, c, (unsigned)(wanted[(size_t)r * cols + c] + 1));
        }
        free(wanted);
        free(got);
        free((void *)(uintptr_t)m.packed);
    }
}

Test(layouts, a_block_scale_of_zero_gives_zeros_and_another_scale_is_refused) {
    const enum tri_layout layouts[] = {TRI_LAYOUT_TQ1_0, TRI_LAYOUT_TQ2_0};
    for (int i = 0; i < 2; i++) {
        struct tri_ternary m = zeroed(layouts[i], 2, 512);
        const size_t size = i == 0 ? 54 : 66;
        uint8_t *bytes = (uint8_t *)(uintptr_t)m.packed;
        int8_t row[512];
        set_block_scales(&m, size, 0x3c00); /* 1, and all codes are 0: the weight -1 */
        cr_assert(tri_ternary_row(&m, 1, row) && row[0] == -1 && row[511] == -1);
        memset(bytes + 4 * size - 2, 0, 2);
        cr_assert(tri_ternary_row(&m, 1, row) && row[255] == -1 && row[256] == 0 && row[511] == 0);
        bytes[4 * size - 1] = 0x40; /* 2 */
        cr_assert(tri_layout_row(&m, 1, row) == TRI_ROW_SCALE);
        cr_assert(tri_layout_row(&m, 0, row) == TRI_ROW_OK);
        bytes[4 * size - 1] = 0x7e; /* a NaN */
        cr_assert(tri_layout_row(&m, 1, row) == TRI_ROW_SCALE);
        free(bytes);
    }
}

Test(layouts, shapes_that_a_layout_cannot_hold_have_no_bytes) {
    cr_assert(tri_layout_bytes(TRI_LAYOUT_HF, 6, 128) == 0);
    cr_assert(tri_layout_bytes(TRI_LAYOUT_I2S_ROWS, 6, 128) == 0);
    cr_assert(tri_layout_bytes(TRI_LAYOUT_I2S_X86, 1, 64) == 0);
    cr_assert(tri_layout_bytes(TRI_LAYOUT_I2S_ARM, 1, 32) == 0);
    cr_assert(tri_layout_bytes(TRI_LAYOUT_TQ1_0, 256, 128) == 0);
    cr_assert(tri_layout_bytes(TRI_LAYOUT_TQ2_0, 256, 128) == 0);
}

/* Row 5 of the model, head dimension 4: second head, row 1 of the first half; in the file each head
 * alternates halves, so it is the head's third row. */
Test(layouts, rows_of_heads_kept_in_pairs_are_put_back_in_halves) {
    struct tri_ternary m = zeroed(TRI_LAYOUT_ROWS, 8, 4);
    m.paired = 4;
    for (uint32_t r = 0; r < 8; r++)
        for (uint32_t c = 0; c < 4; c++) set_code(&m, r, c, r >> c & 1);
    static const uint32_t at[8] = {0, 2, 1, 3, 4, 6, 5, 7};
    for (uint32_t r = 0; r < 8; r++) {
        int8_t row[4];
        cr_assert(tri_ternary_row(&m, r, row));
        for (uint32_t c = 0; c < 4; c++) cr_assert(row[c] == (int8_t)(at[r] >> c & 1) - 1);
    }
    free((void *)(uintptr_t)m.packed);
}

Test(layouts, float16_is_read_exactly_for_all_its_patterns) {
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const uint16_t half = (uint16_t)bits;
        const struct tri_table table = {1, 1, TRI_F16, &half};
        float got;
        tri_table_row(&table, 0, &got);
        const int exponent = (int)(bits >> 10 & 31), mantissa = (int)(bits & 1023);
        const float sign = bits & 0x8000 ? -1.0f : 1.0f;
        if (exponent == 31) {
            cr_assert(!tri_is_finite(got));
            cr_assert((got != got) == (mantissa != 0));
            continue;
        }
        float wanted = (float)(exponent == 0 ? mantissa : mantissa + 1024);
        for (int k = exponent == 0 ? 1 : exponent; k < 25; k++) wanted *= 0.5f;
        for (int k = 25; k < exponent; k++) wanted *= 2.0f;
        cr_assert(tri_float_bits(got) == tri_float_bits(sign * wanted), "%04x", bits);
    }
}

/* Packs the model's matrices again as I2_S in one layout (free_matrices), and says what they look
 * like. */
static struct tri_i2s_verdict repacked(struct tri_model *model, enum tri_layout layout) {
    for (uint32_t l = 0; l < model->config.layers; l++) {
        for (int i = 0; i < TRI_MATRICES; i++) {
            struct tri_ternary *from = &model->layers[l].matrix[i];
            struct tri_ternary to = zeroed(layout, from->rows, from->cols);
            int8_t *row = malloc(from->cols);
            for (uint32_t r = 0; r < from->rows; r++) {
                cr_assert(tri_ternary_row(from, r, row));
                for (uint32_t c = 0; c < from->cols; c++)
                    set_code(&to, r, c, (unsigned)(row[c] + 1));
            }
            free(row);
            to.layout = TRI_LAYOUT_I2S_X86; /* what is assumed does not matter */
            *from = to;
        }
    }
    struct tri_i2s_verdict verdict;
    must(tri_model_i2s_check(model, &verdict));
    cr_assert(verdict.present);
    return verdict;
}

static void free_matrices(struct tri_model *model) {
    for (uint32_t l = 0; l < model->config.layers; l++)
        for (int i = 0; i < TRI_MATRICES; i++)
            free((void *)(uintptr_t)model->layers[l].matrix[i].packed);
}

Test(layouts, statistics_recognise_the_layout_of_a_trained_model) {
    const enum tri_layout layouts[] = {TRI_LAYOUT_I2S_X86, TRI_LAYOUT_I2S_ARM, TRI_LAYOUT_I2S_ROWS};
    for (int i = 0; i < 3; i++) {
        struct tri_model *model = open_model("demo");
        const struct tri_i2s_verdict v = repacked(model, layouts[i]);
        printf("layouts: demo as layout %d: scores %.0f %.0f %.0f, nothing is %.0f\n", layouts[i],
               v.score[0], v.score[1], v.score[2], v.nothing);
        cr_assert(v.told && v.best == layouts[i]);
        free_matrices(model);
        tri_model_close(model);
    }
}

/* Random weights, but planted dead channels that x86 and ARM happen to have at the same place. */
Test(layouts, statistics_say_nothing_where_they_cannot_tell) {
    struct tri_i2s_verdict v;
    for (size_t i = 0; i < FILES; i++) {
        struct tri_model *model = open_gguf(i);
        must(tri_model_i2s_check(model, &v));
        cr_assert(v.present == (strstr(files[i].file, "i2_s") != NULL));
        cr_assert(!v.told, "%s", files[i].file);
        tri_model_close(model);
    }
    struct tri_model *packed = open_model("demo");
    must(tri_model_i2s_check(packed, &v));
    cr_assert(!v.present && !v.told);
    tri_model_close(packed);
}
