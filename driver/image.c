/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs ternary matrices for one geometry and checks packed images. Files are in
 * driver/image_file.c, the code of a byte in driver/codec.c.
 */
#include "driver/image.h"

#include <isa-l/crc.h>
#include <stdlib.h>
#include <string.h>

#include "driver/codec.h"
#include "driver/image_private.h"

enum { MAX_ROWS = 1048576 }; /* of a command, as in rtl/accel.yaml */

static uint64_t round_up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

uint64_t tri_image_row_bytes(const struct tri_geometry *geometry, uint32_t cols) {
    const uint32_t weights = tri_weights_per_beat(geometry);
    return round_up(cols, weights) / weights * (geometry->beat_bits / 8);
}

uint64_t tri_image_matrix_bytes(const struct tri_geometry *geometry, uint32_t rows, uint32_t cols) {
    return round_up(rows, geometry->ports) / geometry->ports * tri_image_row_bytes(geometry, cols);
}

uint32_t tri_crc32c(const uint8_t *bytes, uint64_t count) {
    uint32_t crc = 0xffffffffU;
    while (count > 0) { /* isa-l counts in int and does not write through its pointer */
        const int part = count < (1 << 30) ? (int)count : 1 << 30;
        crc = crc32_iscsi((unsigned char *)(uintptr_t)bytes, part, crc);
        bytes += part;
        count -= (uint64_t)part;
    }
    return ~crc;
}

/* Fills in the table; data is not there yet. */
static enum tri_status layout(const struct tri_matrix_source *source, struct tri_image *image) {
    for (uint32_t i = 0; i < source->count; i++) {
        struct tri_image_matrix *matrix = &image->matrix[i];
        source->describe(source->context, i, matrix->name, &matrix->rows, &matrix->cols);
        matrix->name[sizeof matrix->name - 1] = '\0';
        if (matrix->cols < 1 || matrix->cols > image->geometry.k_max) {
            return tri_fail(TRI_E_ARGUMENT, "image: %s: columns, wanted 1 to %u (k_max), got %u",
                            matrix->name, image->geometry.k_max, matrix->cols);
        }
        if (matrix->rows < 1 || matrix->rows > MAX_ROWS) {
            return tri_fail(TRI_E_ARGUMENT, "image: %s: rows, wanted 1 to %d, got %u", matrix->name,
                            MAX_ROWS, matrix->rows);
        }
        /* At most 2^20 rows of 2^15 bytes each: far from overflow in a matrix, not in their sum. */
        matrix->bytes = tri_image_matrix_bytes(&image->geometry, matrix->rows, matrix->cols);
        matrix->offset = image->port_bytes;
        image->port_bytes += round_up(matrix->bytes, TRI_IMAGE_ALIGN);
        if (image->port_bytes > TRI_IMAGE_PORT_MAX) {
            return tri_fail(TRI_E_ARGUMENT, "image: %s: wanted at most %llu bytes a port, got more",
                            matrix->name, (unsigned long long)TRI_IMAGE_PORT_MAX);
        }
    }
    return TRI_OK;
}

static enum tri_status fill(const struct tri_matrix_source *source, struct tri_image *image,
                            uint32_t i, int8_t *trits) {
    struct tri_image_matrix *matrix = &image->matrix[i];
    const struct tri_codec *codec = tri_codec(image->geometry.encoding);
    const uint32_t ports = image->geometry.ports;
    const uint64_t row_bytes = tri_image_row_bytes(&image->geometry, matrix->cols);
    for (uint32_t row = 0; row < matrix->rows; row++) {
        source->row(source->context, i, row, trits);
        uint8_t *out = image->port[row % ports] + matrix->offset + row / ports * row_bytes;
        if (!tri_codec_pack(codec, trits, matrix->cols, out, row_bytes)) {
            return tri_fail(TRI_E_ARGUMENT, "image: %s: row %u: wanted weights -1, 0 and 1 only",
                            matrix->name, row);
        }
    }
    for (uint32_t port = 0; port < ports; port++) {
        matrix->crc[port] = tri_crc32c(image->port[port] + matrix->offset, matrix->bytes);
    }
    return TRI_OK;
}

static enum tri_status build(const struct tri_matrix_source *source, struct tri_image *image) {
    if (source->count == 0) return tri_fail(TRI_E_ARGUMENT, "image: wanted matrices, got none");
    image->matrix = calloc(source->count, sizeof *image->matrix);
    if (image->matrix == NULL) return tri_fail(TRI_E_MEMORY, "image: no memory for the table");
    image->count = source->count;
    TRI_TRY(layout(source, image));
    for (uint32_t port = 0; port < image->geometry.ports; port++) {
        image->port[port] = aligned_alloc(TRI_IMAGE_ALIGN, image->port_bytes);
        if (image->port[port] == NULL) {
            return tri_fail(TRI_E_MEMORY, "image: no memory for %llu bytes of port %u",
                            (unsigned long long)image->port_bytes, port);
        }
        /* Padding is zero trits too, so every byte of an image is known and can be checked. */
        memset(image->port[port], tri_codec(image->geometry.encoding)->zero, image->port_bytes);
    }
    int8_t *trits = calloc(image->geometry.k_max, sizeof *trits);
    if (trits == NULL) return tri_fail(TRI_E_MEMORY, "image: no memory for a row");
    enum tri_status status = TRI_OK;
    for (uint32_t i = 0; i < image->count && status == TRI_OK; i++) {
        status = fill(source, image, i, trits);
    }
    free(trits);
    return status;
}

enum tri_status tri_image_build(const struct tri_geometry *geometry,
                                const struct tri_matrix_source *source, struct tri_image **image) {
    *image = NULL;
    TRI_TRY(tri_geometry_check(geometry, "image"));
    struct tri_image *made = calloc(1, sizeof *made);
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "image: no memory");
    made->geometry = *geometry;
    made->design_hash = tri_design_hash(geometry);
    const enum tri_status status = build(source, made);
    if (status != TRI_OK) {
        tri_image_destroy(made);
        return status;
    }
    *image = made;
    return TRI_OK;
}

void tri_image_destroy(struct tri_image *image) {
    if (image == NULL) return;
    if (image->owner != NULL) {
        tri_image_unmap(image->owner);
    } else {
        for (uint32_t port = 0; port < 16; port++) free(image->port[port]);
    }
    free(image->matrix);
    free(image);
}

static bool all_equal(const uint8_t *bytes, uint64_t count, uint8_t value) {
    return count == 0 || (*bytes == value && memcmp(bytes, bytes + 1, count - 1) == 0);
}

enum tri_status tri_image_verify(const struct tri_image *image) {
    const uint8_t zero = tri_codec(image->geometry.encoding)->zero;
    for (uint32_t i = 0; i < image->count; i++) {
        const struct tri_image_matrix *matrix = &image->matrix[i];
        const uint64_t end = matrix->offset + matrix->bytes;
        const uint64_t padding = round_up(end, TRI_IMAGE_ALIGN) - end;
        for (uint32_t port = 0; port < image->geometry.ports; port++) {
            const uint32_t crc = tri_crc32c(image->port[port] + matrix->offset, matrix->bytes);
            if (crc != matrix->crc[port]) {
                return tri_fail(TRI_E_MISMATCH, "image: %s: port %u: CRC-32C wanted %08x, got %08x",
                                matrix->name, port, matrix->crc[port], crc);
            }
            if (!all_equal(image->port[port] + end, padding, zero)) {
                return tri_fail(
                    TRI_E_MISMATCH,
                    "image: %s: port %u: wanted bytes %02x after the matrix, got others",
                    matrix->name, port, zero);
            }
        }
    }
    return TRI_OK;
}
