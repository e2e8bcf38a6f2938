/* SPDX-License-Identifier: Apache-2.0
 *
 * The accelerator's registers through any bus: who is there, arguments, start, counters. All
 * register access of the driver is here; offsets come from rtl/accel.yaml.
 */
#ifndef TRI_KERNEL_H
#define TRI_KERNEL_H

#include <stdint.h>

#include "driver/device.h"
#include "driver/list.h"

struct tri_bus {
    void *context;
    uint32_t (*read)(void *context, uint32_t offset);
    void (*write)(void *context, uint32_t offset, uint32_t value);
};

/* Checks magic, version, design hash and geometry against info->design. Reads only.
 * Errors: MISMATCH (names both). */
enum tri_status tri_kernel_identify(const struct tri_bus *bus, const struct tri_device_info *info);

/* Sets where one port's weights are and reads it back. Errors: DEVICE. */
enum tri_status tri_kernel_weights(const struct tri_bus *bus, const char *uri, uint32_t port,
                                   uint64_t address);

/* Rings: the list in the buffer at device address `base` starts. */
void tri_kernel_start(const struct tri_bus *bus, const struct tri_list *list, uint64_t base);

uint32_t tri_kernel_status(const struct tri_bus *bus);
uint32_t tri_kernel_completed(const struct tri_bus *bus);
/* Takes back a pending interrupt. */
void tri_kernel_acknowledge(const struct tri_bus *bus);
/* Adds the counters of the run that ended. */
void tri_kernel_counters(const struct tri_bus *bus, struct tri_counters *counters);

#endif
