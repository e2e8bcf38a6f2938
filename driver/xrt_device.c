/* SPDX-License-Identifier: Apache-2.0
 *
 * A card behind XRT as a device: xclbin and design, image shards in the banks of every compute
 * unit, lists. XRT itself runs in the helper (driver/xrt_process.h). A launch is one message:
 * buffers that stay where they are, arguments that are set already, one start, one look at the
 * completions.
 */
#include "driver/xrt_device.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel.h"
#include "driver/image_private.h"
#include "driver/paths.h"
#include "driver/xrt_private.h"
#include "driver/xrt_xclbin.h"

/* Milliseconds until the helper is given up. Emulation of a large kernel takes its time to start.
 */
enum { OPEN_LIMIT = 30000 };

enum tri_status tri_xrt_ask(struct tri_device *device, const struct tri_xrt_call *call,
                            uint32_t limit, struct tri_xrt_reply *reply) {
    struct tri_xrt_state *state = device->state;
    const enum tri_status status = tri_xrt_process_ask(&state->process, call, limit, reply);
    if (state->process.spoilt) device->dead = true;
    return status;
}

/* ---- opening ---- */

static enum tri_status xrt_design(const char *rest, struct tri_design *design) {
    struct tri_xrt_uri uri;
    struct tri_xclbin xclbin;
    TRI_TRY(tri_xrt_uri_parse(rest, &uri));
    TRI_TRY(tri_xclbin_read(uri.file, &xclbin));
    if (uri.design[0] != '\0') {
        char path[PATH_MAX];
        TRI_TRY(tri_find_design(uri.design, path, sizeof path));
        return tri_design_read(path, design);
    }
    if (!xclbin.has_design) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: the xclbin does not name its design: add it (xclbinutil --add-section "
                        "USER_METADATA:RAW:DESIGN.yaml) or say xrt:%s?design=NAME",
                        uri.file, uri.file);
    }
    *design = xclbin.design;
    return TRI_OK;
}

static uint32_t bus_read(void *context, uint32_t offset) {
    struct tri_xrt_state *state = context;
    const struct tri_xrt_call call = {
        .op = TRI_XRT_READ, .unit = state->bus_unit, .offset = offset};
    struct tri_xrt_reply reply;
    if (state->bus_status != TRI_OK) return UINT32_MAX;
    state->bus_status = tri_xrt_process_ask(&state->process, &call, TRI_XRT_CALL_LIMIT, &reply);
    if (state->bus_status == TRI_OK) return (uint32_t)reply.value;
    (void)snprintf(state->bus_error, sizeof state->bus_error, "%s", tri_error());
    return UINT32_MAX;
}

/* Nothing of the driver writes registers here: arguments are XRT's. */
static void bus_write(void *context, uint32_t offset, uint32_t value) {
    (void)context;
    (void)offset;
    (void)value;
}

enum tri_status tri_xrt_bus_result(struct tri_device *device, enum tri_status status) {
    struct tri_xrt_state *state = device->state;
    if (state->process.spoilt) device->dead = true;
    if (state->bus_status == TRI_OK) return status;
    return tri_fail(state->bus_status, "%s", state->bus_error);
}

struct tri_bus tri_xrt_bus(struct tri_xrt_state *state, uint32_t unit) {
    state->bus_unit = unit;
    state->bus_status = TRI_OK;
    return (struct tri_bus){state, bus_read, bus_write};
}

static enum tri_status open_card(struct tri_device *device,
                                 const struct tri_device_options *options) {
    struct tri_xrt_state *state = device->state;
    struct tri_xclbin xclbin;
    struct tri_xrt_reply reply;
    TRI_TRY(tri_xrt_uri_parse(strchr(device->info.uri, ':') + 1, &state->uri));
    TRI_TRY(tri_xclbin_read(state->uri.file, &xclbin));
    const struct tri_xrt_start start = {.uri = device->info.uri,
                                        .xclbin = state->uri.file,
                                        .device = state->uri.device,
                                        .launch = state->uri.launch,
                                        .emulation = xclbin.emulation,
                                        .seed = options->seed,
                                        .stall_permille = options->stall_permille};
    device->info.real_time = !xclbin.emulation;
    TRI_TRY(tri_xrt_process_start(&state->process, &start));
    TRI_TRY(tri_xrt_ask(device, &(struct tri_xrt_call){.op = TRI_XRT_OPEN}, OPEN_LIMIT, &reply));
    if (xclbin.emulation) tri_xrt_process_stats(&state->process);
    state->units = reply.value <= TRI_XRT_UNITS ? (uint32_t)reply.value : TRI_XRT_UNITS;
    device->info.units = state->units;
    for (uint32_t u = 0; u < state->units; u++) {
        const struct tri_bus bus = tri_xrt_bus(state, u);
        TRI_TRY(tri_xrt_bus_result(device, tri_kernel_identify(&bus, &device->info)));
        state->unit[u].view.backend = device->backend;
        state->unit[u].view.info = device->info;
    }
    return TRI_OK;
}

static void xrt_close(struct tri_device *device) {
    struct tri_xrt_state *state = device->state;
    tri_xrt_process_stop(&state->process);
    for (uint32_t u = 0; u < TRI_XRT_UNITS; u++) {
        struct tri_xrt_unit *unit = &state->unit[u];
        tri_xrt_list_drop(unit);
        tri_xrt_shard_free(&unit->shard);
        if (unit->buffer != NULL) (void)munmap(unit->buffer, unit->room);
    }
    free(state);
}

static enum tri_status xrt_open(struct tri_device *device,
                                const struct tri_device_options *options) {
    if (options->wave != NULL || options->plant != NULL) {
        return tri_fail(TRI_E_ARGUMENT,
                        "%s: no waves and no planted bugs behind XRT; wanted sim:%s",
                        device->info.uri, device->info.design.name);
    }
    device->state = calloc(1, sizeof(struct tri_xrt_state));
    if (device->state == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", device->info.uri);
    struct tri_xrt_state *state = device->state;
    state->process.socket = state->process.memory = -1;
    state->options = *options;
    device->info.counts_cycles = true;
    const enum tri_status status = open_card(device, options);
    if (status == TRI_OK) return TRI_OK;
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", tri_error());
    xrt_close(device);
    return tri_fail(status, "%s", text);
}

/* ---- the image ---- */

static enum tri_status upload_part(struct tri_device *device, const struct tri_image *image,
                                   struct tri_xrt_call *call) {
    struct tri_xrt_state *state = device->state;
    const struct tri_xrt_shard *shard = &state->unit[call->unit].shard;
    uint8_t *stage = state->process.stage;
    const uint32_t port = (uint32_t)call->port;
    tri_xrt_shard_read(shard, image, port, call->offset, call->bytes, stage);
    const uint32_t wanted = tri_crc32c(stage, call->bytes);
    call->op = TRI_XRT_PUT;
    TRI_TRY(tri_xrt_ask(device, call, TRI_XRT_CALL_LIMIT, NULL));
    memset(stage, 0, call->bytes);
    call->op = TRI_XRT_GET;
    TRI_TRY(tri_xrt_ask(device, call, TRI_XRT_CALL_LIMIT, NULL));
    const uint32_t got = tri_crc32c(stage, call->bytes);
    if (got == wanted) return TRI_OK;
    return tri_fail(TRI_E_DEVICE,
                    "%s: unit %u, port %u: %llu bytes from %llu read back with CRC-32C %08x, wrote "
                    "%08x",
                    device->info.uri, call->unit, port, (unsigned long long)call->bytes,
                    (unsigned long long)call->offset, got, wanted);
}

static enum tri_status upload(struct tri_device *device, const struct tri_image *image) {
    struct tri_xrt_state *state = device->state;
    const uint32_t ports = image->geometry.ports;
    uint64_t done = 0, total = 0;
    for (uint32_t u = 0; u < state->units; u++) {
        total += state->unit[u].shard.image.port_bytes * ports;
    }
    for (uint32_t i = 0; i < state->units * ports; i++) {
        struct tri_xrt_call call = {.unit = i / ports, .port = (int32_t)(i % ports)};
        const uint64_t bytes = state->unit[call.unit].shard.image.port_bytes;
        for (call.offset = 0; call.offset < bytes; call.offset += call.bytes) {
            const uint64_t left = bytes - call.offset;
            call.bytes = left < TRI_XRT_STAGE ? left : TRI_XRT_STAGE;
            TRI_TRY(upload_part(device, image, &call));
            done += call.bytes;
            if (state->options.progress != NULL &&
                !state->options.progress(state->options.progress_context, done, total)) {
                return tri_fail(TRI_E_INTERRUPTED,
                                "%s: upload stopped after %llu of %llu bytes; the device has no "
                                "image",
                                device->info.uri, (unsigned long long)done,
                                (unsigned long long)total);
            }
        }
    }
    return TRI_OK;
}

static enum tri_status xrt_load(struct tri_device *device, const struct tri_image *image) {
    struct tri_xrt_state *state = device->state;
    device->image = NULL; /* whatever happens, the one before is gone */
    for (uint32_t u = 0; u < state->units; u++) {
        struct tri_xrt_unit *unit = &state->unit[u];
        tri_xrt_shard_free(&unit->shard);
        TRI_TRY(tri_xrt_shard_make(image, u, state->units, &unit->shard));
        const struct tri_xrt_call call = {
            .op = TRI_XRT_WEIGHTS, .unit = u, .bytes = unit->shard.image.port_bytes};
        TRI_TRY(tri_xrt_ask(device, &call, TRI_XRT_CALL_LIMIT, NULL));
        unit->view.image = &unit->shard.image;
    }
    return upload(device, image);
}

static enum tri_status xrt_read_register(struct tri_device *device, uint32_t unit, uint32_t offset,
                                         uint32_t *value) {
    const struct tri_bus bus = tri_xrt_bus(device->state, unit);
    *value = bus.read(bus.context, offset);
    return tri_xrt_bus_result(device, TRI_OK);
}

const struct tri_backend tri_backend_xrt = {
    .scheme = "xrt",
    .argument = "FILE.xclbin",
    .design = xrt_design,
    .open = xrt_open,
    .close = xrt_close,
    .load = xrt_load,
    .submit = tri_xrt_submit,
    .wait = tri_xrt_wait,
    .read_register = xrt_read_register,
};

static enum tri_status behind_xrt(const struct tri_device *device) {
    if (device->backend == &tri_backend_xrt) return TRI_OK;
    return tri_fail(TRI_E_ARGUMENT, "%s: not a device behind XRT", device->info.uri);
}

enum tri_status tri_xrt_device_stats(const struct tri_device *device, struct tri_xrt_stats *stats) {
    TRI_TRY(behind_xrt(device));
    const struct tri_xrt_state *state = device->state;
    if (state->process.stats == NULL) {
        return tri_fail(TRI_E_ARGUMENT, "%s: not an emulated device", device->info.uri);
    }
    memcpy(stats, state->process.stats, sizeof *stats);
    return TRI_OK;
}

enum tri_status tri_xrt_device_ping(struct tri_device *device, uint32_t reads) {
    TRI_TRY(behind_xrt(device));
    const struct tri_xrt_call call = {.op = TRI_XRT_PING, .offset = TRI_REG_MAGIC, .bytes = reads};
    return tri_xrt_ask(device, &call, TRI_XRT_CALL_LIMIT, NULL);
}
