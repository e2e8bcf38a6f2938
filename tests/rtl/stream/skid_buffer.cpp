// SPDX-License-Identifier: Apache-2.0
// skid_buffer against a queue: order, held outputs, no word lost or made up, full throughput.
#include "tests/rtl/stream/bench.h"

#include "Vskid_buffer.h"

#include <deque>

static bool run(const char *name, uint64_t seed, bool full_speed) {
    Bench<Vskid_buffer> bench;
    auto &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    Mood source, sink;
    Held out;
    std::deque<uint64_t> held;
    uint64_t moved = 0, word = random.next();
    bool offered = false;
    const uint64_t cycles = 20000;
    for (c.cycle = 0; c.cycle < cycles && c.ok() && !bench.asserted(); c.cycle++) {
        source.tick(random);
        sink.tick(random);
        offered = offered || full_speed || source.willing(random);
        d.in_valid = offered;
        d.in_data = offered ? word : random.next();
        d.out_ready = full_speed || sink.willing(random);
        bench.settle();
        const bool ready_before = d.in_ready;
        d.out_ready = !d.out_ready;
        bench.settle();
        c.same("in_ready must not follow out_ready", ready_before, d.in_ready);
        d.out_ready = !d.out_ready;
        bench.settle();
        out.see(c, "out held while stalled", d.out_valid, d.out_ready,
                d.out_valid ? d.out_data : 0);
        c.same("out_valid says whether a word is held", !held.empty(), d.out_valid);
        c.same("in_ready says whether there is room", held.size() < 2, d.in_ready);
        if (d.out_valid && d.out_ready && !held.empty()) {
            c.same("word", held.front(), d.out_data);
            held.pop_front();
            moved++;
        }
        if (d.in_valid && d.in_ready) {
            held.push_back(word);
            word = random.next();
            offered = false;
        }
        bench.edge();
    }
    if (full_speed) c.expect(moved == cycles - 1, "one word per cycle", cycles - 1, moved);
    c.expect(moved > 1000, "words moved", 1001, moved);
    return c.ok() && !bench.asserted();
}

const Test skid_buffer_tests[] = {
    {"skid_buffer keeps order under random back-pressure",
     [](const char *name, uint64_t seed) { return run(name, seed, false); }},
    {"skid_buffer moves a word every cycle",
     [](const char *name, uint64_t seed) { return run(name, seed, true); }},
    {nullptr, nullptr}};
