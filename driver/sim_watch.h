/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the cycles of a simulated list went, command by command: the counts of its completions, and
 * when its bytes moved, from the simulated memory's bursts. Part of the simulated device.
 */
#ifndef TRI_SIM_WATCH_H
#define TRI_SIM_WATCH_H

#include "driver/list.h"
#include "sim/sim.h"

struct tri_sim_watch {
    struct tri_device_command *command; /* [count], owned */
    uint32_t count, room;
    uint64_t start; /* of the list: the cycle of the doorbell; set by the device */
    const struct tri_list *list;
    const struct tri_device *device;
    uint64_t data_base, weights_base; /* device addresses: of the list's buffer, of port 0 */
    uint32_t weights_at;              /* the command whose weights are being read */
};

/* Begins a list. Errors: MEMORY. */
enum tri_status tri_sim_watch_list(struct tri_sim_watch *watch, const struct tri_device *device,
                                   const struct tri_list *list, uint64_t data_base,
                                   uint64_t weights_base);
/* A tri_sim_observer; context is a struct tri_sim_watch. */
void tri_sim_watch_burst(void *context, const struct tri_sim_burst *burst);
/* Ends a list that was executed: tells device->watcher. completions: as the kernel wrote them. */
void tri_sim_watch_tell(struct tri_sim_watch *watch, const struct tri_device *device,
                        const uint8_t *completions, uint64_t cycles);
void tri_sim_watch_end(struct tri_sim_watch *watch);

#endif
