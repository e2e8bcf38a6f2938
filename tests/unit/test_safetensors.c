/* SPDX-License-Identifier: Apache-2.0
 *
 * The safetensors reader: what it finds in a good file, and what it says about each kind of bad
 * one.
 */
#include "tests/unit/test_ref_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/random.h"

/* Writes length, header and `data_bytes` bytes 0, 1, 2, ... and opens the file. */
static enum tri_status open_header(const char *header, size_t data_bytes,
                                   struct tri_safetensors **file) {
    char folder[64], path[128];
    unsigned char bytes[4096];
    uint64_t length = strlen(header);
    cr_assert(8 + length + data_bytes <= sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++) bytes[8 + length + i] = (unsigned char)i;
    make_folder(folder);
    write_file(folder, "a", bytes, 8 + length + data_bytes);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    enum tri_status status = tri_safetensors_open(path, file);
    remove_folder(folder);
    return status;
}

static void refuses(const char *header, size_t data_bytes, enum tri_status wanted,
                    const char *message) {
    struct tri_safetensors *file = NULL;
    must_fail(open_header(header, data_bytes, &file), wanted, message);
    cr_assert(file == NULL);
}

static const char good[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
    "\"a\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]},"
    "\"empty\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[4,4]},"
    "\"scalar\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[12,14]}}   ";

Test(safetensors, finds_names_dtypes_shapes_and_bytes) {
    struct tri_safetensors *file;
    must(open_header(good, 14, &file));
    cr_assert(tri_safetensors_count(file) == 4);
    const struct tri_tensor *a = tri_safetensors_find(file, "a");
    cr_assert(a != NULL && a->dtype == TRI_DTYPE_U8 && a->dims == 2 && a->bytes == 4);
    cr_assert(a->shape[0] == 2 && a->shape[1] == 2 && a->data[0] == 0 && a->data[3] == 3);
    const struct tri_tensor *b = tri_safetensors_find(file, "b");
    cr_assert(b != NULL && b->dtype == TRI_DTYPE_F32 && b->bytes == 8 && b->data[0] == 4);
    cr_assert(tri_safetensors_find(file, "empty")->bytes == 0);
    cr_assert(tri_safetensors_find(file, "scalar")->dims == 0);
    cr_assert(tri_safetensors_find(file, "c") == NULL);
    cr_assert(tri_safetensors_find(file, "__metadata__") == NULL);
    cr_assert(strcmp(tri_safetensors_at(file, 0)->name, "a") == 0);
    cr_assert(strcmp(tri_safetensors_at(file, 3)->name, "scalar") == 0);
    cr_assert(tri_safetensors_at(file, 4) == NULL);
    tri_safetensors_close(file);
}

Test(safetensors, refuses_a_file_cut_short_at_any_byte) {
    char folder[64], path[128];
    unsigned char bytes[1024];
    uint64_t length = sizeof good - 1;
    size_t size = 8 + sizeof good - 1 + 14;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, good, sizeof good - 1);
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    for (size_t cut = 0; cut <= size + 1; cut++) { /* one byte too many is wrong as well */
        struct tri_safetensors *file = NULL;
        write_file(folder, "a", bytes, cut);
        enum tri_status status = tri_safetensors_open(path, &file);
        if (cut == size)
            must(status);
        else
            must_fail(status, TRI_E_FORMAT, path);
        tri_safetensors_close(file);
    }
    remove_folder(folder);
}

Test(safetensors, survives_any_changed_byte_of_the_header) {
    char folder[64], path[128];
    unsigned char bytes[1024];
    uint64_t length = sizeof good - 1;
    size_t size = 8 + sizeof good - 1 + 14;
    struct tri_random random = {11};
    unsigned refused = 0;
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    for (size_t at = 0; at < size - 14; at++) {
        for (int i = 0; i < 3; i++) {
            struct tri_safetensors *file = NULL;
            memset(bytes, 0, sizeof bytes);
            memcpy(bytes, &length, 8);
            memcpy(bytes + 8, good, sizeof good - 1);
            bytes[at] = (unsigned char)(i == 0 ? bytes[at] ^ 1 : tri_random_next(&random));
            write_file(folder, "a", bytes, size);
            if (tri_safetensors_open(path, &file) != TRI_OK) {
                cr_assert(file == NULL && strncmp(tri_error(), path, strlen(path)) == 0);
                refused++;
                continue;
            }
            for (size_t t = 0; t < tri_safetensors_count(file); t++) { /* still inside the file */
                const struct tri_tensor *tensor = tri_safetensors_at(file, t);
                unsigned sum = 0;
                for (uint64_t k = 0; k < tensor->bytes; k++) sum += tensor->data[k];
                cr_assert(sum < 256 * 14);
            }
            tri_safetensors_close(file);
        }
    }
    cr_assert(refused > size, "%u refused", refused);
    remove_folder(folder);
}

Test(safetensors, names_what_the_operating_system_refuses) {
    struct tri_safetensors *file = NULL;
    must_fail(tri_safetensors_open("tests/vectors/none", &file), TRI_E_IO, "tests/vectors/none");
    must_fail(tri_safetensors_open("tests/vectors", &file), TRI_E_IO, "wanted a file");
    cr_assert(file == NULL);
}

Test(safetensors, refuses_lengths_that_leave_the_file) {
    const uint64_t lengths[] = {0, 1, 100, 1u << 31, UINT64_MAX, UINT64_MAX - 7, INT64_MAX};
    char folder[64], path[128];
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char bytes[64] = {0};
        struct tri_safetensors *file = NULL;
        memcpy(bytes, &lengths[i], 8);
        write_file(folder, "a", bytes, sizeof bytes);
        must_fail(tri_safetensors_open(path, &file), TRI_E_FORMAT, "header length");
    }
    remove_folder(folder);
}

Test(safetensors, refuses_headers_that_are_not_an_object_of_tensors) {
    refuses("[1,2,3]", 0, TRI_E_FORMAT, "JSON object");
    refuses("{\"a\":1}", 0, TRI_E_FORMAT, "wanted an object");
    refuses("{\"a\":{}}  ", 0, TRI_E_FORMAT, "dtype");
    refuses("{\"a\":{\"dtype\":\"U8\"}}", 0, TRI_E_FORMAT, "shape");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, TRI_E_FORMAT, "data_offsets");
    refuses("not json at all", 0, TRI_E_FORMAT, "not JSON");
    refuses("{} {}", 0, TRI_E_FORMAT, "not JSON");
}

Test(safetensors, refuses_a_name_that_comes_twice) {
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
            2, TRI_E_FORMAT, "duplicate");
}

Test(safetensors, refuses_unknown_dtypes_by_name) {
    refuses("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
            TRI_E_UNSUPPORTED, "F8_E4M3");
    refuses("{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, TRI_E_FORMAT, "dtype");
}

Test(safetensors, refuses_shapes_that_overflow_or_do_not_fit_their_bytes) {
    refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
            "\"data_offsets\":[0,4]}}",
            4, TRI_E_FORMAT, "overflows");
    refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
            4, TRI_E_FORMAT, "");
    refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, TRI_E_FORMAT,
            "shape");
    refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, TRI_E_FORMAT,
            "shape");
    refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, TRI_E_FORMAT,
            "tensor a: bytes, wanted 8 for its shape, got 4");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
            TRI_E_UNSUPPORTED, "at most 8");
}

Test(safetensors, refuses_offsets_outside_overlapping_or_with_gaps) {
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 3, TRI_E_FORMAT,
            "within 0..3");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,2]}}", 4, TRI_E_FORMAT,
            "got 3..2");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}", 4, TRI_E_FORMAT,
            "data_offsets");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 4, TRI_E_FORMAT,
            "two integers");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
            3, TRI_E_FORMAT, "tensor b: overlaps");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
            3, TRI_E_FORMAT, "tensor b: leaves a gap");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 3, TRI_E_FORMAT,
            "wanted 1 bytes");
}
