/* SPDX-License-Identifier: Apache-2.0
 *
 * The device interface: URIs, checks that every back end needs, and dispatch. What an accelerator
 * is, is in the back ends.
 */
#include "driver/device.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel.h"
#include "driver/backend.h"
#include "driver/paths.h"

static const struct tri_backend *const backends[] = {&tri_backend_ref, &tri_backend_sim,
                                                     &tri_backend_hls, &tri_backend_xrt};
enum { BACKENDS = sizeof backends / sizeof *backends, REGISTER_BYTES = 4096 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static const struct tri_backend *find_backend(const char *uri, const char **rest) {
    for (int i = 0; i < BACKENDS; i++) {
        const size_t length = strlen(backends[i]->scheme);
        if (strncmp(uri, backends[i]->scheme, length) == 0 && uri[length] == ':') {
            *rest = uri + length + 1;
            return backends[i];
        }
    }
    return NULL;
}

static enum tri_status unknown_scheme(const char *uri) {
    char known[128] = "";
    for (int i = 0; i < BACKENDS; i++) {
        const size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s:%s", i > 0 ? ", " : "",
                 backends[i]->scheme,
                 backends[i]->argument != NULL ? backends[i]->argument : "DESIGN");
    }
    return tri_fail(TRI_E_ARGUMENT, "device %.200s: unknown scheme, wanted one of %s", uri, known);
}

static enum tri_status read_design(const struct tri_backend *backend, const char *rest,
                                   struct tri_design *design) {
    char path[PATH_MAX];
    if (backend->design != NULL) return backend->design(rest, design);
    TRI_TRY(tri_find_design(rest, path, sizeof path));
    return tri_design_read(path, design);
}

enum tri_status tri_device_open(const char *uri, const struct tri_device_options *options,
                                struct tri_device **device) {
    static const struct tri_device_options defaults = TRI_DEVICE_OPTIONS_INIT;
    *device = NULL;
    const char *rest = NULL;
    const struct tri_backend *backend = find_backend(uri, &rest);
    if (backend == NULL) return unknown_scheme(uri);

    struct tri_device *made = calloc(1, sizeof *made);
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "device %s: no memory", uri);
    made->backend = backend;
    made->info.units = 1;
    snprintf(made->info.uri, sizeof made->info.uri, "%s", uri);
    snprintf(made->info.backend, sizeof made->info.backend, "%s", backend->scheme);
    enum tri_status status = read_design(backend, rest, &made->info.design);
    if (status == TRI_OK) {
        made->info.design_hash = tri_design_hash(&made->info.design.geometry);
        status = backend->open(made, options != NULL ? options : &defaults);
    }
    if (status != TRI_OK) {
        free(made);
        return status;
    }
    *device = made;
    return TRI_OK;
}

void tri_device_close(struct tri_device *device) {
    if (device == NULL) return;
    device->backend->close(device);
    free(device->jobs);
    free(device);
}

const struct tri_device_info *tri_device_info(const struct tri_device *device) {
    return &device->info;
}

enum tri_status tri_device_watch(struct tri_device *device, tri_device_watcher watcher,
                                 void *context) {
    if (!device->info.counts_cycles) return TRI_OK;
    device->watcher = watcher;
    device->watcher_context = context;
    return device->backend->watch != NULL ? device->backend->watch(device) : TRI_OK;
}

void tri_device_counters(const struct tri_device *device, struct tri_counters *counters) {
    *counters = device->counters;
}

static enum tri_status check_usable(const struct tri_device *device) {
    if (device->dead) {
        return tri_fail(TRI_E_DEVICE, "%s: the accelerator is dead, only closing the device helps",
                        device->info.uri);
    }
    if (device->in_flight) {
        return tri_fail(TRI_E_ARGUMENT, "%s: a list is in flight, wait for it first",
                        device->info.uri);
    }
    return TRI_OK;
}

enum tri_status tri_device_load(struct tri_device *device, const struct tri_image *image) {
    TRI_TRY(check_usable(device));
    if (image->design_hash != device->info.design_hash) {
        return tri_fail(TRI_E_MISMATCH,
                        "%s: image of another design: wanted hash %016llx, got %016llx; hardware "
                        "was not touched",
                        device->info.uri, (unsigned long long)device->info.design_hash,
                        (unsigned long long)image->design_hash);
    }
    TRI_TRY(tri_image_verify(image));
    TRI_TRY(device->backend->load(device, image));
    device->image = image;
    return TRI_OK;
}

static enum tri_status check_job(const struct tri_device *device, const struct tri_job *jobs,
                                 uint32_t i) {
    const struct tri_job *job = &jobs[i];
    const char *uri = device->info.uri;
    if (job->matrix >= device->image->count) {
        return tri_fail(TRI_E_ARGUMENT, "%s: job %u: matrix, wanted 0 to %u, got %u", uri, i,
                        device->image->count - 1, job->matrix);
    }
    if (job->tokens == 0) {
        return tri_fail(TRI_E_ARGUMENT, "%s: job %u: tokens, wanted at least 1, got 0", uri, i);
    }
    if (job->codes == NULL || job->sums == NULL) {
        return tri_fail(TRI_E_ARGUMENT, "%s: job %u: wanted codes and sums, got NULL", uri, i);
    }
    return TRI_OK;
}

enum tri_status tri_device_submit(struct tri_device *device, const struct tri_job *jobs,
                                  uint32_t count) {
    TRI_TRY(check_usable(device));
    if (device->image == NULL) {
        return tri_fail(TRI_E_ARGUMENT, "%s: load an image before submitting", device->info.uri);
    }
    if (count == 0) return tri_fail(TRI_E_ARGUMENT, "%s: an empty list", device->info.uri);
    for (uint32_t i = 0; i < count; i++) TRI_TRY(check_job(device, jobs, i));
    struct tri_job *copy = malloc(count * sizeof *copy);
    if (copy == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for jobs", device->info.uri);
    memcpy(copy, jobs, count * sizeof *copy);
    free(device->jobs);
    device->jobs = copy;
    device->count = count;
    device->submitted = now();
    TRI_TRY(device->backend->submit(device));
    device->in_flight = true;
    return TRI_OK;
}

enum tri_status tri_device_wait(struct tri_device *device, uint32_t milliseconds) {
    if (!device->in_flight) {
        return tri_fail(TRI_E_ARGUMENT, "%s: nothing is in flight", device->info.uri);
    }
    device->in_flight = false;
    const enum tri_status status =
        device->backend->wait(device, milliseconds == 0 ? 60000 : milliseconds);
    device->spoil.bytes = 0;
    device->counters.seconds_lists += now() - device->submitted;
    return status;
}

static enum tri_status check_commands(const struct tri_device *device) {
    TRI_TRY(check_usable(device));
    if (device->backend->read_register != NULL) return TRI_OK;
    return tri_fail(TRI_E_UNSUPPORTED, "%s: has neither registers nor commands", device->info.uri);
}

enum tri_status tri_device_register(struct tri_device *device, uint32_t unit, uint32_t offset,
                                    uint32_t *value) {
    TRI_TRY(check_commands(device));
    if (unit >= device->info.units || offset % 4 != 0 || offset >= REGISTER_BYTES) {
        return tri_fail(TRI_E_ARGUMENT,
                        "%s: register, wanted one of %u units and a multiple of 4 below %d, got "
                        "unit %u, offset %u",
                        device->info.uri, device->info.units, REGISTER_BYTES, unit, offset);
    }
    return device->backend->read_register(device, unit, offset, value);
}

enum tri_status tri_device_spoil(struct tri_device *device, const struct tri_spoil *spoil) {
    TRI_TRY(check_commands(device));
    if (spoil->bytes < 1 || spoil->bytes > 8 || spoil->byte > TRI_COMMAND_BYTES - spoil->bytes) {
        return tri_fail(TRI_E_ARGUMENT, "%s: spoil, wanted 1 to 8 bytes of %d, got %u from %u",
                        device->info.uri, TRI_COMMAND_BYTES, spoil->bytes, spoil->byte);
    }
    device->spoil = *spoil;
    return TRI_OK;
}

uint32_t tri_device_status(const struct tri_device *device) { return device->accel_status; }
