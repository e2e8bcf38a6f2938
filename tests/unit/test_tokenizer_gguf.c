/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokenizers out of GGUF metadata: the same ids as from the other files, with and without merges
 * and kinds, and everything else refused by name.
 */
#include "ref/tokenizer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/temp_file.h"

#define MODEL "tests/models/micro/micro-i2_s.gguf"
#define LINES "tests/tokenizer/toy.jsonl"

static size_t lines_equal(const char *path) {
    struct tri_tokenizer *tokenizer;
    cr_assert_eq(tri_tokenizer_open(path, &tokenizer), TRI_OK, "%s", tri_error());
    FILE *file = fopen(LINES, "rb");
    cr_assert_not_null(file);
    size_t equal = 0;
    json_t *line;
    while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL)) != NULL) {
        const json_t *text = json_object_get(line, "text"), *wanted = json_object_get(line, "ids");
        uint32_t *ids;
        size_t count;
        cr_assert_eq(
            tri_tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                                 json_is_true(json_object_get(line, "special")), &ids, &count),
            TRI_OK);
        bool same = count == json_array_size(wanted);
        for (size_t i = 0; same && i < count; i++)
            same = ids[i] == json_integer_value(json_array_get(wanted, i));
        equal += same;
        free(ids);
        json_decref(line);
    }
    (void)fclose(file);
    tri_tokenizer_close(tokenizer);
    return equal;
}

/* A copy of the model with one text of the same length in place of another. */
static void patched(const char *from, const char *to, char *path) {
    FILE *file = fopen(MODEL, "rb");
    cr_assert_not_null(file);
    static char data[1 << 20];
    size_t bytes = fread(data, 1, sizeof data, file), at = 0, length = strlen(from);
    (void)fclose(file);
    cr_assert_eq(strlen(to), length);
    while (at + length <= bytes && memcmp(data + at, from, length) != 0) at++;
    cr_assert(at + length <= bytes, "no '%s' in the file", from);
    memcpy(data + at, to, length);
    temp_file(data, bytes, path);
}

static void expect_failure(const char *path, enum tri_status wanted, const char *message) {
    struct tri_tokenizer *tokenizer;
    enum tri_status status = tri_tokenizer_open(path, &tokenizer);
    cr_expect_eq(status, wanted, "%s: got %s: %s", message, tri_status_name(status), tri_error());
    cr_expect_null(tokenizer);
    cr_expect_not_null(strstr(tri_error(), message), "wanted '%s' in '%s'", message, tri_error());
    tri_tokenizer_close(tokenizer);
}

Test(tokenizer_gguf, gives_every_line_its_ids) { cr_expect_eq(lines_equal(MODEL), 576); }

Test(tokenizer_gguf, needs_no_merges_since_ids_are_ranks) {
    char path[TEMP_PATH];
    patched("tokenizer.ggml.merges", "tokenizer.ggml.mergez", path);
    cr_expect_eq(lines_equal(path), 576);
    (void)remove(path);
}

Test(tokenizer_gguf, without_kinds_takes_the_ends_of_a_text_as_special) {
    char path[TEMP_PATH];
    struct tri_tokenizer *tokenizer;
    uint32_t id;
    patched("tokenizer.ggml.token_type", "tokenizer.ggml.token_kind", path);
    cr_assert_eq(tri_tokenizer_open(path, &tokenizer), TRI_OK, "%s", tri_error());
    cr_expect(tri_tokenizer_special(tokenizer, "<|begin_of_text|>", &id));
    cr_expect_eq(id, 496);
    cr_expect_not(tri_tokenizer_special(tokenizer, "<|eot_id|>", &id));
    tri_tokenizer_close(tokenizer);
    (void)remove(path);
}

Test(tokenizer_gguf, refuses_another_kind_of_tokenizer_by_name) {
    char path[TEMP_PATH];
    patched("gpt2", "bert", path);
    expect_failure(path, TRI_E_UNSUPPORTED, "tokenizer.ggml.model: wanted 'gpt2', got 'bert'");
    (void)remove(path);
    patched("tokenizer.ggml.tokens", "tokenizer.ggml.tokenz", path);
    expect_failure(path, TRI_E_UNSUPPORTED, "has no tokenizer.ggml.tokens");
    (void)remove(path);
}

Test(tokenizer_gguf, refuses_merges_that_form_no_token) {
    char path[TEMP_PATH];
    patched("t h", "Q h", path);
    expect_failure(path, TRI_E_FORMAT,
                   "tokenizer.ggml.merges[0]: wanted two tokens that form a "
                   "third, got 'Q h'");
    (void)remove(path);
}

/* A GGUF file of metadata alone: a byte tokenizer whose last token has `kind`, and a
 * pre-tokenizer's name unless NULL. */
struct file {
    char bytes[1 << 14];
    size_t used;
};
static void put(struct file *f, const void *data, size_t count) {
    cr_assert(f->used + count <= sizeof f->bytes);
    memcpy(f->bytes + f->used, data, count);
    f->used += count;
}
static void put_number(struct file *f, uint64_t value, size_t bytes) { put(f, &value, bytes); }
static void put_text(struct file *f, const char *text) {
    put_number(f, strlen(text), 8);
    put(f, text, strlen(text));
}
static void make(const char *pre, const char *last, uint32_t kind, char *path) {
    static struct file f;
    f.used = 0;
    put(&f, "GGUF\3\0\0\0", 8);
    put_number(&f, 0, 8);
    put_number(&f, pre != NULL ? 4 : 3, 8);
    put_text(&f, "tokenizer.ggml.model");
    put_number(&f, 8, 4);
    put_text(&f, "gpt2");
    if (pre != NULL) {
        put_text(&f, "tokenizer.ggml.pre");
        put_number(&f, 8, 4);
        put_text(&f, pre);
    }
    put_text(&f, "tokenizer.ggml.tokens");
    put_number(&f, 9, 4);
    put_number(&f, 8, 4);
    put_number(&f, 257, 8);
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
        unsigned character = printable ? byte : next++;
        char text[3] = {(char)character, 0, 0};
        if (character >= 0x80) {
            text[0] = (char)(unsigned char)(0xc0 | character >> 6);
            text[1] = (char)(unsigned char)(0x80 | (character & 0x3f));
        }
        put_text(&f, text);
    }
    put_text(&f, last);
    put_text(&f, "tokenizer.ggml.token_type");
    put_number(&f, 9, 4);
    put_number(&f, 5, 4);
    put_number(&f, 257, 8);
    for (unsigned i = 0; i < 256; i++) put_number(&f, 1, 4);
    put_number(&f, kind, 4);
    while (f.used % 32 != 0) put_number(&f, 0, 1);
    temp_file(f.bytes, f.used, path);
}

Test(tokenizer_gguf, takes_the_names_of_llama_3s_pattern_and_refuses_others) {
    static const char *const good[] = {NULL, "llama-bpe", "llama3"};
    char path[TEMP_PATH];
    for (size_t i = 0; i < 3; i++) {
        struct tri_tokenizer *tokenizer;
        make(good[i], "ab", 1, path);
        cr_expect_eq(tri_tokenizer_open(path, &tokenizer), TRI_OK, "%s", tri_error());
        cr_expect_eq(tri_tokenizer_vocab(tokenizer), 257);
        uint32_t *ids;
        size_t count;
        cr_expect_eq(tri_tokenizer_encode(tokenizer, "ab", 2, false, &ids, &count), TRI_OK);
        cr_expect(count == 1 && ids[0] == 256);
        free(ids);
        tri_tokenizer_close(tokenizer);
        (void)remove(path);
    }
    make("qwen2", "ab", 1, path);
    expect_failure(path, TRI_E_UNSUPPORTED, "tokenizer.ggml.pre: wanted 'llama-bpe', got 'qwen2'");
    (void)remove(path);
}

Test(tokenizer_gguf, refuses_kinds_of_tokens_that_would_change_ids) {
    char path[TEMP_PATH];
    make(NULL, "ab", 4, path);
    expect_failure(path, TRI_E_UNSUPPORTED,
                   "token_type[256]: wanted 1 (normal), 3 (control) or 5 "
                   "(unused), got 4 (user defined) for 'ab'");
    (void)remove(path);
    make(NULL, "ab", 77, path);
    expect_failure(path, TRI_E_FORMAT, "got 77 for 'ab'");
    (void)remove(path);
    make(NULL, "a b", 1, path);
    expect_failure(path, TRI_E_FORMAT, "tokens[256]: wanted characters of the byte alphabet");
    (void)remove(path);
    make(NULL, "a", 1, path);
    expect_failure(path, TRI_E_FORMAT, "tokens[256]: wanted once, got 'a' again");
    (void)remove(path);
    make(NULL, "", 3, path);
    expect_failure(path, TRI_E_FORMAT, "tokens[256]: wanted a name");
    (void)remove(path);
}

Test(tokenizer_gguf, survives_being_cut_off_anywhere) {
    static char data[1 << 20];
    FILE *file = fopen(MODEL, "rb");
    cr_assert_not_null(file);
    size_t bytes = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    char path[TEMP_PATH];
    for (size_t cut = 0; cut < 20000 && cut < bytes; cut += cut < 600 ? 1 : 37) {
        struct tri_tokenizer *tokenizer;
        temp_file(data, cut, path);
        cr_expect_neq(tri_tokenizer_open(path, &tokenizer), TRI_OK, "cut at %zu", cut);
        cr_expect_null(tokenizer);
        (void)remove(path);
    }
}
