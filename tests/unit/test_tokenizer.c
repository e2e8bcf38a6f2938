/* SPDX-License-Identifier: Apache-2.0
 *
 * Text to ids and back, against lines that tiktoken and Hugging Face's tokenizers agree on. Where
 * text is cut: test_pretokenizer.c; edited and damaged files: test_tokenizer_file.c.
 */
#include "ref/tokenizer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ref/utf8.h"

#define TOY       "tests/models/toy-tokenizer/tokenizer.json"
#define TOY_RANKS "tests/models/toy-tokenizer/toy.tiktoken"
#define LINES     "tests/tokenizer/toy.jsonl"

static struct tri_tokenizer *open_tokenizer(const char *path) {
    struct tri_tokenizer *tokenizer;
    enum tri_status status = tri_tokenizer_open(path, &tokenizer);
    cr_assert_eq(status, TRI_OK, "%s", tri_error());
    return tokenizer;
}

/* The tokens of ids, one behind the other; the caller frees it. */
static char *decoded(const struct tri_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                     size_t *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        cr_assert_not_null(tri_tokenizer_bytes(tokenizer, ids[i], &length));
        *bytes += length;
    }
    char *text = malloc(*bytes + 1);
    cr_assert_not_null(text);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *token = tri_tokenizer_bytes(tokenizer, ids[i], &length);
        memcpy(text + at, token, length);
        at += length;
    }
    return text;
}

/* Ids become the text again, at once and streamed token by token in whole characters. */
static void expect_decodes(const struct tri_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                           const char *text, size_t bytes) {
    size_t length;
    char *whole = decoded(tokenizer, ids, count, &length);
    cr_expect(length == bytes && memcmp(whole, text, bytes) == 0, "'%s' decodes to other bytes",
              text);
    free(whole);
    char *out = malloc(3 * (bytes + 4));
    cr_assert_not_null(out);
    struct tri_utf8_stream stream = {{0}, 0};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const char *token = tri_tokenizer_bytes(tokenizer, ids[i], &length);
        size_t written = tri_utf8_push(&stream, token, length, out + at);
        cr_expect_eq(tri_utf8_valid(out + at, written), written, "'%s': half a character", text);
        at += written;
    }
    at += tri_utf8_end(&stream, out + at);
    cr_expect(at == bytes && memcmp(out, text, bytes) == 0, "'%s' streams to other bytes", text);
    free(out);
}

static void expect_line(const struct tri_tokenizer *tokenizer, const json_t *line, size_t number) {
    const json_t *text = json_object_get(line, "text");
    const json_t *wanted = json_object_get(line, "ids");
    uint32_t *ids;
    size_t count;
    enum tri_status status =
        tri_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                             json_is_true(json_object_get(line, "special")), &ids, &count);
    cr_assert_eq(status, TRI_OK, "%s", tri_error());
    bool equal = count == json_array_size(wanted);
    for (size_t i = 0; equal && i < count; i++) {
        equal = (json_int_t)ids[i] == json_integer_value(json_array_get(wanted, i));
    }
    cr_expect(equal, "line %zu: '%s' has other ids", number, json_string_value(text));
    expect_decodes(tokenizer, ids, count, json_string_value(text), json_string_length(text));
    free(ids);
}

/* Every line of a file of {"text", "special", "ids"}. */
static void expect_lines(const char *tokenizer_path, const char *path, size_t wanted) {
    struct tri_tokenizer *tokenizer = open_tokenizer(tokenizer_path);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s: cannot open", path);
    size_t lines = 0;
    json_t *line;
    json_error_t error;
    while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error)) != NULL) {
        expect_line(tokenizer, line, ++lines);
        json_decref(line);
    }
    (void)fclose(file);
    tri_tokenizer_close(tokenizer);
    cr_expect_eq(lines, wanted, "%s: wanted %zu lines, got %zu", path, wanted, lines);
}

Test(tokenizer, equals_tiktoken_and_hugging_face_on_every_toy_line) {
    expect_lines(TOY, LINES, 576);
}

Test(tokenizer, reads_the_same_from_a_rank_file) { expect_lines(TOY_RANKS, LINES, 576); }

Test(tokenizer, equals_hugging_face_on_the_demo_model_s_lines) {
    expect_lines("tests/models/demo/tokenizer.json", "tests/tokenizer/demo.jsonl", 15);
}

Test(tokenizer, equals_tiktoken_and_hugging_face_on_every_llama_3_line) {
    const char *path = getenv("TRITIUM_LLAMA3_TOKENIZER");
    if (path == NULL) {
        cr_skip("TRITIUM_LLAMA3_TOKENIZER does not name Llama 3's tokenizer.model");
    }
    expect_lines(path, "tests/tokenizer/llama3.jsonl", 576);
}

Test(tokenizer, has_the_same_tokens_in_both_file_forms) {
    struct tri_tokenizer *json = open_tokenizer(TOY);
    struct tri_tokenizer *ranks = open_tokenizer(TOY_RANKS);
    cr_assert_eq(tri_tokenizer_vocab(json), 512);
    cr_assert_eq(tri_tokenizer_vocab(ranks), 512);
    for (uint32_t id = 0; id < 512; id++) {
        size_t a, b;
        const char *from_json = tri_tokenizer_bytes(json, id, &a);
        const char *from_ranks = tri_tokenizer_bytes(ranks, id, &b);
        cr_expect(a == b && memcmp(from_json, from_ranks, a) == 0, "id %u differs", id);
        cr_expect_eq(tri_tokenizer_is_special(json, id), id >= 496);
        cr_expect_eq(tri_tokenizer_is_special(ranks, id), id >= 496);
    }
    tri_tokenizer_close(json);
    tri_tokenizer_close(ranks);
}

Test(tokenizer, finds_special_tokens_by_their_whole_name) {
    struct tri_tokenizer *tokenizer = open_tokenizer(TOY);
    uint32_t id = 0;
    cr_expect(tri_tokenizer_special(tokenizer, "<|eot_id|>", &id));
    cr_expect_eq(id, 505);
    cr_expect_not(tri_tokenizer_special(tokenizer, "<|eot_id|", &id));
    cr_expect_not(tri_tokenizer_special(tokenizer, "<|eot_id|>x", &id));
    cr_expect_not(tri_tokenizer_special(tokenizer, "the", &id));
    cr_expect_not(tri_tokenizer_special(tokenizer, "", &id));
    tri_tokenizer_close(tokenizer);
}

Test(tokenizer, has_no_bytes_for_ids_beyond_the_vocabulary) {
    struct tri_tokenizer *tokenizer = open_tokenizer(TOY);
    size_t bytes = 7;
    cr_expect_null(tri_tokenizer_bytes(tokenizer, 512, &bytes));
    cr_expect_eq(bytes, 0);
    cr_expect_null(tri_tokenizer_bytes(tokenizer, UINT32_MAX, &bytes));
    cr_expect_not(tri_tokenizer_is_special(tokenizer, UINT32_MAX));
    tri_tokenizer_close(tokenizer);
}

Test(tokenizer, says_at_which_byte_text_stops_being_utf8) {
    struct tri_tokenizer *tokenizer = open_tokenizer(TOY);
    uint32_t *ids;
    size_t count;
    enum tri_status status =
        tri_tokenizer_encode(tokenizer, "caf\xe9 au lait", 12, false, &ids, &count);
    cr_expect_eq(status, TRI_E_ARGUMENT);
    cr_expect_str_eq(tri_error(), "text: byte 3: wanted UTF-8, got 0xe9");
    cr_expect_null(ids);
    tri_tokenizer_close(tokenizer);
}

/* A quadratic merge or cut of these would take hours. */
Test(tokenizer, encodes_megabyte_runs_in_time, .timeout = 100) {
    struct tri_tokenizer *tokenizer = open_tokenizer(TOY);
    static const char *const runs[] = {"th", " ", "\n ", "'", "1", "<|", "\u4e2d"};
    enum { BYTES = 1200000 };
    char *text = malloc(BYTES);
    cr_assert_not_null(text);
    for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        for (size_t i = 0, n = strlen(runs[r]); i < BYTES; i++) text[i] = runs[r][i % n];
        uint32_t *ids;
        size_t count, length;
        enum tri_status status = tri_tokenizer_encode(tokenizer, text, BYTES, true, &ids, &count);
        cr_assert_eq(status, TRI_OK, "%s", tri_error());
        if (r == 0) cr_expect_eq(count, BYTES / 2, "th is one token, got %zu ids", count);
        char *back = decoded(tokenizer, ids, count, &length);
        cr_expect(length == BYTES && memcmp(back, text, BYTES) == 0, "run %zu", r);
        free(back);
        free(ids);
    }
    free(text);
    tri_tokenizer_close(tokenizer);
}

Test(tokenizer, closes_nothing_without_harm) { tri_tokenizer_close(NULL); }
