/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a case on the C kernel or the Verilated one: both libraries have the interface of sim/sim.h.
 */
#include "tests/hls/case.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include "driver/paths.h"

enum { CYCLES = 20000000 };

bool machine_open(struct machine *machine, const char *kind, const char *plant,
                  const struct tri_design *design) {
    char path[PATH_MAX], error[256] = "";
    memset(machine, 0, sizeof *machine);
    if ((strcmp(kind, "hls") == 0 ? tri_find_hls : tri_find_sim)(design->name, plant, path,
                                                                 sizeof path) != TRI_OK) {
        fprintf(stderr, "fuzz-device: %s\n", tri_error());
        return false;
    }
    machine->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct tri_sim_api *(*get_api)(void) = NULL;
    if (machine->library != NULL) {
        *(void **)&get_api = dlsym(machine->library, "tri_sim_get_api");
    }
    if (get_api == NULL) {
        fprintf(stderr, "fuzz-device: %s: %s\n", path, dlerror());
        return false;
    }
    machine->api = get_api();
    struct tri_sim_options options = {.memory = design->memory, .seed = 1};
    options.memory.bytes_per_cycle = design->geometry.beat_bits / 8;
    options.memory.latency = 4;
    options.memory.refresh_interval = options.memory.refresh_cycles = 0;
    options.memory.stall_permille = 50;
    machine->sim = machine->api->create(&options, error);
    if (machine->sim == NULL) fprintf(stderr, "fuzz-device: %s: %s\n", path, error);
    return machine->sim != NULL;
}

void machine_close(struct machine *machine) {
    if (machine->sim != NULL) machine->api->destroy(machine->sim);
    if (machine->library != NULL) dlclose(machine->library);
    memset(machine, 0, sizeof *machine);
}

static void write64(const struct machine *m, uint32_t offset, uint64_t value) {
    m->api->write(m->sim, offset, (uint32_t)value);
    m->api->write(m->sim, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t read64(const struct machine *m, uint32_t offset) {
    const uint64_t low = m->api->read(m->sim, offset);
    return (uint64_t)m->api->read(m->sim, offset + 4) << 32 | low;
}

static bool map(const struct machine *m, int32_t port, uint64_t address, void *memory,
                uint64_t bytes) {
    return bytes == 0 || m->api->map(m->sim, port, address / 4096 * 4096, memory, bytes);
}

bool machine_run(struct machine *machine, const struct list_case *c, const struct tri_geometry *g,
                 struct memory *memory, struct outcome *outcome) {
    const struct machine *m = machine;
    m->api->unmap_all(m->sim);
    bool good = map(m, -1, c->commands_at, memory->commands, c->map_commands * TRI_COMMAND_BYTES) &&
                map(m, -1, c->completions_at, memory->completions,
                    c->map_completions * TRI_COMPLETION_BYTES) &&
                map(m, -1, c->data_base, memory->data, c->data_bytes);
    for (uint32_t p = 0; p < g->ports; p++) {
        const uint64_t base = c->weight_base + ((uint64_t)p << 36);
        good = good && map(m, (int32_t)p, base, memory->weights[p], c->weight_bytes);
        write64(m, TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE, base);
    }
    if (!good) return false;
    write64(m, TRI_REG_COMMANDS, c->commands_at);
    m->api->write(m->sim, TRI_REG_COUNT, c->count);
    write64(m, TRI_REG_COMPLETIONS, c->completions_at);
    write64(m, TRI_REG_DATA, c->data_base);
    m->api->write(m->sim, TRI_REG_GIE, 1);
    m->api->write(m->sim, TRI_REG_IER, 1);
    m->api->write(m->sim, TRI_REG_CTRL, 1);
    if (!m->api->run(m->sim, CYCLES) || !m->api->interrupt(m->sim)) return false;
    m->api->write(m->sim, TRI_REG_ISR, m->api->read(m->sim, TRI_REG_ISR));
    outcome->status = m->api->read(m->sim, TRI_REG_STATUS);
    outcome->completed = m->api->read(m->sim, TRI_REG_COMPLETED);
    outcome->steps = read64(m, TRI_REG_STEPS);
    outcome->beats_consumed = read64(m, TRI_REG_BEATS_CONSUMED);
    outcome->corrupt_codes = read64(m, TRI_REG_CORRUPT_CODES);
    struct tri_sim_stats stats;
    m->api->stats(m->sim, &stats);
    return stats.protocol_errors == 0;
}
