/* SPDX-License-Identifier: Apache-2.0
 *
 * The products of a forward pass on a device: the model packed into an image, one job per product,
 * and on request every sum compared with the reference. Does not know text or sessions.
 */
#ifndef TRI_HOST_PRODUCT_H
#define TRI_HOST_PRODUCT_H

#include "cpu/engine.h"
#include "driver/device.h"
#include "host/replay.h"
#include "host/trace.h"
#include "ref/forward.h"

/* The first sum of a device that is not the reference's. */
struct tri_difference {
    bool found;
    uint32_t layer;
    enum tri_group group;
    enum tri_matrix matrix;
    uint32_t row;      /* of that matrix */
    uint32_t position; /* of the token in the text */
    int32_t wanted, got;
};

struct tri_products {
    const struct tri_model *model;
    struct tri_device *device; /* NULL: this processor, or the plain reference */
    struct tri_cpu *cpu;       /* not owned; the engine that asks, which multiplies where there is
                                  no device; NULL: the plain reference */
    struct tri_image *image;
    bool check;
    uint32_t position; /* without cpu: of the next call's first token; the caller sets it */
    uint64_t checked, equal, sums_checked;
    double seconds, seconds_checking; /* spent on products so far, and on comparing them */
    struct tri_difference difference;
    struct tri_trace *trace;   /* of the host's and the device's phases; NULL: none */
    struct tri_replay *replay; /* filled at a device's first difference when not NULL */
    int32_t *wanted;           /* scratch of the check, room for wanted_room sums */
    size_t wanted_room;
};

/* Opens the device, packs the model for its design and loads it. "ref" and "cpu..." are no device.
 * Errors: those of tri_device_open, tri_image_build and tri_device_load. Close also after a
 * failure. */
enum tri_status tri_products_open(struct tri_products *products, const struct tri_model *model,
                                  const char *uri, const struct tri_device_options *options);
void tri_products_close(struct tri_products *products);

/* A tri_product; context is a struct tri_products. Any thread, one at a time. Errors: INTERRUPTED
 * between products after a signal, MISMATCH at the first difference when checking, those of the
 * device. */
enum tri_status tri_products_run(void *context, uint32_t layer, enum tri_group group,
                                 uint32_t tokens, const int8_t *codes, int32_t *sums);

#endif
