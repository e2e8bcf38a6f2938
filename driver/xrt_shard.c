/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts an image by rows, see driver/xrt_shard.h.
 */
#include "driver/xrt_shard.h"

#include <stdlib.h>
#include <string.h>

#include "driver/image_private.h"

static uint64_t round_up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static void cut(const struct tri_image *whole, uint32_t unit, uint32_t units, uint32_t i,
                struct tri_xrt_shard *shard) {
    const struct tri_image_matrix *matrix = &whole->matrix[i];
    struct tri_image_matrix *part = &shard->image.matrix[i];
    const uint32_t ports = whole->geometry.ports;
    const uint64_t groups = (matrix->rows + (uint64_t)ports - 1) / ports;
    const uint64_t row_bytes = tri_image_row_bytes(&whole->geometry, matrix->cols);
    const uint64_t first = groups * unit / units, last = groups * (unit + 1) / units;
    const uint64_t end = last * ports < matrix->rows ? last * ports : matrix->rows;
    *part = *matrix;
    part->rows = (uint32_t)(end - first * ports);
    part->offset = shard->image.port_bytes;
    part->bytes = (last - first) * row_bytes;
    if (part->rows == 0) part->bytes = 0;
    shard->first_row[i] = (uint32_t)(first * ports);
    shard->source[i] = matrix->offset + first * row_bytes;
    shard->image.port_bytes += round_up(part->bytes, TRI_IMAGE_ALIGN);
}

enum tri_status tri_xrt_shard_make(const struct tri_image *whole, uint32_t unit, uint32_t units,
                                   struct tri_xrt_shard *shard) {
    memset(shard, 0, sizeof *shard);
    shard->image.geometry = whole->geometry;
    shard->image.design_hash = whole->design_hash;
    shard->image.count = whole->count;
    shard->image.matrix = calloc(whole->count, sizeof *shard->image.matrix);
    shard->first_row = calloc(whole->count, sizeof *shard->first_row);
    shard->source = calloc(whole->count, sizeof *shard->source);
    if (shard->image.matrix == NULL || shard->first_row == NULL || shard->source == NULL) {
        tri_xrt_shard_free(shard);
        return tri_fail(TRI_E_MEMORY, "xrt: no memory for the parts of %u matrices", whole->count);
    }
    for (uint32_t i = 0; i < whole->count; i++) cut(whole, unit, units, i, shard);
    /* A unit without any row has a page, so that its ports' addresses are addresses. */
    if (shard->image.port_bytes == 0) shard->image.port_bytes = TRI_IMAGE_ALIGN;
    return TRI_OK;
}

void tri_xrt_shard_free(struct tri_xrt_shard *shard) {
    free(shard->image.matrix);
    free(shard->first_row);
    free(shard->source);
    memset(shard, 0, sizeof *shard);
}

void tri_xrt_shard_read(const struct tri_xrt_shard *shard, const struct tri_image *whole,
                        uint32_t port, uint64_t offset, uint64_t count, uint8_t *out) {
    memset(out, 0, count);
    for (uint32_t i = 0; i < shard->image.count; i++) {
        const struct tri_image_matrix *part = &shard->image.matrix[i];
        const uint64_t end = part->offset + part->bytes;
        const uint64_t from = part->offset > offset ? part->offset : offset;
        const uint64_t to = end < offset + count ? end : offset + count;
        if (from >= to) continue;
        memcpy(out + (from - offset), whole->port[port] + shard->source[i] + (from - part->offset),
               to - from);
    }
}
