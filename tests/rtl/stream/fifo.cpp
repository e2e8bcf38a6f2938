// SPDX-License-Identifier: Apache-2.0
// fifo against a queue: order, exact count and room, latency of two, clear, full throughput.
#include "tests/rtl/stream/bench.h"

#include "Vfifo_deep.h"
#include "Vfifo_tiny.h"

#include <deque>

template <class Model>
static bool run(const char *name, uint64_t seed, size_t depth, bool full_speed) {
    Bench<Model> bench;
    auto &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    Mood source, sink;
    Held out;
    struct Word {
        uint64_t data, cycle;
    };
    std::deque<Word> held;
    uint64_t moved = 0, clears = 0, full = 0, word = random.next();
    bool offered = false;
    const uint64_t cycles = 40000;
    for (c.cycle = 0; c.cycle < cycles && c.ok() && !bench.asserted(); c.cycle++) {
        source.tick(random);
        sink.tick(random);
        offered = offered || full_speed || source.willing(random);
        d.in_valid = offered;
        d.in_data = offered ? word : random.next();
        d.out_ready = full_speed || sink.willing(random);
        d.clear = !full_speed && random.below(500) == 0;
        bench.settle();
        c.same("count", held.size(), d.count);
        c.same("in_ready says whether there is room", held.size() < depth, d.in_ready);
        c.same("out_valid two cycles after the word came in",
               !held.empty() && c.cycle >= held.front().cycle + 2, d.out_valid);
        out.see(c, "out held while stalled", d.out_valid, d.out_ready,
                d.out_valid ? d.out_data : 0);
        full += held.size() == depth;
        if (d.out_valid && d.out_ready && !held.empty()) {
            c.same("word", held.front().data, d.out_data);
            held.pop_front();
            moved++;
        }
        if (d.in_valid && d.in_ready) {
            held.push_back({word, c.cycle});
            word = random.next();
            offered = false;
        }
        if (d.clear) {
            clears++;
            held.clear();
            out.forget();
        }
        bench.edge();
    }
    if (full_speed) c.expect(moved == cycles - 2, "one word per cycle", cycles - 2, moved);
    if (!full_speed) c.expect(full > 100 && clears > 10, "it was full and was cleared");
    c.expect(moved > 1000, "words moved", 1001, moved);
    return c.ok() && !bench.asserted();
}

const Test fifo_tests[] = {
    {"fifo of 16 keeps order and count, with clears",
     [](const char *name, uint64_t seed) { return run<Vfifo_deep>(name, seed, 16, false); }},
    {"fifo of 2 keeps order and count, with clears",
     [](const char *name, uint64_t seed) { return run<Vfifo_tiny>(name, seed, 2, false); }},
    {"fifo of 16 moves a word every cycle",
     [](const char *name, uint64_t seed) { return run<Vfifo_deep>(name, seed, 16, true); }},
    {nullptr, nullptr}};
