// SPDX-License-Identifier: Apache-2.0
// A list of commands in memory and what must stand there afterwards, computed with plain loops.
#include "tests/rtl/kernel/kernel.h"

#include <cstring>

static constexpr uint64_t list_commands = 64; // most commands of a list

List::List(const Device &device, Random &random, uint32_t align)
    : device_(device), random_(random), align_(align) {
    // Anywhere in 2^64, page-aligned as maps are, and far from its ends.
    auto base = [&] { return (random.next() >> (4 + random.below(24)) & ~4095ull) + 0x10000; };
    data_base = base();
    for (uint32_t p = 0; p < device.ports; p++) weights_base.push_back(base());
    weights.resize(device.ports);
    data.resize(list_commands * TRI_COMMAND_BYTES, FILL);
    completions_at = place(data, list_commands * TRI_COMPLETION_BYTES);
}

uint64_t List::place(std::vector<uint8_t> &memory, uint64_t bytes) {
    uint64_t at = memory.size() + 64; // at least a guard
    if (align_ == 64) at += 64 * random_.below(64);
    at = ceil_div(at, align_) * align_;
    memory.resize(at + ceil_div(bytes, 64) * 64, FILL);
    return at;
}

Job &List::add(const Size &size) {
    const Limits &l = device_.limits;
    Job job = {};
    tri_command &k = job.k;
    k.opcode = TRI_OP_MATMUL;
    k.tag = (uint32_t)random_.next();
    k.rows = size.rows;
    k.columns = size.columns;
    k.tokens = size.tokens;
    const uint32_t more = align_ == 64 ? 3 : 1; // strides wider than needed
    k.activation_stride = (uint32_t)(ceil_div(k.columns, 64) * 64 + 64 * random_.below(more));
    k.result_stride = (uint32_t)(ceil_div(4ull * k.rows, 64) * 64 + 64 * random_.below(more));
    k.activation_offset = place(data, (uint64_t)k.tokens * k.activation_stride);
    k.result_offset = place(data, (uint64_t)k.tokens * k.result_stride);

    job.activations.resize((size_t)k.tokens * k.columns);
    const bool extreme = random_.chance(10);
    for (int8_t &x : job.activations)
        x = extreme || random_.chance(5) ? -128 : (int8_t)random_.next();
    for (uint32_t t = 0; t < k.tokens; t++)
        memcpy(&data[k.activation_offset + (uint64_t)t * k.activation_stride],
               &job.activations[(size_t)t * k.columns], k.columns);

    job.weights.resize((size_t)k.rows * k.columns);
    for (int8_t &w : job.weights) w = extreme ? -1 : (int8_t)((int)random_.below(3) - 1);
    const struct tri_codec *codec = tri_codec(device_.design.geometry.encoding);
    const uint64_t row_bytes = ceil_div(k.columns, l.weights_of_beat) * l.beat_bytes;
    const uint64_t row_groups = ceil_div(k.rows, device_.ports);
    for (uint32_t p = 0; p < device_.ports; p++) {
        k.weight_offset = p == 0 ? place(weights[0], row_bytes * row_groups) : k.weight_offset;
        weights[p].resize(weights[0].size(), FILL);
        memset(&weights[p][k.weight_offset], codec->zero, row_bytes * row_groups);
    }
    for (uint32_t m = 0; m < k.rows; m++)
        tri_codec_pack(codec, &job.weights[(size_t)m * k.columns], k.columns,
                       &weights[m % device_.ports][k.weight_offset + m / device_.ports * row_bytes],
                       row_bytes);
    jobs.push_back(job);
    return jobs.back();
}

void List::corrupt(size_t j, uint32_t row, uint32_t byte) {
    Job &job = jobs[j];
    const struct tri_codec *codec = tri_codec(device_.design.geometry.encoding);
    const Limits &l = device_.limits;
    const uint64_t row_bytes = ceil_div(job.k.columns, l.weights_of_beat) * l.beat_bytes;
    uint8_t &place =
        weights[row % device_.ports][job.k.weight_offset + row / device_.ports * row_bytes + byte];
    do place = (uint8_t)random_.next();
    while (codec->valid[place]);
    for (uint32_t i = 0; i < codec->trits; i++) {
        const uint32_t column = byte * codec->trits + i;
        if (row < job.k.rows && column < job.k.columns)
            job.weights[(size_t)row * job.k.columns + column] = 0;
    }
    job.status = TRI_ACCEL_CORRUPT_WEIGHTS;
    job.corrupt_steps = job.groups(device_); // one corrupt beat
}

void List::finish() {
    for (size_t i = 0; i < jobs.size(); i++)
        memcpy(&data[i * TRI_COMMAND_BYTES], &jobs[i].k, TRI_COMMAND_BYTES);
    wanted = data;
    for (const Job &job : jobs) {
        const tri_command &k = job.k;
        if (job.status != TRI_ACCEL_OK && job.status != TRI_ACCEL_CORRUPT_WEIGHTS) continue;
        for (uint32_t t = 0; t < k.tokens; t++) {
            const int8_t *x = &job.activations[(size_t)t * k.columns];
            for (uint32_t m = 0; m < k.rows; m++) {
                const int8_t *w = &job.weights[(size_t)m * k.columns];
                int32_t sum = 0;
                for (uint32_t i = 0; i < k.columns; i++) sum += w[i] * x[i];
                memcpy(&wanted[k.result_offset + (uint64_t)t * k.result_stride + 4ull * m], &sum,
                       4);
            }
        }
    }
}

tri_completion List::completion(size_t i) const {
    tri_completion completion;
    memcpy(&completion, &data[completions_at + i * TRI_COMPLETION_BYTES], sizeof completion);
    return completion;
}

Size random_size(const Device &device, Random &random) {
    const tri_geometry &g = device.design.geometry;
    const uint32_t w = device.limits.weights_of_beat;
    const uint32_t columns[] = {1, w - 1, w, w + 1, 2 * w + 3, g.k_max};
    const uint32_t rows[] = {1, g.ports, g.ports + 1, 2 * g.ports - 1, 63, 64, 65, 130};
    const uint32_t tokens[] = {1, 1, g.tokens, g.tokens + 1, g.t_max};
    Size s;
    s.rows = random.chance(50) ? rows[random.below(8)] : (uint32_t)(1 + random.below(150));
    s.columns = random.chance(50) ? columns[random.below(6)] : (uint32_t)(1 + random.below(4 * w));
    s.tokens = random.chance(60) ? tokens[random.below(5)] : (uint32_t)(1 + random.below(g.t_max));
    if (s.columns > g.k_max) s.columns = g.k_max;
    if (s.tokens > g.t_max) s.tokens = g.t_max;
    // So that no single command takes long.
    while (s.rows > 1 &&
           ceil_div(s.rows, g.ports) * ceil_div(s.columns, w) * ceil_div(s.tokens, g.tokens) > 1200)
        s.rows /= 2;
    return s;
}
