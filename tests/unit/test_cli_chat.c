/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of a conversation, the line of the progress, shapes of random models, and folders that
 * are whole or absent.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/conversation.h"
#include "host/outfolder.h"
#include "host/progress.h"
#include "host/randommodel.h"
#include "ref/shape.h"
#include "tests/unit/temp_file.h"

/* The conversation as text, special tokens by name. */
static char *text_of(const struct tri_conversation *c) {
    char *text = calloc(c->count, 64);
    cr_assert_not_null(text);
    for (uint32_t i = 0; i < c->count; i++) {
        size_t bytes;
        const char *token = tri_tokenizer_bytes(c->tokenizer, c->ids[i], &bytes);
        cr_assert_not_null(token);
        (void)strncat(text, token, bytes);
    }
    return text;
}

static void converse(enum tri_template form, const char *wanted) {
    const struct tri_named_token names[] = {{300, "<|begin_of_text|>"},
                                            {301, "<|eot_id|>"},
                                            {303, "<|start_header_id|>"},
                                            {304, "<|end_header_id|>"}};
    static const uint32_t count[] = {1, 4, 4}; /* bitnet's vocabulary has the headers, too */
    const struct tri_config config = {
        .vocab = 512,
        .bos = 300,
        .eos = {302},
        .eos_count = 1,
        .architecture = form == TRI_TEMPLATE_LLAMA3 ? TRI_LLAMA : TRI_BITNET,
    };
    const bool plain = form == TRI_TEMPLATE_PLAIN;
    struct tri_tokenizer *tokenizer;
    struct tri_conversation c;
    cr_assert_eq(tri_tokenizer_of_bytes(0, names, count[form], &tokenizer), TRI_OK);
    cr_assert_eq(tri_conversation_begin(&c, &config, tokenizer, " Be brief. \n"), TRI_OK);
    cr_assert_eq(tri_conversation_ask(&c, "  Hi <|eot_id|>  "), TRI_OK);
    cr_assert_eq(tri_conversation_add(&c, 'y'), TRI_OK);
    cr_assert_eq(tri_conversation_close(&c), TRI_OK);
    cr_assert_eq(tri_conversation_ask(&c, "Why?"), TRI_OK);
    cr_expect_eq(c.form, form);
    char *text = text_of(&c);
    cr_expect_str_eq(text, wanted);
    cr_expect_eq(tri_conversation_ends(&c, 301), !plain);
    cr_expect(tri_conversation_ends(&c, 302));
    cr_expect_not(tri_conversation_ends(&c, 'y'));
    uint32_t before = c.count;
    cr_expect_eq(tri_conversation_ask(&c, "\xff"), TRI_E_ARGUMENT);
    cr_expect_eq(c.count, before);
    uint32_t typed = 0; /* what a user types is never special */
    for (uint32_t i = 0; i < c.count; i++) typed += c.ids[i] == 301;
    cr_expect_eq(typed, plain ? 0 : 4);
    tri_conversation_reset(&c);
    cr_expect_eq(c.count, c.opening);
    free(text);
    tri_conversation_free(&c);
    tri_tokenizer_close(tokenizer);
}

Test(conversation, has_bitnets_form_where_the_vocabulary_has_eot) {
    converse(TRI_TEMPLATE_BITNET,
             "<|begin_of_text|>System: Be brief.<|eot_id|>User: Hi <|eot_id|><|eot_id|>"
             "Assistant: y<|eot_id|>User: Why?<|eot_id|>Assistant: ");
}

Test(conversation, has_llama3s_form_for_llama_blocks_with_headers) {
    converse(TRI_TEMPLATE_LLAMA3,
             "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
             "<|start_header_id|>user<|end_header_id|>\n\nHi <|eot_id|><|eot_id|>"
             "<|start_header_id|>assistant<|end_header_id|>\n\ny<|eot_id|>"
             "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
             "<|start_header_id|>assistant<|end_header_id|>\n\n");
}

Test(conversation, is_plain_lines_elsewhere) {
    converse(TRI_TEMPLATE_PLAIN,
             "<|begin_of_text|>System: Be brief.\nUser: Hi <|eot_id|>\nAssistant:y\n"
             "User: Why?\nAssistant:");
}

Test(progress, says_share_rate_and_time_left) {
    struct tri_progress progress = {.what = "converting"};
    char line[128];
    tri_progress_line(&progress, 250000000, 1000000000, 2, line);
    cr_expect_str_eq(line, "converting [#####...............]  25 %  125 MB/s  0:06 left");
    progress = (struct tri_progress){.what = "scoring", .unit = "items"};
    tri_progress_line(&progress, 3, 300, 2, line);
    cr_expect_str_eq(line, "scoring [....................]   1 %  1.5 items/s  3:18 left");
    tri_progress_line(&progress, 0, 0, 0, line);
    cr_expect_not_null(strstr(line, "100 %"));
}

Test(shape, names_every_published_model_and_a_tiny_one_of_each) {
    uint32_t eot;
    for (size_t i = 0; i < TRI_SHAPES; i++) {
        struct tri_config big, tiny;
        char name[32];
        (void)snprintf(name, sizeof name, "tiny-%s", tri_shape_names[i]);
        cr_assert_eq(tri_shape(tri_shape_names[i], &big, &eot), TRI_OK, "%s", tri_error());
        cr_expect_eq(big.heads * big.head_dim, big.hidden, "%s", name);
        cr_expect_eq(big.hidden % 4 + big.ffn % 4 + big.heads % big.kv_heads, 0, "%s", name);
        cr_assert_eq(tri_shape(name, &tiny, &eot), TRI_OK, "%s", tri_error());
        cr_expect_eq(tiny.head_dim, big.head_dim);
        cr_expect_eq(tiny.heads / tiny.kv_heads, big.heads / big.kv_heads);
        cr_expect(tiny.tied == big.tied && tiny.sub_norms == big.sub_norms &&
                  tiny.activation == big.activation && tiny.eps == big.eps &&
                  tiny.rope_theta == big.rope_theta);
        cr_expect_eq(tiny.vocab, 512);
    }
    struct tri_config c;
    cr_assert_eq(tri_shape("2b4t", &c, &eot), TRI_OK);
    uint64_t linear = (uint64_t)c.layers * (2 * (uint64_t)c.hidden * c.hidden +
                                            2 * (uint64_t)c.hidden * c.kv_heads * c.head_dim +
                                            3 * (uint64_t)c.hidden * c.ffn);
    cr_expect_eq(linear, 2084044800u);
    cr_expect_eq(tri_shape("falcon", &c, &eot), TRI_E_ARGUMENT);
    cr_expect_not_null(strstr(tri_error(), "the nearest is falcon"));
}

Test(random_model, has_dead_channels_zeros_and_outliers_and_depends_on_the_seed_alone) {
    struct tri_config config;
    struct tri_random_model *model;
    struct tri_source source = {0};
    struct tri_ternary matrix;
    uint32_t eot;
    int8_t row[1024], first[1024];
    cr_assert_eq(tri_shape("tiny", &config, &eot), TRI_OK);
    cr_assert_eq(tri_random_model_create(&config, 9, &model), TRI_OK);
    tri_random_model_source(model, &source);
    uint64_t counts[3] = {0};
    cr_assert_eq(source.matrix(source.context, 1, TRI_DOWN, &matrix), TRI_OK);
    for (uint32_t r = 0; r < matrix.rows; r++) {
        cr_assert(tri_ternary_row(&matrix, r, row));
        for (uint32_t k = 0; k < matrix.cols; k++) counts[row[k] + 1]++;
        for (int k = 45; k < 49; k++) cr_expect_eq(row[k], 0);
        if (r == 0) memcpy(first, row, sizeof row);
    }
    double all = (double)matrix.rows * matrix.cols;
    cr_expect_float_eq((double)counts[1] / all, 0.378, 0.01);
    cr_expect_float_eq((double)counts[0] / all, 0.311, 0.01);
    const float *norm;
    cr_assert_eq(source.norm(source.context, 0, TRI_FFN_NORM, &norm), TRI_OK);
    cr_expect(norm[45] < 1e-30f && norm[45] > 0 && norm[5] < 0);
    cr_assert_eq(source.matrix(source.context, 0, TRI_Q, &matrix), TRI_OK);
    cr_assert_eq(source.matrix(source.context, 1, TRI_DOWN, &matrix), TRI_OK);
    cr_assert(tri_ternary_row(&matrix, 0, row));
    cr_expect_arr_eq(row, first, matrix.cols, "the order of asking matters");
    tri_random_model_destroy(model);
    cr_assert_eq(tri_random_model_create(&config, 10, &model), TRI_OK);
    tri_random_model_source(model, &source);
    cr_assert_eq(source.matrix(source.context, 1, TRI_DOWN, &matrix), TRI_OK);
    cr_assert(tri_ternary_row(&matrix, 0, row));
    cr_expect(memcmp(row, first, matrix.cols) != 0, "another seed gives the same model");
    tri_random_model_destroy(model);
}

Test(outfolder, is_whole_or_absent) {
    char path[TEMP_PATH], file[4352];
    struct tri_outfolder folder;
    struct stat about;
    temp_file("", 0, path);
    cr_expect_eq(tri_outfolder_open(&folder, path), TRI_E_IO);
    tri_outfolder_discard(&folder);
    (void)remove(path);
    cr_assert_eq(tri_outfolder_open(&folder, path), TRI_OK, "%s", tri_error());
    tri_outfolder_file(&folder, "a", file);
    FILE *out = fopen(file, "wb");
    cr_assert_not_null(out);
    (void)fclose(out);
    cr_expect_neq(stat(path, &about), 0);
    tri_outfolder_discard(&folder);
    cr_expect_neq(stat(file, &about), 0);
    cr_assert_eq(tri_outfolder_open(&folder, path), TRI_OK);
    cr_assert_eq(tri_outfolder_commit(&folder), TRI_OK);
    cr_expect_eq(stat(path, &about), 0);
    tri_outfolder_discard(&folder);
    cr_expect_eq(stat(path, &about), 0);
    (void)rmdir(path);
}
