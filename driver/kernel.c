/* SPDX-License-Identifier: Apache-2.0
 *
 * Register access, see driver/kernel.h.
 */
#include "driver/kernel.h"

#include "accel.h"

enum { CTRL_START = 1, GLOBAL_ENABLE = 1, ON_DONE = 1 };

static uint64_t read64(const struct tri_bus *bus, uint32_t offset) {
    const uint64_t low = bus->read(bus->context, offset);
    return (uint64_t)bus->read(bus->context, offset + 4) << 32 | low;
}

static void write64(const struct tri_bus *bus, uint32_t offset, uint64_t value) {
    bus->write(bus->context, offset, (uint32_t)value);
    bus->write(bus->context, offset + 4, (uint32_t)(value >> 32));
}

enum tri_status tri_kernel_identify(const struct tri_bus *bus, const struct tri_device_info *info) {
    const uint32_t magic = bus->read(bus->context, TRI_REG_MAGIC);
    const uint32_t version = bus->read(bus->context, TRI_REG_VERSION);
    if (magic != TRI_MAGIC || version != TRI_VERSION) {
        return tri_fail(TRI_E_MISMATCH,
                        "%s: not this accelerator: magic and version, wanted %08x %u, got %08x %u",
                        info->uri, TRI_MAGIC, TRI_VERSION, magic, version);
    }
    const uint64_t hash = read64(bus, TRI_REG_DESIGN_HASH);
    if (hash != info->design_hash) {
        return tri_fail(TRI_E_MISMATCH,
                        "%s: design hash, wanted %016llx (design %s), got %016llx (hardware)",
                        info->uri, (unsigned long long)info->design_hash, info->design.name,
                        (unsigned long long)hash);
    }
    const struct tri_geometry *g = &info->design.geometry;
    const struct {
        const char *name;
        uint32_t offset, wanted;
    } parts[] = {
        {"ports", TRI_REG_PORTS, g->ports},
        {"beat_bits", TRI_REG_BEAT_BITS, g->beat_bits},
        {"encoding", TRI_REG_ENCODING, (uint32_t)g->encoding},
        {"tokens", TRI_REG_TOKENS, g->tokens},
        {"k_max", TRI_REG_K_MAX, g->k_max},
        {"t_max", TRI_REG_T_MAX, g->t_max},
        {"prefetch", TRI_REG_PREFETCH, g->prefetch},
    };
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        const uint32_t got = bus->read(bus->context, parts[i].offset);
        if (got != parts[i].wanted) {
            return tri_fail(TRI_E_MISMATCH, "%s: %s, wanted %u (design %s), got %u (hardware)",
                            info->uri, parts[i].name, parts[i].wanted, info->design.name, got);
        }
    }
    return TRI_OK;
}

enum tri_status tri_kernel_weights(const struct tri_bus *bus, const char *uri, uint32_t port,
                                   uint64_t address) {
    const uint32_t offset = TRI_REG_WEIGHTS + port * TRI_REG_WEIGHTS_STRIDE;
    write64(bus, offset, address);
    const uint64_t got = read64(bus, offset);
    if (got == address) return TRI_OK;
    return tri_fail(TRI_E_DEVICE, "%s: weights address of port %u, wrote %llx, read %llx", uri,
                    port, (unsigned long long)address, (unsigned long long)got);
}

void tri_kernel_start(const struct tri_bus *bus, const struct tri_list *list, uint64_t base) {
    write64(bus, TRI_REG_COMMANDS, base + list->commands.offset);
    bus->write(bus->context, TRI_REG_COUNT, list->count);
    write64(bus, TRI_REG_COMPLETIONS, base + list->completions.offset);
    write64(bus, TRI_REG_DATA, base);
    bus->write(bus->context, TRI_REG_GIE, GLOBAL_ENABLE);
    bus->write(bus->context, TRI_REG_IER, ON_DONE);
    bus->write(bus->context, TRI_REG_CTRL, CTRL_START);
}

uint32_t tri_kernel_status(const struct tri_bus *bus) {
    return bus->read(bus->context, TRI_REG_STATUS);
}

uint32_t tri_kernel_completed(const struct tri_bus *bus) {
    return bus->read(bus->context, TRI_REG_COMPLETED);
}

void tri_kernel_acknowledge(const struct tri_bus *bus) {
    const uint32_t pending = bus->read(bus->context, TRI_REG_ISR);
    if (pending != 0) bus->write(bus->context, TRI_REG_ISR, pending);
}

void tri_kernel_counters(const struct tri_bus *bus, struct tri_counters *counters) {
#define ADD(name, offset, cycle) counters->name += read64(bus, offset);
    TRI_COUNTERS(ADD)
#undef ADD
}
