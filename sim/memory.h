/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory behind one AXI4 port, one clock cycle at a time: bandwidth, latency, refresh, random
 * stalls, injected faults, and a check of the rules the kernel must keep. Knows nothing of Verilog:
 * the caller moves pins. All bursts are INCR, whole beats, one ID, answered in order.
 *
 * Each cycle, after the kernel's pins have settled and before the clock edge, the caller calls
 * tri_mem_tick once: it acts on the handshakes of this edge and sets the pins for the next cycle.
 */
#ifndef TRI_SIM_MEMORY_H
#define TRI_SIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/design.h"
#include "sim/sim.h"

enum { TRI_MEM_BEAT_MAX = 64, TRI_MEM_REGIONS = 16, TRI_MEM_OKAY = 0, TRI_MEM_SLVERR = 2 };
enum { TRI_MEM_DECERR = 3 };

struct tri_mem_read_pins {
    /* from the kernel */
    uint64_t araddr;
    uint8_t arlen;
    bool arvalid, rready;
    /* to the kernel */
    bool arready, rvalid, rlast;
    uint8_t rresp;
    uint8_t rdata[TRI_MEM_BEAT_MAX];
};

struct tri_mem_write_pins {
    /* from the kernel */
    uint64_t awaddr;
    uint64_t wstrb;
    uint8_t awlen;
    bool awvalid, wvalid, wlast, bready;
    uint8_t wdata[TRI_MEM_BEAT_MAX];
    /* to the kernel */
    bool awready, wready, bvalid;
    uint8_t bresp;
};

struct tri_mem_region {
    uint64_t address, bytes;
    uint8_t *memory;
};

struct tri_mem_burst {
    uint64_t ready;  /* cycle from which its first beat, or its response, may be on the pins */
    uint8_t *memory; /* NULL: an error response without data */
    uint16_t beats;  /* left */
    uint8_t resp;
    bool flip, silent;
    struct tri_sim_burst told; /* for the observer */
};

struct tri_mem_queue { /* a ring of bursts in flight */
    struct tri_mem_burst *burst;
    uint32_t size, head, count;
    uint64_t accepted; /* bursts since creation: what a fault's number counts */
};

/* One port. Read the pins, statistics and error; leave the rest to the functions. */
struct tri_mem {
    struct tri_mem_read_pins r;
    struct tri_mem_write_pins w;
    bool writes; /* the port has write channels */

    uint64_t cycle; /* edges since creation */
    uint64_t read_bytes, write_bytes;
    uint64_t protocol_errors;
    char first_error[160];

    struct tri_mem_region region[TRI_MEM_REGIONS];
    uint32_t regions;
    int32_t port; /* its number, -1: the data port; for messages and faults */
    uint32_t beat_bytes;
    struct tri_memory config;
    struct tri_sim_fault fault;
    uint64_t random;
    int64_t credit, credit_beat, credit_cycle, credit_max; /* token bucket, 2^-32 bytes */
    struct tri_mem_queue reads, writing, responses;
    bool write_reserved, write_first;
    tri_sim_observer observer; /* NULL: nobody watches */
    void *observer_context;
    uint64_t refresh_left; /* cycles to the next refresh, or to its end */
    bool refreshing;
    struct tri_mem_read_pins r_before; /* pins of the edge before, to check that they stayed */
    struct tri_mem_write_pins w_before;
};

/* Sets up a port of beat_bits 128, 256 or 512. Returns false when out of memory. */
bool tri_mem_init(struct tri_mem *mem, int32_t port, uint32_t beat_bits, bool writes,
                  const struct tri_memory *config, uint64_t seed,
                  const struct tri_sim_fault *fault);
void tri_mem_free(struct tri_mem *mem);

/* Drops everything in flight, as a reset of the system does. Keeps map, statistics and burst
 * numbers. */
void tri_mem_reset(struct tri_mem *mem);

/* Makes host memory visible at a device address. Returns false on overlap, a bad address or when
 * the table is full. */
bool tri_mem_map(struct tri_mem *mem, uint64_t address, void *memory, uint64_t bytes);
void tri_mem_unmap_all(struct tri_mem *mem);

void tri_mem_tick(struct tri_mem *mem);

#endif
