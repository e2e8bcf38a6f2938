// SPDX-License-Identifier: Apache-2.0
// The simulated kernel as a test drives it: memory maps, registers, one run.
#include "tests/rtl/kernel/kernel.h"

Kernel::Kernel(const Device &from, const tri_memory &memory, uint64_t seed,
               const tri_sim_fault &fault)
    : device(from) {
    tri_sim_options options = {};
    options.memory = memory;
    options.seed = seed;
    options.fault = fault;
    char error[256] = "";
    sim = device.api->create(&options, error);
    if (!sim) {
        printf("the simulator of %s: %s\n", device.design.name, error);
        exit(1);
    }
}

Kernel::~Kernel() { device.api->destroy(sim); }

void Kernel::map_area(int32_t port, uint64_t address, void *memory, uint64_t bytes) {
    if (bytes == 0 || device.api->map(sim, port, address, memory, bytes)) return;
    printf("%s: cannot map %llu bytes at 0x%llx for port %d\n", device.design.name,
           (unsigned long long)bytes, (unsigned long long)address, port);
    exit(1);
}

void Kernel::map(List &list) {
    device.api->unmap_all(sim);
    map_area(-1, list.data_base, list.data.data(), list.data.size());
    for (uint32_t p = 0; p < device.ports; p++)
        map_area((int32_t)p, list.weights_base[p], list.weights[p].data(), list.weights[p].size());
}

void Kernel::arguments(const List &list) {
    write64(TRI_REG_COMMANDS, list.data_base);
    write(TRI_REG_COUNT, (uint32_t)list.jobs.size());
    write64(TRI_REG_COMPLETIONS, list.data_base + list.completions_at);
    write64(TRI_REG_DATA, list.data_base);
    for (uint32_t p = 0; p < device.ports; p++)
        write64(TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE, list.weights_base[p]);
}

Outcome Kernel::run(uint64_t cycles) {
    Outcome o = {};
    device.api->stats(sim, &o.before);
    write(TRI_REG_CTRL, 1);
    o.ended = device.api->run(sim, cycles);
    o.status = read(TRI_REG_STATUS);
    o.completed = read(TRI_REG_COMPLETED);
    for (unsigned i = 0; i < 9; i++) o.counter[i] = read64(TRI_REG_CYCLES_ACTIVE + 8 * i);
    device.api->stats(sim, &o.after);
    return o;
}

tri_memory fast_memory(const Device &device) {
    tri_memory memory = device.design.memory;
    memory.bytes_per_cycle = device.limits.beat_bytes;
    memory.latency = 8;
    memory.outstanding = 4;
    memory.refresh_interval = memory.refresh_cycles = memory.stall_permille = 0;
    return memory;
}
