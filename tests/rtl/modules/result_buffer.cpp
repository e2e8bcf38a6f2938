// SPDX-License-Identifier: Apache-2.0
// result_buffer against an array: PORTS rows of TOKENS tokens go in, beats of consecutive rows of
// one token come out, one cycle after the read, for shapes where words are rows, beats or both.
#include "tests/rtl/modules/module.h"

#include "Vresult_buffer_128_16_1_1.h"
#include "Vresult_buffer_128_1_1_4.h"
#include "Vresult_buffer_256_4_2_2.h"
#include "Vresult_buffer_512_16_2_1.h"
#include "Vresult_buffer_512_1_4_2.h"

namespace {

constexpr unsigned rows = 64;

template <class Model>
bool run(const char *name, uint64_t seed, unsigned beat_bits, unsigned ports, unsigned tokens,
         unsigned groups) {
    Bare<Model> bench;
    Model &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    const unsigned slots = rows / ports, per_beat = beat_bits / 32, beats = rows / per_beat;
    std::vector<uint32_t> sums(2 * groups * tokens * rows); // [bank][group][token][row]
    auto at = [&](unsigned bank, unsigned group, unsigned token, unsigned row) -> uint32_t & {
        return sums[((bank * groups + group) * tokens + token) * rows + row];
    };
    std::vector<uint32_t> wanted(per_beat);
    bool known = false;
    const unsigned fill = 2 * groups * slots;
    for (c.cycle = 0; c.cycle < fill + 4000 && c.ok(); c.cycle++) {
        // One bank is written while the other is read, as array and write-back do.
        const unsigned turn = (unsigned)(c.cycle / 100) & 1;
        const uint64_t n = c.cycle < fill ? c.cycle : random.next();
        d.write = c.cycle < fill || random.chance(60);
        d.write_bank = c.cycle < fill ? n / (groups * slots) & 1 : turn;
        d.write_group = (uint8_t)(n / slots % groups);
        d.write_slot = (uint8_t)(n % slots);
        for (unsigned i = 0; i < tokens * ports; i++) {
            const uint32_t value = (uint32_t)random.next();
            set_bits(d.write_data, 32 * i, 32, value);
            if (!d.write) continue;
            at(d.write_bank, d.write_group, i / ports, d.write_slot * ports + i % ports) = value;
        }
        d.read = c.cycle >= fill && random.chance(60);
        d.read_bank = !turn;
        d.read_group = (uint8_t)random.below(groups);
        d.read_lane = (uint8_t)random.below(tokens);
        d.read_beat = (uint8_t)random.below(beats);
        for (unsigned i = 0; d.read && i < per_beat; i++)
            wanted[i] = at(d.read_bank, d.read_group, d.read_lane, d.read_beat * per_beat + i);
        known = known || d.read;
        bench.edge();
        for (unsigned i = 0; known && i < per_beat; i++)
            c.same("sum read", wanted[i], bits(d.read_data, 32 * i, 32));
    }
    return c.ok();
}

} // namespace

#define SHAPE(beat_bits, ports, tokens, groups)                                                    \
    {                                                                                              \
        "result_buffer: beat " #beat_bits ", " #ports " ports, " #tokens " tokens, " #groups       \
        " groups",                                                                                 \
            [](const char *n, uint64_t s) {                                                        \
                return run<Vresult_buffer_##beat_bits##_##ports##_##tokens##_##groups>(            \
                    n, s, beat_bits, ports, tokens, groups);                                       \
            }                                                                                      \
    }
const Test result_buffer_tests[] = {SHAPE(128, 1, 1, 4), SHAPE(128, 16, 1, 1), SHAPE(256, 4, 2, 2),
                                    SHAPE(512, 1, 4, 2), SHAPE(512, 16, 2, 1), {nullptr, nullptr}};
