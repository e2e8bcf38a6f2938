/* SPDX-License-Identifier: Apache-2.0
 *
 * What an xclbin for hardware emulation says: kernel, arguments, compute units, memory banks. Taken
 * from rtl/accel.yaml and a design; used by the writer alone. A card's xclbin comes from v++.
 */
#ifndef TRI_TOOLS_XCLBIN_H
#define TRI_TOOLS_XCLBIN_H

#include <stdint.h>
#include <stdio.h>

#include "base/design.h"

enum { XCLBIN_UNITS = 8, XCLBIN_ARGUMENTS = 32, XCLBIN_BANKS = XCLBIN_UNITS * 17 };
#define XCLBIN_KERNEL "tritium_top" /* the module that tools/design_params writes */

struct xclbin_argument {
    char name[40];
    uint32_t offset;
    int32_t port; /* -2: a scalar, -1: m_axi_data, else m_axi_wN */
};

struct xclbin_plan {
    struct tri_design design;
    uint32_t units, arguments, banks;
    struct xclbin_argument argument[XCLBIN_ARGUMENTS];
    uint64_t bank_bytes;
};

/* Fills arguments and banks from contract and design. Errors: IO, FORMAT, ARGUMENT. */
enum tri_status xclbin_plan_make(const char *contract, const char *design, uint32_t units,
                                 uint64_t bank_bytes, struct xclbin_plan *plan);

/* A bank for each port of each unit: port -1 is the data port. */
uint32_t xclbin_bank(const struct xclbin_plan *plan, uint32_t unit, int32_t port);
uint64_t xclbin_bank_base(const struct xclbin_plan *plan, uint32_t bank);
uint64_t xclbin_unit_base(uint32_t unit);

/* The kernel as XRT wants it described. */
void xclbin_write_xml(const struct xclbin_plan *plan, FILE *out);
/* Units, banks and who sees which, for sim/xrt_device. */
void xclbin_write_plan(const struct xclbin_plan *plan, FILE *out);

#endif
