/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory this process may still take: the system's, or its container's where that is less.
 * Reads what Linux says; asks nobody to give anything.
 */
#ifndef TRI_CPU_MEMORY_H
#define TRI_CPU_MEMORY_H

#include <stdint.h>

#include "base/status.h"

struct tri_memory {
    uint64_t available; /* bytes; UINT64_MAX where the system does not say */
    const char *whose;  /* "system" or "container"; static storage */
};

/* root: where /proc and /sys are, "" for the system's own; tests give a folder. */
void tri_memory_look(const char *root, struct tri_memory *memory);

/* Fails when `bytes` more are not there. limit: most bytes that the caller may have in all and
 * `taken` what it has, 0 for no limit. what: for the message. Errors: MEMORY (what, wanted, got).
 */
enum tri_status tri_memory_check(const char *what, uint64_t bytes, uint64_t limit, uint64_t taken);

#endif
