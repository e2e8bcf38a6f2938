/* SPDX-License-Identifier: Apache-2.0
 *
 * A GGUF file (version 3), mapped read-only: metadata by key, and tensors with the bytes in place.
 * Knows nothing about models.
 */
#ifndef TRI_GGUF_H
#define TRI_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ref/map.h"

/* Types of metadata values, as in the file. */
enum tri_gguf_type {
    TRI_GGUF_U8,
    TRI_GGUF_I8,
    TRI_GGUF_U16,
    TRI_GGUF_I16,
    TRI_GGUF_U32,
    TRI_GGUF_I32,
    TRI_GGUF_F32,
    TRI_GGUF_BOOL,
    TRI_GGUF_STRING,
    TRI_GGUF_ARRAY,
    TRI_GGUF_U64,
    TRI_GGUF_I64,
    TRI_GGUF_F64,
    TRI_GGUF_TYPES
};

/* Types of tensors that Tritium reads, as in the file. */
enum {
    TRI_GGML_F32 = 0,
    TRI_GGML_F16 = 1,
    TRI_GGML_BF16 = 30,
    TRI_GGML_TQ1_0 = 34,
    TRI_GGML_TQ2_0 = 35,
    TRI_GGML_I2_S = 36, /* bitnet.cpp alone */
};

enum { TRI_GGUF_DIMS = 4 };

/* A metadata value. An array's elements follow each other; those of numbers at data[i * size],
 * those of strings are read with tri_gguf_next. */
struct tri_gguf_value {
    const char *key; /* zero-terminated, owned by the file */
    enum tri_gguf_type type, element;
    uint64_t count;            /* of an array's elements, else 1 */
    const unsigned char *data; /* [bytes], in the file, of any alignment */
    uint64_t bytes;
};

struct tri_gguf_tensor {
    const char *name;      /* zero-terminated, owned by the file */
    const char *type_name; /* "F16" and the like, static */
    uint32_t type;         /* TRI_GGML_F32 and so on, or another of ggml's */
    uint32_t dims;
    uint64_t shape[TRI_GGUF_DIMS]; /* outermost first: the reverse of the file's order */
    uint64_t elements;
    const unsigned char *data;
    uint64_t bytes;
    uint64_t offset; /* of data behind the start of the data section */
};

struct tri_gguf;

/* Maps and checks a file: counts, lengths, types, offsets, alignment, and that no tensor lies
 * outside or over another. The tensors' bytes are not read. The caller closes. Errors: IO, FORMAT,
 * UNSUPPORTED (version, byte order, a tensor type by name), MEMORY. */
enum tri_status tri_gguf_open(const char *path, struct tri_gguf **file);
void tri_gguf_close(struct tri_gguf *file); /* NULL is fine */
const struct tri_map *tri_gguf_map(const struct tri_gguf *file);
const char *tri_gguf_path(const struct tri_gguf *file);

size_t tri_gguf_value_count(const struct tri_gguf *file);
const struct tri_gguf_value *tri_gguf_value_at(const struct tri_gguf *file, size_t index);
/* NULL if there is none of this key. */
const struct tri_gguf_value *tri_gguf_value(const struct tri_gguf *file, const char *key);

/* The value as a number or text; false if it is none (value may be NULL). A string's bytes lie in
 * the file, are not zero-terminated and may be any bytes. */
bool tri_gguf_u64(const struct tri_gguf_value *value, uint64_t *out); /* any integer >= 0 */
bool tri_gguf_f64(const struct tri_gguf_value *value, double *out);   /* any number */
bool tri_gguf_bool(const struct tri_gguf_value *value, bool *out);
bool tri_gguf_string(const struct tri_gguf_value *value, const char **bytes, uint64_t *length);

/* Walks an array: *next begins as all-zero; false after the last element. */
struct tri_gguf_next {
    uint64_t index, offset;
};
bool tri_gguf_next_string(const struct tri_gguf_value *array, struct tri_gguf_next *next,
                          const char **bytes, uint64_t *length);
bool tri_gguf_next_i64(const struct tri_gguf_value *array, struct tri_gguf_next *next,
                       int64_t *out);

size_t tri_gguf_tensor_count(const struct tri_gguf *file);
/* In the order of the file's list. */
const struct tri_gguf_tensor *tri_gguf_tensor_at(const struct tri_gguf *file, size_t index);
const struct tri_gguf_tensor *tri_gguf_tensor(const struct tri_gguf *file, const char *name);

#endif
