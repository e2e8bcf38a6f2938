/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden model: multiplies what the image's bytes say, in plain C. It reads weights only
 * through the packed image, so it checks the packing as well as the accelerators. It has no cycles.
 */
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "driver/backend.h"
#include "driver/codec.h"
#include "driver/image_private.h"

static enum tri_status ref_open(struct tri_device *device,
                                const struct tri_device_options *options) {
    (void)options;
    device->state = calloc(device->info.design.geometry.k_max, sizeof(int8_t));
    if (device->state == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", device->info.uri);
    return TRI_OK;
}

static void ref_close(struct tri_device *device) { free(device->state); }

static enum tri_status ref_load(struct tri_device *device, const struct tri_image *image) {
    (void)device;
    (void)image;
    return TRI_OK;
}

static enum tri_status ref_submit(struct tri_device *device) {
    (void)device;
    return TRI_OK;
}

static int32_t dot(const int8_t *a, const int8_t *b, uint32_t count) {
    int32_t sum = 0; /* |sum| <= 128 * 23040 */
    for (uint32_t k = 0; k < count; k++) sum += a[k] * b[k];
    return sum;
}

static enum tri_status run_job(const struct tri_device *device, uint32_t index) {
    const struct tri_job *job = &device->jobs[index];
    const struct tri_image *image = device->image;
    const struct tri_image_matrix *matrix = &image->matrix[job->matrix];
    const struct tri_codec *codec = tri_codec(image->geometry.encoding);
    const uint32_t ports = image->geometry.ports, cols = matrix->cols, rows = matrix->rows;
    const uint64_t row_bytes = tri_image_row_bytes(&image->geometry, cols);
    int8_t *weights = device->state; /* [k_max] */
    for (uint32_t row = 0; row < rows; row++) {
        const uint8_t *packed = image->port[row % ports] + matrix->offset + row / ports * row_bytes;
        if (!tri_codec_unpack(codec, packed, cols, weights)) {
            return tri_fail(TRI_E_DEVICE, "%s: job %u (%s): row %u, port %u: %s: %s",
                            device->info.uri, index, matrix->name, row, row % ports,
                            tri_accel_status_name(TRI_ACCEL_CORRUPT_WEIGHTS),
                            tri_accel_status_doc(TRI_ACCEL_CORRUPT_WEIGHTS));
        }
        for (uint32_t token = 0; token < job->tokens; token++) {
            job->sums[(size_t)token * rows + row] =
                dot(weights, job->codes + (size_t)token * cols, cols);
        }
    }
    return TRI_OK;
}

static enum tri_status ref_wait(struct tri_device *device, uint32_t milliseconds) {
    (void)milliseconds; /* it cannot hang */
    for (uint32_t i = 0; i < device->count; i++) TRI_TRY(run_job(device, i));
    return TRI_OK;
}

const struct tri_backend tri_backend_ref = {
    .scheme = "ref",
    .open = ref_open,
    .close = ref_close,
    .load = ref_load,
    .submit = ref_submit,
    .wait = ref_wait,
};
