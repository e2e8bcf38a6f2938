/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated accelerator as a device: loads its design's library, lays out simulated memory,
 * rings and waits. Weights are mapped where the image has them, never copied; each area of the data
 * buffer is mapped alone, so an access past its end is an AXI error and not a silent read.
 */
#include "driver/sim_device.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/backend.h"
#include "driver/kernel.h"
#include "driver/list.h"
#include "driver/paths.h"
#include "driver/sim_watch.h"

/* Device addresses. Above 4 GiB, so that a kernel with 32-bit addresses fails at once. */
#define DATA_BASE       UINT64_C(0x0000000500000000)
#define PORT_BASE(port) (((uint64_t)(port) + 1) << 44)

enum { STEP_CYCLES = 32768, PAGE = 4096 };

struct sim_state {
    void *library;
    const struct tri_sim_api *api;
    struct tri_sim *sim;
    struct tri_sim_options options;
    char *wave, *wave_scope; /* owned copies */
    struct tri_bus bus;
    struct tri_list list; /* in flight */
    uint8_t *buffer;      /* [buffer_bytes] */
    uint64_t buffer_bytes;
    struct tri_sim_watch watch;
    struct tri_sim_stats before; /* of simulations that tri_sim_device_inject ended */
};

static uint32_t bus_read(void *context, uint32_t offset) {
    const struct sim_state *state = context;
    return state->api->read(state->sim, offset);
}

static void bus_write(void *context, uint32_t offset, uint32_t value) {
    const struct sim_state *state = context;
    state->api->write(state->sim, offset, value);
}

static void update_counters(struct tri_device *device) {
    const struct sim_state *state = device->state;
    struct tri_sim_stats stats;
    state->api->stats(state->sim, &stats);
    struct tri_counters *counters = &device->counters;
    counters->bytes_weights = state->before.weight_bytes + stats.weight_bytes;
    counters->bytes_data = state->before.data_read_bytes + state->before.data_write_bytes +
                           stats.data_read_bytes + stats.data_write_bytes;
    counters->cycles_simulated = state->before.cycles + stats.cycles;
    counters->seconds_simulating = state->before.seconds + stats.seconds;
}

/* Whatever the results are, a kernel that breaks AXI would fail on a board. */
static enum tri_status check_protocol(struct tri_device *device) {
    const struct sim_state *state = device->state;
    struct tri_sim_stats stats;
    state->api->stats(state->sim, &stats);
    if (stats.protocol_errors == 0) return TRI_OK;
    device->dead = true;
    return tri_fail(TRI_E_DEVICE, "%s: the kernel broke a bus rule %llu times, first: %s",
                    device->info.uri, (unsigned long long)stats.protocol_errors, stats.first_error);
}

static enum tri_status start_sim(struct tri_device *device) {
    struct sim_state *state = device->state;
    char error[256] = "";
    state->sim = state->api->create(&state->options, error);
    if (state->sim == NULL) return tri_fail(TRI_E_IO, "%s: %s", device->info.uri, error);
    state->bus = (struct tri_bus){state, bus_read, bus_write};
    TRI_TRY(tri_kernel_identify(&state->bus, &device->info));
    update_counters(device);
    return check_protocol(device);
}

static enum tri_status load_library(struct tri_device *device,
                                    const struct tri_device_options *options) {
    struct sim_state *state = device->state;
    char path[PATH_MAX];
    const bool hls = device->backend == &tri_backend_hls; /* its library has the same interface */
    if (options->library != NULL)
        (void)snprintf(path, sizeof path, "%s", options->library);
    else
        TRI_TRY((hls ? tri_find_hls : tri_find_sim)(device->info.design.name, options->plant, path,
                                                    sizeof path));
    state->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (state->library == NULL) return tri_fail(TRI_E_IO, "%s: cannot load: %s", path, dlerror());
    const struct tri_sim_api *(*get_api)(void) = NULL;
    *(void **)&get_api = dlsym(state->library, "tri_sim_get_api"); /* as POSIX has it */
    if (get_api == NULL) return tri_fail(TRI_E_IO, "%s: not a simulator: %s", path, dlerror());
    state->api = get_api();
    if (state->api->version != TRI_SIM_API_VERSION) {
        return tri_fail(TRI_E_MISMATCH,
                        "%s: simulator interface, wanted version %d, got %u; build it again", path,
                        TRI_SIM_API_VERSION, state->api->version);
    }
    return TRI_OK;
}

static enum tri_status copy_text(const char *text, char **copy) {
    if (text == NULL) return TRI_OK;
    *copy = strdup(text);
    return *copy != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "no memory for a name");
}

static void sim_close(struct tri_device *device) {
    struct sim_state *state = device->state;
    if (state->sim != NULL) state->api->destroy(state->sim);
    if (state->library != NULL) dlclose(state->library);
    tri_list_free(&state->list);
    tri_sim_watch_end(&state->watch);
    free(state->buffer);
    free(state->wave);
    free(state->wave_scope);
    free(state);
}

static enum tri_status try_open(struct tri_device *device,
                                const struct tri_device_options *options) {
    struct sim_state *state = device->state;
    state->options.memory = device->info.design.memory;
    if (options->stall_permille >= 0) {
        state->options.memory.stall_permille = (uint32_t)options->stall_permille;
    }
    state->options.seed = options->seed;
    TRI_TRY(copy_text(options->wave, &state->wave));
    TRI_TRY(copy_text(options->wave_scope, &state->wave_scope));
    state->options.wave = state->wave;
    state->options.wave_from = options->wave_from;
    state->options.wave_to = options->wave_to;
    state->options.wave_scope = state->wave_scope;
    TRI_TRY(load_library(device, options));
    return start_sim(device);
}

static enum tri_status sim_open(struct tri_device *device,
                                const struct tri_device_options *options) {
    if (options->stall_permille > 999) {
        return tri_fail(TRI_E_ARGUMENT, "%s: stall_permille, wanted at most 999, got %d",
                        device->info.uri, (int)options->stall_permille);
    }
    device->state = calloc(1, sizeof(struct sim_state));
    if (device->state == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", device->info.uri);
    device->info.counts_cycles = true;
    const enum tri_status status = try_open(device, options);
    if (status != TRI_OK) sim_close(device);
    return status;
}

static enum tri_status map(struct tri_device *device, int32_t port, uint64_t address, void *memory,
                           uint64_t bytes) {
    struct sim_state *state = device->state;
    if (state->api->map(state->sim, port, address, memory, bytes)) return TRI_OK;
    return tri_fail(TRI_E_DEVICE, "%s: cannot map %llu bytes at %llx for port %d", device->info.uri,
                    (unsigned long long)bytes, (unsigned long long)address, (int)port);
}

static enum tri_status map_weights(struct tri_device *device, const struct tri_image *image) {
    for (uint32_t port = 0; port < image->geometry.ports; port++) {
        TRI_TRY(map(device, (int32_t)port, PORT_BASE(port), image->port[port], image->port_bytes));
    }
    return TRI_OK;
}

static enum tri_status sim_load(struct tri_device *device, const struct tri_image *image) {
    struct sim_state *state = device->state;
    state->api->unmap_all(state->sim);
    TRI_TRY(map_weights(device, image));
    for (uint32_t port = 0; port < image->geometry.ports; port++) {
        TRI_TRY(tri_kernel_weights(&state->bus, device->info.uri, port, PORT_BASE(port)));
    }
    return check_protocol(device);
}

static enum tri_status reserve(struct tri_device *device, uint64_t bytes) {
    struct sim_state *state = device->state;
    if (bytes > state->buffer_bytes) {
        free(state->buffer);
        state->buffer_bytes = 0;
        state->buffer = aligned_alloc(PAGE, bytes);
        if (state->buffer == NULL) {
            return tri_fail(TRI_E_MEMORY, "%s: no memory for a list of %llu bytes",
                            device->info.uri, (unsigned long long)bytes);
        }
        state->buffer_bytes = bytes;
    }
    /* Not zero: what the kernel does not write, or should not have used, must not look right. */
    memset(state->buffer, 0xa5, bytes);
    return TRI_OK;
}

static enum tri_status map_list(struct tri_device *device) {
    struct sim_state *state = device->state;
    const struct tri_area areas[] = {state->list.commands, state->list.completions,
                                     state->list.activations, state->list.results};
    state->api->unmap_all(state->sim);
    TRI_TRY(map_weights(device, device->image));
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
        TRI_TRY(map(device, -1, DATA_BASE + areas[i].offset, state->buffer + areas[i].offset,
                    areas[i].bytes));
    }
    return TRI_OK;
}

static enum tri_status sim_submit(struct tri_device *device) {
    struct sim_state *state = device->state;
    tri_list_free(&state->list);
    TRI_TRY(tri_list_plan(device, &state->list));
    TRI_TRY(reserve(device, state->list.bytes));
    tri_list_fill(device, &state->list, state->buffer);
    TRI_TRY(map_list(device));
    if (device->watcher != NULL)
        TRI_TRY(tri_sim_watch_list(&state->watch, device, &state->list, DATA_BASE, PORT_BASE(0)));
    tri_kernel_start(&state->bus, &state->list, DATA_BASE);
    update_counters(device);
    state->watch.start = device->counters.cycles_simulated;
    device->counters.runs++;
    return TRI_OK;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static enum tri_status sim_wait(struct tri_device *device, uint32_t milliseconds) {
    struct sim_state *state = device->state;
    const double start = now();
    while (!state->api->run(state->sim, STEP_CYCLES)) {
        if ((now() - start) * 1000 < milliseconds) continue;
        update_counters(device);
        device->dead = true;
        return tri_fail(TRI_E_TIMEOUT,
                        "%s: %u commands, %u completed, not done after %u ms (%llu cycles in all)",
                        device->info.uri, state->list.count, tri_kernel_completed(&state->bus),
                        milliseconds, (unsigned long long)device->counters.cycles_simulated);
    }
    const uint64_t active = device->counters.cycles_active;
    const uint32_t status = tri_kernel_status(&state->bus);
    const uint32_t completed = tri_kernel_completed(&state->bus);
    tri_kernel_acknowledge(&state->bus);
    tri_kernel_counters(&state->bus, &device->counters);
    device->counters.commands += completed;
    update_counters(device);
    TRI_TRY(check_protocol(device));
    TRI_TRY(tri_list_check(device, &state->list, state->buffer, status, completed));
    tri_list_collect(device, &state->list, state->buffer);
    if (device->watcher != NULL)
        tri_sim_watch_tell(&state->watch, device, state->buffer + state->list.completions.offset,
                           device->counters.cycles_active - active);
    return TRI_OK;
}

static enum tri_status sim_watch(struct tri_device *device) {
    struct sim_state *state = device->state;
    if (state->api->observe != NULL)
        state->api->observe(state->sim, device->watcher != NULL ? tri_sim_watch_burst : NULL,
                            &state->watch);
    return TRI_OK;
}

static enum tri_status sim_read_register(struct tri_device *device, uint32_t unit, uint32_t offset,
                                         uint32_t *value) {
    (void)unit; /* there is one */
    *value = bus_read(device->state, offset);
    return TRI_OK;
}

const struct tri_backend tri_backend_sim = {
    .scheme = "sim",
    .open = sim_open,
    .close = sim_close,
    .load = sim_load,
    .submit = sim_submit,
    .wait = sim_wait,
    .watch = sim_watch,
    .read_register = sim_read_register,
};

static enum tri_status simulated(const struct tri_device *device) {
    if (device->backend == &tri_backend_sim) return TRI_OK;
    return tri_fail(TRI_E_ARGUMENT, "%s: not a simulated device", device->info.uri);
}

enum tri_status tri_sim_device_inject(struct tri_device *device,
                                      const struct tri_sim_fault *fault) {
    TRI_TRY(simulated(device));
    if (device->in_flight) {
        return tri_fail(TRI_E_ARGUMENT, "%s: a list is in flight", device->info.uri);
    }
    struct sim_state *state = device->state;
    struct tri_sim_stats stats;
    state->api->stats(state->sim, &stats);
    state->api->destroy(state->sim);
    state->sim = NULL;
    state->before.cycles += stats.cycles;
    state->before.weight_bytes += stats.weight_bytes;
    state->before.data_read_bytes += stats.data_read_bytes;
    state->before.data_write_bytes += stats.data_write_bytes;
    state->before.seconds += stats.seconds;
    device->image = NULL;
    state->options.fault = *fault;
    device->dead = true; /* until the new one stands */
    TRI_TRY(start_sim(device));
    device->dead = false;
    return TRI_OK;
}

enum tri_status tri_sim_device_stats(struct tri_device *device, struct tri_sim_stats *stats) {
    TRI_TRY(simulated(device));
    const struct sim_state *state = device->state;
    state->api->stats(state->sim, stats);
    return TRI_OK;
}

enum tri_status tri_sim_device_write(struct tri_device *device, uint32_t offset, uint32_t value) {
    TRI_TRY(simulated(device));
    bus_write(device->state, offset, value);
    return TRI_OK;
}

enum tri_status tri_sim_device_read(struct tri_device *device, uint32_t offset, uint32_t *value) {
    TRI_TRY(simulated(device));
    *value = bus_read(device->state, offset);
    return TRI_OK;
}
