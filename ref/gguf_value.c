/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of GGUF metadata as numbers and texts, and walks through arrays. The file was checked when
 * it was opened (gguf.c).
 */
#include <string.h>

#include "ref/gguf.h"

/* An integer of any of the file's types; false for other types. *negative: *out is its two's
 * complement. */
static bool integer_at(enum tri_gguf_type type, const unsigned char *data, uint64_t *out,
                       bool *negative) {
    int64_t value = 0;
    switch (type) {
    case TRI_GGUF_U8: value = data[0]; break;
    case TRI_GGUF_I8: value = (int8_t)data[0]; break;
    case TRI_GGUF_U16: {
        uint16_t x;
        memcpy(&x, data, sizeof x);
        value = x;
        break;
    }
    case TRI_GGUF_I16: {
        int16_t x;
        memcpy(&x, data, sizeof x);
        value = x;
        break;
    }
    case TRI_GGUF_U32: {
        uint32_t x;
        memcpy(&x, data, sizeof x);
        value = x;
        break;
    }
    case TRI_GGUF_I32: {
        int32_t x;
        memcpy(&x, data, sizeof x);
        value = x;
        break;
    }
    case TRI_GGUF_U64:
        memcpy(out, data, sizeof *out);
        *negative = false;
        return true;
    case TRI_GGUF_I64: memcpy(&value, data, sizeof value); break;
    default: return false;
    }
    *negative = value < 0;
    *out = (uint64_t)value;
    return true;
}

bool tri_gguf_u64(const struct tri_gguf_value *value, uint64_t *out) {
    bool negative = false;
    uint64_t number = 0;
    if (value == NULL || !integer_at(value->type, value->data, &number, &negative) || negative)
        return false;
    *out = number;
    return true;
}

bool tri_gguf_f64(const struct tri_gguf_value *value, double *out) {
    if (value == NULL) return false;
    bool negative = false;
    uint64_t number = 0;
    if (value->type == TRI_GGUF_F32) {
        float x;
        memcpy(&x, value->data, sizeof x);
        *out = (double)x;
    } else if (value->type == TRI_GGUF_F64) {
        memcpy(out, value->data, sizeof *out);
    } else if (integer_at(value->type, value->data, &number, &negative)) {
        *out = negative ? (double)(int64_t)number : (double)number;
    } else {
        return false;
    }
    return true;
}

bool tri_gguf_bool(const struct tri_gguf_value *value, bool *out) {
    if (value == NULL || value->type != TRI_GGUF_BOOL) return false;
    *out = value->data[0] != 0;
    return true;
}

static bool string_at(const struct tri_gguf_value *value, uint64_t offset, const char **bytes,
                      uint64_t *length) {
    memcpy(length, value->data + offset, sizeof *length);
    /* Checked before, but the file may have shrunk since and then reads as zeros. */
    if (*length > value->bytes - offset - sizeof *length) return false;
    *bytes = (const char *)value->data + offset + sizeof *length;
    return true;
}

bool tri_gguf_string(const struct tri_gguf_value *value, const char **bytes, uint64_t *length) {
    if (value == NULL || value->type != TRI_GGUF_STRING) return false;
    return string_at(value, 0, bytes, length);
}

bool tri_gguf_next_string(const struct tri_gguf_value *array, struct tri_gguf_next *next,
                          const char **bytes, uint64_t *length) {
    if (array == NULL || array->type != TRI_GGUF_ARRAY || array->element != TRI_GGUF_STRING)
        return false;
    if (next->index >= array->count || array->bytes - next->offset < sizeof *length) return false;
    if (!string_at(array, next->offset, bytes, length)) return false;
    next->offset += sizeof *length + *length;
    next->index++;
    return true;
}

bool tri_gguf_next_i64(const struct tri_gguf_value *array, struct tri_gguf_next *next,
                       int64_t *out) {
    if (array == NULL || array->type != TRI_GGUF_ARRAY || next->index >= array->count) return false;
    bool negative = false;
    uint64_t number = 0;
    if (!integer_at(array->element, array->data + next->offset, &number, &negative)) return false;
    if (!negative && number > INT64_MAX) return false;
    *out = (int64_t)number;
    next->index++;
    next->offset = array->bytes / array->count * next->index;
    return true;
}
