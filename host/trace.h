/* SPDX-License-Identifier: Apache-2.0
 *
 * A trace of a run for Perfetto or chrome://tracing: the host's phases and the accelerator's, on
 * one time axis. The axis is that of the machine that the design describes: the host's phases last
 * what they lasted here, a list of commands lasts its cycles at the design's clock; what simulating
 * and comparing took is left out. On a device without cycles a product lasts what it lasted.
 */
#ifndef TRI_HOST_TRACE_H
#define TRI_HOST_TRACE_H

#include "driver/device.h"
#include "host/outfile.h"
#include "ref/forward.h"

struct tri_trace {
    struct tri_outfile file;
    const struct tri_model *model;
    const struct tri_image *image; /* NULL: the device has none */
    double clock_mhz;              /* 0: the device counts no cycles */
    double at;                     /* now, on the axis, in microseconds */
    double mark;                   /* when the host's phase began, by the machine's clock */
    double tokens_at, product_at;  /* where the open spans began on the axis */
    double list_us;                /* what the product's lists lasted */
    uint32_t layer, position, count;
    enum tri_group group;
    bool any; /* an event was written */
};

/* Starts a trace under a temporary name. Errors: IO, ARGUMENT. */
enum tri_status tri_trace_open(struct tri_trace *trace, const char *path);
/* Names what is traced; device may be NULL. Errors: MEMORY. */
enum tri_status tri_trace_start(struct tri_trace *trace, const struct tri_model *model,
                                struct tri_device *device, const struct tri_image *image);
/* The file gets its name. Errors: IO. */
enum tri_status tri_trace_commit(struct tri_trace *trace);
void tri_trace_discard(struct tri_trace *trace);

/* Called around a run of `count` tokens from `position` on, and around each of its products;
 * seconds: of the product alone. */
void tri_trace_tokens_begin(struct tri_trace *trace, uint32_t position, uint32_t count);
void tri_trace_tokens_end(struct tri_trace *trace);
/* Around the choice of a token by the screened head, which follows a run. */
void tri_trace_choice_begins(struct tri_trace *trace);
void tri_trace_choice_ends(struct tri_trace *trace);
void tri_trace_product_begins(struct tri_trace *trace, uint32_t layer, enum tri_group group,
                              uint32_t tokens);
void tri_trace_product_ends(struct tri_trace *trace, double seconds);

#endif
