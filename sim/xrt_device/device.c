/* SPDX-License-Identifier: Apache-2.0
 *
 * Units and memory of the emulated device: each unit is a simulator, each of its ports sees the one
 * bank that the xclbin connects it with. Knows registers only as far as ap_ctrl_hs goes.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "sim/xrt_device/device.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { CTRL = 0, START = 1, DONE = 2, READY = 8, UNIT_BYTES = 0x10000 };
enum { STEP_CYCLES = 2048 };
#define STEP_SECONDS 0.005 /* of simulation for one look at ctrl, so that the host can give up */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static enum tri_status load_model(struct device *device) {
    void *library = dlopen("./model.so", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return tri_fail(TRI_E_IO, "model.so: %s", dlerror());
    const struct tri_sim_api *(*get_api)(void) = NULL;
    *(void **)&get_api = dlsym(library, "tri_sim_get_api");
    if (get_api == NULL) return tri_fail(TRI_E_FORMAT, "model.so: not a simulator");
    device->api = get_api();
    if (device->api->version == TRI_SIM_API_VERSION) return TRI_OK;
    return tri_fail(TRI_E_MISMATCH, "model.so: interface, wanted version %d, got %" PRIu32,
                    TRI_SIM_API_VERSION, device->api->version);
}

static enum tri_status add_bank(struct device *device, uint64_t base, uint64_t bytes) {
    if (device->banks == DEVICE_BANKS) return tri_fail(TRI_E_FORMAT, "plan.txt: too many banks");
    struct bank *bank = &device->bank[device->banks++];
    bank->base = base;
    bank->bytes = bytes;
    bank->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bank->memory != MAP_FAILED) return TRI_OK;
    bank->memory = NULL;
    return tri_fail(TRI_E_MEMORY, "a bank of %" PRIu64 " bytes: %s", bytes, strerror(errno));
}

static enum tri_status add_unit(struct device *device, uint64_t base) {
    char error[256] = "";
    if (device->units == TRI_XRT_UNITS) return tri_fail(TRI_E_FORMAT, "plan.txt: too many units");
    struct unit *unit = &device->unit[device->units++];
    unit->base = base;
    struct tri_sim_options options = device->options;
    options.seed += device->units - 1; /* every unit its own stalls */
    unit->sim = device->api->create(&options, error);
    return unit->sim != NULL ? TRI_OK : tri_fail(TRI_E_DEVICE, "%s", error);
}

static enum tri_status add_port(struct device *device, int32_t port, uint32_t index) {
    if (device->units == 0 || index >= device->banks || port < -1 || port >= TRI_XRT_UNITS) {
        return tri_fail(TRI_E_FORMAT, "plan.txt: port %" PRId32 " of bank %" PRIu32, port, index);
    }
    const struct unit *unit = &device->unit[device->units - 1];
    const struct bank *bank = &device->bank[index];
    if (device->api->map(unit->sim, port, bank->base, bank->memory, bank->bytes)) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "plan.txt: port %" PRId32 " cannot see bank %" PRIu32, port,
                    index);
}

static enum tri_status read_plan(struct device *device, FILE *in) {
    char line[128];
    uint64_t a = 0, b = 0;
    int32_t port = 0;
    uint32_t index = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        if (sscanf(line, "bank %" SCNx64 " %" SCNx64, &a, &b) == 2)
            TRI_TRY(add_bank(device, a, b));
        else if (sscanf(line, "unit %" SCNx64, &a) == 1)
            TRI_TRY(add_unit(device, a));
        else if (sscanf(line, "port %" SCNd32 " %" SCNu32, &port, &index) == 2)
            TRI_TRY(add_port(device, port, index));
        else
            return tri_fail(TRI_E_FORMAT, "plan.txt: wanted bank, unit or port, got %.40s", line);
    }
    return device->units > 0 ? TRI_OK : tri_fail(TRI_E_FORMAT, "plan.txt: no unit");
}

enum tri_status device_open(struct device *device) {
    struct tri_design design;
    const char *seed = getenv(TRI_XRT_ENV_SEED), *stall = getenv(TRI_XRT_ENV_STALL);
    TRI_TRY(tri_design_read("design.yaml", &design));
    device->options.memory = design.memory;
    if (seed != NULL) device->options.seed = strtoull(seed, NULL, 10);
    if (stall != NULL) {
        device->options.memory.stall_permille = (uint32_t)strtoul(stall, NULL, 10);
    }
    TRI_TRY(load_model(device));
    FILE *in = fopen("plan.txt", "r");
    if (in == NULL) return tri_fail(TRI_E_IO, "plan.txt: %s", strerror(errno));
    const enum tri_status status = read_plan(device, in);
    (void)fclose(in);
    return status;
}

void device_close(struct device *device) {
    for (uint32_t u = 0; u < device->units; u++) {
        if (device->unit[u].sim != NULL) device->api->destroy(device->unit[u].sim);
    }
    for (uint32_t b = 0; b < device->banks; b++) {
        if (device->bank[b].memory != NULL) munmap(device->bank[b].memory, device->bank[b].bytes);
    }
}

uint8_t *device_memory(const struct device *device, uint64_t address, uint64_t bytes) {
    for (uint32_t b = 0; b < device->banks; b++) {
        const struct bank *bank = &device->bank[b];
        if (address < bank->base || address - bank->base > bank->bytes) continue;
        if (bytes <= bank->bytes - (address - bank->base)) {
            return bank->memory + (address - bank->base);
        }
    }
    return NULL;
}

static struct unit *find_unit(struct device *device, uint64_t address) {
    for (uint32_t u = 0; u < device->units; u++) {
        if (address >= device->unit[u].base && address - device->unit[u].base < UNIT_BYTES) {
            return &device->unit[u];
        }
    }
    return NULL;
}

/* Lets a running unit work; its done bit was taken by the simulator's own look at ctrl. */
static void advance(struct device *device, struct unit *unit) {
    const double end = now() + STEP_SECONDS;
    do {
        if (device->api->run(unit->sim, STEP_CYCLES)) {
            unit->running = false;
            unit->done = true;
            return;
        }
    } while (now() < end);
}

uint32_t device_read(struct device *device, uint64_t address) {
    struct unit *unit = find_unit(device, address);
    if (unit == NULL) return UINT32_MAX;
    const uint32_t offset = (uint32_t)(address - unit->base);
    struct tri_xrt_unit_stats *stats = &device->stats->unit[unit - device->unit];
    stats->register_reads++;
    if (offset == CTRL && unit->running) advance(device, unit);
    uint32_t value = device->api->read(unit->sim, offset);
    if (offset == CTRL && unit->done) {
        value |= DONE | READY;
        unit->done = false;
    }
    device->api->stats(unit->sim, &stats->sim);
    return value;
}

void device_write(struct device *device, uint64_t address, uint32_t value) {
    struct unit *unit = find_unit(device, address);
    if (unit == NULL) return;
    const uint32_t offset = (uint32_t)(address - unit->base);
    struct tri_xrt_unit_stats *stats = &device->stats->unit[unit - device->unit];
    stats->register_writes++;
    device->api->write(unit->sim, offset, value);
    if (offset != CTRL || (value & START) == 0) return;
    unit->running = true;
    stats->starts++;
}
