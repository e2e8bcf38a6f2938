// SPDX-License-Identifier: Apache-2.0
// activation_buffer against an array: each beat comes back at its address, lane and place, one
// cycle after the read, and stays until the next read. Address under write and read at once: not
// used.
#include "tests/rtl/modules/module.h"

#include "Vactivation_buffer_4x4.h"
#include "Vactivation_buffer_5x1.h"

namespace {

template <class Model>
bool run(const char *name, uint64_t seed, unsigned beat_bits, unsigned sub, unsigned tokens,
         unsigned depth) {
    Bare<Model> bench;
    Model &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    const unsigned bytes = beat_bits / 8, row = tokens * sub * bytes;
    std::vector<uint8_t> memory(depth * row), wanted(row);
    bool known = false;
    const uint64_t fill = depth * tokens * sub; // first every place once
    for (c.cycle = 0; c.cycle < fill + 5000 && c.ok(); c.cycle++) {
        const uint64_t place = c.cycle < fill ? c.cycle : random.below(fill);
        d.write = c.cycle < fill || random.chance(50);
        d.write_addr = (uint8_t)(place / (tokens * sub));
        d.write_lane = (uint8_t)(place / sub % tokens);
        d.write_sub = (uint8_t)(place % sub);
        randomize(d.write_data, beat_bits, random);
        d.read_addr = (uint8_t)random.below(depth);
        d.read = c.cycle >= fill && random.chance(50) && !(d.write && d.read_addr == d.write_addr);
        if (d.read) {
            memcpy(wanted.data(), &memory[d.read_addr * row], row);
            known = true;
        }
        if (d.write) memcpy(&memory[place * bytes], bytes_of(d.write_data), bytes);
        bench.edge();
        for (unsigned i = 0; known && i < row; i++)
            c.same("byte read", wanted[i], bytes_of(d.read_data)[i]);
    }
    return c.ok();
}

} // namespace

const Test activation_buffer_tests[] = {
    {"activation_buffer of 5 beats by 1 token keeps every beat",
     [](const char *n, uint64_t s) { return run<Vactivation_buffer_5x1>(n, s, 128, 5, 1, 16); }},
    {"activation_buffer of 4 wide beats by 4 tokens keeps every beat",
     [](const char *n, uint64_t s) { return run<Vactivation_buffer_4x4>(n, s, 512, 4, 4, 4); }},
    {nullptr, nullptr}};
