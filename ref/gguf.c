/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of gguf.h. Everything the file claims is checked against what is left of it before
 * memory is taken or a byte is read, so counts and lengths cannot overflow.
 */
#include "ref/gguf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are used in place");

enum { NAME_LIMIT = 1024, ALIGNMENT_LIMIT = 1 << 20 };

struct tri_gguf {
    struct tri_map *map;
    struct tri_gguf_value *values; /* [value_count], in the file's order */
    size_t value_count;
    struct tri_gguf_tensor *tensors;        /* [tensor_count], in the file's order */
    const struct tri_gguf_tensor **by_name; /* [tensor_count] */
    size_t tensor_count;
};

/* Bytes of one element of metadata; 0 for strings and arrays. */
static const uint8_t value_bytes[TRI_GGUF_TYPES] = {
    [TRI_GGUF_U8] = 1,  [TRI_GGUF_I8] = 1,  [TRI_GGUF_U16] = 2, [TRI_GGUF_I16] = 2,
    [TRI_GGUF_U32] = 4, [TRI_GGUF_I32] = 4, [TRI_GGUF_F32] = 4, [TRI_GGUF_BOOL] = 1,
    [TRI_GGUF_U64] = 8, [TRI_GGUF_I64] = 8, [TRI_GGUF_F64] = 8,
};

/* ggml's types by number: elements of a block, and its bytes. */
static const struct {
    const char *name;
    uint16_t block, bytes;
} types[] = {
    [0] = {"F32", 1, 4},         [1] = {"F16", 1, 2},         [2] = {"Q4_0", 32, 18},
    [3] = {"Q4_1", 32, 20},      [6] = {"Q5_0", 32, 22},      [7] = {"Q5_1", 32, 24},
    [8] = {"Q8_0", 32, 34},      [9] = {"Q8_1", 32, 36},      [10] = {"Q2_K", 256, 84},
    [11] = {"Q3_K", 256, 110},   [12] = {"Q4_K", 256, 144},   [13] = {"Q5_K", 256, 176},
    [14] = {"Q6_K", 256, 210},   [15] = {"Q8_K", 256, 292},   [16] = {"IQ2_XXS", 256, 66},
    [17] = {"IQ2_XS", 256, 74},  [18] = {"IQ3_XXS", 256, 98}, [19] = {"IQ1_S", 256, 50},
    [20] = {"IQ4_NL", 32, 18},   [21] = {"IQ3_S", 256, 110},  [22] = {"IQ2_S", 256, 82},
    [23] = {"IQ4_XS", 256, 136}, [24] = {"I8", 1, 1},         [25] = {"I16", 1, 2},
    [26] = {"I32", 1, 4},        [27] = {"I64", 1, 8},        [28] = {"F64", 1, 8},
    [29] = {"IQ1_M", 256, 56},   [30] = {"BF16", 1, 2},       [34] = {"TQ1_0", 256, 54},
    [35] = {"TQ2_0", 256, 66},   [36] = {"I2_S", 4, 1},
};

struct reader {
    const char *path;
    const unsigned char *data;
    uint64_t at, size;
    struct tri_gguf *file;
};

static enum tri_status truncated(const struct reader *in, const char *what, uint64_t wanted) {
    return tri_fail(TRI_E_FORMAT,
                    "%s: byte %" PRIu64 ": %s, wanted %" PRIu64 " bytes, got %" PRIu64
                    " to the end of the file",
                    in->path, in->at, what, wanted, in->size - in->at);
}

static enum tri_status take(struct reader *in, const char *what, uint64_t bytes,
                            const unsigned char **out) {
    if (bytes > in->size - in->at) return truncated(in, what, bytes);
    *out = in->data + in->at;
    in->at += bytes;
    return TRI_OK;
}

static enum tri_status take_u32(struct reader *in, const char *what, uint32_t *out) {
    const unsigned char *from = NULL;
    TRI_TRY(take(in, what, sizeof *out, &from));
    memcpy(out, from, sizeof *out);
    return TRI_OK;
}

static enum tri_status take_u64(struct reader *in, const char *what, uint64_t *out) {
    const unsigned char *from = NULL;
    TRI_TRY(take(in, what, sizeof *out, &from));
    memcpy(out, from, sizeof *out);
    return TRI_OK;
}

/* A key or name, copied and zero-terminated; the file owns it. */
static enum tri_status take_name(struct reader *in, const char *what, const char **out) {
    uint64_t length = 0;
    const unsigned char *from = NULL;
    TRI_TRY(take_u64(in, what, &length));
    if (length > NAME_LIMIT) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: byte %" PRIu64 ": length of a %s, wanted at most %d, got %" PRIu64,
                        in->path, in->at - 8, what, NAME_LIMIT, length);
    }
    TRI_TRY(take(in, what, length, &from));
    if (memchr(from, 0, (size_t)length) != NULL) {
        return tri_fail(TRI_E_FORMAT, "%s: byte %" PRIu64 ": %s, wanted text, got a zero byte",
                        in->path, in->at - length, what);
    }
    char *name = malloc((size_t)length + 1);
    if (name == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    memcpy(name, from, (size_t)length);
    name[length] = '\0';
    *out = name;
    return TRI_OK;
}

static enum tri_status take_type(struct reader *in, const char *key, enum tri_gguf_type *out) {
    uint32_t type = 0;
    TRI_TRY(take_u32(in, "a type", &type));
    if (type >= TRI_GGUF_TYPES) {
        return tri_fail(TRI_E_FORMAT, "%s: key %s: type, wanted 0..%d, got %" PRIu32, in->path, key,
                        TRI_GGUF_TYPES - 1, type);
    }
    *out = (enum tri_gguf_type)type;
    return TRI_OK;
}

/* Steps over `count` elements of a type. */
static enum tri_status take_elements(struct reader *in, const char *key, enum tri_gguf_type type,
                                     uint64_t count) {
    const unsigned char *from = NULL;
    if (type != TRI_GGUF_STRING) {
        const uint64_t size = value_bytes[type];
        if (count > (in->size - in->at) / size) return truncated(in, key, UINT64_MAX);
        TRI_TRY(take(in, key, count * size, &from));
        for (uint64_t i = 0; type == TRI_GGUF_BOOL && i < count; i++) {
            if (from[i] <= 1) continue;
            return tri_fail(TRI_E_FORMAT, "%s: key %s: wanted true or false, got %u", in->path, key,
                            from[i]);
        }
        return TRI_OK;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t length = 0;
        TRI_TRY(take_u64(in, key, &length));
        TRI_TRY(take(in, key, length, &from));
    }
    return TRI_OK;
}

static enum tri_status take_value(struct reader *in, struct tri_gguf_value *value) {
    TRI_TRY(take_name(in, "key", &value->key));
    TRI_TRY(take_type(in, value->key, &value->type));
    value->element = value->type;
    value->count = 1;
    if (value->type == TRI_GGUF_ARRAY) {
        TRI_TRY(take_type(in, value->key, &value->element));
        TRI_TRY(take_u64(in, value->key, &value->count));
        if (value->element == TRI_GGUF_ARRAY) {
            return tri_fail(TRI_E_UNSUPPORTED, "%s: key %s: an array of arrays", in->path,
                            value->key);
        }
    }
    const uint64_t begin = in->at;
    TRI_TRY(take_elements(in, value->key, value->element, value->count));
    value->data = in->data + begin;
    value->bytes = in->at - begin;
    return TRI_OK;
}

/* Bytes of a tensor of a known type. */
static enum tri_status tensor_bytes(const struct reader *in, struct tri_gguf_tensor *tensor) {
    if (tensor->type >= sizeof types / sizeof *types || types[tensor->type].name == NULL) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: tensor %s: type %" PRIu32 ", which is not known",
                        in->path, tensor->name, tensor->type);
    }
    tensor->type_name = types[tensor->type].name;
    const uint64_t block = types[tensor->type].block, last = tensor->shape[tensor->dims - 1];
    if (tensor->type != TRI_GGML_I2_S && last % block != 0) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: columns, wanted a multiple of %" PRIu64
                        " for type %s, got %" PRIu64,
                        in->path, tensor->name, block, tensor->type_name, last);
    }
    /* elements < 2^63 and bytes / block < 8: only the last step can overflow. */
    if (__builtin_mul_overflow(tensor->elements / block, types[tensor->type].bytes,
                               &tensor->bytes)) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: its shape overflows 64 bits", in->path,
                        tensor->name);
    }
    if (tensor->type != TRI_GGML_I2_S) return TRI_OK;
    if (tensor->elements % block != 0) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: elements, wanted a multiple of 4 for type I2_S, got "
                        "%" PRIu64,
                        in->path, tensor->name, tensor->elements);
    }
    tensor->bytes += 32; /* the scale, and 28 bytes that mean nothing */
    return TRI_OK;
}

static enum tri_status take_tensor(struct reader *in, struct tri_gguf_tensor *tensor) {
    TRI_TRY(take_name(in, "tensor name", &tensor->name));
    TRI_TRY(take_u32(in, "number of dimensions", &tensor->dims));
    if (tensor->dims < 1 || tensor->dims > TRI_GGUF_DIMS) {
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: dimensions, wanted 1..%d, got %" PRIu32,
                        in->path, tensor->name, TRI_GGUF_DIMS, tensor->dims);
    }
    tensor->elements = 1;
    for (uint32_t i = 0; i < tensor->dims; i++) {
        uint64_t *size = &tensor->shape[tensor->dims - 1 - i];
        TRI_TRY(take_u64(in, "shape", size));
        if (*size == 0 || __builtin_mul_overflow(tensor->elements, *size, &tensor->elements) ||
            tensor->elements > INT64_MAX) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: tensor %s: shape, wanted sizes of 1 and more with less than 2^63 "
                            "elements, got %" PRIu64,
                            in->path, tensor->name, *size);
        }
    }
    TRI_TRY(take_u32(in, "tensor type", &tensor->type));
    TRI_TRY(take_u64(in, "offset", &tensor->offset));
    return tensor_bytes(in, tensor);
}

static enum tri_status read_head(struct reader *in, uint64_t *tensors, uint64_t *values) {
    const unsigned char *magic = NULL;
    uint32_t version = 0;
    TRI_TRY(take(in, "magic", 4, &magic));
    if (memcmp(magic, "GGUF", 4) != 0) {
        return tri_fail(TRI_E_FORMAT, "%s: magic, wanted \"GGUF\", got 0x%02x%02x%02x%02x",
                        in->path, magic[0], magic[1], magic[2], magic[3]);
    }
    TRI_TRY(take_u32(in, "version", &version));
    if (version != 3) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: version, wanted 3, got %" PRIu32 "%s", in->path,
                        version, version == 0x03000000 ? " (a big-endian file)" : "");
    }
    TRI_TRY(take_u64(in, "number of tensors", tensors));
    TRI_TRY(take_u64(in, "number of keys", values));
    /* A tensor takes at least 32 bytes of the list, a key 13. */
    const uint64_t left = in->size - in->at;
    if (*tensors > left / 32 || *values > left / 13) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: counts, wanted as many as fit in %" PRIu64 " bytes, got %" PRIu64
                        " tensors and %" PRIu64 " keys",
                        in->path, left, *tensors, *values);
    }
    return TRI_OK;
}

static int order_by_name(const void *a, const void *b) {
    const struct tri_gguf_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int order_by_offset(const void *a, const void *b) {
    const struct tri_gguf_tensor *const *x = a, *const *y = b;
    return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

static int order_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum tri_status check_keys(const struct reader *in) {
    const struct tri_gguf *file = in->file;
    const char **keys = calloc(file->value_count + 1, sizeof *keys);
    if (keys == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    for (size_t i = 0; i < file->value_count; i++) keys[i] = file->values[i].key;
    qsort(keys, file->value_count, sizeof *keys, order_keys);
    enum tri_status status = TRI_OK;
    for (size_t i = 1; i < file->value_count && status == TRI_OK; i++) {
        if (strcmp(keys[i - 1], keys[i]) == 0)
            status = tri_fail(TRI_E_FORMAT, "%s: key %s: comes twice", in->path, keys[i]);
    }
    free(keys);
    return status;
}

/* Tensors lie inside of the data section, aligned, and not over each other. */
static enum tri_status place_tensors(const struct reader *in, uint64_t alignment) {
    struct tri_gguf *file = in->file;
    const struct tri_gguf_tensor **order = file->by_name; /* sorted by name afterwards */
    const uint64_t padding = (alignment - in->at % alignment) % alignment;
    if (padding > in->size - in->at && file->tensor_count > 0)
        return truncated(in, "padding before the data", padding);
    const uint64_t start = in->at + padding;
    for (size_t i = 0; i < file->tensor_count; i++) {
        struct tri_gguf_tensor *tensor = &file->tensors[i];
        const uint64_t room = in->size - start;
        if (tensor->offset > room || tensor->bytes > room - tensor->offset) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: tensor %s: wanted within the %" PRIu64
                            " bytes of data, got %" PRIu64 " bytes at %" PRIu64,
                            in->path, tensor->name, room, tensor->bytes, tensor->offset);
        }
        if (tensor->offset % alignment != 0) {
            return tri_fail(TRI_E_FORMAT,
                            "%s: tensor %s: offset, wanted a multiple of %" PRIu64 ", got %" PRIu64,
                            in->path, tensor->name, alignment, tensor->offset);
        }
        tensor->data = in->data + start + tensor->offset;
        order[i] = tensor;
    }
    qsort(order, file->tensor_count, sizeof *order, order_by_offset);
    for (size_t i = 1; i < file->tensor_count; i++) {
        if (order[i]->offset - order[i - 1]->offset >= order[i - 1]->bytes) continue;
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: overlaps tensor %s", in->path, order[i]->name,
                        order[i - 1]->name);
    }
    qsort(order, file->tensor_count, sizeof *order, order_by_name);
    for (size_t i = 1; i < file->tensor_count; i++) {
        if (strcmp(order[i - 1]->name, order[i]->name) != 0) continue;
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: comes twice", in->path, order[i]->name);
    }
    return TRI_OK;
}

static enum tri_status read_alignment(const struct reader *in, uint64_t *alignment) {
    const struct tri_gguf_value *value = tri_gguf_value(in->file, "general.alignment");
    *alignment = 32;
    if (value == NULL) return TRI_OK;
    const bool number = tri_gguf_u64(value, alignment);
    if (number && *alignment >= 1 && *alignment <= ALIGNMENT_LIMIT &&
        (*alignment & (*alignment - 1)) == 0)
        return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "%s: key general.alignment: wanted a power of two up to %d, got %" PRIu64,
                    in->path, ALIGNMENT_LIMIT, number ? *alignment : 0);
}

static enum tri_status read_file(struct reader *in) {
    struct tri_gguf *file = in->file;
    uint64_t tensors = 0, values = 0, alignment = 0;
    TRI_TRY(read_head(in, &tensors, &values));
    file->values = calloc((size_t)values + 1, sizeof *file->values);
    file->tensors = calloc((size_t)tensors + 1, sizeof *file->tensors);
    file->by_name = calloc((size_t)tensors + 1, sizeof *file->by_name);
    if (file->values == NULL || file->tensors == NULL || file->by_name == NULL) {
        return tri_fail(TRI_E_MEMORY, "%s: out of memory for %" PRIu64 " tensors", in->path,
                        tensors);
    }
    while (file->value_count < values) TRI_TRY(take_value(in, &file->values[file->value_count++]));
    TRI_TRY(check_keys(in));
    TRI_TRY(read_alignment(in, &alignment));
    while (file->tensor_count < tensors)
        TRI_TRY(take_tensor(in, &file->tensors[file->tensor_count++]));
    return place_tensors(in, alignment);
}

enum tri_status tri_gguf_open(const char *path, struct tri_gguf **file) {
    *file = NULL;
    struct tri_gguf *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    enum tri_status status = tri_map_open(path, 1, &opened->map);
    if (status == TRI_OK) {
        struct reader in = {
            .path = path, .data = opened->map->data, .size = opened->map->size, .file = opened};
        status = read_file(&in);
    }
    if (status != TRI_OK) {
        tri_gguf_close(opened);
        return status;
    }
    *file = opened;
    return TRI_OK;
}

void tri_gguf_close(struct tri_gguf *file) {
    if (file == NULL) return;
    for (size_t i = 0; i < file->value_count; i++) free((void *)(uintptr_t)file->values[i].key);
    for (size_t i = 0; i < file->tensor_count; i++) free((void *)(uintptr_t)file->tensors[i].name);
    free(file->values);
    free(file->tensors);
    free(file->by_name);
    tri_map_close(file->map);
    free(file);
}

const struct tri_map *tri_gguf_map(const struct tri_gguf *file) { return file->map; }

const char *tri_gguf_path(const struct tri_gguf *file) { return file->map->path; }

size_t tri_gguf_tensor_count(const struct tri_gguf *file) { return file->tensor_count; }

const struct tri_gguf_tensor *tri_gguf_tensor_at(const struct tri_gguf *file, size_t index) {
    return index < file->tensor_count ? &file->tensors[index] : NULL;
}

const struct tri_gguf_tensor *tri_gguf_tensor(const struct tri_gguf *file, const char *name) {
    const struct tri_gguf_tensor key = {.name = name}, *wanted = &key;
    const struct tri_gguf_tensor *const *found =
        bsearch(&wanted, file->by_name, file->tensor_count, sizeof wanted, order_by_name);
    return found == NULL ? NULL : *found;
}

size_t tri_gguf_value_count(const struct tri_gguf *file) { return file->value_count; }

const struct tri_gguf_value *tri_gguf_value_at(const struct tri_gguf *file, size_t index) {
    return index < file->value_count ? &file->values[index] : NULL;
}

const struct tri_gguf_value *tri_gguf_value(const struct tri_gguf *file, const char *key) {
    for (size_t i = 0; i < file->value_count; i++) /* a few dozen, asked for once */
        if (strcmp(file->values[i].key, key) == 0) return &file->values[i];
    return NULL;
}
