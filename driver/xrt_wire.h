/* SPDX-License-Identifier: Apache-2.0
 *
 * What driver/xrt_device.c and its helper program say to each other: one call and one reply at a
 * time on a socket that keeps messages whole, data in memory that both map. No XRT here.
 */
#ifndef TRI_XRT_WIRE_H
#define TRI_XRT_WIRE_H

#include <stdint.h>

#include "base/status.h"
#include "sim/xrt_stats.h"

/* The helper finds them open. */
enum { TRI_XRT_SOCKET_FD = 3, TRI_XRT_MEMORY_FD = 4 };

/* The shared memory: a stage for images, then room for each unit's lists. */
#define TRI_XRT_STAGE         (UINT64_C(4) << 20)
#define TRI_XRT_LISTS         (UINT64_C(4) << 30)
#define TRI_XRT_LIST_AT(unit) (TRI_XRT_STAGE + (uint64_t)(unit)*TRI_XRT_LISTS)
#define TRI_XRT_MEMORY        TRI_XRT_LIST_AT(TRI_XRT_UNITS)

enum tri_xrt_op {
    TRI_XRT_OPEN,    /* -> value: units */
    TRI_XRT_READ,    /* unit, offset -> value */
    TRI_XRT_WEIGHTS, /* unit, bytes of each port: allocates */
    TRI_XRT_PUT,     /* unit, port, offset, bytes: stage to device */
    TRI_XRT_GET,     /* unit, port, offset, bytes: device to stage */
    TRI_XRT_DATA,    /* unit, bytes: allocates the list's buffer, maps its room */
    TRI_XRT_RUN,     /* launch[]: starts and waits; milliseconds */
    TRI_XRT_PING,    /* reads the register at offset, `bytes` times */
    TRI_XRT_CLOSE,
};

struct tri_xrt_launch { /* of one unit; offsets in its list */
    uint32_t commands;  /* 0: not started */
    uint64_t completions;
    uint64_t in_bytes;            /* from 0: to the device before the start */
    uint64_t out_from, out_bytes; /* from the device afterwards */
};

struct tri_xrt_call {
    uint32_t op, unit;
    int32_t port; /* weight port */
    uint32_t milliseconds;
    uint64_t offset, bytes;
    struct tri_xrt_launch launch[TRI_XRT_UNITS];
};

enum { TRI_XRT_TEXT = 512 };
struct tri_xrt_reply {
    uint32_t status; /* enum tri_status; then text says what */
    uint32_t fatal;  /* the helper ends after this */
    uint64_t value;
    double seconds_start, seconds_wait; /* of a run: copying in and starting; waiting */
    char text[TRI_XRT_TEXT];
};

#endif
