/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of safetensors.h: u64 length, JSON header, data. Everything the header claims is
 * checked against the file before anything is used; the data itself is not read.
 */
#include "ref/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are used in place");

enum { HEADER_LIMIT = 100000000 }; /* the format's own limit */

struct tri_safetensors {
    struct tri_map *map;
    json_t *header;              /* owns the names */
    struct tri_tensor *tensors;  /* [count], by begin */
    struct tri_tensor **by_name; /* [count] */
    size_t count;
};

static const struct {
    const char *name;
    uint32_t bytes;
} dtypes[TRI_DTYPES] = {
    [TRI_DTYPE_BOOL] = {"BOOL", 1}, [TRI_DTYPE_U8] = {"U8", 1},   [TRI_DTYPE_I8] = {"I8", 1},
    [TRI_DTYPE_U16] = {"U16", 2},   [TRI_DTYPE_I16] = {"I16", 2}, [TRI_DTYPE_F16] = {"F16", 2},
    [TRI_DTYPE_BF16] = {"BF16", 2}, [TRI_DTYPE_U32] = {"U32", 4}, [TRI_DTYPE_I32] = {"I32", 4},
    [TRI_DTYPE_F32] = {"F32", 4},   [TRI_DTYPE_U64] = {"U64", 8}, [TRI_DTYPE_I64] = {"I64", 8},
    [TRI_DTYPE_F64] = {"F64", 8},
};

const char *tri_dtype_name(enum tri_dtype dtype) {
    return (unsigned)dtype < TRI_DTYPES ? dtypes[dtype].name : "unknown";
}

uint32_t tri_dtype_bytes(enum tri_dtype dtype) {
    return (unsigned)dtype < TRI_DTYPES ? dtypes[dtype].bytes : 0;
}

/* A JSON value that must be a number of bytes or elements. */
static enum tri_status read_u64(const char *path, const char *name, const char *what,
                                const json_t *value, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: %s, wanted a non-negative integer", path,
                        name, what);
    }
    *out = (uint64_t)json_integer_value(value);
    return TRI_OK;
}

static enum tri_status read_dtype(const char *path, const json_t *entry,
                                  struct tri_tensor *tensor) {
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (dtype == NULL) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: dtype, wanted a string", path, tensor->name);
    }
    for (unsigned i = 0; i < TRI_DTYPES; i++) {
        if (strcmp(dtype, dtypes[i].name) == 0) {
            tensor->dtype = (enum tri_dtype)i;
            return TRI_OK;
        }
    }
    return tri_fail(TRI_E_UNSUPPORTED, "%s: tensor %s: unknown dtype \"%s\"", path, tensor->name,
                    dtype);
}

/* Fills all of *tensor from its header entry but the name, which is there already. */
static enum tri_status read_tensor(const char *path, const json_t *entry, const unsigned char *data,
                                   uint64_t data_bytes, struct tri_tensor *tensor) {
    const char *name = tensor->name;
    if (!json_is_object(entry)) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: wanted an object", path, name);
    }
    TRI_TRY(read_dtype(path, entry, tensor));

    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape)) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: shape, wanted an array", path, name);
    }
    if (json_array_size(shape) > TRI_TENSOR_DIMS) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: tensor %s: shape, wanted at most %d sizes, got %zu",
                        path, name, TRI_TENSOR_DIMS, json_array_size(shape));
    }
    tensor->dims = (uint32_t)json_array_size(shape);
    uint64_t bytes = tri_dtype_bytes(tensor->dtype);
    for (uint32_t i = 0; i < tensor->dims; i++) {
        TRI_TRY(read_u64(path, name, "shape", json_array_get(shape, i), &tensor->shape[i]));
        if (__builtin_mul_overflow(bytes, tensor->shape[i], &bytes)) {
            return tri_fail(TRI_E_FORMAT, "%s: tensor %s: its shape overflows 64 bits", path, name);
        }
    }

    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: data_offsets, wanted two integers", path,
                        name);
    }
    uint64_t begin = 0, end = 0;
    TRI_TRY(read_u64(path, name, "data_offsets", json_array_get(offsets, 0), &begin));
    TRI_TRY(read_u64(path, name, "data_offsets", json_array_get(offsets, 1), &end));
    if (begin > end || end > data_bytes) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: data_offsets, wanted within 0..%" PRIu64 ", got %" PRIu64
                        "..%" PRIu64,
                        path, name, data_bytes, begin, end);
    }
    if (end - begin != bytes) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: bytes, wanted %" PRIu64 " for its shape, got %" PRIu64,
                        path, name, bytes, end - begin);
    }
    tensor->begin = begin;
    tensor->bytes = bytes;
    tensor->data = data + begin;
    return TRI_OK;
}

static int order_by_begin(const void *a, const void *b) {
    const struct tri_tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1; /* empty ones first */
    return strcmp(x->name, y->name);
}

static int order_by_name(const void *a, const void *b) {
    const struct tri_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* The format wants the tensors to fill the data section exactly. */
static enum tri_status check_layout(const char *path, const struct tri_safetensors *file,
                                    uint64_t data_bytes) {
    uint64_t end = 0;
    for (size_t i = 0; i < file->count; i++) {
        const struct tri_tensor *tensor = &file->tensors[i];
        if (tensor->begin != end) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: tensor %s: %s, wanted its data at %" PRIu64 ", got %" PRIu64, path,
                            tensor->name, tensor->begin < end ? "overlaps another" : "leaves a gap",
                            end, tensor->begin);
        }
        end += tensor->bytes;
    }
    if (end != data_bytes) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: data, wanted %" PRIu64 " bytes as its header says, got %" PRIu64, path,
                        end, data_bytes);
    }
    return TRI_OK;
}

static enum tri_status read_header(const char *path, struct tri_safetensors *file) {
    uint64_t length;
    memcpy(&length, file->map->data, sizeof length);
    if (length < 2 || length > HEADER_LIMIT || length > file->map->size - 8) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: header length, wanted 2..%" PRIu64
                        " (to the end of the file), got %" PRIu64,
                        path, (uint64_t)(file->map->size - 8), length);
    }
    json_error_t error;
    file->header = json_loadb((const char *)(file->map->data + 8), (size_t)length,
                              JSON_REJECT_DUPLICATES, &error);
    if (file->header == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return tri_fail(TRI_E_MEMORY, "%s: out of memory in the header", path);
        }
        return tri_fail(TRI_E_FORMAT, "%s: header is not JSON: %s", path, error.text);
    }
    if (!json_is_object(file->header)) {
        return tri_fail(TRI_E_FORMAT, "%s: header, wanted a JSON object", path);
    }
    size_t room = json_object_size(file->header);
    file->tensors = calloc(room + 1, sizeof *file->tensors);
    file->by_name = calloc(room + 1, sizeof(struct tri_tensor *));
    if (file->tensors == NULL || file->by_name == NULL) {
        return tri_fail(TRI_E_MEMORY, "%s: out of memory for %zu tensors", path, room);
    }
    const unsigned char *data = file->map->data + 8 + length;
    uint64_t data_bytes = file->map->size - 8 - length;
    const char *name;
    json_t *entry;
    json_object_foreach(file->header, name, entry) {
        if (strcmp(name, "__metadata__") == 0) continue;
        struct tri_tensor *tensor = &file->tensors[file->count];
        tensor->name = name;
        TRI_TRY(read_tensor(path, entry, data, data_bytes, tensor));
        file->count++;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, order_by_begin);
    for (size_t i = 0; i < file->count; i++) file->by_name[i] = &file->tensors[i];
    qsort(file->by_name, file->count, sizeof(struct tri_tensor *), order_by_name);
    return check_layout(path, file, data_bytes);
}

enum tri_status tri_safetensors_open(const char *path, struct tri_safetensors **file) {
    *file = NULL;
    struct tri_safetensors *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    enum tri_status status = tri_map_open(path, 10, &opened->map); /* the length and "{}" */
    if (status == TRI_OK) status = read_header(path, opened);
    if (status != TRI_OK) {
        tri_safetensors_close(opened);
        return status;
    }
    *file = opened;
    return TRI_OK;
}

void tri_safetensors_close(struct tri_safetensors *file) {
    if (file == NULL) return;
    tri_map_close(file->map);
    free(file->tensors);
    free(file->by_name);
    json_decref(file->header);
    free(file);
}

size_t tri_safetensors_count(const struct tri_safetensors *file) { return file->count; }

const struct tri_tensor *tri_safetensors_at(const struct tri_safetensors *file, size_t index) {
    return index < file->count ? &file->tensors[index] : NULL;
}

const struct tri_tensor *tri_safetensors_find(const struct tri_safetensors *file,
                                              const char *name) {
    struct tri_tensor key = {.name = name};
    const struct tri_tensor *wanted = &key;
    struct tri_tensor *const *found =
        bsearch(&wanted, file->by_name, file->count, sizeof(struct tri_tensor *), order_by_name);
    return found == NULL ? NULL : *found;
}

const struct tri_map *tri_safetensors_map(const struct tri_safetensors *file) { return file->map; }
