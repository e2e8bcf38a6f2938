/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of the back end share: driver/xrt_device.c opens, loads and closes,
 * driver/xrt_lists.c runs lists. Not for callers.
 */
#ifndef TRI_XRT_PRIVATE_H
#define TRI_XRT_PRIVATE_H

#include "driver/backend.h"
#include "driver/kernel.h"
#include "driver/list.h"
#include "driver/xrt_process.h"
#include "driver/xrt_shard.h"
#include "driver/xrt_uri.h"

enum { TRI_XRT_CALL_LIMIT = 30000 }; /* ms until the helper is given up */

struct tri_xrt_unit {
    struct tri_xrt_shard shard;
    struct tri_device view; /* this unit as a device: its part of the image, its jobs */
    struct tri_job *jobs;   /* [count] */
    uint32_t *job_of;       /* [count]: which of the device's jobs */
    int32_t *sums;          /* of all jobs, when there are several units */
    struct tri_list list;
    uint8_t *buffer; /* [room], shared with the helper */
    uint64_t room;
};

struct tri_xrt_state {
    struct tri_xrt_process process;
    struct tri_xrt_uri uri;
    struct tri_device_options options;
    uint32_t units;
    struct tri_xrt_unit unit[TRI_XRT_UNITS];
    uint32_t bus_unit;
    enum tri_status bus_status; /* of register reads; a bus has no way to say it */
    char bus_error[640];
};

/* Asks the helper; the device is dead if it no longer answers. reply may be NULL. */
enum tri_status tri_xrt_ask(struct tri_device *device, const struct tri_xrt_call *call,
                            uint32_t limit, struct tri_xrt_reply *reply);

/* A unit's registers, and after reading: `status`, or why they could not be read. */
struct tri_bus tri_xrt_bus(struct tri_xrt_state *state, uint32_t unit);
enum tri_status tri_xrt_bus_result(struct tri_device *device, enum tri_status status);

void tri_xrt_list_drop(struct tri_xrt_unit *unit);
enum tri_status tri_xrt_submit(struct tri_device *device);
enum tri_status tri_xrt_wait(struct tri_device *device, uint32_t milliseconds);

#endif
