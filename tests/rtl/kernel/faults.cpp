// SPDX-License-Identifier: Apache-2.0
// Memory that fails: SLVERR and DECERR on every kind of burst, silence and a flipped bit; reset in
// the middle of a run and registers written during one. What the list's end then looks like, and
// that the next run, or the one after a reset, is whole again.
#include "tests/rtl/kernel/kernel.h"

#include <cstring>

namespace {

enum What { COMMAND, ACTIVATION, WEIGHT, RESULT, COMPLETION };

const uint32_t stop_status[] = {TRI_ACCEL_AXI_COMMAND_ERROR, TRI_ACCEL_AXI_ACTIVATION_ERROR,
                                TRI_ACCEL_AXI_WEIGHT_ERROR, TRI_ACCEL_AXI_RESULT_ERROR,
                                TRI_ACCEL_AXI_COMPLETION_ERROR};

// Four commands, each of one burst for each of its parts.
constexpr size_t commands = 4;
void small_commands(List &list, const Device &device) {
    for (size_t i = 0; i < commands; i++)
        list.add({2 * device.ports + (uint32_t)i, device.limits.weights_of_beat - 3, 1});
    list.finish();
}

// Which burst belongs to part `what` of command `at`.
tri_sim_fault fault_at(tri_sim_fault_kind kind, What what, size_t at, uint32_t port) {
    tri_sim_fault fault = {};
    fault.kind = kind;
    fault.port = what == WEIGHT ? (int32_t)port : -1;
    fault.write = what == RESULT || what == COMPLETION;
    fault.burst = what == WEIGHT ? at : 2 * at + (what == ACTIVATION || what == COMPLETION);
    return fault;
}

uint64_t beats_of(const Device &device, const List &list, What what, size_t at) {
    const tri_command &k = list.jobs[at].k;
    const Limits &l = device.limits;
    if (what == COMMAND) return TRI_COMMAND_BYTES / l.beat_bytes;
    if (what == ACTIVATION) return ceil_div(k.columns, l.beat_bytes);
    if (what == WEIGHT) return matrix_beats(k, l, device.ports);
    return 1; // one response
}

void stopped(Case &c, List &list, const Outcome &o, What what, size_t at) {
    check_stopped(c, list, o, at, what == COMPLETION ? (uint32_t)NOT_DONE : stop_status[what],
                  stop_status[what]);
}

// The same commands in memory as new, and all of it works.
void works(Case &c, Kernel &kernel, Random &random) {
    List list(kernel.device, random, 64);
    for (unsigned i = 0; i < 3; i++) list.add(random_size(kernel.device, random));
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    kernel.write(TRI_REG_WATCHDOG, TRI_REG_WATCHDOG_RESET);
    check_whole(c, kernel.device, list, kernel.run());
}

bool slverr(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    for (const What what : {COMMAND, ACTIVATION, WEIGHT, RESULT, COMPLETION}) {
        const size_t at = random.below(commands);
        const uint32_t port = (uint32_t)random.below(device.ports);
        tri_memory memory = fast_memory(device);
        memory.stall_permille = random.chance(50) ? 100 : 0;
        Kernel kernel(device, memory, seed, fault_at(TRI_FAULT_SLVERR, what, at, port));
        List list(device, random, 4096);
        small_commands(list, device);
        kernel.map(list);
        kernel.arguments(list);
        const Outcome o = kernel.run();
        stopped(c, list, o, what, at);
        c.same("counter axi_errors", beats_of(device, list, what, at), o.counter[8]);
        works(c, kernel, random);
    }
    return c.ok();
}

// Each part of the list mapped alone; the failing part's memory is not there.
void map_without(Kernel &kernel, List &list, What what, size_t at, uint32_t port) {
    kernel.device.api->unmap_all(kernel.sim);
    auto data = [&](uint64_t from, uint64_t bytes) {
        kernel.map_area(-1, list.data_base + from, &list.data[from], bytes);
    };
    data(0, (what == COMMAND ? at : commands) * TRI_COMMAND_BYTES);
    data(list.completions_at, (what == COMPLETION ? at : commands) * TRI_COMPLETION_BYTES);
    for (size_t i = 0; i < commands; i++) {
        const tri_command &k = list.jobs[i].k;
        if (what != ACTIVATION || i != at) data(k.activation_offset, k.activation_stride);
        if (what != RESULT || i != at) data(k.result_offset, k.result_stride);
    }
    for (uint32_t p = 0; p < kernel.device.ports; p++) {
        const bool missing = what == WEIGHT && p == port;
        kernel.map_area((int32_t)p, list.weights_base[p], list.weights[p].data(),
                        missing ? list.jobs[at].k.weight_offset : list.weights[p].size());
    }
}

bool decerr(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    for (const What what : {COMMAND, ACTIVATION, WEIGHT, RESULT, COMPLETION}) {
        // Two completions share a beat of 512 bits.
        const size_t at = what == COMPLETION ? 2 * random.below(2) : random.below(commands);
        List list(device, random, 4096);
        small_commands(list, device);
        map_without(kernel, list, what, at, (uint32_t)random.below(device.ports));
        kernel.arguments(list);
        stopped(c, list, kernel.run(), what, at);
        works(c, kernel, random); // the same kernel, no reset
    }
    return c.ok();
}

// A burst that is never answered: the watchdog ends the run, the bus is lost, only a reset helps.
void silent(Case &c, Random &random, const Device &device, What what, uint32_t watchdog) {
    const size_t at = random.below(commands);
    Kernel kernel(device, fast_memory(device), random.next(),
                  fault_at(TRI_FAULT_SILENCE, what, at, (uint32_t)random.below(device.ports)));
    List list(device, random, 4096);
    small_commands(list, device);
    kernel.map(list);
    kernel.arguments(list);
    kernel.write(TRI_REG_WATCHDOG, watchdog);
    const Outcome o = kernel.run();
    // A completion can be written when the write channel lives and the command is known.
    const bool completes = what == ACTIVATION || what == WEIGHT;
    if (what == COMPLETION) { // it is in memory; only the answer is missing
        const uint64_t there = list.completions_at + at * TRI_COMPLETION_BYTES;
        memcpy(&list.wanted[there], &list.data[there], TRI_COMPLETION_BYTES);
    }
    check_stopped(c, list, o, at, completes ? (uint32_t)TRI_ACCEL_WATCHDOG : (uint32_t)NOT_DONE,
                  TRI_ACCEL_DEAD);
    const uint64_t waits = completes ? 2 : 3; // expired, [given up,] dead
    c.expect(o.counter[0] > waits * watchdog && o.counter[0] < waits * watchdog + 3000,
             "cycles until dead, a multiple of the watchdog", waits * watchdog, o.counter[0]);

    const Outcome again = kernel.run();
    c.expect(again.ended, "a run of the dead ends");
    c.same("status of the dead", TRI_ACCEL_DEAD, again.status);
    c.same("completed by the dead", 0, again.completed);
    c.same("data bytes read by the dead", o.after.data_read_bytes, again.after.data_read_bytes);
    device.api->reset(kernel.sim);
    works(c, kernel, random);
}

bool silence(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    for (const What what : {COMMAND, ACTIVATION, WEIGHT, RESULT, COMPLETION})
        for (const uint32_t watchdog : {700u, 4000u}) silent(c, random, device, what, watchdog);
    return c.ok();
}

// One inverted bit of an activation is in the sums; one that breaks a weight code is reported.
bool flip(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    const uint32_t lane = (uint32_t)random.below(device.limits.beat_bytes);
    const uint32_t bit = (uint32_t)random.below(8);
    {
        tri_sim_fault fault = fault_at(TRI_FAULT_FLIP, ACTIVATION, 1, 0);
        fault.bit = 8 * lane + bit;
        Kernel kernel(device, fast_memory(device), seed, fault);
        List list(device, random, 4096);
        small_commands(list, device);
        list.jobs[1].activations[lane] = (int8_t)(list.jobs[1].activations[lane] ^ (1 << bit));
        list.finish(); // expects the changed sums; memory stays
        kernel.map(list);
        kernel.arguments(list);
        check_whole(c, device, list, kernel.run());
    }
    const struct tri_codec *codec = tri_codec(device.design.geometry.encoding);
    List list(device, random, 4096);
    small_commands(list, device);
    uint8_t byte = 0;
    unsigned broken = 8; // the bit whose change gives no trits
    while (broken == 8) {
        byte = (uint8_t)random.next();
        for (unsigned b = 0; codec->valid[byte] && b < 8; b++)
            if (!codec->valid[byte ^ 1u << b]) broken = b;
    }
    Job &job = list.jobs[2];
    list.weights[0][job.k.weight_offset] = byte;
    for (uint32_t i = 0; i < codec->trits; i++) job.weights[i] = 0;
    job.status = TRI_ACCEL_CORRUPT_WEIGHTS;
    job.corrupt_steps = 1;
    list.finish();
    tri_sim_fault fault = fault_at(TRI_FAULT_FLIP, WEIGHT, 2, 0);
    fault.bit = broken;
    Kernel kernel(device, fast_memory(device), seed, fault);
    kernel.map(list);
    kernel.arguments(list);
    check_whole(c, device, list, kernel.run());
    return c.ok();
}

// ap_rst_n at any cycle of a run, in the middle of bursts on every port.
bool reset_midway(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    tri_memory memory = fast_memory(device);
    memory.stall_permille = random.chance(50) ? 200 : 0;
    Kernel kernel(device, memory, seed);
    for (unsigned i = 0; i < 10 && c.ok(); i++) {
        List list(device, random, 64);
        for (unsigned j = 0; j < 3; j++) list.add(random_size(device, random));
        list.finish();
        kernel.map(list);
        kernel.arguments(list);
        kernel.write(TRI_REG_CTRL, 1);
        device.api->run(kernel.sim, 1 + random.below(random.chance(50) ? 200 : 2000));
        device.api->reset(kernel.sim);
        c.same("ctrl after a reset", 4, kernel.read(TRI_REG_CTRL));
        c.same("status after a reset", TRI_ACCEL_OK, kernel.read(TRI_REG_STATUS));
        c.same("commands after a reset", 0, kernel.read64(TRI_REG_COMMANDS));
        c.same("watchdog after a reset", TRI_REG_WATCHDOG_RESET, kernel.read(TRI_REG_WATCHDOG));
        works(c, kernel, random);
    }
    return c.ok();
}

// Arguments written while a list runs are ignored and read back as they were; the list is unharmed.
bool written_while_running(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    tri_memory memory = fast_memory(device);
    memory.bytes_per_cycle = device.limits.beat_bytes / 16.0; // a run that lasts
    Kernel kernel(device, memory, seed);
    List list(device, random, 64);
    for (unsigned i = 0; i < 4; i++)
        list.add({60 * device.ports, device.limits.weights_of_beat + 1, 1});
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    std::vector<uint32_t> registers = {TRI_REG_COMMANDS,    TRI_REG_COMMANDS + 4,    TRI_REG_COUNT,
                                       TRI_REG_COMPLETIONS, TRI_REG_COMPLETIONS + 4, TRI_REG_DATA,
                                       TRI_REG_DATA + 4,    TRI_REG_WATCHDOG};
    for (uint32_t p = 0; p < device.ports; p++) {
        registers.push_back(TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE);
        registers.push_back(TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE + 4);
    }
    tri_sim_stats before;
    device.api->stats(kernel.sim, &before);
    kernel.write(TRI_REG_CTRL, 1);
    for (const uint32_t offset : registers) {
        const uint32_t wanted = kernel.read(offset);
        kernel.write(offset, (uint32_t)random.next());
        c.cycle = offset; // in the message: the offset
        c.same("register written during a run (cycle: its offset)", wanted, kernel.read(offset));
    }
    c.same("the run lasts longer than the writes", 1, kernel.read(TRI_REG_CTRL) & 1);
    Outcome o = kernel.run(); // rings once more: it runs already
    o.before = before;
    check_whole(c, device, list, o);
    works(c, kernel, random);
    return c.ok();
}

} // namespace

const KernelTest fault_tests[] = {
    {"SLVERR on every kind of burst stops the list; the next run works", slverr, 3},
    {"DECERR on every kind of burst stops the list; the next run works", decerr, 3},
    {"silence on every kind of burst: watchdog, dead, reset helps", silence, 1},
    {"a flipped bit is multiplied, or reported as corrupt", flip, 2},
    {"reset at any cycle of a run; the next run works", reset_midway, 4},
    {"arguments written during a run are ignored", written_while_running, 2},
    {nullptr, nullptr, 0}};
