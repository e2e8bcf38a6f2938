/* SPDX-License-Identifier: Apache-2.0
 *
 * GGUF files: what is read from a good one, and what is said about each kind of bad one. Bad files
 * are copies of an oracle file with bytes changed behind a key or tensor name.
 */
#include "tests/unit/test_ref_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ref/gguf.h"

static const char source[] = "tests/models/micro/micro-i2_s.gguf";

/* A file in memory, and where it is written to be opened. */
struct copy {
    unsigned char *bytes;
    size_t size;
    char folder[64], path[80];
};

static struct copy copy_of(const char *path) {
    struct copy c;
    c.bytes = read_file(path, &c.size);
    make_folder(c.folder);
    (void)snprintf(c.path, sizeof c.path, "%s/a.gguf", c.folder);
    return c;
}

static void drop(struct copy *c) {
    remove_folder(c->folder);
    free(c->bytes);
}

/* The bytes behind a key or tensor name: the name stands after its own length. */
static unsigned char *behind(const struct copy *c, const char *name) {
    const size_t length = strlen(name);
    for (size_t i = 8; i + length < c->size; i++) {
        uint64_t stored;
        memcpy(&stored, c->bytes + i - 8, 8);
        if (stored == length && memcmp(c->bytes + i, name, length) == 0)
            return c->bytes + i + length;
    }
    cr_assert_fail("no %s", name);
    return NULL;
}

/* Writes the copy and wants tri_model_open to fail, in one line that names the file. */
static void refused(struct copy *c, enum tri_status wanted, const char *message) {
    struct tri_model *model = NULL;
    write_file(c->folder, "a.gguf", c->bytes, c->size);
    must_fail(tri_model_open(c->path, NULL, &model), wanted, message);
    cr_assert(model == NULL);
    cr_assert(strstr(tri_error(), c->path) != NULL && strchr(tri_error(), '\n') == NULL);
}

/* Changes `bytes` bytes at `offset` behind a name, wants a failure, and puts the old ones back. */
static void patched(struct copy *c, const char *name, long offset, const void *value, size_t bytes,
                    enum tri_status wanted, const char *message) {
    unsigned char old[64], *at = behind(c, name) + offset;
    cr_assert(bytes <= sizeof old);
    memcpy(old, at, bytes);
    memcpy(at, value, bytes);
    refused(c, wanted, message);
    memcpy(at, old, bytes);
}

/* The value of a key: behind its name comes a type of four bytes. */
static void u32_refused(struct copy *c, const char *key, uint32_t value, enum tri_status wanted,
                        const char *message) {
    patched(c, key, 4, &value, sizeof value, wanted, message);
}

static void f32_refused(struct copy *c, const char *key, float value, const char *message) {
    patched(c, key, 4, &value, sizeof value, TRI_E_FORMAT, message);
}

#define ARCH "bitnet-b1.58."

Test(gguf, metadata_and_tensors_are_found_by_name) {
    struct tri_gguf *file = NULL;
    must(tri_gguf_open(source, &file));
    uint64_t number = 0, length = 0;
    double real = 0;
    bool flag = false;
    const char *text = NULL;
    cr_assert(tri_gguf_u64(tri_gguf_value(file, ARCH "vocab_size"), &number) && number == 512);
    cr_assert(tri_gguf_f64(tri_gguf_value(file, ARCH "rope.freq_base"), &real) && real == 500000);
    cr_assert(tri_gguf_f64(tri_gguf_value(file, ARCH "vocab_size"), &real) && real == 512);
    cr_assert(tri_gguf_bool(tri_gguf_value(file, "tokenizer.ggml.add_bos_token"), &flag) && flag);
    cr_assert(tri_gguf_string(tri_gguf_value(file, "tokenizer.ggml.model"), &text, &length));
    cr_assert(length == 4 && memcmp(text, "gpt2", 4) == 0);
    cr_assert(!tri_gguf_u64(tri_gguf_value(file, "general.architecture"), &number));
    cr_assert(!tri_gguf_u64(tri_gguf_value(file, "no.such.key"), &number));
    cr_assert(!tri_gguf_string(tri_gguf_value(file, ARCH "vocab_size"), &text, &length));
    cr_assert(tri_gguf_value_count(file) > 15 && tri_gguf_value_at(file, 1000) == NULL);

    const struct tri_gguf_value *tokens = tri_gguf_value(file, "tokenizer.ggml.tokens");
    struct tri_gguf_next next = {0, 0};
    size_t count = 0;
    while (tri_gguf_next_string(tokens, &next, &text, &length)) count++;
    cr_assert(count == 512 && tokens->count == 512);
    const struct tri_gguf_value *kinds = tri_gguf_value(file, "tokenizer.ggml.token_type");
    int64_t kind = 0, controls = 0;
    next = (struct tri_gguf_next){0, 0};
    for (count = 0; tri_gguf_next_i64(kinds, &next, &kind); count++) controls += kind == 3;
    cr_assert(count == 512 && controls == 16);
    cr_assert(!tri_gguf_next_i64(tokens, &next, &kind));

    cr_assert(tri_gguf_tensor_count(file) == 13);
    const struct tri_gguf_tensor *q = tri_gguf_tensor(file, "blk.0.attn_k.weight");
    cr_assert(q->dims == 2 && q->shape[0] == 128 && q->shape[1] == 256);
    cr_assert(strcmp(q->type_name, "I2_S") == 0 && q->bytes == 128 * 256 / 4 + 32);
    cr_assert(tri_gguf_tensor(file, "output.weight") == NULL);
    cr_assert(tri_gguf_tensor_at(file, 13) == NULL);
    tri_gguf_close(file);
    tri_gguf_close(NULL);
}

Test(gguf, a_model_has_the_configuration_of_its_keys) {
    struct tri_model *model = NULL;
    must(tri_model_open(source, NULL, &model));
    const struct tri_config *c = &model->config;
    cr_assert(c->layers == 1 && c->hidden == 256 && c->ffn == 256 && c->vocab == 512);
    cr_assert(c->heads == 2 && c->kv_heads == 1 && c->head_dim == 128 && c->context == 256);
    cr_assert(c->eps == 1e-5f && c->rope_theta == 500000.0 && c->tied && c->sub_norms);
    cr_assert(c->bos == 496 && c->eos_count == 1 && c->eos[0] == 497);
    cr_assert(c->activation == TRI_RELU2 && c->architecture == TRI_BITNET);
    cr_assert(model->embedding.type == TRI_F16 && model->head.data == model->embedding.data);
    cr_assert(strcmp(model->layers[0].matrix[TRI_DOWN].name, "blk.0.ffn_down.weight") == 0);
    tri_model_close(model);
}

/* The header of the oracle file, cut at every byte; then the data, cut here and there. */
Test(gguf, survives_a_file_cut_short_anywhere) {
    struct copy c = copy_of(source);
    struct tri_gguf *file = NULL;
    must(tri_gguf_open(source, &file));
    const size_t header = (size_t)(tri_gguf_tensor_at(file, 0)->data - tri_gguf_map(file)->data);
    tri_gguf_close(file);
    write_file(c.folder, "a.gguf", c.bytes, c.size);
    for (size_t cut = c.size - 1; cut > 0; cut = cut > header ? cut - 3001 : cut - 1) {
        struct tri_model *model = NULL;
        cr_assert(truncate(c.path, (off_t)cut) == 0);
        enum tri_status status = tri_model_open(c.path, NULL, &model);
        cr_assert(status == TRI_E_FORMAT && model == NULL, "%zu bytes: %s", cut, tri_error());
    }
    struct tri_model *model = NULL;
    cr_assert(truncate(c.path, 0) == 0);
    must_fail(tri_model_open(c.path, NULL, &model), TRI_E_FORMAT, "size, wanted at least");
    drop(&c);
}

Test(gguf, refuses_other_magic_versions_and_counts_that_cannot_be) {
    struct copy c = copy_of(source);
    static const struct {
        size_t at;
        uint64_t value;
        size_t bytes;
        enum tri_status status;
        const char *message;
    } cases[] = {
        {0, 0x46554746, 4, TRI_E_FORMAT, "magic, wanted \"GGUF\", got 0x46475546"},
        {0, 0x6c6d6767, 4, TRI_E_FORMAT, "magic"},
        {4, 2, 4, TRI_E_UNSUPPORTED, "version, wanted 3, got 2"},
        {4, 4, 4, TRI_E_UNSUPPORTED, "version, wanted 3, got 4"},
        {4, 0x03000000, 4, TRI_E_UNSUPPORTED, "big-endian"},
        {8, UINT64_MAX, 8, TRI_E_FORMAT, "counts"},
        {8, 1u << 30, 8, TRI_E_FORMAT, "counts"},
        {8, 14, 8, TRI_E_FORMAT, ""},
        {16, UINT64_MAX, 8, TRI_E_FORMAT, "counts"},
        {16, UINT64_MAX / 13, 8, TRI_E_FORMAT, "counts"},
        {16, 10000, 8, TRI_E_FORMAT, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char old[8];
        memcpy(old, c.bytes + cases[i].at, 8);
        memcpy(c.bytes + cases[i].at, &cases[i].value, cases[i].bytes);
        refused(&c, cases[i].status, cases[i].message);
        memcpy(c.bytes + cases[i].at, old, 8);
    }
    drop(&c);
    struct tri_model *model = NULL;
    must_fail(tri_model_open("/dev/null", NULL, &model), TRI_E_IO, "something else");
    struct tri_gguf *file = NULL;
    must_fail(tri_gguf_open("tests/models/micro", &file), TRI_E_IO, "got a folder");
    must_fail(tri_gguf_open("tests/models/none.gguf", &file), TRI_E_IO, "cannot open");
}

Test(gguf, refuses_lengths_and_types_of_keys_that_cannot_be) {
    struct copy c = copy_of(source);
    const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 7, INT64_MAX, 1u << 20, 1025};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        patched(&c, "general.architecture", -28, &lengths[i], 8, TRI_E_FORMAT, "length of a key");
    for (size_t i = 0; i < 4; i++) /* of the text, and of the list of tokens */
        patched(&c, "general.architecture", 4, &lengths[i], 8, TRI_E_FORMAT, "to the end");
    for (size_t i = 0; i < 4; i++)
        patched(&c, "tokenizer.ggml.tokens", 8, &lengths[i], 8, TRI_E_FORMAT, "to the end");
    for (size_t i = 0; i < 4; i++)
        patched(&c, "tokenizer.ggml.scores", 8, &lengths[i], 8, TRI_E_FORMAT, "to the end");
    u32_refused(&c, "tokenizer.ggml.tokens", 9, TRI_E_UNSUPPORTED, "array of arrays");
    u32_refused(&c, "tokenizer.ggml.tokens", 13, TRI_E_FORMAT, "type, wanted 0..12, got 13");
    const uint32_t type = 200;
    patched(&c, ARCH "block_count", 0, &type, 4, TRI_E_FORMAT, "type, wanted 0..12, got 200");
    patched(&c, "tokenizer.ggml.add_bos_token", 4, "\2", 1, TRI_E_FORMAT, "true or false, got 2");
    patched(&c, ARCH "block_count", -1, "", 1, TRI_E_FORMAT, "got a zero byte");
    drop(&c);
}

Test(gguf, refuses_configurations_it_cannot_compute_by_key) {
    struct copy c = copy_of(source);
    patched(&c, "general.architecture", 12, "bitnet-b9.99", 12, TRI_E_UNSUPPORTED,
            "got bitnet-b9.99");
    u32_refused(&c, ARCH "embedding_length", 0, TRI_E_FORMAT, "wanted an integer in 1..");
    u32_refused(&c, ARCH "embedding_length", UINT32_MAX, TRI_E_FORMAT, "wanted an integer in 1..");
    u32_refused(&c, ARCH "embedding_length", 512, TRI_E_UNSUPPORTED, "rope.dimension_count");
    u32_refused(&c, ARCH "feed_forward_length", 512, TRI_E_FORMAT,
                "blk.0.ffn_gate.weight: shape, wanted [512, 256], got [256, 256]");
    u32_refused(&c, ARCH "block_count", 2, TRI_E_FORMAT,
                "11 missing tensors: blk.1.attn_q.weight, blk.1.attn_k.weight");
    u32_refused(&c, ARCH "block_count", 5000, TRI_E_FORMAT, "block_count");
    u32_refused(&c, ARCH "attention.head_count", 0, TRI_E_FORMAT, "head_count");
    u32_refused(&c, ARCH "attention.head_count", 256, TRI_E_FORMAT, "even");
    u32_refused(&c, ARCH "attention.head_count_kv", 3, TRI_E_FORMAT, "divisor");
    u32_refused(&c, ARCH "attention.head_count_kv", 2, TRI_E_FORMAT,
                "attn_k.weight: shape, wanted [256, 256], got [128, 256]");
    u32_refused(&c, ARCH "rope.dimension_count", 64, TRI_E_UNSUPPORTED, "rope.dimension_count");
    u32_refused(&c, ARCH "context_length", 1 << 18, TRI_E_FORMAT, "context_length");
    u32_refused(&c, ARCH "vocab_size", 511, TRI_E_FORMAT, "vocabulary, wanted 512");
    u32_refused(&c, "tokenizer.ggml.bos_token_id", 512, TRI_E_FORMAT, "0..511, got 512");
    u32_refused(&c, "tokenizer.ggml.eos_token_id", UINT32_MAX, TRI_E_FORMAT, "eos_token_id");
    const float nan = 0.0f / 0.0f; /* folded, no trap */
    f32_refused(&c, ARCH "rope.freq_base", 0.5f, "rope.freq_base");
    f32_refused(&c, ARCH "rope.freq_base", nan, "rope.freq_base");
    f32_refused(&c, ARCH "attention.layer_norm_rms_epsilon", 0, "layer_norm_rms_epsilon");
    f32_refused(&c, ARCH "attention.layer_norm_rms_epsilon", nan, "layer_norm_rms_epsilon");
    /* Renamed, so unknown: it may change the result. Under another prefix, so missing. */
    patched(&c, ARCH "vocab_size", -4, "sizf", 4, TRI_E_UNSUPPORTED, "vocab_sizf: not known");
    patched(&c, ARCH "block_count", -24, "B", 1, TRI_E_FORMAT, "missing keys " ARCH "block_count");
    drop(&c);
}

static void rename_two(struct copy *c) {
    memcpy(behind(c, ARCH "block_count") - 24, "B", 1);
    memcpy(behind(c, ARCH "context_length") - 27, "B", 1);
    memcpy(behind(c, "tokenizer.ggml.bos_token_id") - 1, "x", 1);
}

Test(gguf, names_all_missing_keys_at_once) {
    struct copy c = copy_of(source);
    rename_two(&c);
    refused(&c, TRI_E_FORMAT,
            "missing keys " ARCH "block_count, " ARCH
            "context_length, tokenizer.ggml.bos_token_id");
    drop(&c);
}

#define Q "blk.0.attn_q.weight"

/* Behind a tensor's name: u32 dimensions, two u64 sizes, u32 type at 20, u64 offset at 24. */
Test(gguf, refuses_tensors_outside_over_each_other_or_of_impossible_shape) {
    struct copy c = copy_of(source);
    static const struct {
        long at;
        uint64_t value;
        size_t bytes;
        enum tri_status status;
        const char *message;
    } cases[] = {
        {0, 0, 4, TRI_E_FORMAT, "dimensions, wanted 1..4, got 0"},
        {0, 5, 4, TRI_E_FORMAT, "dimensions, wanted 1..4, got 5"},
        {0, UINT32_MAX, 4, TRI_E_FORMAT, "dimensions"},
        {4, 0, 8, TRI_E_FORMAT, "shape"},
        {4, UINT64_MAX, 8, TRI_E_FORMAT, "shape"},
        {4, (uint64_t)1 << 62, 8, TRI_E_FORMAT, "shape"},
        {4, (uint64_t)1 << 54, 8, TRI_E_FORMAT, "wanted within the"},
        {4, 255, 8, TRI_E_FORMAT, "shape, wanted [256, 256], got [256, 255]"},
        {20, 14, 4, TRI_E_FORMAT, "overlaps"},
        {20, 5, 4, TRI_E_UNSUPPORTED, "type 5, which is not known"},
        {20, UINT32_MAX, 4, TRI_E_UNSUPPORTED, "which is not known"},
        {24, UINT64_MAX, 8, TRI_E_FORMAT, "wanted within the"},
        {24, UINT64_MAX - 31, 8, TRI_E_FORMAT, "wanted within the"},
        {24, (uint64_t)1 << 63, 8, TRI_E_FORMAT, "wanted within the"},
        {24, 1, 8, TRI_E_FORMAT, "offset, wanted a multiple of 32, got 1"},
        {24, 0, 8, TRI_E_FORMAT, "overlaps tensor"},
        {24, 32, 8, TRI_E_FORMAT, "overlaps tensor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        patched(&c, Q, cases[i].at, &cases[i].value, cases[i].bytes, cases[i].status,
                cases[i].message);
    patched(&c, Q, -8, "k", 1, TRI_E_FORMAT, "blk.0.attn_k.weight: comes twice");
    patched(&c, Q, -8, "z", 1, TRI_E_FORMAT, "1 missing tensors: " Q);
    drop(&c);
    c = copy_of("tests/models/micro/micro-f16.gguf"); /* a smaller type overlaps nothing */
    const uint32_t q6 = 14;
    patched(&c, Q, 20, &q6, 4, TRI_E_UNSUPPORTED, "BF16 or F32, got Q6_K");
    patched(&c, "token_embd.weight", 20, &q6, 4, TRI_E_FORMAT, "BF16, F16 or F32, got Q6_K");
    drop(&c);
}

/* Writes `bytes` at an offset of a tensor's data. */
static void set_data(struct copy *c, const char *source_path, const char *name, uint64_t offset,
                     const void *value, size_t bytes) {
    struct tri_gguf *file = NULL;
    must(tri_gguf_open(source_path, &file));
    const struct tri_gguf_tensor *tensor = tri_gguf_tensor(file, name);
    const size_t at = (size_t)(tensor->data - tri_gguf_map(file)->data + (ptrdiff_t)offset);
    cr_assert(offset + bytes <= tensor->bytes);
    tri_gguf_close(file);
    memcpy(c->bytes + at, value, bytes);
}

Test(gguf, refuses_scales_that_are_not_positive_numbers_and_norms_that_are_not_numbers) {
    const uint32_t scales[] = {0, 0x80000000, 0xbf800000, 0x7f800000, 0x7fc00000};
    const uint32_t nan = 0x7fc00000;
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        struct copy c = copy_of(source);
        set_data(&c, source, Q, 256 * 256 / 4, &scales[i], 4);
        refused(&c, TRI_E_FORMAT, Q ": scale, wanted a finite number above 0");
        drop(&c);
    }
    struct copy c = copy_of(source);
    set_data(&c, source, "blk.0.ffn_sub_norm.weight", 40, &nan, 4);
    refused(&c, TRI_E_FORMAT, "ffn_sub_norm.weight: element 10, wanted a finite number");
    drop(&c);
    const char *f16 = "tests/models/micro/micro-f16.gguf";
    c = copy_of(f16);
    set_data(&c, f16, Q, 2 * 256 + 4, "\x00\x7e", 2);
    refused(&c, TRI_E_FORMAT, Q ": row 1, column 2, wanted a finite number");
    drop(&c);
}

Test(gguf, refuses_group_scales_by_name_at_opening_or_when_the_row_is_read) {
    const char *tq = "tests/models/micro/micro-tq2_0.gguf";
    struct copy c = copy_of(tq);
    struct tri_model *model = NULL;
    set_data(&c, tq, Q, 16 * 66 + 64, "\x00\x40", 2); /* a block that opening looks at */
    refused(&c, TRI_E_UNSUPPORTED, Q ": wanted one scale for the whole matrix");
    drop(&c);
    c = copy_of(tq);
    set_data(&c, tq, Q, 17 * 66 + 64, "\x00\x40", 2); /* one it does not */
    write_file(c.folder, "a.gguf", c.bytes, c.size);
    must(tri_model_open(c.path, NULL, &model));
    must_fail(tri_model_verify(model), TRI_E_UNSUPPORTED, Q ": row 17, wanted one scale");
    tri_model_close(model);
    drop(&c);
    c = copy_of(tq);
    set_data(&c, tq, Q, 64, "\x00\xbc", 2);
    refused(&c, TRI_E_FORMAT, Q ": scale, wanted a finite number above 0, got -1");
    drop(&c);
    c = copy_of(tq);
    set_data(&c, tq, Q, 3 * 66, "\xff", 1);
    write_file(c.folder, "a.gguf", c.bytes, c.size);
    must(tri_model_open(c.path, NULL, &model));
    must_fail(tri_model_verify(model), TRI_E_FORMAT, Q ": row 3, wanted codes 0, 1 or 2");
    tri_model_close(model);
    drop(&c);
}

Test(gguf, a_layout_that_is_none_of_i2s_is_the_caller_s_mistake) {
    const struct tri_model_options options = {TRI_LAYOUT_TQ1_0, true};
    struct tri_model *model = NULL;
    must_fail(tri_model_open(source, &options, &model), TRI_E_ARGUMENT, "x86, arm or rows");
}

/* Every byte of the header's fixed parts set to three values: whatever is said, nothing breaks. */
Test(gguf, survives_any_byte_of_the_header_being_another) {
    struct copy c = copy_of(source);
    struct tri_gguf *file = NULL;
    must(tri_gguf_open(source, &file));
    const size_t header = (size_t)(tri_gguf_tensor_at(file, 0)->data - tri_gguf_map(file)->data);
    tri_gguf_close(file);
    const size_t list = header - 13 * 72; /* the tensors' list, about */
    write_file(c.folder, "a.gguf", c.bytes, c.size);
    FILE *out = fopen(c.path, "r+b");
    cr_assert(out != NULL);
    unsigned opened = 0, refusals = 0;
    for (size_t at = 0; at < header; at = at == 1200 ? list : at + 1) {
        const unsigned char values[] = {0, 0x7f, 0xff};
        for (size_t v = 0; v < sizeof values; v++) {
            struct tri_model *model = NULL;
            cr_assert(fseek(out, (long)at, SEEK_SET) == 0 && fputc(values[v], out) >= 0);
            cr_assert(fflush(out) == 0);
            if (tri_model_open(c.path, NULL, &model) == TRI_OK)
                opened++;
            else
                refusals++;
            tri_model_close(model);
        }
        cr_assert(fseek(out, (long)at, SEEK_SET) == 0 && fputc(c.bytes[at], out) >= 0);
    }
    (void)fclose(out);
    cr_assert(opened > 0 && refusals > 1000, "%u opened, %u refused", opened, refusals);
    drop(&c);
}
