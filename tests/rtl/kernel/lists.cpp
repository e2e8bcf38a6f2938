// SPDX-License-Identifier: Apache-2.0
// Random lists of good, bad and corrupt commands under random memory, and the corners of every
// size.
#include "tests/rtl/kernel/kernel.h"

static tri_memory random_memory(const Device &device, Random &random) {
    static const uint32_t stalls[] = {0, 0, 20, 100, 200, 400};
    tri_memory memory = fast_memory(device);
    memory.latency = (uint32_t)(1 + random.below(random.chance(70) ? 40 : 300));
    memory.outstanding = (uint32_t)(1 + random.below(8));
    memory.stall_permille = stalls[random.below(6)];
    if (random.chance(30))
        memory.bytes_per_cycle = 1.5 + (double)random.below(device.limits.beat_bytes);
    if (memory.bytes_per_cycle > device.limits.beat_bytes)
        memory.bytes_per_cycle = device.limits.beat_bytes;
    if (random.chance(30)) {
        memory.refresh_interval = (uint32_t)(200 + random.below(2000));
        memory.refresh_cycles = (uint32_t)(1 + random.below(100));
    }
    return memory;
}

static void fill(List &list, const Device &device, Random &random) {
    for (uint64_t n = 1 + random.below(7); n > 0; n--) {
        Job &job = list.add(random_size(device, random));
        const Limits &l = device.limits;
        if (random.chance(12)) {
            const uint32_t rows = (uint32_t)(ceil_div(job.k.rows, device.ports) * device.ports);
            const uint32_t bytes =
                (uint32_t)(ceil_div(job.k.columns, l.weights_of_beat) * l.beat_bytes);
            list.corrupt(list.jobs.size() - 1, (uint32_t)random.below(rows),
                         (uint32_t)random.below(bytes));
        } else if (random.chance(25)) {
            spoil(job.k, (uint32_t)(1 + random.below(8)), l, random);
            job.status = status_of_command(job.k, l, list.bases());
        }
    }
    list.finish();
}

static bool random_lists(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, random_memory(device, random), seed);
    for (unsigned i = 0; i < 4 && c.ok(); i++) {
        List list(device, random, 64);
        fill(list, device, random);
        kernel.map(list);
        kernel.arguments(list);
        check_whole(c, device, list, kernel.run());
    }
    return c.ok();
}

// Every bad status in every way, between good commands.
static bool bad_commands(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    List list(device, random, 64);
    for (uint32_t status = 0; status <= TRI_ACCEL_CORRUPT_WEIGHTS; status++) {
        for (unsigned way = 0; way < (status ? 5 : 1); way++) {
            Job &job =
                list.add({(uint32_t)(1 + random.below(9)), (uint32_t)(1 + random.below(99)), 1});
            if (status == TRI_ACCEL_CORRUPT_WEIGHTS) {
                list.corrupt(list.jobs.size() - 1, 0, way);
            } else {
                spoil(job.k, status, device.limits, random);
                job.status = status_of_command(job.k, device.limits, list.bases());
                c.same("the rule that was to be broken", status, job.status);
            }
        }
    }
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    check_whole(c, device, list, kernel.run());
    return c.ok();
}

static bool corners(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    const tri_geometry &g = device.design.geometry;
    Kernel kernel(device, fast_memory(device), seed);
    for (const uint32_t columns : {1u, device.limits.weights_of_beat, g.k_max}) {
        List list(device, random, 64);
        for (const uint32_t tokens : {1u, g.t_max})
            for (const uint32_t rows : {1u, g.ports + 1, 65u}) list.add({rows, columns, tokens});
        list.finish();
        kernel.map(list);
        kernel.arguments(list);
        check_whole(c, device, list, kernel.run());
    }
    return c.ok();
}

const KernelTest list_tests[] = {
    {"random lists, random memory", random_lists, 40},
    {"every bad command between good ones", bad_commands, 2},
    {"corners: K = 1, one beat, k_max; T = 1, t_max; rows = 1, odd, 65", corners, 1},
    {nullptr, nullptr, 0}};
