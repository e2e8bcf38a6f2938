/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated memory alone, counted in clock cycles: latency, bandwidth, refresh, stalls, faults.
 */
#include "tests/unit/memory_master.h"

/* Keeps bursts of 16 beats coming and takes every beat; returns the beats taken in `cycles`. */
static uint64_t stream(struct tri_mem *mem, uint64_t cycles) {
    const uint64_t before = mem->read_bytes;
    uint64_t next = 0;
    mem->r.rready = true;
    for (uint64_t i = 0; i < cycles; i++) {
        if (!mem->r.arvalid) {
            mem->r.arvalid = true;
            mem->r.araddr = BASE + next++ * 256 % BYTES;
            mem->r.arlen = 15;
        }
        const bool taken = mem->r.arready;
        tri_mem_tick(mem);
        if (taken) mem->r.arvalid = false;
    }
    return (mem->read_bytes - before) / BEAT;
}

Test(sim_memory, answers_exactly_after_the_latency) {
    for (uint32_t latency = 1; latency < 40; latency += 13) {
        struct tri_memory config = ideal;
        config.latency = latency;
        struct tri_mem mem;
        struct beat beat;
        start(&mem, &config, 0, &no_fault);
        const uint64_t cycle = request(&mem, BASE + 4096, 1);
        cr_assert(take(&mem, &beat, 100));
        cr_assert_eq(beat.cycle - cycle, latency);
        tri_mem_free(&mem);
    }
}

Test(sim_memory, answers_a_write_after_the_latency_too) {
    uint64_t cycles[2];
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t data[BEAT] = {0};
        struct tri_memory config = ideal;
        config.latency = 10 + 37 * i;
        struct tri_mem mem;
        start(&mem, &config, 0, &no_fault);
        cr_assert_eq(write_burst(&mem, BASE, data, 1, UINT64_MAX, 100), TRI_MEM_OKAY);
        cycles[i] = mem.cycle;
        tri_mem_free(&mem);
    }
    cr_assert_eq(cycles[1] - cycles[0], 37);
}

Test(sim_memory, gives_beats_in_order_with_their_data_and_last) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    request(&mem, BASE + 512, 4);
    request(&mem, BASE, 2);
    static const uint32_t wanted[] = {512, 528, 544, 560, 0, 16};
    for (int i = 0; i < 6; i++) {
        struct beat beat;
        cr_assert(take(&mem, &beat, 100));
        cr_assert_eq(memcmp(beat.data, host + wanted[i], BEAT), 0, "beat %d", i);
        cr_assert_eq(beat.resp, TRI_MEM_OKAY);
        cr_assert_eq(beat.last, i == 3 || i == 5);
    }
    cr_assert_eq(mem.protocol_errors, 0);
    tri_mem_free(&mem);
}

Test(sim_memory, streams_a_beat_a_cycle_when_bandwidth_allows) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    stream(&mem, 100);
    cr_assert_eq(stream(&mem, 1000), 1000);
    tri_mem_free(&mem);
}

Test(sim_memory, sustains_its_bytes_per_cycle_to_the_beat_even_when_fractional) {
    for (double rate = 0.7; rate < 16; rate += 1.37) {
        struct tri_memory config = ideal;
        config.bytes_per_cycle = rate;
        struct tri_mem mem;
        start(&mem, &config, 0, &no_fault);
        stream(&mem, 200);
        const double beats = (double)stream(&mem, 20000), wanted = 20000 * rate / BEAT;
        cr_assert(beats > wanted - 1.5 && beats < wanted + 1.5, "%g: %g, wanted %g", rate, beats,
                  wanted);
        tri_mem_free(&mem);
    }
}

Test(sim_memory, is_latency_bound_when_few_bursts_may_be_outstanding) {
    struct tri_memory config = ideal;
    config.latency = 50;
    config.outstanding = 2; /* two bursts of 16 beats in every 50 + 16 + 1 cycles or so */
    struct tri_mem mem;
    start(&mem, &config, 0, &no_fault);
    const uint64_t beats = stream(&mem, 6700);
    cr_assert(beats > 2900 && beats < 3300, "%llu", (unsigned long long)beats);
    tri_mem_free(&mem);
}

Test(sim_memory, takes_no_more_bursts_than_may_be_outstanding) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    uint32_t accepted = 0;
    mem.r.arvalid = true;
    mem.r.araddr = BASE;
    for (int i = 0; i < 100; i++) {
        accepted += mem.r.arready;
        tri_mem_tick(&mem);
    }
    cr_assert_eq(accepted, ideal.outstanding);
    tri_mem_free(&mem);
}

Test(sim_memory, stops_for_refresh_as_often_and_as_long_as_configured) {
    struct tri_memory config = ideal;
    config.refresh_interval = 100;
    config.refresh_cycles = 20;
    struct tri_mem mem;
    start(&mem, &config, 0, &no_fault);
    request(&mem, BASE, 16);
    const double beats = (double)stream(&mem, 10000);
    cr_assert(beats > 7950 && beats < 8050, "%g", beats);
    uint64_t gap = 0, longest = 0;
    for (int i = 0; i < 1000; i++) {
        gap = mem.r.rvalid ? 0 : gap + 1;
        longest = gap > longest ? gap : longest;
        stream(&mem, 1);
    }
    cr_assert_eq(longest, 20);
    tri_mem_free(&mem);
}

static uint64_t stalled_beats(uint32_t permille, uint64_t seed) {
    struct tri_memory config = ideal;
    config.stall_permille = permille;
    struct tri_mem mem;
    start(&mem, &config, seed, &no_fault);
    const uint64_t beats = stream(&mem, 20000);
    cr_assert_eq(mem.protocol_errors, 0);
    tri_mem_free(&mem);
    return beats;
}

Test(sim_memory, stalls_as_often_as_configured_and_the_same_for_the_same_seed) {
    /* A stalled read beat waits a geometric number of cycles: 1 - p beats a cycle. */
    const double beats = (double)stalled_beats(300, 5);
    cr_assert(beats > 0.68 * 20000 && beats < 0.72 * 20000, "%g", beats);
    cr_assert_eq(stalled_beats(300, 5), (uint64_t)beats);
    cr_assert_neq(stalled_beats(300, 6), (uint64_t)beats);
}

/* Cycles of each channel that a stall of half of them must lengthen. */
struct waits {
    uint64_t ar, r, aw, w, b;
};

static void read_slowly(struct tri_mem *mem, struct waits *waits) {
    const uint64_t offered = mem->cycle, taken = request(mem, BASE, 1);
    waits->ar += taken - offered;
    while (!mem->r.rvalid) tri_mem_tick(mem);
    waits->r += mem->cycle - taken;
    uint8_t before[BEAT];
    memcpy(before, mem->r.rdata, BEAT);
    for (int i = 0; i < 10; i++) { /* what was offered stays */
        tri_mem_tick(mem);
        cr_assert(mem->r.rvalid && memcmp(before, mem->r.rdata, BEAT) == 0);
    }
    struct beat beat;
    cr_assert(take(mem, &beat, 1));
}

static void write_slowly(struct tri_mem *mem, struct waits *waits) {
    struct tri_mem_write_pins *w = &mem->w;
    uint64_t start_cycle = mem->cycle;
    w->awvalid = true;
    w->awaddr = BASE;
    w->awlen = 0;
    while (!w->awready) tri_mem_tick(mem);
    tri_mem_tick(mem);
    w->awvalid = false;
    waits->aw += mem->cycle - start_cycle;
    start_cycle = mem->cycle;
    w->wvalid = w->wlast = true;
    while (!w->wready) tri_mem_tick(mem);
    tri_mem_tick(mem);
    w->wvalid = false;
    waits->w += mem->cycle - start_cycle;
    start_cycle = mem->cycle;
    while (!w->bvalid) tri_mem_tick(mem);
    waits->b += mem->cycle - start_cycle;
    for (int i = 0; i < 10; i++) {
        tri_mem_tick(mem);
        cr_assert(w->bvalid);
    }
    w->bready = true;
    tri_mem_tick(mem);
    w->bready = false;
}

static struct waits waits_with(uint32_t permille) {
    struct tri_memory config = ideal;
    struct waits waits = {0, 0, 0, 0, 0};
    struct tri_mem mem;
    config.stall_permille = permille;
    start(&mem, &config, 3, &no_fault);
    for (int i = 0; i < 200; i++) {
        read_slowly(&mem, &waits);
        write_slowly(&mem, &waits);
    }
    cr_assert_eq(mem.protocol_errors, 0, "%s", mem.first_error);
    tri_mem_free(&mem);
    return waits;
}

Test(sim_memory, stalls_every_channel_and_never_takes_an_offer_back) {
    const struct waits never = waits_with(0), often = waits_with(500);
    /* 200 transfers, each delayed by one cycle on average */
    cr_assert(often.ar > never.ar + 150, "ar");
    cr_assert(often.r > never.r + 150, "r");
    cr_assert(often.aw > never.aw + 150, "aw");
    cr_assert(often.w > never.w + 150, "w");
    cr_assert(often.b > never.b + 150, "b");
}

Test(sim_memory, answers_decerr_outside_of_the_map_to_the_byte) {
    struct tri_mem mem;
    struct beat beat;
    start(&mem, &ideal, 0, &no_fault);
    static const uint64_t bad[] = {0, BASE - BEAT, BASE + BYTES, UINT64_MAX - 15};
    for (int i = 0; i < 4; i++) {
        request(&mem, bad[i], 1);
        cr_assert(take(&mem, &beat, 100));
        cr_assert_eq(beat.resp, TRI_MEM_DECERR);
    }
    cr_assert(tri_mem_map(&mem, BASE + 2 * BYTES, host, 4096 + 8)); /* ends inside a beat */
    request(&mem, BASE + 2 * BYTES + 4096, 1);
    cr_assert(take(&mem, &beat, 100));
    cr_assert_eq(beat.resp, TRI_MEM_DECERR);
    request(&mem, BASE + BYTES - BEAT, 1);
    cr_assert(take(&mem, &beat, 100));
    cr_assert_eq(beat.resp, TRI_MEM_OKAY);
    const uint8_t data[BEAT] = {1};
    cr_assert_eq(write_burst(&mem, BASE + BYTES, data, 1, UINT64_MAX, 100), TRI_MEM_DECERR);
    cr_assert_eq(mem.protocol_errors, 0);
    tri_mem_free(&mem);
}

Test(sim_memory, refuses_maps_that_overlap_or_do_not_start_on_a_page) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    cr_assert(!tri_mem_map(&mem, BASE, host, 1));
    cr_assert(!tri_mem_map(&mem, BASE + BYTES - 4096, host, 4096));
    cr_assert(!tri_mem_map(&mem, BASE - 4096, host, 4097));
    cr_assert(!tri_mem_map(&mem, 16, host, 4096));
    cr_assert(!tri_mem_map(&mem, UINT64_MAX - 4095, host, 4097));
    cr_assert(tri_mem_map(&mem, BASE - 4096, host, 4096));
    cr_assert(tri_mem_map(&mem, BASE + BYTES, host, 4096));
    tri_mem_unmap_all(&mem);
    cr_assert(tri_mem_map(&mem, BASE, host, 4096));
    tri_mem_free(&mem);
}

Test(sim_memory, writes_the_bytes_that_are_strobed_and_no_others) {
    struct tri_mem mem;
    uint8_t before[BYTES], data[3 * BEAT];
    start(&mem, &ideal, 0, &no_fault);
    memcpy(before, host, BYTES);
    for (int i = 0; i < 3 * BEAT; i++) data[i] = (uint8_t)(200 + i);
    cr_assert_eq(write_burst(&mem, BASE + 256, data, 3, UINT64_MAX, 100), TRI_MEM_OKAY);
    memcpy(before + 256, data, sizeof data);
    cr_assert_eq(memcmp(before, host, BYTES), 0);
    cr_assert_eq(write_burst(&mem, BASE + 1024, data, 1, 0x8421, 100), TRI_MEM_OKAY);
    for (int i = 0; i < BEAT; i += 5) before[1024 + i] = data[i];
    cr_assert_eq(memcmp(before, host, BYTES), 0);
    cr_assert_eq(mem.write_bytes, 4 * BEAT);
    cr_assert_eq(mem.protocol_errors, 0, "%s", mem.first_error);
    tri_mem_free(&mem);
}

Test(sim_memory, shares_one_ports_bandwidth_between_reads_and_writes) {
    struct tri_memory config = ideal;
    config.bytes_per_cycle = 8;
    struct tri_mem mem;
    start(&mem, &config, 0, &no_fault);
    struct tri_mem_write_pins *w = &mem.w;
    w->awvalid = w->wvalid = w->bready = w->wlast = true;
    w->awaddr = BASE;
    stream(&mem, 10000);
    const uint64_t moved = mem.read_bytes + mem.write_bytes;
    cr_assert(moved > 79000 && moved < 80100, "%llu", (unsigned long long)moved);
    cr_assert(mem.write_bytes > 10000 && mem.read_bytes > 10000);
    tri_mem_free(&mem);
}

Test(sim_memory, answers_slverr_on_the_chosen_burst_only) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SLVERR, .port = -1, .burst = 1};
    struct tri_mem mem;
    struct beat beat;
    start(&mem, &ideal, 0, &fault);
    for (int burst = 0; burst < 3; burst++) {
        request(&mem, BASE, 2);
        for (int i = 0; i < 2; i++) {
            cr_assert(take(&mem, &beat, 100));
            cr_assert_eq(beat.resp, burst == 1 ? TRI_MEM_SLVERR : TRI_MEM_OKAY);
        }
    }
    const uint8_t data[2 * BEAT] = {0};
    for (int i = 0; i < 2; i++) { /* a fault of reads leaves writes alone */
        cr_assert_eq(write_burst(&mem, BASE, data, 2, UINT64_MAX, 100), TRI_MEM_OKAY);
    }
    tri_mem_free(&mem);
}

Test(sim_memory, flips_one_bit_of_the_chosen_bursts_first_beat) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_FLIP, .port = -1, .burst = 1, .bit = 77};
    struct tri_mem mem;
    struct beat beat;
    start(&mem, &ideal, 0, &fault);
    for (int i = 0; i < 6; i++) {
        if (i % 2 == 0) request(&mem, BASE, 2);
        cr_assert(take(&mem, &beat, 100));
        uint8_t wanted[BEAT];
        memcpy(wanted, host + i % 2 * BEAT, BEAT);
        if (i == 2) wanted[9] ^= 1U << 5;
        cr_assert_eq(memcmp(beat.data, wanted, BEAT), 0, "beat %d", i);
    }
    tri_mem_free(&mem);
}

Test(sim_memory, never_answers_a_silent_read_until_reset) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SILENCE, .port = -1, .burst = 0};
    struct tri_mem mem;
    struct beat beat;
    start(&mem, &ideal, 0, &fault);
    request(&mem, BASE, 1);
    request(&mem, BASE, 1);
    cr_assert(!take(&mem, &beat, 5000));
    tri_mem_reset(&mem);
    tri_mem_tick(&mem);
    request(&mem, BASE, 1);
    cr_assert(take(&mem, &beat, 100));
    tri_mem_free(&mem);
}

Test(sim_memory, never_answers_a_silent_write) {
    const struct tri_sim_fault fault = {
        .kind = TRI_FAULT_SILENCE, .port = -1, .write = true, .burst = 1};
    struct tri_mem mem;
    start(&mem, &ideal, 0, &fault);
    const uint8_t data[BEAT] = {0};
    cr_assert_eq(write_burst(&mem, BASE, data, 1, UINT64_MAX, 100), TRI_MEM_OKAY);
    cr_assert_eq(write_burst(&mem, BASE, data, 1, UINT64_MAX, 5000), -1);
    tri_mem_free(&mem);
}

Test(sim_memory, ignores_a_fault_of_another_port) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SLVERR, .port = 2, .burst = 0};
    struct tri_mem mem;
    struct beat beat;
    start(&mem, &ideal, 0, &fault);
    request(&mem, BASE, 1);
    cr_assert(take(&mem, &beat, 100));
    cr_assert_eq(beat.resp, TRI_MEM_OKAY);
    tri_mem_free(&mem);
}
