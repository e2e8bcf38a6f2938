/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory model of one AXI4 port. The hot path, an idle or streaming tick, allocates nothing.
 */
#include "sim/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory_rules.h"

#define CREDIT_ONE 4294967296.0 /* of the token bucket's fixed point: one byte */

/* xorshift64*: small, and the same on every machine. */
static bool chance(struct tri_mem *mem) {
    if (mem->config.stall_permille == 0) return false;
    mem->random ^= mem->random >> 12;
    mem->random ^= mem->random << 25;
    mem->random ^= mem->random >> 27;
    const uint64_t bits = mem->random * UINT64_C(0x2545f4914f6cdd1d) >> 32;
    return (bits * 1000 >> 32) < mem->config.stall_permille;
}

static bool queue_init(struct tri_mem_queue *queue, uint32_t size) {
    queue->burst = calloc(size, sizeof *queue->burst);
    queue->size = size;
    return queue->burst != NULL;
}

static struct tri_mem_burst *queue_push(struct tri_mem_queue *queue) {
    uint32_t at = queue->head + queue->count++;
    if (at >= queue->size) at -= queue->size;
    return &queue->burst[at];
}

static void queue_pop(struct tri_mem_queue *queue) {
    if (++queue->head == queue->size) queue->head = 0;
    queue->count--;
}

bool tri_mem_init(struct tri_mem *mem, int32_t port, uint32_t beat_bits, bool writes,
                  const struct tri_memory *config, uint64_t seed,
                  const struct tri_sim_fault *fault) {
    memset(mem, 0, sizeof *mem);
    mem->port = port;
    mem->writes = writes;
    mem->beat_bytes = beat_bits / 8;
    mem->config = *config;
    if (mem->config.outstanding == 0) mem->config.outstanding = 1;
    if (mem->config.latency == 0) mem->config.latency = 1;
    mem->fault = *fault;
    /* Every port its own stream; never zero, where xorshift would stay. */
    mem->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
                  (uint64_t)(port + 2) * UINT64_C(0xbf58476d1ce4e5b9);
    if (mem->random == 0) mem->random = 1;
    mem->credit_beat = (int64_t)(mem->beat_bytes * CREDIT_ONE);
    mem->credit_cycle = (int64_t)(config->bytes_per_cycle * CREDIT_ONE);
    if (mem->credit_cycle > mem->credit_beat) mem->credit_cycle = mem->credit_beat;
    /* Room for one more beat than is taken at once, so that no fraction is ever lost. */
    mem->credit_max = mem->credit_beat + mem->credit_cycle;
    const uint32_t outstanding = mem->config.outstanding;
    if (!queue_init(&mem->reads, outstanding) || !queue_init(&mem->writing, outstanding) ||
        !queue_init(&mem->responses, outstanding)) {
        tri_mem_free(mem);
        return false;
    }
    /* A memory that does nothing but refresh would hang every test: it gets one cycle. */
    if (mem->config.refresh_cycles >= mem->config.refresh_interval) {
        mem->config.refresh_interval =
            mem->config.refresh_interval == 0 ? 0 : mem->config.refresh_cycles + 1;
    }
    mem->refresh_left = mem->config.refresh_interval;
    tri_mem_reset(mem);
    return true;
}

void tri_mem_free(struct tri_mem *mem) {
    free(mem->reads.burst);
    free(mem->writing.burst);
    free(mem->responses.burst);
    mem->reads.burst = mem->writing.burst = mem->responses.burst = NULL;
}

void tri_mem_reset(struct tri_mem *mem) {
    mem->reads.count = mem->writing.count = mem->responses.count = 0;
    mem->credit = mem->credit_beat;
    mem->write_reserved = false;
    memset(&mem->r, 0, sizeof mem->r);
    memset(&mem->w, 0, sizeof mem->w);
    memset(&mem->r_before, 0, sizeof mem->r_before);
    memset(&mem->w_before, 0, sizeof mem->w_before);
}

bool tri_mem_map(struct tri_mem *mem, uint64_t address, void *memory, uint64_t bytes) {
    if (mem->regions == TRI_MEM_REGIONS || bytes == 0 || address % 4096 != 0) return false;
    if (address + bytes < address) return false;
    for (uint32_t i = 0; i < mem->regions; i++) {
        const struct tri_mem_region *region = &mem->region[i];
        if (address < region->address + region->bytes && region->address < address + bytes) {
            return false;
        }
    }
    mem->region[mem->regions++] = (struct tri_mem_region){address, bytes, memory};
    return true;
}

void tri_mem_unmap_all(struct tri_mem *mem) { mem->regions = 0; }

/* Host memory of a whole burst, or NULL when a byte of it is outside of every region. */
static uint8_t *resolve(const struct tri_mem *mem, uint64_t address, uint64_t bytes) {
    for (uint32_t i = 0; i < mem->regions; i++) {
        const struct tri_mem_region *region = &mem->region[i];
        const uint64_t offset = address - region->address;
        if (address >= region->address && offset < region->bytes &&
            bytes <= region->bytes - offset) {
            return region->memory + offset;
        }
    }
    return NULL;
}

/* Takes a burst into `queue`; its fate, faults included, is decided here. */
static void accept(struct tri_mem *mem, struct tri_mem_queue *queue, bool write, uint64_t address,
                   uint32_t beats) {
    struct tri_mem_burst *burst = queue_push(queue);
    burst->beats = (uint16_t)beats;
    burst->memory = resolve(mem, address, (uint64_t)beats * mem->beat_bytes);
    burst->resp = burst->memory == NULL ? TRI_MEM_DECERR : TRI_MEM_OKAY;
    burst->ready = mem->cycle + mem->config.latency;
    burst->flip = burst->silent = false;
    burst->told = (struct tri_sim_burst){.port = mem->port,
                                         .write = write,
                                         .address = address,
                                         .beats = beats,
                                         .accepted = mem->cycle};
    const struct tri_sim_fault *fault = &mem->fault;
    const bool hit = fault->kind != TRI_FAULT_NONE && fault->port == mem->port &&
                     fault->write == write && fault->burst == queue->accepted;
    queue->accepted++;
    if (!hit) return;
    burst->flip = fault->kind == TRI_FAULT_FLIP;
    burst->silent = fault->kind == TRI_FAULT_SILENCE;
    if (fault->kind == TRI_FAULT_SLVERR) {
        burst->resp = TRI_MEM_SLVERR;
        burst->memory = NULL;
    }
}

/* A beat of a burst has moved, its last one if `last`. */
static void observe(const struct tri_mem *mem, struct tri_mem_burst *burst, bool last) {
    if (mem->observer == NULL) return;
    if (burst->told.first == 0) burst->told.first = mem->cycle;
    burst->told.last = mem->cycle;
    if (last) mem->observer(mem->observer_context, &burst->told);
}

/* Counts down to a refresh and through it. Returns true while the memory is away. */
static bool refresh(struct tri_mem *mem) {
    if (mem->config.refresh_interval == 0 || mem->config.refresh_cycles == 0) return false;
    if (mem->refresh_left == 0) {
        mem->refreshing = !mem->refreshing;
        mem->refresh_left =
            mem->refreshing ? mem->config.refresh_cycles
                            : (uint64_t)mem->config.refresh_interval - mem->config.refresh_cycles;
    }
    mem->refresh_left--;
    return mem->refreshing;
}

/* Puts the next read beat on the pins when it is due and paid for. */
static void present_read(struct tri_mem *mem) {
    if (mem->reads.count == 0 || mem->credit < mem->credit_beat) return;
    struct tri_mem_burst *burst = &mem->reads.burst[mem->reads.head];
    if (burst->silent || mem->cycle + 1 < burst->ready || chance(mem)) return;
    mem->credit -= mem->credit_beat;
    mem->write_first = true;
    struct tri_mem_read_pins *r = &mem->r;
    if (burst->memory == NULL) {
        memset(r->rdata, 0, mem->beat_bytes);
    } else {
        memcpy(r->rdata, burst->memory, mem->beat_bytes);
        burst->memory += mem->beat_bytes;
    }
    if (burst->flip) {
        const uint32_t bit = mem->fault.bit % (mem->beat_bytes * 8);
        r->rdata[bit / 8] = (uint8_t)(r->rdata[bit / 8] ^ (1U << bit % 8));
        burst->flip = false;
    }
    r->rvalid = true;
    r->rresp = burst->resp;
    r->rlast = burst->beats == 1;
}

/* Gives the write channel the right to one beat; it keeps it until the kernel uses it. */
static void reserve_write(struct tri_mem *mem) {
    if (mem->write_reserved || mem->writing.count == 0 || mem->credit < mem->credit_beat) return;
    mem->credit -= mem->credit_beat;
    mem->write_reserved = true;
    mem->write_first = false;
}

static void read_handshakes(struct tri_mem *mem) {
    struct tri_mem_read_pins *r = &mem->r;
    if (r->arvalid && r->arready) accept(mem, &mem->reads, false, r->araddr, r->arlen + 1U);
    if (r->rvalid && r->rready) {
        r->rvalid = r->rlast = false;
        mem->read_bytes += mem->beat_bytes;
        struct tri_mem_burst *burst = &mem->reads.burst[mem->reads.head];
        const bool last = --burst->beats == 0;
        observe(mem, burst, last);
        if (last) queue_pop(&mem->reads);
    }
}

static void store(struct tri_mem *mem, uint8_t *memory) {
    const struct tri_mem_write_pins *w = &mem->w;
    const uint64_t all = ~UINT64_C(0) >> (64 - mem->beat_bytes);
    if ((w->wstrb & all) == all) {
        memcpy(memory, w->wdata, mem->beat_bytes);
        return;
    }
    for (uint32_t i = 0; i < mem->beat_bytes; i++) {
        if (w->wstrb >> i & 1U) memory[i] = w->wdata[i];
    }
}

static void write_beat(struct tri_mem *mem) {
    struct tri_mem_burst *burst = &mem->writing.burst[mem->writing.head];
    if (burst->memory != NULL) {
        store(mem, burst->memory);
        burst->memory += mem->beat_bytes;
    }
    mem->write_bytes += mem->beat_bytes;
    mem->write_reserved = false;
    const bool last = --burst->beats == 0;
    observe(mem, burst, last);
    if (mem->w.wlast != last) tri_mem_broken(mem, "wlast is wrong");
    if (!last) return;
    struct tri_mem_burst *response = queue_push(&mem->responses);
    *response = *burst;
    response->ready = mem->cycle + mem->config.latency;
    queue_pop(&mem->writing);
}

static void write_handshakes(struct tri_mem *mem) {
    struct tri_mem_write_pins *w = &mem->w;
    if (w->bvalid && w->bready) {
        w->bvalid = false;
        queue_pop(&mem->responses);
    }
    if (w->wvalid && w->wready) write_beat(mem);
    if (w->awvalid && w->awready) accept(mem, &mem->writing, true, w->awaddr, w->awlen + 1U);
}

static void write_pins(struct tri_mem *mem, bool away) {
    struct tri_mem_write_pins *w = &mem->w;
    w->awready =
        mem->writing.count + mem->responses.count < mem->config.outstanding && !chance(mem);
    w->wready = mem->write_reserved && mem->writing.count > 0 && !away && !chance(mem);
    if (w->bvalid || mem->responses.count == 0) return;
    const struct tri_mem_burst *burst = &mem->responses.burst[mem->responses.head];
    if (burst->silent || mem->cycle + 1 < burst->ready || chance(mem)) return;
    w->bvalid = true;
    w->bresp = burst->resp;
}

void tri_mem_tick(struct tri_mem *mem) {
    tri_mem_check(mem);
    read_handshakes(mem);
    if (mem->writes) write_handshakes(mem);

    const bool away = refresh(mem);
    if (!away) {
        mem->credit += mem->credit_cycle;
        if (mem->credit > mem->credit_max) mem->credit = mem->credit_max;
        /* Reads and writes of one port share its bandwidth: first who was not served last. */
        const bool write_first = mem->write_first;
        if (mem->writes && write_first) reserve_write(mem);
        if (!mem->r.rvalid) present_read(mem);
        if (mem->writes && !write_first) reserve_write(mem);
    }
    mem->r.arready = mem->reads.count < mem->config.outstanding && !chance(mem);
    if (mem->writes) write_pins(mem, away);
    mem->cycle++;
}
