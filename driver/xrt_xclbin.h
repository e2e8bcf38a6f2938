/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks into an xclbin without XRT: is it whole, is it for a card or for emulation, and which
 * design is it, as its section USER_METADATA says. XRT itself checks none of this before it uses a
 * file.
 */
#ifndef TRI_XRT_XCLBIN_H
#define TRI_XRT_XCLBIN_H

#include <stdbool.h>

#include "base/design.h"

struct tri_xclbin {
    bool emulation;  /* hardware emulation; else a card's */
    bool has_design; /* the section was there and is a design */
    struct tri_design design;
};

/* Errors: IO, FORMAT (truncated, damaged, not an xclbin, software emulation). */
enum tri_status tri_xclbin_read(const char *path, struct tri_xclbin *xclbin);

#endif
