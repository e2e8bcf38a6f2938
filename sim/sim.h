/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated accelerator of one design behind a C interface: registers, a clock, and simulated
 * memory. Each design is built as build/sim/DESIGN/libtritium_sim.so, which exports only
 * tri_sim_get_api; driver/sim_device.c and the tests load it. Knows nothing of models or commands.
 */
#ifndef TRI_SIM_H
#define TRI_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/design.h"

#define TRI_SIM_API_VERSION 2

struct tri_sim;

enum tri_sim_fault_kind {
    TRI_FAULT_NONE,
    TRI_FAULT_SLVERR,  /* the n-th burst answers SLVERR */
    TRI_FAULT_FLIP,    /* one bit of the n-th burst's first beat is inverted (reads) */
    TRI_FAULT_SILENCE, /* the n-th burst is never answered */
};
struct tri_sim_fault {
    enum tri_sim_fault_kind kind;
    int32_t port;   /* weight port, or -1 for the data port */
    bool write;     /* data port only: a write burst */
    uint64_t burst; /* counted from 0 on that port and direction */
    uint32_t bit;   /* for FLIP */
};

struct tri_sim_options {
    struct tri_memory memory;
    uint64_t seed;
    const char *wave; /* FST file or NULL */
    uint64_t wave_from, wave_to;
    const char *wave_scope;
    struct tri_sim_fault fault;
};

struct tri_sim_stats {
    uint64_t cycles; /* since creation */
    uint64_t weight_bytes, data_read_bytes, data_write_bytes;
    uint64_t
        protocol_errors;   /* AXI rules broken by the kernel: 4 KiB crossing, unstable valid, ... */
    char first_error[160]; /* the first of them, with cycle and port */
    double seconds;        /* host time in the model */
};

/* One burst that is over: cycles of its handshakes, counted from the creation of the simulation. */
struct tri_sim_burst {
    int32_t port; /* weight port, or -1 for the data port */
    bool write;
    uint64_t address;
    uint32_t beats;
    uint64_t accepted, first, last; /* its address, its first and its last beat */
};
typedef void (*tri_sim_observer)(void *context, const struct tri_sim_burst *burst);

struct tri_sim_api {
    uint32_t version;
    /* Creates and resets. error: text of at least 256 bytes, filled when NULL is returned. */
    struct tri_sim *(*create)(const struct tri_sim_options *options, char *error);
    void (*destroy)(struct tri_sim *sim); /* finishes the wave file */
    void (*reset)(
        struct tri_sim *sim); /* asserts ap_rst_n for 16 cycles, drops all bursts in flight */
    /* Makes `bytes` of host memory visible at device address `address` (4096-aligned, no overlap)
     * to one port (weight port number, or -1 for the data port). Not copied; must stay valid.
     * Returns false on overlap. */
    bool (*map)(struct tri_sim *sim, int32_t port, uint64_t address, void *memory, uint64_t bytes);
    void (*unmap_all)(struct tri_sim *sim);
    uint32_t (*read)(struct tri_sim *sim,
                     uint32_t offset); /* one AXI4-Lite read, advances the clock */
    void (*write)(struct tri_sim *sim, uint32_t offset, uint32_t value);
    /* Clocks until the kernel is idle or `cycles` have passed; returns true if idle (ap_done seen
     * or never started). */
    bool (*run)(struct tri_sim *sim, uint64_t cycles);
    bool (*interrupt)(struct tri_sim *sim);
    void (*stats)(struct tri_sim *sim, struct tri_sim_stats *stats);
    /* Tells every burst that ends from now on; NULL: no longer. May itself be NULL: no bursts. */
    void (*observe)(struct tri_sim *sim, tri_sim_observer observer, void *context);
};

/* The only exported symbol of a design's library. */
const struct tri_sim_api *tri_sim_get_api(void);

#endif
