/* SPDX-License-Identifier: Apache-2.0
 *
 * What only a simulated accelerator has: injected faults, the simulator's statistics, registers to
 * poke. For tests of the accelerator; programs use driver/device.h alone.
 */
#ifndef TRI_SIM_DEVICE_H
#define TRI_SIM_DEVICE_H

#include "driver/device.h"
#include "sim/sim.h"

/* Starts the simulation anew, reset and without weights, with this fault injected. The device must
 * be one opened as sim: and idle; its image must be loaded again. Errors: ARGUMENT, DEVICE. */
enum tri_status tri_sim_device_inject(struct tri_device *device, const struct tri_sim_fault *fault);

/* Errors: ARGUMENT (not a simulated device). */
enum tri_status tri_sim_device_stats(struct tri_device *device, struct tri_sim_stats *stats);
enum tri_status tri_sim_device_write(struct tri_device *device, uint32_t offset, uint32_t value);
enum tri_status tri_sim_device_read(struct tri_device *device, uint32_t offset, uint32_t *value);

#endif
