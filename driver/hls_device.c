/* SPDX-License-Identifier: Apache-2.0
 *
 * The C kernel of hls/ as a device. Its library has the interface of a simulator (sim/sim.h), so
 * registers, memory map and lists are those of driver/sim_device.c; here is only what it cannot do.
 */
#include "driver/backend.h"

static enum tri_status hls_open(struct tri_device *device,
                                const struct tri_device_options *options) {
    if (options->wave != NULL) {
        return tri_fail(TRI_E_ARGUMENT, "%s: a C kernel has no waves; wanted sim:%s",
                        device->info.uri, device->info.design.name);
    }
    TRI_TRY(tri_backend_sim.open(device, options));
    device->info.counts_cycles = false;
    return TRI_OK;
}

static void hls_close(struct tri_device *device) { tri_backend_sim.close(device); }

static enum tri_status hls_load(struct tri_device *device, const struct tri_image *image) {
    return tri_backend_sim.load(device, image);
}

static enum tri_status hls_submit(struct tri_device *device) {
    return tri_backend_sim.submit(device);
}

static enum tri_status hls_wait(struct tri_device *device, uint32_t milliseconds) {
    return tri_backend_sim.wait(device, milliseconds);
}

static enum tri_status hls_read_register(struct tri_device *device, uint32_t unit, uint32_t offset,
                                         uint32_t *value) {
    return tri_backend_sim.read_register(device, unit, offset, value);
}

const struct tri_backend tri_backend_hls = {
    .scheme = "hls",
    .open = hls_open,
    .close = hls_close,
    .load = hls_load,
    .submit = hls_submit,
    .wait = hls_wait,
    .read_register = hls_read_register,
};
