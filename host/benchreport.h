/* SPDX-License-Identifier: Apache-2.0
 *
 * What `bench` measured, as text and as JSON. The same keys for every device; figures that a device
 * cannot know are absent. Measures nothing.
 */
#ifndef TRI_HOST_BENCHREPORT_H
#define TRI_HOST_BENCHREPORT_H

#include <jansson.h>
#include <stdio.h>

#include "host/stats.h"

/* One pass of one phase; seconds exclude comparing with the reference. */
struct tri_bench_pass {
    double seconds;         /* wall time */
    double product_seconds; /* of them: in the ternary products, submission and waiting included */
};

struct tri_bench_phase {
    const char *name;             /* "prefill" or "decode" */
    uint32_t tokens;              /* of each pass; 0: the phase was not asked for */
    uint32_t passes;              /* done */
    struct tri_bench_pass *pass;  /* [passes], owned by the caller */
    struct tri_counters counters; /* of all passes */
};

struct tri_bench_report {
    const char *model, *device;
    const struct tri_device_info *info; /* NULL: the plain reference */
    double make_seconds;                /* of a synthetic model; 0: it was there */
    double open_seconds;                /* model and tokenizer */
    double load_seconds;                /* device, packing, loading */
    double check_seconds;               /* comparing */
    double wall_seconds, cpu_seconds;   /* everything; of all threads */
    uint64_t seed;
    uint64_t products_checked, products_equal, sums_checked;
    struct tri_bench_phase phase[2]; /* prefill, decode */
};

/* The middle of count values, or the mean of the two middle ones; sorts them. count >= 1 */
double tri_median(double *values, uint32_t count);

/* Errors: MEMORY. */
enum tri_status tri_bench_print(const struct tri_bench_report *report, FILE *out);
/* *json: an object that the caller owns. Errors: MEMORY. */
enum tri_status tri_bench_json(const struct tri_bench_report *report, json_t **json);

#endif
