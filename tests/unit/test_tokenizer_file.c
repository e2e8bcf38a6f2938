/* SPDX-License-Identifier: Apache-2.0
 *
 * What tokenizer files say: edits of the toy tokenizer that change ids, and what damaged or foreign
 * files are answered with. Whole texts against other programs: test_tokenizer.c.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ref/tokenizer.h"
#include "tests/unit/temp_file.h"

#define TOY       "tests/models/toy-tokenizer/tokenizer.json"
#define TOY_RANKS "tests/models/toy-tokenizer/toy.tiktoken"

static struct tri_tokenizer *open_tokenizer(const char *path) {
    struct tri_tokenizer *tokenizer;
    enum tri_status status = tri_tokenizer_open(path, &tokenizer);
    cr_assert_eq(status, TRI_OK, "%s", tri_error());
    return tokenizer;
}

static enum tri_status open_text(const char *text, size_t bytes, struct tri_tokenizer **tokenizer) {
    char path[TEMP_PATH];
    temp_file(text, bytes, path);
    enum tri_status status = tri_tokenizer_open(path, tokenizer);
    (void)remove(path);
    return status;
}

/* Opens the toy tokenizer.json with `from` replaced by `to`; the caller closes *tokenizer. */
static enum tri_status open_edited(const char *from, const char *to,
                                   struct tri_tokenizer **tokenizer) {
    char *text = read_text(TOY);
    char *edited = replaced(text, from, to);
    enum tri_status status = open_text(edited, strlen(edited), tokenizer);
    free(edited);
    free(text);
    return status;
}

static void expect_ids(const struct tri_tokenizer *tokenizer, const char *text,
                       const char *wanted) {
    uint32_t *ids;
    size_t count;
    enum tri_status status =
        tri_tokenizer_encode(tokenizer, text, strlen(text), true, &ids, &count);
    cr_assert_eq(status, TRI_OK, "%s", tri_error());
    char got[256] = "";
    for (size_t i = 0, at = 0; i < count && at < sizeof got; i++) {
        at += (size_t)snprintf(got + at, sizeof got - at, i > 0 ? " %u" : "%u", ids[i]);
    }
    cr_expect_str_eq(got, wanted, "'%s': wanted %s, got %s", text, wanted, got);
    free(ids);
}

Test(tokenizer_file, merges_in_the_order_of_the_list_even_against_the_ids) {
    struct tri_tokenizer *tokenizer = open_tokenizer(TOY);
    expect_ids(tokenizer, "xhat", "87 71 279"); /* at 279 before ha 290 */
    tri_tokenizer_close(tokenizer);
    char *text = read_text(TOY);
    char *without = replaced(text, "[\n    \"h\",\n    \"a\"\n   ],", "");
    char *edited = replaced(without, "\"merges\": [", "\"merges\": [\"h a\",");
    cr_assert_eq(open_text(edited, strlen(edited), &tokenizer), TRI_OK, "%s", tri_error());
    expect_ids(tokenizer, "xhat", "87 290 83");
    tri_tokenizer_close(tokenizer);
    free(edited);
    free(without);
    free(text);
}

Test(tokenizer_file, takes_a_piece_that_is_a_token_whole_only_if_the_file_says_so) {
    static const char merge[] = ",\n   [\n    \"\u0120be\",\n    \"fore\"\n   ]";
    struct tri_tokenizer *tokenizer;
    cr_assert_eq(open_edited(merge, "", &tokenizer), TRI_OK, "%s", tri_error());
    expect_ids(tokenizer, " before", "495");
    tri_tokenizer_close(tokenizer);
    char *text = read_text(TOY);
    char *without = replaced(text, merge, "");
    char *edited = replaced(without, "\"ignore_merges\": true", "\"ignore_merges\": false");
    cr_assert_eq(open_text(edited, strlen(edited), &tokenizer), TRI_OK, "%s", tri_error());
    expect_ids(tokenizer, " before", "295 404");
    tri_tokenizer_close(tokenizer);
    free(edited);
    free(without);
    free(text);
}

Test(tokenizer_file, recognises_the_longest_special_token) {
    struct tri_tokenizer *tokenizer;
    cr_assert_eq(open_edited("\"added_tokens\": [",
                             "\"added_tokens\": [{\"id\": 600, \"content\": \"<|eot_id|>xx\", "
                             "\"special\": true},",
                             &tokenizer),
                 TRI_OK, "%s", tri_error());
    cr_expect_eq(tri_tokenizer_vocab(tokenizer), 601);
    expect_ids(tokenizer, "<|eot_id|>xx", "600");
    expect_ids(tokenizer, "<|eot_id|>x<|eot_id|>xxx", "505 87 600 87");
    expect_ids(tokenizer, "<<|eot_id|>", "27 505");
    size_t bytes;
    cr_expect_null(tri_tokenizer_bytes(tokenizer, 599, &bytes), "a hole stands for nothing");
    tri_tokenizer_close(tokenizer);
}

static const struct {
    const char *from, *to;
    enum tri_status status;
    const char *message; /* a part of it */
} edits[] = {
    {"\"th\": 256", "\"th\": 257", TRI_E_FORMAT, "id 257: wanted once"},
    {"\"th\": 256", "\"th\": 256, \"th\": 600", TRI_E_FORMAT, "duplicate"},
    {"\"th\": 256", "\"th\": 1048576", TRI_E_FORMAT, "got 1048576"},
    {"\"th\": 256", "\"th\": 99999999999999999999999", TRI_E_FORMAT, "too big"},
    {"\"th\": 256", "\"th\": -1", TRI_E_FORMAT, "got -1"},
    {"\"th\": 256", "\"th\": 2.5", TRI_E_FORMAT, "got a real number"},
    {"\"th\": 256", "\"th\": \"256\"", TRI_E_FORMAT, "got a string"},
    {"\"th\": 256", "\"t h\": 256", TRI_E_FORMAT, "byte alphabet, got 't h'"},
    {"\"th\": 256", "\"t\u4e2d\": 256", TRI_E_FORMAT, "byte alphabet"},
    {"\"th\": 256", "\"t\\u0000h\": 256", TRI_E_FORMAT, "NUL"},
    {"\"th\": 256", "\"t\xffh\": 256", TRI_E_FORMAT, "byte 0xff"},
    {"\"th\": 256", "\"\": 256", TRI_E_FORMAT, "byte alphabet"},
    {"\"th\": 256", "\"qq\": 256", TRI_E_FORMAT, "merges[0]: wanted three tokens"},
    {"\"#\": 2,", "", TRI_E_FORMAT, "got no 23"},
    {"\"model\":", "\"modle\":", TRI_E_FORMAT, "model: wanted an object, got nothing"},
    {"\"vocab\":", "\"vocabulary\":", TRI_E_FORMAT, "vocab: wanted an object, got nothing"},
    {"\"merges\":", "\"merge\":", TRI_E_FORMAT, "merges: wanted a list, got nothing"},
    {"\"added_tokens\":", "\"added\":", TRI_E_FORMAT, "added_tokens: wanted a list"},
    {"\"type\": \"BPE\",", "", TRI_E_FORMAT, "model.type: wanted a string, got nothing"},
    {"\"merges\": [", "\"merges\": [\"th\",", TRI_E_FORMAT, "merges[0]: wanted two tokens"},
    {"\"merges\": [", "\"merges\": [[\"t\"],", TRI_E_FORMAT, "merges[0]: wanted two tokens"},
    {"\"merges\": [", "\"merges\": [[\"t\", 1],", TRI_E_FORMAT, "merges[0]: wanted two tokens"},
    {"\"merges\": [", "\"merges\": [7,", TRI_E_FORMAT, "merges[0]: wanted two tokens"},
    {"\"merges\": [", "\"merges\": [\"t  h\",", TRI_E_FORMAT, "merges[0]: wanted characters"},
    {"\"merges\": [", "\"merges\": [[\"\", \"t\"],", TRI_E_FORMAT, "merges[0]: wanted char"},
    {"\"merges\": [", "\"merges\": [[\"t\", \"h\"],", TRI_E_FORMAT, "merges[1]: wanted each pair"},
    {"\"merges\": [", "\"merges\": [[\"qq\", \"h\"],", TRI_E_FORMAT, "for the left one"},
    {"\"merges\": [", "\"merges\": [[\"t\", \"qq\"],", TRI_E_FORMAT, "for the right one"},
    {"\"ignore_merges\": true", "\"ignore_merges\": 1", TRI_E_FORMAT, "wanted true or false"},
    {"\"id\": 496", "\"id\": 5", TRI_E_FORMAT, "got one in use"},
    {"\"id\": 496", "\"id\": 497", TRI_E_FORMAT, "got one in use"},
    {"\"id\": 496", "\"id\": null", TRI_E_FORMAT, "got null"},
    {"\"id\": 496", "\"id\": 2000000", TRI_E_FORMAT, "got 2000000"},
    {"\"<|end_of_text|>\"", "\"<|begin_of_text|>\"", TRI_E_FORMAT, "got one in use"},
    {"\"<|end_of_text|>\"", "\"th\"", TRI_E_FORMAT, "got one in use"},
    {"\"<|end_of_text|>\"", "\"\"", TRI_E_FORMAT, "not empty"},
    {"\"content\":", "\"contents\":", TRI_E_FORMAT, "got nothing"},
    {"\"special\": true", "\"special\": 1", TRI_E_FORMAT, "special: true or false"},
    {"\"special\": true", "\"special\": false", TRI_E_UNSUPPORTED, "wanted special: true"},
    {"\"lstrip\": false", "\"lstrip\": true", TRI_E_UNSUPPORTED, "lstrip: false, got true"},
    {"{1,3}", "{1,2}", TRI_E_UNSUPPORTED, "{1,2}"},
    {"\"Isolated\"", "\"Removed\"", TRI_E_UNSUPPORTED, "\"Removed\""},
    {"\"invert\": false", "\"invert\": true", TRI_E_UNSUPPORTED, "\"invert\":true"},
    {"\"add_prefix_space\": false", "\"add_prefix_space\": true", TRI_E_UNSUPPORTED, "prefix"},
    {"\"use_regex\": false", "\"use_regex\": true", TRI_E_UNSUPPORTED, "\"use_regex\":true"},
    {"\"pre_tokenizer\":", "\"pre\":", TRI_E_UNSUPPORTED, "got nothing"},
    {"\"normalizer\": null", "\"normalizer\": {\"type\": \"NFC\"}", TRI_E_UNSUPPORTED, "NFC"},
    {"\"dropout\": null", "\"dropout\": 0.5", TRI_E_UNSUPPORTED, "dropout: wanted null, got 0.5"},
    {"\"BPE\"", "\"Unigram\"", TRI_E_UNSUPPORTED, "got \"Unigram\""},
};

Test(tokenizer_file, names_what_is_wrong_with_a_tokenizer_json) {
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct tri_tokenizer *tokenizer;
        enum tri_status status = open_edited(edits[i].from, edits[i].to, &tokenizer);
        cr_expect_eq(status, edits[i].status, "%s: %s: %s", edits[i].to, tri_status_name(status),
                     tri_error());
        if (status == TRI_OK) {
            tri_tokenizer_close(tokenizer);
            continue;
        }
        cr_expect_null(tokenizer);
        cr_expect(strstr(tri_error(), edits[i].message) != NULL, "%s: wanted '%s' in: %s",
                  edits[i].to, edits[i].message, tri_error());
    }
}

static void expect_format(const char *text, size_t bytes) {
    struct tri_tokenizer *tokenizer;
    enum tri_status status = open_text(text, bytes, &tokenizer);
    cr_expect_eq(status, TRI_E_FORMAT, "%zu bytes '%.40s': %s", bytes, text,
                 tri_status_name(status));
    tri_tokenizer_close(tokenizer);
}

Test(tokenizer_file, refuses_a_tokenizer_json_cut_anywhere) {
    char *text = read_text(TOY);
    size_t end = (size_t)(strrchr(text, '}') - text);
    for (size_t bytes = 0; bytes <= end; bytes += bytes < end - 100 ? 61 : 1) {
        expect_format(text, bytes);
    }
    free(text);
}

Test(tokenizer_file, refuses_a_rank_file_cut_within_a_line_or_before_all_bytes_came) {
    char *text = read_text(TOY_RANKS);
    size_t lines = 0;
    for (size_t bytes = 0; text[bytes] != '\0'; bytes++) {
        bool whole = bytes > 0 && (text[bytes] == '\n' || text[bytes - 1] == '\n');
        if (bytes > 0 && text[bytes] == '\n') lines++;
        if (!whole && bytes % 7 != 0) continue;
        if (!whole || lines < 256) {
            expect_format(text, bytes);
            continue;
        }
        struct tri_tokenizer *tokenizer;
        cr_assert_eq(open_text(text, bytes, &tokenizer), TRI_OK, "%zu: %s", bytes, tri_error());
        cr_expect_eq(tri_tokenizer_vocab(tokenizer), lines < 503 ? 512 : 768);
        tri_tokenizer_close(tokenizer);
    }
    free(text);
}

Test(tokenizer_file, refuses_files_that_are_neither_form) {
    static const char *const files[] = {
        "",
        "\n",
        "{",
        "{}",
        "[]",
        "null",
        "IQ==",
        "IQ== ",
        "IQ==  0",
        " 0",
        "IQ== x",
        "IQ== -1",
        "IQ== 0 ",
        "IQ== 0\r\n",
        "IQ= 0",
        "I=== 0",
        "==== 0",
        "I!== 0",
        "IQ== 1048576",
        "IQ== 99999999999",
        "IQ== 0\nIQ== 1\n",
        "IQ== 0\nIg== 0\n",
        "IQ== 0\nIg== 2\n",
        "IQ== 0\n\nIg== 1\n",
        "IQ== 1048575\n",
        "IQ== 0\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        expect_format(files[i], strlen(files[i]));
    }
    char zeros[64] = {0};
    expect_format(zeros, sizeof zeros);
}

Test(tokenizer_file, says_which_line_of_a_rank_file_is_wrong) {
    static const char text[] = "IQ== 0\nIg== 1\nIw==2\n";
    struct tri_tokenizer *tokenizer;
    cr_expect_eq(open_text(text, strlen(text), &tokenizer), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), ":3: wanted base64") != NULL, "%s", tri_error());
    cr_expect(strstr(tri_error(), "'Iw==2'") != NULL, "%s", tri_error());
}

Test(tokenizer_file, reports_what_the_system_refuses) {
    struct tri_tokenizer *tokenizer;
    cr_expect_eq(tri_tokenizer_open("tests/no-such-file", &tokenizer), TRI_E_IO);
    cr_expect(strstr(tri_error(), "tests/no-such-file") != NULL, "%s", tri_error());
    cr_expect_null(tokenizer);
    cr_expect_eq(tri_tokenizer_open("tests", &tokenizer), TRI_E_IO, "a folder: %s", tri_error());
}
