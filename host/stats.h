/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run cost, in tokens, seconds and accelerator cycles, as text and as JSON. Prefill (the
 * prompt) and decode (the reply) are kept apart. Holds no clocks and reads no device.
 */
#ifndef TRI_HOST_STATS_H
#define TRI_HOST_STATS_H

#include <jansson.h>
#include <stdio.h>

#include "cpu/engine.h"
#include "driver/device.h"

struct tri_phase {
    uint64_t tokens; /* run through the model in this phase */
    double seconds;
    struct tri_counters counters;   /* of this phase alone */
    struct tri_cpu_profile profile; /* likewise, of the fast engine */
    double head, sampling;          /* seconds of the screened head and of choosing tokens */
};

struct tri_stats {
    const char *model;                  /* its folder */
    const char *device;                 /* "cpu", "ref" or the device's URI */
    const struct tri_device_info *info; /* NULL without a device */
    const struct tri_cpu *cpu;          /* NULL for the plain reference */
    struct tri_cpu_bytes bytes;         /* of it */
    uint64_t prompt_tokens, reply_tokens;
    uint64_t products_checked, products_equal; /* one matrix group times one token is one product */
    uint64_t sums_checked;                     /* integers compared */
    struct tri_phase prefill, decode;
};

/* to += after - before, counter by counter. */
void tri_counters_add(struct tri_counters *to, const struct tri_counters *after,
                      const struct tri_counters *before);

/* to += after - before. */
void tri_profile_add(struct tri_cpu_profile *to, const struct tri_cpu_profile *after,
                     const struct tri_cpu_profile *before);

/* Where a token's time went, as a table; nothing for the plain reference. */
void tri_profile_print(const struct tri_stats *stats, FILE *out);
/* The same as an object {"prefill": {...}, "decode": {...}}, in seconds; NULL when out of memory.
 */
json_t *tri_profile_json(const struct tri_stats *stats);

void tri_stats_print(const struct tri_stats *stats, FILE *out);
/* A flat object; the caller owns it. NULL when out of memory. Figures that a device cannot know are
 * absent. */
json_t *tri_stats_json(const struct tri_stats *stats);

#endif
