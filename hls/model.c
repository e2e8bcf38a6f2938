/* SPDX-License-Identifier: Apache-2.0
 *
 * The C kernel as a simulator with the interface of sim/sim.h: registers, a memory map, and the
 * answers of a bus. Not for synthesis. It has no clock: a run happens at once, in run() or when the
 * control register is read. Nothing stalls, so watchdog and dead do not occur.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hls/memory.h"
#include "sim/sim.h"

enum { REGIONS_MAX = 16, PAGE = 4096, START = 1, DONE = 2, IDLE = 4, READY = 8, RESTART = 128 };
enum { REGISTER_BYTES = 0x200 };

struct region {
    uint64_t address, bytes;
    uint8_t *memory;
};
struct port {
    struct region region[REGIONS_MAX];
    uint32_t count;
};

struct tri_sim {
    struct port weights[HLS_PORTS], data;
    uint64_t commands, completions, data_base, weight_base[HLS_PORTS];
    uint32_t count, watchdog, gie, ier, isr;
    bool start, done, restart;
    struct hls_run run;
    uint64_t axi_errors;
    struct tri_sim_stats stats;
};

/* Whose memory the running kernel touches: its two functions have no context. */
static _Thread_local struct tri_sim *current;

static struct port *port_of(struct tri_sim *sim, int32_t port) {
    if (port == HLS_DATA_PORT) return &sim->data;
    return port >= 0 && port < HLS_PORTS ? &sim->weights[port] : NULL;
}

/* Host memory of one beat, or NULL when a byte of it is outside of every region. */
static uint8_t *beat_at(const struct port *port, const struct hls_beat *base, uint64_t index) {
    const uint64_t address = hls_address(base) + index * HLS_BEAT_BYTES;
    for (uint32_t i = 0; i < port->count; i++) {
        const struct region *r = &port->region[i];
        const uint64_t inside = address - r->address; /* wraps where it lies before */
        if (inside < r->bytes && r->bytes - inside >= HLS_BEAT_BYTES) return r->memory + inside;
    }
    return NULL;
}

bool hls_read_beat(int32_t port, const struct hls_beat *base, uint64_t index,
                   struct hls_beat *beat) {
    const uint8_t *memory = beat_at(port_of(current, port), base, index);
    if (memory == NULL) {
        memset(beat, 0, sizeof *beat);
        current->axi_errors++;
        return false;
    }
    memcpy(beat, memory, sizeof *beat);
    if (port == HLS_DATA_PORT) {
        current->stats.data_read_bytes += HLS_BEAT_BYTES;
    } else {
        current->stats.weight_bytes += HLS_BEAT_BYTES;
    }
    return true;
}

bool hls_write_beat(struct hls_beat *base, uint64_t index, const struct hls_beat *beat,
                    uint32_t first, uint32_t end) {
    uint8_t *memory = beat_at(&current->data, base, index);
    if (memory == NULL) {
        current->axi_errors++;
        return false;
    }
    memcpy(memory + first, &beat->byte[first], end - first);
    current->stats.data_write_bytes += HLS_BEAT_BYTES;
    return true;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static const struct hls_beat *device_pointer(uint64_t address) {
    return (const struct hls_beat *)(uintptr_t)address;
}

static void run_kernel(struct tri_sim *sim) {
    if (!sim->start) return;
    const double began = now();
    current = sim;
    sim->axi_errors = 0;
#define WEIGHTS(p) , device_pointer(sim->weight_base[p])
    tritium_hls(device_pointer(sim->commands), sim->count,
                (struct hls_beat *)(uintptr_t)sim->completions,
                (struct hls_beat *)(uintptr_t)sim->data_base HLS_EACH_PORT(WEIGHTS), &sim->run);
#undef WEIGHTS
    current = NULL;
    sim->start = sim->restart;
    sim->done = true;
    sim->isr |= sim->ier;
    sim->stats.seconds += now() - began;
}

static void reset(struct tri_sim *sim) {
    sim->commands = sim->completions = sim->data_base = 0;
    memset(sim->weight_base, 0, sizeof sim->weight_base);
    memset(&sim->run, 0, sizeof sim->run);
    sim->count = sim->gie = sim->ier = sim->isr = 0;
    sim->axi_errors = 0;
    sim->watchdog = TRI_REG_WATCHDOG_RESET;
    sim->start = sim->done = sim->restart = false;
}

static struct tri_sim *create(const struct tri_sim_options *options, char *error) {
    struct tri_sim *sim = NULL;
    if (options->wave != NULL) {
        snprintf(error, 256, "a C kernel has no waves");
    } else if (options->fault.kind != TRI_FAULT_NONE) {
        snprintf(error, 256, "a C kernel has no bursts to inject a fault into");
    } else if ((sim = calloc(1, sizeof *sim)) == NULL) {
        snprintf(error, 256, "no memory");
    } else {
        reset(sim);
    }
    return sim;
}

static void destroy(struct tri_sim *sim) { free(sim); }

static bool map(struct tri_sim *sim, int32_t number, uint64_t address, void *memory,
                uint64_t bytes) {
    struct port *port = port_of(sim, number);
    if (port == NULL || port->count == REGIONS_MAX || address % PAGE != 0 || bytes == 0 ||
        address + (bytes - 1) < address) {
        return false;
    }
    for (uint32_t i = 0; i < port->count; i++) {
        const struct region *r = &port->region[i];
        if (address <= r->address + (r->bytes - 1) && r->address <= address + (bytes - 1)) {
            return false;
        }
    }
    port->region[port->count++] = (struct region){address, bytes, memory};
    return true;
}

static void unmap_all(struct tri_sim *sim) {
    sim->data.count = 0;
    for (uint32_t p = 0; p < HLS_PORTS; p++) sim->weights[p].count = 0;
}

/* A 64-bit argument by the offset of one of its halves, or NULL. */
static uint64_t *argument(struct tri_sim *sim, uint32_t offset) {
    const uint32_t weight = offset - TRI_REG_WEIGHTS;
    if (offset >= TRI_REG_WEIGHTS && weight / TRI_REG_WEIGHTS_STRIDE < HLS_PORTS &&
        weight % TRI_REG_WEIGHTS_STRIDE < 8) {
        return &sim->weight_base[weight / TRI_REG_WEIGHTS_STRIDE];
    }
    switch (offset) {
    case TRI_REG_COMMANDS:
    case TRI_REG_COMMANDS + 4: return &sim->commands;
    case TRI_REG_COMPLETIONS:
    case TRI_REG_COMPLETIONS + 4: return &sim->completions;
    case TRI_REG_DATA:
    case TRI_REG_DATA + 4: return &sim->data_base;
    default: return NULL;
    }
}

static bool is_high(uint32_t offset) {
    if (offset >= TRI_REG_WEIGHTS) return (offset - TRI_REG_WEIGHTS) % TRI_REG_WEIGHTS_STRIDE == 4;
    return offset == TRI_REG_COMMANDS + 4 || offset == TRI_REG_COMPLETIONS + 4 ||
           offset == TRI_REG_DATA + 4;
}

static uint32_t read_control(struct tri_sim *sim) {
    run_kernel(sim);
    const uint32_t value = (sim->restart ? RESTART : 0U) | (sim->done ? READY | DONE : 0U) |
                           (sim->start ? START : IDLE);
    sim->done = false;
    return value;
}

/* Low word at `offset`, high word after it. */
static bool half(uint32_t wanted, uint32_t offset, uint64_t counter, uint32_t *value) {
    if (offset != wanted && offset != wanted + 4) return false;
    *value = (uint32_t)(offset == wanted ? counter : counter >> 32);
    return true;
}

static uint32_t read_register(struct tri_sim *sim, uint32_t given) {
    const uint32_t offset = given & ~3U;
    const uint64_t *address = argument(sim, offset);
    if (address != NULL) return (uint32_t)(is_high(offset) ? *address >> 32 : *address);
    uint32_t value = 0;
    if (half(TRI_REG_STEPS, offset, sim->run.steps, &value) ||
        half(TRI_REG_BEATS_CONSUMED, offset, sim->run.beats_consumed, &value) ||
        half(TRI_REG_CORRUPT_CODES, offset, sim->run.corrupt_codes, &value) ||
        half(TRI_REG_AXI_ERRORS, offset, sim->axi_errors, &value) ||
        half(TRI_REG_DESIGN_HASH, offset, HLS_DESIGN_HASH, &value)) {
        return value;
    }
    switch (offset) {
    case TRI_REG_CTRL: return read_control(sim);
    case TRI_REG_GIE: return sim->gie;
    case TRI_REG_IER: return sim->ier;
    case TRI_REG_ISR: return sim->isr;
    case TRI_REG_COUNT: return sim->count;
    case TRI_REG_MAGIC: return TRI_MAGIC;
    case TRI_REG_VERSION: return TRI_VERSION;
    case TRI_REG_PORTS: return HLS_PORTS;
    case TRI_REG_BEAT_BITS: return HLS_BEAT_BITS;
    case TRI_REG_ENCODING: return HLS_ENCODING;
    case TRI_REG_TOKENS: return HLS_TOKENS;
    case TRI_REG_K_MAX: return HLS_K_MAX;
    case TRI_REG_T_MAX: return HLS_T_MAX;
    case TRI_REG_PREFETCH: return HLS_PREFETCH;
    case TRI_REG_STATUS: return sim->run.status;
    case TRI_REG_COMPLETED: return sim->run.completed;
    case TRI_REG_WATCHDOG: return sim->watchdog;
    default: return 0;
    }
}

static void write_register(struct tri_sim *sim, uint32_t given, uint32_t value) {
    const uint32_t offset = given & ~3U;
    uint64_t *address = argument(sim, offset);
    if (address != NULL) {
        const uint64_t other = is_high(offset) ? UINT32_MAX : ~(uint64_t)UINT32_MAX;
        *address = (*address & other) | (uint64_t)value << (is_high(offset) ? 32 : 0);
        return;
    }
    switch (offset) {
    case TRI_REG_CTRL:
        if ((value & START) != 0) sim->start = true;
        sim->restart = (value & RESTART) != 0;
        break;
    case TRI_REG_GIE: sim->gie = value & 1; break;
    case TRI_REG_IER: sim->ier = value & 3; break;
    case TRI_REG_ISR: sim->isr ^= value & 3; break;
    case TRI_REG_COUNT: sim->count = value; break;
    case TRI_REG_WATCHDOG: sim->watchdog = value; break;
    default: break;
    }
}

static bool run(struct tri_sim *sim, uint64_t cycles) {
    (void)cycles;
    run_kernel(sim);
    return !sim->start;
}

static bool interrupt(struct tri_sim *sim) { return sim->gie != 0 && sim->isr != 0; }

static void stats(struct tri_sim *sim, struct tri_sim_stats *out) { *out = sim->stats; }

const struct tri_sim_api *tri_sim_get_api(void) {
    static const struct tri_sim_api api = {
        .version = TRI_SIM_API_VERSION,
        .create = create,
        .destroy = destroy,
        .reset = reset,
        .map = map,
        .unmap_all = unmap_all,
        .read = read_register,
        .write = write_register,
        .run = run,
        .interrupt = interrupt,
        .stats = stats,
    };
    return &api;
}
