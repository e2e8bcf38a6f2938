// SPDX-License-Identifier: Apache-2.0
// What the module tests share on top of the stream tests' bench: models without a reset, access to
// pins of any width, and the list of tests. Knows no module.
#ifndef TESTS_RTL_MODULES_MODULE_H
#define TESTS_RTL_MODULES_MODULE_H

#define TEST_TARGET "test-rtl-modules"
#include "tests/rtl/stream/bench.h"

#include <cstring>
#include <vector>

#include "tests/rtl/modules/rules.h"

// Pins wider than 64 bits are arrays of 32-bit words, little endian: bytes can be copied whatever
// type Verilator chose.
template <class Pin> uint8_t *bytes_of(Pin &pin) { return reinterpret_cast<uint8_t *>(&pin); }

template <class Pin> uint64_t bits(Pin &pin, unsigned from, unsigned count) {
    uint64_t value = 0;
    if (from % 8 == 0 && count % 8 == 0) {
        memcpy(&value, bytes_of(pin) + from / 8, count / 8);
        return value;
    }
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)(bytes_of(pin)[(from + i) / 8] >> (from + i) % 8 & 1) << i;
    return value;
}

template <class Pin> void set_bits(Pin &pin, unsigned from, unsigned count, uint64_t value) {
    if (from % 8 == 0 && count % 8 == 0) {
        memcpy(bytes_of(pin) + from / 8, &value, count / 8);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        uint8_t &byte = bytes_of(pin)[(from + i) / 8];
        const unsigned bit = (from + i) % 8;
        byte = (uint8_t)((byte & ~(1u << bit)) | (value >> i & 1) << bit);
    }
}

// Only for pins of whole words: the rest of a word must stay zero.
template <class Pin> void randomize(Pin &pin, unsigned width, Random &random) {
    for (unsigned i = 0; i < width; i += 64)
        set_bits(pin, i, width - i < 64 ? width - i : 64, random.next());
}

// A model with a clock and no reset, or without either: settle() then shows its outputs.
template <class Model> class Bare {
  public:
    VerilatedContext context;
    std::unique_ptr<Model> dut;
    Bare() : dut(new Model(&context)) {}
    ~Bare() { dut->final(); }
    void settle() { dut->eval(); }
    void edge() {
        dut->clk = 0;
        dut->eval();
        dut->clk = 1;
        dut->eval();
    }
};

// One of several values, the first ones being corners.
template <size_t N> uint64_t pick(Random &random, const uint64_t (&values)[N]) {
    return values[random.below(N)];
}

extern const Test trit_decode_tests[], dot_tests[], activation_buffer_tests[],
    result_buffer_tests[], sequencer_tests[], front_tests[], write_back_tests[],
    run_control_tests[], control_tests[], array_tests[];

#endif
