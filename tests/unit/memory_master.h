/* SPDX-License-Identifier: Apache-2.0
 *
 * A small AXI master for tests of sim/memory.h: offers bursts, takes beats, counts nothing itself.
 */
#ifndef TRI_TEST_MEMORY_MASTER_H
#define TRI_TEST_MEMORY_MASTER_H

#include <criterion/criterion.h>
#include <string.h>

#include "sim/memory.h"

enum { BYTES = 1 << 16, BEAT = 16 };
#define BASE UINT64_C(0x500000000)

static uint8_t host[BYTES];
static const struct tri_memory ideal = {.bytes_per_cycle = BEAT, .latency = 10, .outstanding = 8};
static const struct tri_sim_fault no_fault = {.kind = TRI_FAULT_NONE};

static inline void start(struct tri_mem *mem, const struct tri_memory *config, uint64_t seed,
                         const struct tri_sim_fault *fault) {
    cr_assert(tri_mem_init(mem, -1, BEAT * 8, true, config, seed, fault));
    cr_assert(tri_mem_map(mem, BASE, host, BYTES));
    for (int i = 0; i < BYTES; i++) host[i] = (uint8_t)(i * 31 + (i >> 8));
    tri_mem_tick(mem); /* the ready signals rise */
}

/* Offers one read burst until it is taken; returns the cycle in which it was. */
static inline uint64_t request(struct tri_mem *mem, uint64_t address, uint32_t beats) {
    mem->r.arvalid = true;
    mem->r.araddr = address;
    mem->r.arlen = (uint8_t)(beats - 1);
    for (int i = 0; i < 10000; i++) {
        const bool taken = mem->r.arready;
        const uint64_t cycle = mem->cycle;
        tri_mem_tick(mem);
        if (!taken) continue;
        mem->r.arvalid = false;
        return cycle;
    }
    cr_assert_fail("arready never came");
    return 0;
}

struct beat {
    uint64_t cycle;
    uint8_t resp, data[BEAT];
    bool last;
};

/* Takes one read beat; false when none came in `limit` cycles. */
static inline bool take(struct tri_mem *mem, struct beat *beat, int limit) {
    mem->r.rready = true;
    for (int i = 0; i < limit; i++) {
        const bool valid = mem->r.rvalid;
        beat->cycle = mem->cycle;
        beat->resp = mem->r.rresp;
        beat->last = mem->r.rlast;
        memcpy(beat->data, mem->r.rdata, BEAT);
        tri_mem_tick(mem);
        if (!valid) continue;
        mem->r.rready = false;
        return true;
    }
    mem->r.rready = false;
    return false;
}

/* Writes one burst; returns the response, or -1 when none came in `limit` cycles. */
static inline int write_burst(struct tri_mem *mem, uint64_t address, const uint8_t *data,
                              uint32_t beats, uint64_t strobes, int limit) {
    struct tri_mem_write_pins *w = &mem->w;
    w->awvalid = w->wvalid = w->bready = true;
    w->awaddr = address;
    w->awlen = (uint8_t)(beats - 1);
    w->wstrb = strobes;
    uint32_t sent = 0;
    for (int i = 0; i < limit; i++) {
        w->wlast = sent + 1 == beats;
        if (w->wvalid) memcpy(w->wdata, data + (size_t)sent * BEAT, BEAT);
        const bool address_taken = w->awvalid && w->awready, data_taken = w->wvalid && w->wready;
        const bool answered = w->bvalid;
        const int resp = w->bresp;
        tri_mem_tick(mem);
        if (address_taken) w->awvalid = false;
        if (data_taken && ++sent == beats) w->wvalid = false;
        if (answered) return resp;
    }
    w->awvalid = w->wvalid = false;
    return -1;
}

#endif
