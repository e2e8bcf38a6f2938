/* SPDX-License-Identifier: Apache-2.0
 *
 * A safetensors file, mapped read-only: names, dtypes, shapes and the bytes in place. Knows nothing
 * about models.
 */
#ifndef TRI_SAFETENSORS_H
#define TRI_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ref/map.h"

enum tri_dtype {
    TRI_DTYPE_BOOL,
    TRI_DTYPE_U8,
    TRI_DTYPE_I8,
    TRI_DTYPE_U16,
    TRI_DTYPE_I16,
    TRI_DTYPE_F16,
    TRI_DTYPE_BF16,
    TRI_DTYPE_U32,
    TRI_DTYPE_I32,
    TRI_DTYPE_F32,
    TRI_DTYPE_U64,
    TRI_DTYPE_I64,
    TRI_DTYPE_F64,
    TRI_DTYPES
};

enum { TRI_TENSOR_DIMS = 8 };

struct tri_tensor {
    const char *name; /* owned by the file */
    enum tri_dtype dtype;
    uint32_t dims;
    uint64_t shape[TRI_TENSOR_DIMS];
    const unsigned char *data; /* [bytes], little endian, of any alignment */
    uint64_t bytes;
    uint64_t begin; /* offset of data in the file's data section */
};

struct tri_safetensors;

/* "BF16" and the like; and the bytes of one element. */
const char *tri_dtype_name(enum tri_dtype dtype);
uint32_t tri_dtype_bytes(enum tri_dtype dtype);

/* Maps and checks a file: header, dtypes, shapes, and that the tensors fill the data section
 * without overlap or gap. The caller closes. Errors: IO, FORMAT, UNSUPPORTED (unknown dtype),
 * MEMORY. */
enum tri_status tri_safetensors_open(const char *path, struct tri_safetensors **file);
void tri_safetensors_close(struct tri_safetensors *file); /* NULL is fine */

/* The file's map, owned by it. */
const struct tri_map *tri_safetensors_map(const struct tri_safetensors *file);

size_t tri_safetensors_count(const struct tri_safetensors *file);
/* In the order of their bytes. */
const struct tri_tensor *tri_safetensors_at(const struct tri_safetensors *file, size_t index);
/* NULL if there is none of this name. */
const struct tri_tensor *tri_safetensors_find(const struct tri_safetensors *file, const char *name);

#endif
