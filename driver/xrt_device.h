/* SPDX-License-Identifier: Apache-2.0
 *
 * What only a device behind XRT has: the emulated device's own figures, the cost of asking the
 * helper. For measurements and tests; programs use driver/device.h alone.
 */
#ifndef TRI_XRT_DEVICE_H
#define TRI_XRT_DEVICE_H

#include "driver/device.h"
#include "sim/xrt_stats.h"

/* Copies the figures of an emulated device. Errors: ARGUMENT (not one). */
enum tri_status tri_xrt_device_stats(const struct tri_device *device, struct tri_xrt_stats *stats);

/* Asks the helper to read one register of unit 0 `reads` times, 0 too. Errors: ARGUMENT, those of
 * the helper. */
enum tri_status tri_xrt_device_ping(struct tri_device *device, uint32_t reads);

#endif
