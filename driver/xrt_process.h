/* SPDX-License-Identifier: Apache-2.0
 *
 * The helper program tritium-xrt: started with the environment that XRT wants, asked with a
 * deadline for everything, ended for sure with all that it started. Knows no images and no jobs.
 */
#ifndef TRI_XRT_PROCESS_H
#define TRI_XRT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "driver/xrt_rundir.h"
#include "driver/xrt_wire.h"

struct tri_xrt_process {
    const char *uri; /* for messages; not owned */
    pid_t pid;       /* 0: none */
    int socket, memory;
    bool spoilt; /* it no longer answers */
    char rundir[TRI_XRT_RUNDIR];
    uint8_t *stage;                    /* [TRI_XRT_STAGE], shared */
    const struct tri_xrt_stats *stats; /* of an emulated device, NULL: none */
};

struct tri_xrt_start {
    const char *uri, *xclbin, *device, *launch;
    bool emulation;
    uint64_t seed;
    int32_t stall_permille; /* -1: the design's */
};

/* Errors: UNSUPPORTED (not built; XRT not installed), IO, MEMORY. Stop also after a failure. */
enum tri_status tri_xrt_process_start(struct tri_xrt_process *process,
                                      const struct tri_xrt_start *start);

/* One call at a time. `ask` is send and receive. Errors: what the helper says; TIMEOUT and DEVICE
 * when it does not answer, after which it is ended. reply may be NULL. */
enum tri_status tri_xrt_process_send(struct tri_xrt_process *process,
                                     const struct tri_xrt_call *call);
enum tri_status tri_xrt_process_receive(struct tri_xrt_process *process, uint32_t milliseconds,
                                        struct tri_xrt_reply *reply);
enum tri_status tri_xrt_process_ask(struct tri_xrt_process *process,
                                    const struct tri_xrt_call *call, uint32_t milliseconds,
                                    struct tri_xrt_reply *reply);

/* Maps an emulated device's figures, once it is open. */
void tri_xrt_process_stats(struct tri_xrt_process *process);

/* Asks it to end, makes it end, removes its folder. */
void tri_xrt_process_stop(struct tri_xrt_process *process);

#endif
