/* SPDX-License-Identifier: Apache-2.0
 *
 * The files below a model: folders in several parts, files that shrink while they are mapped, and
 * weights that are not ternary.
 */
#include "tests/unit/test_ref_support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ref/map.h"

/* tests/models/micro cut into parts: tensor i of the file goes to part i % parts. */
static void write_parts(const char *folder, unsigned parts, json_t **index) {
    struct tri_safetensors *file = NULL;
    must(tri_safetensors_open("tests/models/micro/model.safetensors", &file));
    json_t *map = json_object();
    for (unsigned part = 0; part < parts; part++) {
        char name[32];
        (void)snprintf(name, sizeof name, "part-%u.safetensors", part);
        json_t *header = json_object();
        uint64_t at = 0;
        for (size_t i = part; i < tri_safetensors_count(file); i += parts) {
            const struct tri_tensor *t = tri_safetensors_at(file, i);
            json_t *shape = json_array();
            for (uint32_t d = 0; d < t->dims; d++)
                json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
            json_object_set_new(header, t->name,
                                json_pack("{s:s,s:o,s:[I,I]}", "dtype", tri_dtype_name(t->dtype),
                                          "shape", shape, "data_offsets", (json_int_t)at,
                                          (json_int_t)(at + t->bytes)));
            json_object_set_new(map, t->name, json_string(name));
            at += t->bytes;
        }
        char *text = json_dumps(header, JSON_COMPACT);
        const uint64_t length = strlen(text);
        unsigned char *bytes = malloc(8 + length + at), *to = bytes + 8 + length;
        memcpy(bytes, &length, 8);
        memcpy(bytes + 8, text, length);
        for (size_t i = part; i < tri_safetensors_count(file); i += parts) {
            const struct tri_tensor *t = tri_safetensors_at(file, i);
            memcpy(to, t->data, t->bytes);
            to += t->bytes;
        }
        write_file(folder, name, bytes, 8 + length + at);
        free(bytes);
        free(text);
        json_decref(header);
    }
    tri_safetensors_close(file);
    *index = json_pack("{s:o}", "weight_map", map);
}

static void copy_config(const char *folder) {
    size_t bytes;
    unsigned char *config = read_file("tests/models/micro/config.json", &bytes);
    write_file(folder, "config.json", config, bytes);
    free(config);
}

static enum tri_status open_index(const char *folder, const json_t *index,
                                  struct tri_model **model) {
    char *text = json_dumps(index, 0);
    write_file(folder, "model.safetensors.index.json", text, strlen(text));
    free(text);
    return tri_model_open(folder, NULL, model);
}

static float *logits_of(struct tri_model *model) {
    const uint32_t ids[4] = {1, 5, 300, 17};
    struct tri_session *session;
    float *logits = malloc((size_t)4 * model->config.vocab * sizeof *logits);
    must(tri_session_create(model, 4, &session));
    must(tri_session_run(session, ids, 4, tri_product_ref, model, true, logits));
    tri_session_destroy(session);
    return logits;
}

Test(model_files, a_folder_in_parts_is_the_same_model) {
    char folder[64];
    json_t *index;
    struct tri_model *model = NULL, *whole = open_model("micro");
    float *wanted = logits_of(whole);
    make_folder(folder);
    copy_config(folder);
    write_parts(folder, 3, &index);
    must(open_index(folder, index, &model));
    must(tri_model_verify(model));
    float *got = logits_of(model);
    cr_assert(memcmp(got, wanted, (size_t)4 * 512 * sizeof *got) == 0);
    tri_model_close(model);
    tri_model_close(whole);
    json_decref(index);
    remove_folder(folder);
    free(wanted);
    free(got);
}

Test(model_files, an_index_that_does_not_fit_its_files_is_refused) {
    char folder[64];
    json_t *index;
    struct tri_model *model = NULL;
    make_folder(folder);
    copy_config(folder);
    write_parts(folder, 2, &index);
    json_t *map = json_object_get(index, "weight_map"), *good = json_deep_copy(map);
    const char *const bad[] = {"../x", "a/b", "", ".hidden"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_object_set_new(map, "model.norm.weight", json_string(bad[i]));
        must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "name of a file beside it");
    }
    json_object_set_new(map, "model.norm.weight", json_integer(1));
    must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "name of a file beside it");
    json_object_set_new(map, "model.norm.weight", json_string("part-9.safetensors"));
    must_fail(open_index(folder, index, &model), TRI_E_IO, "part-9.safetensors: cannot open");
    const char *where = json_string_value(json_object_get(good, "model.norm.weight"));
    const char *other =
        strcmp(where, "part-0.safetensors") == 0 ? "part-1.safetensors" : "part-0.safetensors";
    json_object_set_new(map, "model.norm.weight", json_string(other));
    must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "model.norm.weight: wanted in part");
    json_object_del(map, "model.norm.weight");
    must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "wanted in the index");
    json_object_set(map, "model.norm.weight", json_object_get(good, "model.norm.weight"));
    json_object_set_new(map, "no.such.tensor", json_string("part-0.safetensors"));
    must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "no.such.tensor: wanted in part-0");
    json_object_clear(map);
    must_fail(open_index(folder, index, &model), TRI_E_FORMAT, "weight_map");
    cr_assert(model == NULL);
    json_decref(good);
    json_decref(index);
    remove_folder(folder);
}

static void no_quantisation(json_t *c) { json_object_del(c, "quantization_config"); }

static void plain_llama(json_t *c) {
    no_quantisation(c);
    json_object_set_new(c, "model_type", json_string("llama"));
    json_object_set_new(c, "hidden_act", json_string("silu"));
}

/* A folder with the master's weights and an edited configuration. */
static enum tri_status open_master(edit_config edit, struct tri_model **model) {
    char folder[64];
    size_t bytes;
    make_folder(folder);
    json_t *config = json_load_file("tests/models/micro/hf-master/config.json", 0, NULL);
    edit(config);
    char *text = json_dumps(config, 0);
    write_file(folder, "config.json", text, strlen(text));
    unsigned char *weights = read_file("tests/models/micro/hf-master/model.safetensors", &bytes);
    write_file(folder, "model.safetensors", weights, bytes);
    const enum tri_status status = tri_model_open(folder, NULL, model);
    free(weights);
    free(text);
    json_decref(config);
    remove_folder(folder);
    return status;
}

Test(model_files, a_master_is_quantised_only_where_that_is_what_the_model_means) {
    struct tri_model *model = NULL, *packed = open_model("micro");
    must(open_master(no_quantisation, &model)); /* as the first BitNet models were published */
    int8_t one[256], other[256];
    must(tri_group_row(model, 0, TRI_GROUP_QKV, 77, one));
    must(tri_group_row(packed, 0, TRI_GROUP_QKV, 77, other));
    cr_assert(memcmp(one, other, 256) == 0);
    tri_model_close(model);
    tri_model_close(packed);
    must_fail(open_master(plain_llama, &model), TRI_E_UNSUPPORTED, "not a ternary model");
}

static void end_in_generation_config(const char *folder, const char *text) {
    write_file(folder, "generation_config.json", text, strlen(text));
}

Test(model_files, the_ends_of_generation_config_end_a_reply_too) {
    char folder[64];
    size_t bytes;
    struct tri_model *model = NULL;
    make_folder(folder);
    copy_config(folder);
    unsigned char *weights = read_file("tests/models/micro/model.safetensors", &bytes);
    write_file(folder, "model.safetensors", weights, bytes);
    end_in_generation_config(folder, "{\"eos_token_id\": [497, 505]}");
    must(tri_model_open(folder, NULL, &model));
    cr_assert(model->config.eos_count == 2 && tri_config_ends(&model->config, 505));
    tri_model_close(model);
    model = NULL;
    end_in_generation_config(folder, "{\"eos_token_id\": [1,2,3,4,5,6,7,8]}");
    must_fail(tri_model_open(folder, NULL, &model), TRI_E_UNSUPPORTED, "at most 8 ids");
    end_in_generation_config(folder, "{\"eos_token_id\": 512}");
    must_fail(tri_model_open(folder, NULL, &model), TRI_E_FORMAT, "0..511, got 512");
    end_in_generation_config(folder, "{");
    must_fail(tri_model_open(folder, NULL, &model), TRI_E_FORMAT, "not JSON");
    remove_folder(folder);
    free(weights);
}

/* Opens a copy of the packed micro model or of a GGUF; path: what to truncate. */
static struct tri_model *open_copy(bool gguf, char folder[64], char path[96], size_t *bytes) {
    struct tri_model *model = NULL;
    unsigned char *file = read_file(gguf ? "tests/models/micro/micro-i2_s.gguf"
                                         : "tests/models/micro/model.safetensors",
                                    bytes);
    make_folder(folder);
    copy_config(folder);
    write_file(folder, gguf ? "a.gguf" : "model.safetensors", file, *bytes);
    (void)snprintf(path, 96, "%s/%s", folder, gguf ? "a.gguf" : "model.safetensors");
    must(tri_model_open(gguf ? path : folder, NULL, &model));
    free(file);
    return model;
}

Test(model_files, a_file_that_shrinks_while_it_is_mapped_is_reported_and_nothing_crashes) {
    must(tri_map_guard());
    must(tri_map_guard());
    for (int gguf = 0; gguf < 2; gguf++) {
        for (int part = 0; part < 4; part++) {
            char folder[64], path[96];
            size_t bytes;
            const uint32_t ids[3] = {1, 2, 500};
            float logits[512];
            int8_t row[256];
            struct tri_session *session;
            struct tri_model *model = open_copy(gguf, folder, path, &bytes);
            must(tri_model_intact(model));
            must(tri_session_create(model, 8, &session));
            must(tri_session_run(session, ids, 1, tri_product_ref, model, false, logits));
            cr_assert(truncate(path, (off_t)(bytes * (size_t)part / 4)) == 0);
            must_fail(tri_session_run(session, ids, 3, tri_product_ref, model, false, logits),
                      TRI_E_IO, "shrank while in use, wanted");
            cr_assert(tri_session_length(session) == 1);
            must_fail(tri_model_verify(model), TRI_E_IO, "shrank while in use");
            /* Whoever reads rows by himself reads something, and asks afterwards. */
            for (uint32_t r = 0; r < 512; r++) (void)tri_group_row(model, 0, TRI_GROUP_QKV, r, row);
            must_fail(tri_model_intact(model), TRI_E_IO, path);
            /* Longer again, but what was read in between is gone. */
            cr_assert(truncate(path, (off_t)bytes) == 0);
            must_fail(tri_model_intact(model), TRI_E_IO, "was shorter while in use");
            tri_session_destroy(session);
            tri_model_close(model);
            remove_folder(folder);
        }
    }
    struct tri_model *next = open_model("micro"); /* its map may lie where a broken one was */
    must(tri_model_intact(next));
    tri_model_close(next);
}

#ifndef __SANITIZE_ADDRESS__ /* which takes the signal itself, and reports it */
Test(model_files, a_bus_error_outside_of_maps_still_ends_the_process, .signal = SIGBUS) {
    must(tri_map_guard());
    (void)raise(SIGBUS);
    (void)raise(SIGBUS);
}
#endif

Test(model_files, maps_want_a_file_of_some_size) {
    struct tri_map *map = NULL;
    char folder[64], path[96];
    make_folder(folder);
    must_fail(tri_map_open(folder, 1, &map), TRI_E_IO, "wanted a file, got a folder");
    (void)snprintf(path, sizeof path, "%s/pipe", folder);
    cr_assert(mkfifo(path, 0600) == 0);
    must_fail(tri_map_open(path, 1, &map), TRI_E_IO, "got something else");
    write_file(folder, "a", "abc", 3);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    must_fail(tri_map_open(path, 4, &map), TRI_E_FORMAT, "wanted at least 4 bytes, got 3");
    must(tri_map_open(path, 3, &map));
    cr_assert(map->size == 3 && memcmp(map->data, "abc", 3) == 0);
    must(tri_map_intact(map));
    tri_map_close(map);
    tri_map_close(NULL);
    remove_folder(folder);
}
