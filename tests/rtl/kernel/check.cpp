// SPDX-License-Identifier: Apache-2.0
// What a run has left in memory and registers, compared with what the contract says.
#include "tests/rtl/kernel/kernel.h"

#include <cstring>

void check_counters(Case &c, const Outcome &o) {
    if (o.after.protocol_errors) printf("  first broken AXI rule: %s\n", o.after.first_error);
    c.same("AXI rules broken", 0, o.after.protocol_errors);
    c.expect(o.ended, "the run ends");
    uint64_t sum = 0;
    for (unsigned i = 1; i <= 5; i++) sum += o.counter[i];
    c.same("kinds of cycle add up to cycles_active", o.counter[0], sum);
}

// Completions up to `count` against `status_of`, sums and counts; returns the cycles they explain.
static uint64_t check_completions(Case &c, const List &list, size_t count, uint32_t ports,
                                  const Limits &l, uint32_t lanes) {
    uint64_t cycles = 0;
    for (size_t i = 0; i < count && c.ok(); i++) {
        const Job &job = list.jobs[i];
        const tri_completion got = list.completion(i);
        c.cycle = i; // in the message: the command
        c.same("tag", job.k.tag, got.tag);
        c.same("status", job.status, got.status);
        const bool good = job.status == TRI_ACCEL_OK || job.status == TRI_ACCEL_CORRUPT_WEIGHTS;
        const uint64_t steps =
            good ? matrix_beats(job.k, l, ports) * ceil_div(job.k.tokens, lanes) : 0;
        c.same("steps", steps, got.steps);
        c.same("counts add up to cycles", got.cycles,
               (uint64_t)got.steps + got.wait_command + got.wait_activations + got.wait_results +
                   got.wait_weights);
        if (!good) c.same("a bad command waits as no command", got.cycles, got.wait_command);
        cycles += got.cycles;
    }
    return cycles;
}

// Every byte of the buffer that is not in the first `count` completions.
static void check_memory(Case &c, const List &list, size_t count) {
    std::vector<uint8_t> wanted = list.wanted;
    memcpy(&wanted[list.completions_at], &list.data[list.completions_at],
           count * TRI_COMPLETION_BYTES);
    for (size_t i = 0; i < wanted.size() && c.ok(); i++) {
        if (wanted[i] == list.data[i]) continue;
        c.cycle = i; // in the message: the offset
        c.same("byte of memory after the run (cycle: its offset)", wanted[i], list.data[i]);
    }
}

void check_whole(Case &c, const Device &device, List &list, const Outcome &o) {
    check_counters(c, o);
    c.same("status of the list", TRI_ACCEL_OK, o.status);
    c.same("completed", list.jobs.size(), o.completed);
    const tri_geometry &g = device.design.geometry;
    const Limits &l = device.limits;
    const uint64_t explained =
        check_completions(c, list, list.jobs.size(), device.ports, l, g.tokens);
    c.expect(explained <= o.counter[0], "completions explain no more than the run", o.counter[0],
             explained);
    check_memory(c, list, list.jobs.size());

    // The traffic of good commands, and of bad ones nothing but the command and its completion.
    uint64_t steps = 0, beats = 0, corrupt = 0, reads = 0, writes = 0;
    for (const Job &job : list.jobs) {
        reads += TRI_COMMAND_BYTES;
        writes += l.beat_bytes > 32 ? l.beat_bytes : 32;
        if (job.status != TRI_ACCEL_OK && job.status != TRI_ACCEL_CORRUPT_WEIGHTS) continue;
        const uint64_t matrix = matrix_beats(job.k, l, device.ports);
        steps += matrix * job.groups(device);
        beats += matrix * device.ports;
        corrupt += job.corrupt_steps;
        reads += job.k.tokens * ceil_div(job.k.columns, l.beat_bytes) * l.beat_bytes;
        writes += job.k.tokens * ceil_div(4ull * job.k.rows, l.beat_bytes) * l.beat_bytes;
    }
    c.cycle = 0;
    c.same("counter steps", steps, o.counter[1]);
    c.same("counter beats_consumed", beats, o.counter[6]);
    c.same("counter corrupt_codes", corrupt, o.counter[7]);
    c.same("counter axi_errors", 0, o.counter[8]);
    c.same("weight bytes", beats * l.beat_bytes, o.after.weight_bytes - o.before.weight_bytes);
    c.same("data bytes read", reads, o.after.data_read_bytes - o.before.data_read_bytes);
    c.same("data bytes written", writes, o.after.data_write_bytes - o.before.data_write_bytes);
}

void check_stopped(Case &c, List &list, const Outcome &o, size_t at, uint32_t status,
                   uint32_t register_status) {
    check_counters(c, o);
    c.same("status of the list", register_status, o.status);
    const size_t count = at + (status != NOT_DONE);
    c.same("completed", count, o.completed);
    for (size_t i = 0; i < count && c.ok(); i++) {
        const tri_completion got = list.completion(i);
        const bool last = i == at;
        const bool unknown = last && status == TRI_ACCEL_AXI_COMMAND_ERROR;
        c.same("tag", unknown ? 0xffffffffu : list.jobs[i].k.tag, got.tag);
        c.same("status", last ? status : list.jobs[i].status, got.status);
        c.same("counts add up to cycles", got.cycles,
               (uint64_t)got.steps + got.wait_command + got.wait_activations + got.wait_results +
                   got.wait_weights);
    }
    // Later commands write nothing; the stopped one may have written its results, right or wrong.
    for (size_t i = at; i < list.jobs.size(); i++) {
        const tri_command &k = list.jobs[i].k;
        for (uint32_t t = 0; t < k.tokens; t++) {
            const uint64_t from = k.result_offset + (uint64_t)t * k.result_stride;
            if (i == at)
                memcpy(&list.wanted[from], &list.data[from], 4ull * k.rows);
            else
                memset(&list.wanted[from], FILL, 4ull * k.rows);
        }
    }
    check_memory(c, list, count);
}
