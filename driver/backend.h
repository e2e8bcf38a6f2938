/* SPDX-License-Identifier: Apache-2.0
 *
 * What a back end implements behind driver/device.h. Arguments were checked and the image verified
 * before any of these is called; the caller of a device never sees this header.
 */
#ifndef TRI_BACKEND_H
#define TRI_BACKEND_H

#include "driver/device.h"

struct tri_backend {
    const char *scheme; /* of its URIs, without the colon */
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
    void *state;
};

extern const struct tri_backend tri_backend_ref;
extern const struct tri_backend tri_backend_sim;
extern const struct tri_backend tri_backend_hls;

#endif
