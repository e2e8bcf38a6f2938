/* SPDX-License-Identifier: Apache-2.0
 *
 * The helpers of test_ref_support.h.
 */
#include "tests/unit/test_ref_support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const oracle_models[ORACLE_MODELS] = {"micro", "tiny-a", "tiny-b"};

void must_fail(enum tri_status got, enum tri_status wanted, const char *part) {
    cr_assert(got == wanted, "wanted status %s, got %s (%s)", tri_status_name(wanted),
              tri_status_name(got), tri_error());
    cr_assert(strstr(tri_error(), part) != NULL, "wanted \"%s\" in the message, got \"%s\"", part,
              tri_error());
}

struct tri_model *open_model(const char *name) {
    char path[256];
    (void)snprintf(path, sizeof path, "tests/models/%s", name);
    struct tri_model *model = NULL;
    must(tri_model_open(path, NULL, &model));
    return model;
}

struct tri_safetensors *open_vectors(const char *name) {
    char path[256];
    (void)snprintf(path, sizeof path, "tests/vectors/%s", name);
    struct tri_safetensors *file = NULL;
    must(tri_safetensors_open(path, &file));
    return file;
}

const void *vector_of(const struct tri_safetensors *file, const char *name, enum tri_dtype dtype,
                      size_t *count) {
    const struct tri_tensor *tensor = tri_safetensors_find(file, name);
    cr_assert(tensor != NULL, "no vector %s", name);
    cr_assert(tensor->dtype == dtype, "%s is %s, wanted %s", name, tri_dtype_name(tensor->dtype),
              tri_dtype_name(dtype));
    cr_assert((uintptr_t)tensor->data % tri_dtype_bytes(dtype) == 0, "%s is not aligned", name);
    *count = tensor->bytes / tri_dtype_bytes(dtype);
    return tensor->data;
}

double absolute(double x) { return x < 0 ? -x : x; }

double largest_difference(const float *a, const float *b, size_t n) {
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double d = absolute((double)a[i] - (double)b[i]);
        if (!(d <= largest)) largest = d < 1e300 ? d : 1e300;
    }
    return largest;
}

double largest_magnitude(const float *a, size_t n) {
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (absolute((double)a[i]) > largest) largest = absolute((double)a[i]);
    }
    return largest;
}

uint32_t argmax(const float *logits, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++) best = logits[i] > logits[best] ? i : best;
    return best;
}

void make_folder(char folder[64]) {
    (void)snprintf(folder, 64, "/tmp/tritium-test-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL, "cannot make a folder");
}

void remove_folder(const char *folder) {
    DIR *open = opendir(folder);
    cr_assert(open != NULL);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') (void)unlink(path);
    }
    (void)closedir(open);
    cr_assert(rmdir(folder) == 0, "cannot remove %s", folder);
}

void write_file(const char *folder, const char *name, const void *data, size_t bytes) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL, "cannot write %s", path);
    cr_assert(fwrite(data, 1, bytes, file) == bytes);
    cr_assert(fclose(file) == 0);
}

unsigned char *read_file(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "cannot read %s", path);
    cr_assert(fseek(file, 0, SEEK_END) == 0);
    long size = ftell(file);
    cr_assert(size >= 0 && fseek(file, 0, SEEK_SET) == 0);
    unsigned char *data = malloc((size_t)size + 1);
    cr_assert(data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size);
    (void)fclose(file);
    *bytes = (size_t)size;
    return data;
}

size_t begin_of(const json_t *header, const char *name) {
    const json_t *offsets = json_object_get(json_object_get(header, name), "data_offsets");
    cr_assert(offsets != NULL, "no tensor %s", name);
    return (size_t)json_integer_value(json_array_get(offsets, 0));
}

static void write_config(const char *folder, edit_config edit) {
    json_t *config = json_load_file("tests/models/micro/config.json", 0, NULL);
    cr_assert(config != NULL);
    if (edit != NULL) edit(config);
    char *text = json_dumps(config, JSON_INDENT(1));
    write_file(folder, "config.json", text, strlen(text));
    free(text);
    json_decref(config);
}

static void write_weights(const char *folder, edit_weights edit) {
    size_t bytes;
    unsigned char *file = read_file("tests/models/micro/model.safetensors", &bytes);
    uint64_t length;
    memcpy(&length, file, sizeof length);
    json_t *header = json_loadb((char *)file + 8, length, 0, NULL);
    cr_assert(header != NULL);
    if (edit != NULL) edit(header, file + 8 + length);
    char *text = json_dumps(header, JSON_COMPACT);
    uint64_t text_length = strlen(text);
    size_t data_bytes = bytes - 8 - length;
    unsigned char *edited = malloc(8 + text_length + data_bytes);
    cr_assert(edited != NULL);
    memcpy(edited, &text_length, 8);
    memcpy(edited + 8, text, text_length);
    memcpy(edited + 8 + text_length, file + 8 + length, data_bytes);
    write_file(folder, "model.safetensors", edited, 8 + text_length + data_bytes);
    free(edited);
    free(text);
    free(file);
    json_decref(header);
}

enum tri_status open_edited(edit_config config, edit_weights weights, struct tri_model **model) {
    char folder[64];
    make_folder(folder);
    write_config(folder, config);
    write_weights(folder, weights);
    enum tri_status status = tri_model_open(folder, NULL, model);
    remove_folder(folder); /* an open model keeps its map */
    return status;
}
