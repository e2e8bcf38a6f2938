/* SPDX-License-Identifier: Apache-2.0
 *
 * AXI rules checked on every edge: what was offered stays until it is taken, bursts keep inside
 * 4 KiB and start on a beat. Broken rules are counted, never repaired.
 */
#include "sim/memory_rules.h"

#include <stdio.h>
#include <string.h>

void tri_mem_broken(struct tri_mem *mem, const char *rule) {
    if (mem->protocol_errors++ > 0) return;
    char port[16] = "data port";
    if (mem->port >= 0) snprintf(port, sizeof port, "port %d", (int)mem->port);
    snprintf(mem->first_error, sizeof mem->first_error, "cycle %llu, %s: %s",
             (unsigned long long)mem->cycle, port, rule);
}

static void check_address(struct tri_mem *mem, uint64_t address, uint32_t beats, bool write) {
    if (address % mem->beat_bytes != 0) {
        tri_mem_broken(mem, write ? "awaddr is not a multiple of the beat"
                                  : "araddr is not a multiple of the beat");
    }
    if (address % 4096 + (uint64_t)beats * mem->beat_bytes > 4096) {
        tri_mem_broken(mem, write ? "a write burst crosses a 4 KiB boundary"
                                  : "a read burst crosses a 4 KiB boundary");
    }
}

static void check_reads(struct tri_mem *mem) {
    const struct tri_mem_read_pins *now = &mem->r;
    struct tri_mem_read_pins *before = &mem->r_before;
    if (before->arvalid) { /* offered at the edge before and not taken */
        if (!now->arvalid)
            tri_mem_broken(mem, "arvalid fell before arready");
        else if (now->araddr != before->araddr || now->arlen != before->arlen)
            tri_mem_broken(mem, "araddr or arlen changed before arready");
    } else if (now->arvalid) {
        check_address(mem, now->araddr, now->arlen + 1U, false);
    }
    before->arvalid = now->arvalid && !now->arready;
    before->araddr = now->araddr;
    before->arlen = now->arlen;
}

static void check_write_address(struct tri_mem *mem) {
    const struct tri_mem_write_pins *now = &mem->w;
    struct tri_mem_write_pins *before = &mem->w_before;
    if (before->awvalid) {
        if (!now->awvalid)
            tri_mem_broken(mem, "awvalid fell before awready");
        else if (now->awaddr != before->awaddr || now->awlen != before->awlen)
            tri_mem_broken(mem, "awaddr or awlen changed before awready");
    } else if (now->awvalid) {
        check_address(mem, now->awaddr, now->awlen + 1U, true);
    }
    before->awvalid = now->awvalid && !now->awready;
    before->awaddr = now->awaddr;
    before->awlen = now->awlen;
}

static void check_write_data(struct tri_mem *mem) {
    const struct tri_mem_write_pins *now = &mem->w;
    struct tri_mem_write_pins *before = &mem->w_before;
    if (before->wvalid) {
        if (!now->wvalid)
            tri_mem_broken(mem, "wvalid fell before wready");
        else if (now->wstrb != before->wstrb || now->wlast != before->wlast ||
                 memcmp(now->wdata, before->wdata, mem->beat_bytes) != 0)
            tri_mem_broken(mem, "wdata, wstrb or wlast changed before wready");
    }
    before->wvalid = now->wvalid && !now->wready;
    if (!before->wvalid) return;
    before->wstrb = now->wstrb;
    before->wlast = now->wlast;
    memcpy(before->wdata, now->wdata, mem->beat_bytes);
}

void tri_mem_check(struct tri_mem *mem) {
    if (mem->r.arvalid || mem->r_before.arvalid) check_reads(mem);
    if (!mem->writes) return;
    if (mem->w.awvalid || mem->w_before.awvalid) check_write_address(mem);
    if (mem->w.wvalid || mem->w_before.wvalid) check_write_data(mem);
}
