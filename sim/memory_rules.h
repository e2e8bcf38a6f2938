/* SPDX-License-Identifier: Apache-2.0
 *
 * The AXI rules that the memory model holds the kernel to. Part of sim/memory.h, not for callers.
 */
#ifndef TRI_SIM_MEMORY_RULES_H
#define TRI_SIM_MEMORY_RULES_H

#include "sim/memory.h"

/* Counts a broken rule and keeps the first one's text, with cycle and port. */
void tri_mem_broken(struct tri_mem *mem, const char *rule);

/* Checks the kernel's pins of this edge against the edge before, and new addresses. */
void tri_mem_check(struct tri_mem *mem);

#endif
