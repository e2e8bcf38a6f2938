/* SPDX-License-Identifier: Apache-2.0
 *
 * What an emulated device says about itself beside XRT, in a file that both sides map: the figures
 * of its simulators. A card has no such thing. No models, no commands.
 */
#ifndef TRI_SIM_XRT_STATS_H
#define TRI_SIM_XRT_STATS_H

#include <stdint.h>

#include "sim/sim.h"

enum { TRI_XRT_UNITS = 16 };

/* Names in the environment of the emulated device. */
#define TRI_XRT_ENV_RUN "TRITIUM_RUN" /* the folder of this run, where the file lies */
#define TRI_XRT_ENV_LIFE                                                                           \
    "TRITIUM_LIFE" /* a pipe: one line when ready, or why not; closed at death */
#define TRI_XRT_ENV_SEED   "TRITIUM_SEED"  /* of the memory's random stalls */
#define TRI_XRT_ENV_STALL  "TRITIUM_STALL" /* stall_permille; absent: the design's */
#define TRI_XRT_STATS_FILE "device.stats"

struct tri_xrt_unit_stats {
    struct tri_sim_stats sim;
    uint64_t register_reads, register_writes, starts;
};

/* Written between messages only, when nobody reads it. */
struct tri_xrt_stats {
    uint64_t pid;                 /* of the device's process, once it is ready */
    uint64_t messages;            /* served on the socket */
    uint64_t bytes_in, bytes_out; /* of buffers */
    struct tri_xrt_unit_stats unit[TRI_XRT_UNITS];
};

#endif
