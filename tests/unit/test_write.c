/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the writers: narrowing, packing, tokenizer.json. Whole files against an independent
 * program's: tests/e2e/convert.sh.
 */
#include "ref/write.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ref/narrow.h"
#include "ref/pack.h"
#include "ref/random.h"
#include "tests/unit/temp_file.h"

Test(narrow, keeps_every_f16_and_bf16_number_as_it_is) {
    uint32_t *table = malloc(TRI_NARROW_TABLE * sizeof *table);
    cr_assert_not_null(table);
    tri_narrow_fill(table);
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const uint16_t half = (uint16_t)bits;
        if ((bits & 0x7c00) != 0x7c00 || (bits & 0x3ff) == 0)
            cr_expect_eq(tri_float_to_f16(tri_f16_to_float(half)), half, "f16 %04x", bits);
        const float x = tri_bf16_to_float(half);
        if (x == x) cr_expect_eq(tri_float_to_bf16(x), half, "bf16 %04x", bits);
        uint16_t slow, fast;
        struct tri_narrowed a = tri_narrow_f16(&x, 1, &slow);
        struct tri_narrowed b = tri_narrow_by_table(table, &half, 1, &fast);
        cr_expect(slow == fast && a.changed == b.changed && a.infinite == b.infinite, "%04x", bits);
    }
    free(table);
}

Test(narrow, rounds_to_the_nearest_and_ties_to_even) {
    /* Between every two neighbouring f16 numbers: the middle, and the floats beside it. */
    for (uint32_t bits = 0; bits < 0x7bff; bits++) {
        const float low = tri_f16_to_float((uint16_t)bits);
        const float high = tri_f16_to_float((uint16_t)(bits + 1));
        const uint32_t middle = tri_float_bits(low + (high - low) / 2);
        const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
        cr_expect_eq(tri_float_to_f16(tri_float_from_bits(middle)), even, "%04x", bits);
        cr_expect_eq(tri_float_to_f16(tri_float_from_bits(middle - 1)), bits, "%04x", bits);
        cr_expect_eq(tri_float_to_f16(tri_float_from_bits(middle + 1)), bits + 1, "%04x", bits);
    }
    cr_expect_eq(tri_float_to_f16(65519.996f), 0x7bff);
    cr_expect_eq(tri_float_to_f16(65520.0f), 0x7c00);
    cr_expect_eq(tri_float_to_f16(-1e30f), 0xfc00);
    cr_expect_eq(tri_float_to_bf16(tri_float_from_bits(0x3f808000)), 0x3f80);
    cr_expect_eq(tri_float_to_bf16(tri_float_from_bits(0x3f818000)), 0x3f82);
    cr_expect_eq(tri_float_to_bf16(tri_float_from_bits(0x3f808001)), 0x3f81);
}

Test(narrow, counts_what_it_changed) {
    const float x[] = {1, 1.0009765625f, 1e-9f, 70000, -70000, 0.1f};
    uint16_t out[6];
    struct tri_narrowed narrowed = tri_narrow_f16(x, 6, out);
    cr_expect_eq(narrowed.changed, 4);
    cr_expect_eq(narrowed.infinite, 2);
    narrowed = tri_narrow_bf16(x, 6, out);
    cr_expect_eq(narrowed.infinite, 0);
}

enum { ROWS = 8, COLS = 512 };

static void fill(int8_t *t, uint64_t seed) {
    struct tri_random random = {seed};
    for (int i = 0; i < ROWS * COLS; i++) t[i] = (int8_t)(tri_random_next(&random) % 3) - 1;
    memset(t + 256, 0, 256); /* a block of zeros, whose scale is 0 */
}

static void expect_rows(const struct tri_ternary *matrix, const int8_t *t) {
    int8_t row[COLS];
    for (uint32_t r = 0; r < ROWS; r++) {
        cr_expect(tri_ternary_row(matrix, r, row), "layout %d row %u", (int)matrix->layout, r);
        cr_expect_arr_eq(row, t + (size_t)r * COLS, COLS, "layout %d row %u", (int)matrix->layout,
                         r);
    }
}

Test(pack, is_what_the_reader_of_each_layout_undoes) {
    static int8_t t[ROWS * COLS];
    static uint8_t bytes[ROWS * COLS];
    const uint16_t d = tri_float_to_f16(0.75f);
    struct tri_ternary matrix = {.rows = ROWS, .cols = COLS, .scale = 0.75f, .packed = bytes};
    fill(t, 7);
    tri_pack_i2s_x86(t, ROWS * COLS, bytes);
    matrix.layout = TRI_LAYOUT_I2S_X86;
    expect_rows(&matrix, t);
    tri_pack_i2s_arm(t, ROWS * COLS, bytes);
    matrix.layout = TRI_LAYOUT_I2S_ARM;
    expect_rows(&matrix, t);
    tri_pack_tq1(t, ROWS * COLS, d, bytes);
    matrix.layout = TRI_LAYOUT_TQ1_0;
    expect_rows(&matrix, t);
    cr_expect(bytes[54 + 52] == 0 && bytes[54 + 53] == 0, "the scale of a block of zeros");
    tri_pack_tq2(t, ROWS * COLS, d, bytes);
    matrix.layout = TRI_LAYOUT_TQ2_0;
    expect_rows(&matrix, t);
    for (size_t r = 0; r < ROWS / 4; r++) {
        const int8_t *const row[4] = {t + r * COLS, t + (2 + r) * COLS, t + (4 + r) * COLS,
                                      t + (6 + r) * COLS};
        tri_pack_hf(row, COLS, bytes + r * COLS);
    }
    matrix.layout = TRI_LAYOUT_HF;
    expect_rows(&matrix, t);
}

static void expect_same_tokenizer(const char *path, const char *text) {
    struct tri_tokenizer *first, *second;
    char copy[TEMP_PATH];
    temp_file("", 0, copy);
    cr_assert_eq(tri_tokenizer_open(path, &first), TRI_OK, "%s", tri_error());
    struct tri_writing writing = {.out = fopen(copy, "wb"), .path = copy};
    cr_assert_not_null(writing.out);
    cr_assert_eq(tri_write_tokenizer(first, &writing), TRI_OK, "%s", tri_error());
    cr_assert_eq(fclose(writing.out), 0);
    cr_assert_eq(tri_tokenizer_open(copy, &second), TRI_OK, "%s", tri_error());
    (void)remove(copy);
    cr_expect_eq(tri_tokenizer_vocab(first), tri_tokenizer_vocab(second));
    for (int special = 0; special < 2; special++) {
        uint32_t *a, *b;
        size_t a_count, b_count;
        cr_assert_eq(tri_tokenizer_encode(first, text, strlen(text), special == 1, &a, &a_count),
                     TRI_OK);
        cr_assert_eq(tri_tokenizer_encode(second, text, strlen(text), special == 1, &b, &b_count),
                     TRI_OK);
        cr_expect_eq(a_count, b_count, "%s", path);
        if (a_count == b_count) cr_expect_arr_eq(a, b, a_count * sizeof *a, "%s", path);
        free(a);
        free(b);
    }
    tri_tokenizer_close(first);
    tri_tokenizer_close(second);
}

Test(write, a_tokenizer_of_any_origin_becomes_the_same_tokenizer_json) {
    char *text = read_text("docs/architecture.md");
    char *more = malloc(strlen(text) + 64);
    cr_assert_not_null(more);
    (void)sprintf(more, "%s<|eot_id|>\xc3\xa9\xe2\x82\xac \"\\\x01\x7f <|end_of_text|>", text);
    expect_same_tokenizer("tests/models/toy-tokenizer/tokenizer.json", more);
    expect_same_tokenizer("tests/models/toy-tokenizer/toy.tiktoken", more);
    expect_same_tokenizer("tests/models/micro/micro-i2_s.gguf", more);
    expect_same_tokenizer("tests/models/demo/tokenizer.json", more);
    free(text);
    free(more);
}

Test(write, a_tokenizer_of_bytes_reads_and_names_its_special_tokens) {
    const struct tri_named_token names[] = {{300, "<|begin_of_text|>"}, {301, "<|eot_id|>"}};
    struct tri_tokenizer *tokenizer;
    uint32_t *ids, id;
    size_t count;
    cr_assert_eq(tri_tokenizer_of_bytes(16, names, 2, &tokenizer), TRI_OK, "%s", tri_error());
    cr_expect(tri_tokenizer_special(tokenizer, "<|eot_id|>", &id) && id == 301);
    cr_assert_eq(tri_tokenizer_encode(tokenizer, "a\n<|eot_id|>", 12, true, &ids, &count), TRI_OK);
    cr_expect(count == 3 && ids[0] == 16 + 'a' && ids[1] == 16 + '\n' && ids[2] == 301);
    free(ids);
    tri_tokenizer_close(tokenizer);
    const struct tri_named_token twice[] = {{300, "<a>"}, {300, "<b>"}};
    cr_expect_eq(tri_tokenizer_of_bytes(0, twice, 2, &tokenizer), TRI_E_FORMAT);
    cr_expect_null(tokenizer);
}
