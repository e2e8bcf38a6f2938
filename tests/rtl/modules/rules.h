// SPDX-License-Identifier: Apache-2.0
// The rules of rtl/accel.yaml for a command and a list, in plain arithmetic: what status each must
// have. Written from the contract, not from the Verilog; used by the tests of front and kernel.
#ifndef TESTS_RTL_MODULES_RULES_H
#define TESTS_RTL_MODULES_RULES_H

#include <cstdint>
#include <vector>

#define _Static_assert static_assert // the generated C header is read as C++
#include "build/gen/accel.h"
#undef _Static_assert

struct Limits {
    uint32_t k_max, t_max, beat_bytes, weights_of_beat;
};

struct Bases {
    uint64_t data;
    std::vector<uint64_t> weights; // one for each port
};

inline uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// Beats of one port's part of a matrix.
inline uint64_t matrix_beats(const tri_command &k, const Limits &l, size_t ports) {
    return ceil_div(k.rows, ports) * ceil_div(k.columns, l.weights_of_beat);
}

inline uint32_t status_of_command(const tri_command &k, const Limits &l, const Bases &b) {
    if (k.opcode != TRI_OP_MATMUL) return TRI_ACCEL_BAD_OPCODE;
    if (k.flags || k.reserved0 || k.reserved1) return TRI_ACCEL_BAD_FLAGS;
    if (k.rows < 1 || k.rows > 1048576) return TRI_ACCEL_BAD_ROWS;
    if (k.columns < 1 || k.columns > l.k_max) return TRI_ACCEL_BAD_COLUMNS;
    if (k.tokens < 1 || k.tokens > l.t_max) return TRI_ACCEL_BAD_TOKENS;
    for (const uint64_t value : {k.weight_offset, k.activation_offset, k.result_offset,
                                 (uint64_t)k.activation_stride, (uint64_t)k.result_stride})
        if (value % 64) return TRI_ACCEL_BAD_ALIGNMENT;
    if (k.activation_stride < k.columns || k.result_stride < 4ull * k.rows)
        return TRI_ACCEL_BAD_STRIDE;
    // Sizes in whole blocks of 64 bytes: what the kernel may touch.
    typedef unsigned __int128 wide;
    auto past = [](wide base, wide offset, wide size) { return (base + offset + size) >> 64 != 0; };
    const wide more = k.tokens - 1;
    if (past(b.data, k.activation_offset,
             more * k.activation_stride + ceil_div(k.columns, 64) * 64))
        return TRI_ACCEL_BAD_ADDRESS;
    if (past(b.data, k.result_offset, more * k.result_stride + ceil_div(4ull * k.rows, 64) * 64))
        return TRI_ACCEL_BAD_ADDRESS;
    for (const uint64_t base : b.weights)
        if (past(base, k.weight_offset, (wide)matrix_beats(k, l, b.weights.size()) * l.beat_bytes))
            return TRI_ACCEL_BAD_ADDRESS;
    return TRI_ACCEL_OK;
}

// Makes a good command break the rule of `status` (bad_opcode to bad_address), one way of several.
template <class Random>
void spoil(tri_command &k, uint32_t status, const Limits &l, Random &random) {
    const uint64_t way = random.next();
    const uint64_t odd = 1 + random.below(63); // not a multiple of 64
    switch (status) {
    case TRI_ACCEL_BAD_OPCODE: k.opcode = (uint16_t)(way % 2 ? 0 : 2 + random.below(65534)); break;
    case TRI_ACCEL_BAD_FLAGS:
        if (way % 3 == 0) k.flags = (uint16_t)(1u << random.below(16));
        if (way % 3 == 1) k.reserved0 = 1u << random.below(32);
        if (way % 3 == 2) k.reserved1 = 1ull << random.below(64);
        break;
    case TRI_ACCEL_BAD_ROWS:
        k.rows = way % 3 == 0   ? 0
                 : way % 3 == 1 ? 1048577
                                : (uint32_t)(1u << (21 + random.below(11)));
        break;
    case TRI_ACCEL_BAD_COLUMNS:
        k.columns = way % 3 == 0   ? 0
                    : way % 3 == 1 ? l.k_max + 1
                                   : (uint32_t)(1u << (15 + random.below(17)));
        break;
    case TRI_ACCEL_BAD_TOKENS:
        k.tokens = way % 3 == 0   ? 0
                   : way % 3 == 1 ? l.t_max + 1
                                  : (uint32_t)(1u << (7 + random.below(25)));
        break;
    case TRI_ACCEL_BAD_ALIGNMENT:
        if (way % 5 == 0) k.weight_offset += odd;
        if (way % 5 == 1) k.activation_offset += odd;
        if (way % 5 == 2) k.result_offset += odd;
        if (way % 5 == 3) k.activation_stride += (uint32_t)odd;
        if (way % 5 == 4) k.result_stride += (uint32_t)odd;
        break;
    case TRI_ACCEL_BAD_STRIDE:
        if (way % 2)
            k.activation_stride = (k.columns - 1) / 64 * 64;
        else
            k.result_stride = (k.rows * 4 - 1) / 64 * 64;
        break;
    case TRI_ACCEL_BAD_ADDRESS: // every base is at least 64 in these tests
        if (way % 3 == 0) k.weight_offset = 0 - 64ull;
        if (way % 3 == 1) k.activation_offset = 0 - 64ull;
        if (way % 3 == 2) k.result_offset = 0 - 64ull;
        break;
    default: break;
    }
}

#endif
