/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the device process that XRT's hardware emulation starts out of our xclbin: units and
 * memory of the device, and the messages of libxrt_hwemu.
 */
#ifndef TRI_XRT_DEVICE_H
#define TRI_XRT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/xrt_stats.h"

enum { DEVICE_BANKS = 160 };

struct bank {
    uint64_t base, bytes;
    uint8_t *memory; /* not touched before it is used, so a bank may be larger than the machine */
};

struct unit {
    uint64_t base;
    struct tri_sim *sim;
    bool running, done;
};

struct device {
    const struct tri_sim_api *api;
    struct tri_sim_options options;
    struct bank bank[DEVICE_BANKS];
    struct unit unit[TRI_XRT_UNITS];
    uint32_t banks, units;
    struct tri_xrt_stats *stats; /* shared */
};

/* Reads plan.txt and design.yaml of the current folder, loads ./model.so, makes the units. */
enum tri_status device_open(struct device *device);
void device_close(struct device *device);
/* Memory at [address, address + bytes), or NULL where there is none. */
uint8_t *device_memory(const struct device *device, uint64_t address, uint64_t bytes);
/* Registers; address as XRT has it. A read of a running unit's ctrl lets time pass. */
uint32_t device_read(struct device *device, uint64_t address);
void device_write(struct device *device, uint64_t address, uint32_t value);

/* Connects to XRT's socket and serves until it closes. Errors: IO, FORMAT. */
enum tri_status device_serve(struct device *device);

#endif
