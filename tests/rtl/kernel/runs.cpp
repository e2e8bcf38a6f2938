// SPDX-License-Identifier: Apache-2.0
// Runs as a whole: identity registers, empty and impossible lists, the watchdog's value, restart by
// itself, interrupts.
#include "tests/rtl/kernel/kernel.h"

namespace {

bool identity(const char *name, uint64_t seed, const Device &device) {
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    const tri_geometry &g = device.design.geometry;
    const uint32_t wanted[][2] = {{TRI_REG_MAGIC, TRI_MAGIC},
                                  {TRI_REG_VERSION, TRI_VERSION},
                                  {TRI_REG_PORTS, g.ports},
                                  {TRI_REG_BEAT_BITS, g.beat_bits},
                                  {TRI_REG_ENCODING, g.encoding},
                                  {TRI_REG_TOKENS, g.tokens},
                                  {TRI_REG_K_MAX, g.k_max},
                                  {TRI_REG_T_MAX, g.t_max},
                                  {TRI_REG_PREFETCH, g.prefetch},
                                  {TRI_REG_CTRL, 4},
                                  {TRI_REG_STATUS, TRI_ACCEL_OK},
                                  {TRI_REG_COMPLETED, 0},
                                  {TRI_REG_WATCHDOG, TRI_REG_WATCHDOG_RESET}};
    for (const auto &w : wanted) {
        c.cycle = w[0]; // in the message: the offset
        c.same("register (cycle: its offset)", w[1], kernel.read(w[0]));
    }
    c.same("design_hash", tri_design_hash(&g), kernel.read64(TRI_REG_DESIGN_HASH));
    return c.ok();
}

// Nothing may be read or written for these.
void touches_nothing(Case &c, const Outcome &o, uint32_t status) {
    check_counters(c, o);
    c.same("status", status, o.status);
    c.same("completed", 0, o.completed);
    c.same("data bytes read", o.before.data_read_bytes, o.after.data_read_bytes);
    c.same("data bytes written", o.before.data_write_bytes, o.after.data_write_bytes);
    c.same("weight bytes", o.before.weight_bytes, o.after.weight_bytes);
    c.same("steps", 0, o.counter[1]);
}

bool empty_and_bad_lists(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    List list(device, random, 64);
    list.add({5, 70, 1});
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    kernel.write(TRI_REG_COUNT, 0);
    touches_nothing(c, kernel.run(), TRI_ACCEL_OK);
    std::vector<uint32_t> arguments = {TRI_REG_COMMANDS, TRI_REG_COMPLETIONS, TRI_REG_DATA};
    for (uint32_t p = 0; p < device.ports; p++)
        arguments.push_back(TRI_REG_WEIGHTS + p * TRI_REG_WEIGHTS_STRIDE);
    for (const uint32_t argument : arguments) {
        kernel.arguments(list);
        kernel.write(argument, kernel.read(argument) + (1u << random.below(6)));
        touches_nothing(c, kernel.run(), TRI_ACCEL_BAD_LIST);
    }
    // Lists that end at 2^64.
    for (const uint32_t argument : {TRI_REG_COMMANDS, TRI_REG_COMPLETIONS}) {
        kernel.arguments(list);
        kernel.write(TRI_REG_COUNT, argument == TRI_REG_COMMANDS ? 1 : 2);
        kernel.write64(argument, 0 - 64ull);
        touches_nothing(c, kernel.run(), TRI_ACCEL_BAD_LIST);
        kernel.write(TRI_REG_COUNT, 0xffffffffu);
        const uint64_t bytes = 0xffffffffull * (argument == TRI_REG_COMMANDS ? 64 : 32);
        kernel.write64(argument, 0 - bytes / 64 * 64);
        touches_nothing(c, kernel.run(), TRI_ACCEL_BAD_LIST);
    }
    kernel.arguments(list);
    check_whole(c, device, list, kernel.run());
    return c.ok();
}

// Memory that goes away for 2,000 cycles at a time: too long for the first watchdog, not the
// second.
bool watchdog_value(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    tri_memory memory = fast_memory(device);
    memory.refresh_interval = 3000;
    memory.refresh_cycles = 2000;
    Kernel kernel(device, memory, seed);
    for (const uint32_t watchdog : {1300u, 2600u}) {
        List list(device, random, 64);
        for (unsigned i = 0; i < 50; i++) list.add({40, 3 * device.limits.weights_of_beat, 1});
        list.finish();
        kernel.map(list);
        kernel.arguments(list);
        kernel.write(TRI_REG_WATCHDOG, watchdog);
        const Outcome o = kernel.run();
        if (watchdog > 2000) {
            check_whole(c, device, list, o);
            c.expect(o.counter[0] > 3000, "it waited for memory", 3001, o.counter[0]);
        } else {
            c.expect(o.completed > 0 && o.completed < 50, "it stops on the way", 1, o.completed);
            if (c.ok())
                check_stopped(c, list, o, o.completed - 1, TRI_ACCEL_WATCHDOG, TRI_ACCEL_WATCHDOG);
        }
    }
    return c.ok();
}

// Slow memory that answers all the time: a watchdog far shorter than the run does not bite.
bool watchdog_patience(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    tri_memory memory = fast_memory(device);
    memory.latency = 60;
    memory.bytes_per_cycle = device.limits.beat_bytes / 16.0;
    Kernel kernel(device, memory, seed);
    List list(device, random, 64);
    for (unsigned i = 0; i < 3; i++) list.add({30, 2 * device.limits.weights_of_beat, 2});
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    kernel.write(TRI_REG_WATCHDOG, 200);
    const Outcome o = kernel.run();
    check_whole(c, device, list, o);
    c.expect(o.counter[0] > 1000, "a run far longer than the watchdog", 1001, o.counter[0]);
    return c.ok();
}

bool auto_restart(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    List list(device, random, 64);
    list.add({9, 100, 1});
    list.finish();
    kernel.map(list);
    kernel.arguments(list);
    kernel.write(TRI_REG_GIE, 1);
    kernel.write(TRI_REG_IER, 1);
    kernel.write(TRI_REG_CTRL, 0x81);
    for (unsigned i = 0; i < 4; i++) {
        c.expect(device.api->run(kernel.sim, 100000), "a run ends and the next begins");
        c.same("the interrupt came", 1, kernel.read(TRI_REG_ISR));
        kernel.write(TRI_REG_ISR, 1);
    }
    kernel.write(TRI_REG_CTRL, 0); // no further restart
    for (unsigned i = 0; i < 1000 && !(kernel.read(TRI_REG_CTRL) & 4); i++) {
    }
    c.same("idle in the end, done and ready read away", 4, kernel.read(TRI_REG_CTRL));
    Outcome o = {};
    device.api->stats(kernel.sim, &o.after);
    const uint64_t once =
        TRI_COMMAND_BYTES + ceil_div(100, device.limits.beat_bytes) * device.limits.beat_bytes;
    c.same("every run read its list once", 0, o.after.data_read_bytes % once);
    c.expect(o.after.data_read_bytes >= 5 * once, "five runs", 5 * once, o.after.data_read_bytes);
    list.data[list.jobs[0].k.result_offset] ^= 0xff; // the next run writes it again
    kernel.write(TRI_REG_GIE, 0);
    check_whole(c, device, list, kernel.run());
    return c.ok();
}

bool interrupts(const char *name, uint64_t seed, const Device &device) {
    Random random(seed);
    Case c(name, seed);
    Kernel kernel(device, fast_memory(device), seed);
    for (uint32_t enabled = 0; enabled < 8; enabled++) { // bits of ier, and gie
        List list(device, random, 64);
        list.add({9, 100, 1});
        list.finish();
        kernel.map(list);
        kernel.arguments(list);
        kernel.write(TRI_REG_IER, enabled & 3);
        kernel.write(TRI_REG_GIE, enabled >> 2);
        check_whole(c, device, list, kernel.run());
        c.same("isr", enabled & 3, kernel.read(TRI_REG_ISR));
        c.same("interrupt", (enabled & 3) && enabled >> 2, device.api->interrupt(kernel.sim));
        kernel.write(TRI_REG_ISR, enabled & 3);
        c.same("interrupt taken back", 0, device.api->interrupt(kernel.sim));
    }
    return c.ok();
}

} // namespace

const KernelTest run_tests[] = {
    {"registers say what the design says", identity, 1},
    {"empty, misaligned and endless lists touch nothing", empty_and_bad_lists, 2},
    {"the watchdog's value is honoured", watchdog_value, 1},
    {"a short watchdog lets slow memory live", watchdog_patience, 1},
    {"auto_restart runs again until it is switched off", auto_restart, 2},
    {"interrupts as enabled, taken back by a toggle", interrupts, 1},
    {nullptr, nullptr, 0}};
