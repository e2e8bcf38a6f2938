// SPDX-License-Identifier: Apache-2.0
// trit_decode against driver/codec.c: every code in every byte of the beat, among random
// neighbours.
#include "tests/rtl/modules/module.h"

#include "Vtrit_decode_b2.h"
#include "Vtrit_decode_b3.h"

extern "C" {
#include "driver/codec.h"
}

namespace {

constexpr unsigned beat_bytes = 16;

template <class Model>
void look(Case &c, Model &d, const struct tri_codec &codec, const uint8_t *beat) {
    bool corrupt = false;
    for (unsigned i = 0; i < beat_bytes; i++) {
        corrupt = corrupt || !codec.valid[beat[i]];
        for (unsigned j = 0; j < codec.trits; j++) {
            const int8_t trit = codec.decode[beat[i]][j];
            c.same("nz", trit != 0, bits(d.nz, i * codec.trits + j, 1));
            c.same("neg", trit < 0, bits(d.neg, i * codec.trits + j, 1));
        }
    }
    c.same("corrupt", corrupt, d.corrupt);
}

// neighbours: 0 zero codes, 1 valid codes, 2 any codes.
template <class Model> bool run(const char *name, uint64_t seed, tri_encoding encoding) {
    Bare<Model> bench;
    Model &d = *bench.dut;
    Random random(seed);
    Case c(name, seed);
    const struct tri_codec &codec = *tri_codec(encoding);
    for (unsigned neighbours = 0; neighbours < 3; neighbours++) {
        for (unsigned place = 0; place < beat_bytes; place++) {
            for (unsigned code = 0; code < 256 && c.ok(); code++, c.cycle++) {
                uint8_t beat[beat_bytes];
                for (uint8_t &byte : beat) {
                    do byte = neighbours == 0 ? codec.zero : (uint8_t)random.next();
                    while (neighbours < 2 && !codec.valid[byte]);
                }
                beat[place] = (uint8_t)code;
                memcpy(bytes_of(d.beat), beat, sizeof beat);
                bench.settle();
                look(c, d, codec, beat);
            }
        }
    }
    return c.ok();
}

} // namespace

const Test trit_decode_tests[] = {
    {"trit_decode b2: all codes in all bytes as driver/codec.c",
     [](const char *name, uint64_t seed) { return run<Vtrit_decode_b2>(name, seed, TRI_B2); }},
    {"trit_decode b3: all codes in all bytes as driver/codec.c",
     [](const char *name, uint64_t seed) { return run<Vtrit_decode_b3>(name, seed, TRI_B3); }},
    {nullptr, nullptr}};
