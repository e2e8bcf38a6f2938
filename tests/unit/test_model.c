/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening models: what is read from a good folder, and what is said about each kind of bad one.
 */
#include "tests/unit/test_ref_support.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(model, reads_the_configuration_and_points_into_the_file) {
    struct tri_model *model = open_model("demo");
    const struct tri_config *c = &model->config;
    cr_assert(c->layers == 4 && c->hidden == 256 && c->ffn == 512 && c->vocab == 2048);
    cr_assert(c->heads == 4 && c->kv_heads == 2 && c->head_dim == 64 && c->context == 512);
    cr_assert(c->eps == 1e-5f && c->rope_theta == 500000.0);
    cr_assert(c->bos == 2046 && c->eos_count == 1 && c->eos[0] == 2047 && c->tied);
    cr_assert(c->sub_norms && c->activation == TRI_RELU2 && c->architecture == TRI_BITNET);
    cr_assert(model->head.data == model->embedding.data && model->embedding.type == TRI_BF16);
    cr_assert(tri_model_gguf(model) == NULL);
    cr_assert(strcmp(model->path, "tests/models/demo") == 0);
    cr_assert(tri_group_rows(model, TRI_GROUP_QKV) == 512);
    cr_assert(tri_group_rows(model, TRI_GROUP_GATE_UP) == 1024);
    cr_assert(tri_group_cols(model, TRI_GROUP_DOWN) == 512);
    tri_model_close(model);
    tri_model_close(NULL);
}

Test(model, an_edited_copy_without_edits_opens) {
    struct tri_model *model = NULL;
    must(open_edited(NULL, NULL, &model));
    tri_model_close(model);
}

/* Opens micro with the edits and wants this failure. */
static void refuses(edit_config config, edit_weights weights, enum tri_status wanted,
                    const char *message) {
    struct tri_model *model = NULL;
    must_fail(open_edited(config, weights, &model), wanted, message);
    cr_assert(model == NULL);
}

Test(model, names_a_folder_or_file_that_is_not_there) {
    struct tri_model *model = NULL;
    must_fail(tri_model_open("tests/models/none", NULL, &model), TRI_E_IO,
              "models/none: cannot open");
    must_fail(tri_model_open("tests/vectors/demo", NULL, &model), TRI_E_IO, "demo/config.json");
    char folder[64], longer[5000];
    size_t bytes;
    make_folder(folder);
    unsigned char *config = read_file("tests/models/micro/config.json", &bytes);
    write_file(folder, "config.json", config, bytes);
    must_fail(tri_model_open(folder, NULL, &model), TRI_E_IO, "model.safetensors");
    write_file(folder, "model.safetensors.index.json", "{}", 2);
    must_fail(tri_model_open(folder, NULL, &model), TRI_E_FORMAT, "weight_map");
    free(config);
    remove_folder(folder);
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    must_fail(tri_model_open(longer, NULL, &model), TRI_E_ARGUMENT, "path");
    cr_assert(model == NULL);
}

static void drop_keys(json_t *c) {
    json_object_del(c, "hidden_size");
    json_object_del(c, "vocab_size");
    json_object_set_new(c, "rms_norm_eps", json_null());
}

Test(model, names_all_missing_keys_at_once) {
    refuses(drop_keys, NULL, TRI_E_FORMAT, "missing hidden_size, vocab_size, rms_norm_eps");
}

/* The key and value the next edit sets; NULL deletes. "a.b" is key b of object a. */
static const char *key_to_set;
static json_t *value_to_set;

static void set_key(json_t *c) {
    const char *dot = strchr(key_to_set, '.');
    if (dot != NULL) c = json_object_get(c, "quantization_config");
    const char *key = dot == NULL ? key_to_set : dot + 1;
    if (value_to_set == NULL)
        json_object_del(c, key);
    else
        json_object_set_new(c, key, value_to_set);
}

static void config_refuses(const char *key, json_t *value, enum tri_status wanted,
                           const char *message) {
    key_to_set = key;
    value_to_set = value;
    refuses(set_key, NULL, wanted, message);
}

Test(model, refuses_sizes_of_zero_huge_or_of_another_type) {
    static const char *const sizes[] = {
        "hidden_size",         "intermediate_size", "num_hidden_layers",      "num_attention_heads",
        "num_key_value_heads", "vocab_size",        "max_position_embeddings"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const json_int_t bad[] = {0, -1, INT_MAX, 4294967296, 4294967552, LLONG_MAX, LLONG_MIN};
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            config_refuses(sizes[i], json_integer(bad[b]), TRI_E_FORMAT, sizes[i]);
        }
        config_refuses(sizes[i], json_string("256"), TRI_E_FORMAT, "got \"256\"");
        config_refuses(sizes[i], json_real(256.0), TRI_E_FORMAT, sizes[i]);
    }
}

Test(model, refuses_other_wrong_values_by_key) {
    config_refuses("rms_norm_eps", json_integer(0), TRI_E_FORMAT, "rms_norm_eps");
    config_refuses("rms_norm_eps", json_real(-1e-5), TRI_E_FORMAT, "rms_norm_eps");
    config_refuses("rms_norm_eps", json_string("1e-5"), TRI_E_FORMAT, "rms_norm_eps");
    config_refuses("rope_theta", json_real(0.5), TRI_E_FORMAT, "rope_theta");
    config_refuses("rope_theta", NULL, TRI_E_FORMAT, "missing rope_theta");
    config_refuses("tie_word_embeddings", json_integer(1), TRI_E_FORMAT, "true or false");
    config_refuses("bos_token_id", json_integer(512), TRI_E_FORMAT, "0..511");
    config_refuses("eos_token_id", json_array(), TRI_E_FORMAT, "eos_token_id");
    config_refuses("num_attention_heads", json_integer(3), TRI_E_FORMAT, "hidden_size");
    config_refuses("num_key_value_heads", json_integer(3), TRI_E_FORMAT, "divisor");
    config_refuses("head_dim", json_integer(64), TRI_E_FORMAT, "num_attention_heads * head_dim");
    config_refuses("num_attention_heads", json_integer(256), TRI_E_FORMAT, "even");
    config_refuses("intermediate_size", json_integer(254), TRI_E_UNSUPPORTED, "multiple of 4");
    config_refuses("eos_token_id", json_pack("[i,i]", 1, 512), TRI_E_FORMAT, "0..511, got 512");
}

Test(model, names_what_it_cannot_compute) {
    config_refuses("model_type", json_string("gemma"), TRI_E_UNSUPPORTED, "got \"gemma\"");
    config_refuses("hidden_act", json_string("gelu"), TRI_E_UNSUPPORTED, "got \"gelu\"");
    config_refuses("attention_bias", json_true(), TRI_E_UNSUPPORTED, "attention_bias");
    config_refuses("rope_scaling", json_pack("{s:s,s:f}", "rope_type", "yarn", "factor", 4.0),
                   TRI_E_UNSUPPORTED, "yarn");
    config_refuses("quantization_config", json_integer(1), TRI_E_FORMAT, "an object");
    config_refuses("mlp_bias", json_true(), TRI_E_UNSUPPORTED, "mlp_bias");
    config_refuses("sliding_window", json_integer(512), TRI_E_UNSUPPORTED, "sliding_window");
    config_refuses("partial_rotary_factor", json_real(0.5), TRI_E_UNSUPPORTED,
                   "partial_rotary_factor");
    config_refuses("weight_bits", json_integer(2), TRI_E_UNSUPPORTED, "weight_bits, wanted 1");
    config_refuses("rope_scaling", json_pack("{s:s,s:f}", "rope_type", "llama3", "factor", 8.0),
                   TRI_E_UNSUPPORTED, "llama3");
    config_refuses("q.linear_class", json_string("other"), TRI_E_UNSUPPORTED, "got \"other\"");
    config_refuses("q.quantization_mode", json_string("dynamic"), TRI_E_UNSUPPORTED,
                   "got \"dynamic\"");
    config_refuses("q.use_rms_norm", json_true(), TRI_E_UNSUPPORTED, "use_rms_norm");
    config_refuses("q.modules_to_not_convert", json_pack("[s,s]", "lm_head", "q_proj"),
                   TRI_E_UNSUPPORTED, "got \"q_proj\"");
    config_refuses("q.quant_method", json_string("gptq"), TRI_E_UNSUPPORTED, "got \"gptq\"");
}

static void set_lists(json_t *c) {
    json_object_set_new(c, "eos_token_id", json_pack("[i,i]", 497, 498));
    json_object_del(c, "rope_theta");
    json_object_set_new(c, "rope_parameters",
                        json_pack("{s:s,s:f}", "rope_type", "default", "rope_theta", 10000.0));
}

Test(model, takes_a_list_of_ends_and_the_newer_place_of_theta) {
    struct tri_model *model = NULL;
    must(open_edited(set_lists, NULL, &model));
    const struct tri_config *c = &model->config;
    cr_assert(c->eos_count == 2 && c->eos[0] == 497 && c->eos[1] == 498);
    cr_assert(tri_config_ends(c, 498) && !tri_config_ends(c, 499) && c->rope_theta == 10000.0);
    tri_model_close(model);
}

Test(model, survives_a_configuration_cut_short_at_any_byte) {
    char folder[64];
    size_t bytes;
    unsigned char *config = read_file("tests/models/micro/config.json", &bytes);
    make_folder(folder);
    for (size_t cut = 0; cut < bytes; cut++) {
        struct tri_model *model = NULL;
        write_file(folder, "config.json", config, cut);
        must_fail(tri_model_open(folder, NULL, &model), TRI_E_FORMAT, "not JSON");
    }
    remove_folder(folder);
    free(config);
}

Test(model, survives_weights_cut_short_anywhere_in_the_header) {
    char folder[64];
    size_t bytes;
    uint64_t length;
    unsigned char *file = read_file("tests/models/micro/model.safetensors", &bytes);
    memcpy(&length, file, 8);
    make_folder(folder);
    size_t config_bytes;
    unsigned char *config = read_file("tests/models/micro/config.json", &config_bytes);
    write_file(folder, "config.json", config, config_bytes);
    for (size_t cut = 0; cut <= 8 + length; cut++) {
        struct tri_model *model = NULL;
        write_file(folder, "model.safetensors", file, cut);
        must_fail(tri_model_open(folder, NULL, &model), TRI_E_FORMAT, "model.safetensors");
    }
    remove_folder(folder);
    free(file);
    free(config);
}

#define Q        "model.layers.0.self_attn.q_proj.weight"
#define UP_SCALE "model.layers.0.mlp.up_proj.weight_scale"
#define NORM     "model.layers.0.self_attn.attn_sub_norm.weight"

static void rename_some(json_t *header, unsigned char *data) {
    (void)data;
    const char *const names[] = {Q, NORM, "model.norm.weight", "model.embed_tokens.weight"};
    for (size_t i = 0; i < 4; i++) {
        char other[128];
        (void)snprintf(other, sizeof other, "%s.other", names[i]);
        json_object_set(header, other, json_object_get(header, names[i]));
        json_object_del(header, names[i]);
    }
}

Test(model, names_all_missing_tensors_at_once) {
    refuses(NULL, rename_some, TRI_E_FORMAT,
            "4 missing tensors: model.embed_tokens.weight, model.norm.weight, " Q ", " NORM);
}

static void add_bias(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(header, "model.layers.0.self_attn.q_proj.bias",
                        json_pack("{s:s,s:[i],s:[I,I]}", "dtype", "BF16", "shape", 0,
                                  "data_offsets", (json_int_t)0, (json_int_t)0));
}

Test(model, a_tensor_that_nobody_reads_is_refused_by_name) {
    refuses(NULL, add_bias, TRI_E_UNSUPPORTED, "q_proj.bias: not part of a model");
}

static void more_layers(json_t *c) {
    json_object_set_new(c, "num_hidden_layers", json_integer(4096));
}

Test(model, a_long_list_of_missing_tensors_is_counted) {
    refuses(more_layers, NULL, TRI_E_FORMAT, "73710 missing tensors: model.layers.1.");
}

static void q_as_i8(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(json_object_get(header, Q), "dtype", json_string("I8"));
}

static void norm_as_i16(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(json_object_get(header, NORM), "dtype", json_string("I16"));
}

static void q_turned(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(json_object_get(header, Q), "shape", json_pack("[i,i]", 256, 64));
}

static void norm_with_two_sizes(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(json_object_get(header, NORM), "shape", json_pack("[i,i]", 256, 1));
}

static void scale_without_sizes(json_t *header, unsigned char *data) {
    (void)data;
    json_object_set_new(json_object_get(header, UP_SCALE), "shape", json_array());
}

Test(model, refuses_wrong_dtypes_and_shapes) {
    refuses(NULL, q_as_i8, TRI_E_FORMAT, Q ": dtype, wanted U8, got I8");
    refuses(NULL, norm_as_i16, TRI_E_FORMAT, NORM ": dtype, wanted BF16, F16 or F32, got I16");
    refuses(NULL, q_turned, TRI_E_FORMAT, Q ": shape, wanted [64, 256], got [256, 64]");
    refuses(NULL, norm_with_two_sizes, TRI_E_FORMAT, "shape, wanted [256], got [256, 1]");
    refuses(NULL, scale_without_sizes, TRI_E_FORMAT, "shape, wanted [1], got []");
}

static size_t code_at; /* which byte and which of its four codes becomes 3 */

static void code_three(json_t *header, unsigned char *data) {
    data[begin_of(header, Q) + code_at / 4] |= (unsigned char)(3u << (2 * (code_at % 4)));
}

/* A damaged code is found when its row is read, by whoever reads it: nothing is scanned at opening.
 * Byte b of q is row b / 256 of each quarter (64 rows) of the matrix. */
Test(model, the_code_three_is_refused_wherever_it_is_by_all_who_read_its_row) {
    for (size_t i = 0; i < 44; i++) {
        code_at = i < 40 ? i * 37 : (size_t)64 * 256 * 4 - 1 - (i - 40);
        const uint32_t row = (uint32_t)(code_at / 4 / 256 + 64 * (code_at % 4));
        const uint32_t column = (uint32_t)(code_at / 4 % 256);
        char wanted[80];
        (void)snprintf(wanted, sizeof wanted, "tensor " Q ": row %u, wanted codes 0, 1 or 2", row);
        struct tri_model *model = NULL;
        int8_t weights[256], codes[256] = {0};
        int32_t sums[512];
        must(open_edited(NULL, code_three, &model));
        must_fail(tri_model_verify(model), TRI_E_FORMAT, wanted);
        must_fail(tri_product_ref(model, 0, TRI_GROUP_QKV, 1, codes, sums), TRI_E_FORMAT, wanted);
        must_fail(tri_group_row(model, 0, TRI_GROUP_QKV, row, weights), TRI_E_FORMAT, wanted);
        cr_assert(!tri_ternary_row(&model->layers[0].matrix[TRI_Q], row, weights));
        cr_assert(weights[column] == 0);
        must(tri_group_row(model, 0, TRI_GROUP_QKV, (row + 1) % 256, weights));
        tri_model_close(model);
    }
}

static const char *tensor_to_set;
static uint16_t bits_to_set;

static void set_bf16(json_t *header, unsigned char *data) {
    memcpy(data + begin_of(header, tensor_to_set), &bits_to_set, 2);
}

Test(model, refuses_scales_that_are_not_positive_numbers_and_norms_that_are_not_numbers) {
    const uint16_t scales[] = {0x0000, 0x8000, 0xbf80, 0x7f80, 0xff80, 0x7fc0, 0xffff};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        tensor_to_set = UP_SCALE, bits_to_set = scales[i];
        refuses(NULL, set_bf16, TRI_E_FORMAT, UP_SCALE);
    }
    const uint16_t norms[] = {0x7f80, 0xff80, 0x7fc0, 0x7f81};
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
        tensor_to_set = NORM, bits_to_set = norms[i];
        refuses(NULL, set_bf16, TRI_E_FORMAT, NORM ": element 0");
    }
}

static void untie(json_t *c) { json_object_set_new(c, "tie_word_embeddings", json_false()); }

/* The embedding under both names, side by side in the header only: the data is not doubled, so the
 * embedding's own entry is cut in half. 512 rows become 256 and 256. */
static void half_vocab(json_t *c) {
    untie(c);
    json_object_set_new(c, "vocab_size", json_integer(256));
    json_object_set_new(c, "bos_token_id", json_integer(1));
    json_object_set_new(c, "eos_token_id", json_integer(2));
}

static void split_embedding(json_t *header, unsigned char *data) {
    (void)data;
    const char *name = "model.embed_tokens.weight";
    json_int_t begin = (json_int_t)begin_of(header, name), half = 256 * 256 * 2;
    json_object_set_new(header, name,
                        json_pack("{s:s,s:[i,i],s:[I,I]}", "dtype", "BF16", "shape", 256, 256,
                                  "data_offsets", begin, begin + half));
    json_object_set_new(header, "lm_head.weight",
                        json_pack("{s:s,s:[i,i],s:[I,I]}", "dtype", "BF16", "shape", 256, 256,
                                  "data_offsets", begin + half, begin + 2 * half));
}

Test(model, an_untied_head_is_read_and_missed) {
    struct tri_model *model = NULL;
    refuses(untie, NULL, TRI_E_FORMAT, "1 missing tensors: lm_head.weight");
    must(open_edited(half_vocab, split_embedding, &model));
    struct tri_model *whole = open_model("micro");
    cr_assert(!model->config.tied);
    const unsigned char *both = whole->embedding.data;
    cr_assert(memcmp(model->embedding.data, both, 256 * 256 * 2) == 0);
    cr_assert(memcmp(model->head.data, both + 256 * 256 * 2, 256 * 256 * 2) == 0);
    tri_model_close(whole);
    tri_model_close(model);
}

/* Pads the header until its length is odd. */
static void odd_header(json_t *header, unsigned char *data) {
    (void)data;
    const char *const pads[] = {"a", "ab"};
    for (size_t i = 0; i < 2; i++) {
        json_object_set_new(header, "__metadata__", json_pack("{s:s}", "pad", pads[i]));
        char *text = json_dumps(header, JSON_COMPACT);
        bool odd = strlen(text) % 2 == 1;
        free(text);
        if (odd) return;
    }
}

/* All logits of ten tokens. */
static float *logits_of(struct tri_model *model) {
    const uint32_t ids[10] = {1, 5, 9, 200, 4, 4, 300, 17, 2, 250};
    struct tri_session *session;
    float *logits = malloc((size_t)10 * model->config.vocab * sizeof *logits);
    must(tri_session_create(model, 10, &session));
    must(tri_session_run(session, ids, 10, tri_product_ref, model, true, logits));
    tri_session_destroy(session);
    return logits;
}

Test(model, tensors_at_odd_addresses_are_the_same) {
    struct tri_model *model = NULL, *whole = open_model("micro");
    must(open_edited(NULL, odd_header, &model));
    cr_assert((uintptr_t)model->embedding.data % 2 == 1, "the header is not odd");
    cr_assert((uintptr_t)model->layers[0].matrix[0].packed % 2 == 1, "the header is not odd");
    float *odd = logits_of(model), *even = logits_of(whole);
    cr_assert(memcmp(odd, even, (size_t)10 * 512 * sizeof *odd) == 0);
    free(odd);
    free(even);
    tri_model_close(model);
    tri_model_close(whole);
}

Test(model, groups_and_matrices_have_names_and_order) {
    const char *const matrices[] = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                    "gate_proj", "up_proj", "down_proj"};
    const char *const groups[] = {"q|k|v", "o", "gate|up", "down"};
    uint32_t next = 0;
    for (int i = 0; i < TRI_MATRICES; i++) {
        cr_assert(strcmp(tri_matrix_name((enum tri_matrix)i), matrices[i]) == 0);
    }
    for (int g = 0; g < TRI_GROUPS; g++) {
        enum tri_group group = (enum tri_group)g;
        cr_assert(strcmp(tri_group_name(group), groups[g]) == 0);
        cr_assert(tri_group_first(group) == (enum tri_matrix)next);
        next += tri_group_count(group);
    }
    cr_assert(next == TRI_MATRICES);
}
