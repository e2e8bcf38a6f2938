/* SPDX-License-Identifier: Apache-2.0
 *
 * From contract and design to arguments, banks and addresses, and these as text. The file's format
 * is in tools/xclbin.c.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/contract.h"
#include "tools/xclbin.h"

/* Any places do; above 4 GiB a kernel or host that drops half of an address fails at once. */
#define BANKS_BASE UINT64_C(0x0000004000000000)
#define UNITS_BASE UINT64_C(0x0000000001800000)
#define UNIT_BYTES UINT64_C(0x0000000000010000)

enum { ARGUMENT_FIRST = 0x10 };
static const char prefix[] = "argument:"; /* of an argument's description in rtl/accel.yaml */

static int32_t port_of(const struct entry *e, uint32_t i) {
    if (e->bits == 32) return -2;
    return e->repeat > 1 ? (int32_t)i : -1;
}

static enum tri_status add_arguments(const struct contract *contract, struct xclbin_plan *plan) {
    const uint32_t ports = plan->design.geometry.ports;
    for (uint32_t r = 0; r < contract->registers.count; r++) {
        const struct entry *e = &contract->registers.entry[r];
        if (strncmp(e->doc, prefix, sizeof prefix - 1) != 0) continue;
        const uint32_t count = e->repeat > 1 ? ports : 1;
        if (count > e->repeat || e->offset < ARGUMENT_FIRST) {
            return tri_fail(TRI_E_FORMAT, "rtl/accel.yaml: %s: %u of it do not fit", e->name,
                            count);
        }
        for (uint32_t i = 0; i < count; i++) {
            if (plan->arguments == XCLBIN_ARGUMENTS) {
                return tri_fail(TRI_E_FORMAT, "rtl/accel.yaml: more than %d arguments",
                                XCLBIN_ARGUMENTS);
            }
            struct xclbin_argument *a = &plan->argument[plan->arguments++];
            if (e->repeat > 1)
                (void)snprintf(a->name, sizeof a->name, "%s%" PRIu32, e->name, i);
            else
                (void)snprintf(a->name, sizeof a->name, "%s", e->name);
            a->offset = e->offset + i * e->stride;
            a->port = port_of(e, i);
        }
    }
    return TRI_OK;
}

enum tri_status xclbin_plan_make(const char *contract, const char *design, uint32_t units,
                                 uint64_t bank_bytes, struct xclbin_plan *plan) {
    static struct contract read; /* large */
    memset(plan, 0, sizeof *plan);
    if (units < 1 || units > XCLBIN_UNITS) {
        return tri_fail(TRI_E_ARGUMENT, "units: wanted 1 to %d, got %" PRIu32, XCLBIN_UNITS, units);
    }
    if (bank_bytes < 4096 || bank_bytes % 4096 != 0 || bank_bytes > UINT64_C(1) << 36) {
        return tri_fail(TRI_E_ARGUMENT, "bank: wanted a multiple of 4 KiB to 64 GiB, got %" PRIu64,
                        bank_bytes);
    }
    plan->units = units;
    plan->bank_bytes = bank_bytes;
    TRI_TRY(contract_read(contract, &read));
    TRI_TRY(tri_design_read(design, &plan->design));
    plan->banks = units * (plan->design.geometry.ports + 1);
    return add_arguments(&read, plan);
}

uint32_t xclbin_bank(const struct xclbin_plan *plan, uint32_t unit, int32_t port) {
    return unit * (plan->design.geometry.ports + 1) + (uint32_t)(port + 1);
}

uint64_t xclbin_bank_base(const struct xclbin_plan *plan, uint32_t bank) {
    return BANKS_BASE + bank * plan->bank_bytes;
}

uint64_t xclbin_unit_base(uint32_t unit) { return UNITS_BASE + unit * UNIT_BYTES; }

static void write_port(const struct xclbin_plan *plan, const char *name, FILE *out) {
    fprintf(out,
            "<port name=\"%s\" mode=\"master\" range=\"0xFFFFFFFFFFFFFFFF\" dataWidth=\"%" PRIu32
            "\" portType=\"addressable\" base=\"0x0\"/>\n",
            name, plan->design.geometry.beat_bits);
}

static void port_name(int32_t port, char *name) { /* [24] */
    if (port < -1)
        (void)snprintf(name, 24, "S_AXI_CONTROL");
    else if (port < 0)
        (void)snprintf(name, 24, "M_AXI_DATA");
    else
        (void)snprintf(name, 24, "M_AXI_W%" PRId32, port);
}

void xclbin_write_xml(const struct xclbin_plan *plan, FILE *out) {
    char name[24];
    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project name=\"%s\">\n"
        "<platform vendor=\"tritium\" boardid=\"emulation\" name=\"%s\" featureRomTime=\"0\">\n"
        "<device name=\"fpga0\" fpgaDevice=\"emulation\" addrWidth=\"0\">\n"
        "<core name=\"OCL_REGION_0\" target=\"hw_em\" type=\"clc_region\" "
        "numComputeUnits=\"%" PRIu32
        "\">\n<kernel name=\"%s\" language=\"ip_c\" type=\"pl\" hwControlProtocol=\"ap_ctrl_hs\" "
        "interrupt=\"true\">\n"
        "<port name=\"S_AXI_CONTROL\" mode=\"slave\" range=\"0x1000\" dataWidth=\"32\" "
        "portType=\"addressable\" base=\"0x0\"/>\n",
        plan->design.name, plan->design.name, plan->units, XCLBIN_KERNEL);
    for (int32_t port = -1; port < (int32_t)plan->design.geometry.ports; port++) {
        port_name(port, name);
        write_port(plan, name, out);
    }
    for (uint32_t i = 0; i < plan->arguments; i++) {
        const struct xclbin_argument *a = &plan->argument[i];
        const bool scalar = a->port < -1;
        port_name(a->port, name);
        fprintf(out,
                "<arg name=\"%s\" addressQualifier=\"%d\" id=\"%" PRIu32 "\" port=\"%s\" "
                "size=\"0x%x\" offset=\"0x%" PRIX32 "\" hostOffset=\"0x0\" hostSize=\"0x%x\" "
                "type=\"%s\"/>\n",
                a->name, scalar ? 0 : 1, i, name, scalar ? 4U : 8U, a->offset, scalar ? 4U : 8U,
                scalar ? "unsigned int" : "void*");
    }
    for (uint32_t u = 0; u < plan->units; u++) {
        fprintf(out,
                "<instance name=\"%s_%" PRIu32 "\"><addrRemap base=\"0x%" PRIX64
                "\" range=\"0x%" PRIX64 "\" port=\"S_AXI_CONTROL\"/></instance>\n",
                XCLBIN_KERNEL, u + 1, xclbin_unit_base(u), UNIT_BYTES);
    }
    fprintf(out, "</kernel>\n</core>\n</device>\n</platform>\n</project>\n");
}

void xclbin_write_plan(const struct xclbin_plan *plan, FILE *out) {
    for (uint32_t b = 0; b < plan->banks; b++) {
        fprintf(out, "bank %" PRIx64 " %" PRIx64 "\n", xclbin_bank_base(plan, b), plan->bank_bytes);
    }
    for (uint32_t u = 0; u < plan->units; u++) {
        fprintf(out, "unit %" PRIx64 "\n", xclbin_unit_base(u));
        for (int32_t port = -1; port < (int32_t)plan->design.geometry.ports; port++) {
            fprintf(out, "port %" PRId32 " %" PRIu32 "\n", port, xclbin_bank(plan, u, port));
        }
    }
}
