/* SPDX-License-Identifier: Apache-2.0
 *
 * Each AXI rule that the simulated memory watches is reported when a kernel breaks it.
 */
#include "tests/unit/memory_master.h"

static void expect_broken(struct tri_mem *mem, uint64_t errors, const char *rule) {
    cr_assert_eq(mem->protocol_errors, errors, "%s: %llu", rule,
                 (unsigned long long)mem->protocol_errors);
    cr_assert(strstr(mem->first_error, rule) && strstr(mem->first_error, "data port"), "%s",
              mem->first_error);
    tri_mem_free(mem);
}

Test(sim_memory_rules, reports_a_burst_across_4_kib_and_allows_one_up_to_it) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    request(&mem, BASE + 4096 - 4 * BEAT, 4);
    cr_assert_eq(mem.protocol_errors, 0);
    request(&mem, BASE + 4096 - 3 * BEAT, 4);
    expect_broken(&mem, 1, "read burst crosses a 4 KiB boundary");
    const uint8_t data[4 * BEAT] = {0};
    start(&mem, &ideal, 0, &no_fault);
    (void)write_burst(&mem, BASE + 4096 - 3 * BEAT, data, 4, UINT64_MAX, 100);
    expect_broken(&mem, 1, "write burst crosses a 4 KiB boundary");
}

Test(sim_memory_rules, reports_an_address_inside_a_beat) {
    struct tri_mem mem;
    start(&mem, &ideal, 0, &no_fault);
    request(&mem, BASE + 8, 1);
    expect_broken(&mem, 1, "araddr is not a multiple of the beat");
}

/* Fills the queue so that arready stays low. */
static void block(struct tri_mem *mem) {
    start(mem, &ideal, 0, &no_fault);
    for (uint32_t i = 0; i < ideal.outstanding; i++) request(mem, BASE, 1);
    mem->r.arvalid = true;
    mem->r.araddr = BASE + 64;
    mem->r.arlen = 3;
    tri_mem_tick(mem);
}

Test(sim_memory_rules, reports_an_offered_address_that_is_taken_back_or_changes) {
    struct tri_mem mem;
    block(&mem);
    tri_mem_tick(&mem);
    cr_assert_eq(mem.protocol_errors, 0);
    mem.r.arvalid = false;
    tri_mem_tick(&mem);
    expect_broken(&mem, 1, "arvalid fell");
    block(&mem);
    mem.r.araddr += BEAT;
    tri_mem_tick(&mem);
    expect_broken(&mem, 1, "araddr or arlen changed");
    block(&mem);
    mem.r.arlen++;
    tri_mem_tick(&mem);
    expect_broken(&mem, 1, "araddr or arlen changed");
}

/* Offers write data before any address, so that wready stays low. */
static void offer_data(struct tri_mem *mem) {
    start(mem, &ideal, 0, &no_fault);
    mem->w.wvalid = true;
    mem->w.wstrb = 0xffff;
    tri_mem_tick(mem);
    cr_assert_eq(mem->protocol_errors, 0);
}

Test(sim_memory_rules, reports_offered_data_that_is_taken_back_or_changes) {
    struct tri_mem mem;
    offer_data(&mem);
    mem.w.wvalid = false;
    tri_mem_tick(&mem);
    expect_broken(&mem, 1, "wvalid fell");
    for (int what = 0; what < 3; what++) {
        offer_data(&mem);
        if (what == 0) mem.w.wdata[15] ^= 1;
        if (what == 1) mem.w.wstrb ^= 1;
        if (what == 2) mem.w.wlast = true;
        tri_mem_tick(&mem);
        expect_broken(&mem, 1, "wdata, wstrb or wlast changed");
    }
}

Test(sim_memory_rules, reports_a_last_that_comes_early_or_not_at_all) {
    for (int early = 0; early < 2; early++) {
        struct tri_mem mem;
        start(&mem, &ideal, 0, &no_fault);
        mem.w.awvalid = mem.w.wvalid = true;
        mem.w.awaddr = BASE;
        mem.w.awlen = early ? 1 : 0;
        mem.w.wlast = early != 0;
        for (int i = 0; i < 20; i++) {
            const bool address_taken = mem.w.awready, data_taken = mem.w.wready;
            tri_mem_tick(&mem);
            if (address_taken) mem.w.awvalid = false;
            if (data_taken && mem.w.wvalid) mem.w.wvalid = false;
        }
        expect_broken(&mem, 1, "wlast is wrong");
    }
}
