/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs that an evaluation wants: where they are, which version, and the hash of the sources
 * that they read. Runs them only to ask for their version.
 */
#ifndef TRI_EXPLORE_TOOLS_H
#define TRI_EXPLORE_TOOLS_H

#include <limits.h>

#include "explore/evaluate.h"

enum tri_tool_id {
    TRI_TOOL_PYTHON,
    TRI_TOOL_YOSYS,
    TRI_TOOL_LIBERTY, /* osu018 alone */
    TRI_TOOL_VERILATOR,
    TRI_TOOL_MAKE,
    TRI_TOOL_CXX,
    TRI_TOOL_NEXTPNR, /* ecp5 alone */
    TRI_TOOL_STA,     /* osu018 alone */
    TRI_TOOL_COUNT
};

struct tri_toolbox {
    char root[PATH_MAX]; /* of the repository; "" when there is none */
    struct tri_tool tool[TRI_TOOL_COUNT];
    char path[TRI_TOOL_COUNT][PATH_MAX];
    struct tri_tool shown[TRI_TOOL_COUNT]; /* those that the family wants */
    uint32_t shown_count;
    uint64_t rtl_hash, sim_hash; /* of sources of synthesis and simulation; 0 without a root */
};

/* Looks for all of them. Errors: IO (a source cannot be read). */
enum tri_status tri_toolbox_fill(struct tri_toolbox *box, const char *family);

/* Whether it is there, and its place in `shown` says so. */
bool tri_toolbox_has(const struct tri_toolbox *box, enum tri_tool_id id);

#endif
