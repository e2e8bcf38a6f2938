/* SPDX-License-Identifier: Apache-2.0
 *
 * What a back end implements behind driver/device.h. Arguments were checked and the image verified
 * before any of these is called; the caller of a device never sees this header.
 */
#ifndef TRI_BACKEND_H
#define TRI_BACKEND_H

#include "driver/device.h"

struct tri_backend {
    const char *scheme;   /* of its URIs, without the colon */
    const char *argument; /* what follows it, for messages; NULL: DESIGN */
    /* Which design it is, from what follows the scheme. NULL: that is a design's name or file. */
    enum tri_status (*design)(const char *rest, struct tri_design *design);
    /* Sets up device->state; info holds uri and design. On failure close is not called. */
    enum tri_status (*open)(struct tri_device *device, const struct tri_device_options *options);
    void (*close)(struct tri_device *device);
    /* Puts `image` where the accelerator reads weights; device->image is still the one before. */
    enum tri_status (*load)(struct tri_device *device, const struct tri_image *image);
    /* Starts device->jobs. */
    enum tri_status (*submit)(struct tri_device *device);
    /* Waits for them, writes their sums, updates device->counters. Sets device->dead when nothing
     * but closing helps. */
    enum tri_status (*wait)(struct tri_device *device, uint32_t milliseconds);
    /* Starts or ends telling device->watcher; NULL: it never does. */
    enum tri_status (*watch)(struct tri_device *device);
    /* Reads a register; unit and offset were checked. NULL: it has neither registers nor commands.
     */
    enum tri_status (*read_register)(struct tri_device *device, uint32_t unit, uint32_t offset,
                                     uint32_t *value);
};

struct tri_device {
    const struct tri_backend *backend;
    struct tri_device_info info;
    struct tri_counters counters;
    const struct tri_image *image; /* not owned */
    struct tri_job *jobs;          /* [count], a copy of the list in flight */
    uint32_t count;
    bool in_flight, dead;
    tri_device_watcher watcher; /* NULL: nobody */
    void *watcher_context;
    double submitted;       /* when, in seconds */
    struct tri_spoil spoil; /* bytes is 0: none; tri_list_fill applies it */
    uint32_t accel_status;  /* of the last list, set by tri_list_check */
    void *state;
};

extern const struct tri_backend tri_backend_ref;
extern const struct tri_backend tri_backend_sim;
extern const struct tri_backend tri_backend_hls;
extern const struct tri_backend tri_backend_xrt;

#endif
