// SPDX-License-Identifier: Apache-2.0
// dot against a plain sum: random and extreme operands, gaps between products, and that a product
// which is not due moves nothing.
#include "tests/rtl/modules/module.h"

#include "Vdot_320.h"
#include "Vdot_64.h"
#include "Vdot_80.h"

namespace {

// Activations and trits of one product. Kinds below 12 are the extremes.
void operands(Random &random, uint64_t kind, std::vector<int> &x, std::vector<int> &w) {
    static const int values[] = {-128, 127, 1, -1};
    for (size_t i = 0; i < x.size(); i++) {
        if (kind < 12) {
            x[i] = values[kind % 4];
            w[i] = (int)(kind / 4) - 1;
        } else if (kind == 12) {
            x[i] = 0;
            w[i] = (int)random.below(3) - 1;
        } else if (kind == 13) { // every term of one sign
            x[i] = random.chance(50) ? -128 : 127;
            w[i] = x[i] < 0 ? -1 : 1;
        } else {
            x[i] = (int)random.below(256) - 128;
            w[i] = (int)random.below(3) - 1;
        }
    }
}

template <class Model> bool run(const char *name, uint64_t seed, unsigned lanes) {
    Bare<Model> bench;
    Model &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    Mood source;
    const unsigned sum_bits = lanes == 64 ? 15 : lanes == 80 ? 16 : 18;
    std::vector<int> x(lanes), w(lanes);
    int64_t stage_sum[4] = {0, 0, 0, 0}, wanted = 0; // of the product that enters stage i
    bool due[4] = {false, false, false, false}, seen = false;
    for (c.cycle = 0; c.cycle < 4000 && c.ok(); c.cycle++) {
        source.tick(random);
        for (int i = 3; i > 0; i--) {
            due[i] = due[i - 1];
            stage_sum[i] = stage_sum[i - 1];
        }
        due[0] = c.cycle < 100 || source.willing(random);
        operands(random, c.cycle < 40 ? c.cycle % 14 : random.below(40), x, w);
        stage_sum[0] = 0;
        for (unsigned i = 0; i < lanes; i++) {
            stage_sum[0] += x[i] * w[i];
            bytes_of(d.x)[i] = (uint8_t)x[i];
            set_bits(d.nz, i, 1, w[i] != 0);
            set_bits(d.neg, i, 1, w[i] < 0);
        }
        d.stage = (uint8_t)(due[0] | due[1] << 1 | due[2] << 2 | due[3] << 3);
        if (due[3]) wanted = stage_sum[3];
        seen = seen || due[3];
        bench.edge();
        const uint64_t mask = (1ull << sum_bits) - 1;
        if (seen) c.same("sum", (uint64_t)wanted & mask, d.sum & mask);
    }
    return c.ok();
}

} // namespace

const Test dot_tests[] = {
    {"dot of 64 is exact", [](const char *n, uint64_t s) { return run<Vdot_64>(n, s, 64); }},
    {"dot of 80 is exact", [](const char *n, uint64_t s) { return run<Vdot_80>(n, s, 80); }},
    {"dot of 320 is exact", [](const char *n, uint64_t s) { return run<Vdot_320>(n, s, 320); }},
    {nullptr, nullptr}};
