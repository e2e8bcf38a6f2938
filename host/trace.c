/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the events as they happen, in Chrome's JSON array form: complete events ("X") in
 * microseconds. Process 1 is the host, process 2 the accelerator.
 */
#include "host/trace.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { HOST = 1, ACCELERATOR = 2 };
enum { TRACK_ARRAY = 1, TRACK_WEIGHTS, TRACK_ACTIVATIONS, TRACK_RESULTS };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* What the host does before a product; the last one stands for what follows the last product. */
static const char *const host_phases[TRI_GROUPS + 1] = {
    "norm, quantise", "rope, attention, norm, quantise", "add, norm, quantise",
    "activation, norm, quantise", "add, final norm, output head"};

/* Begins an event; the caller writes its args, each with a comma before, and ends it. */
static FILE *event(struct tri_trace *trace, int process, int track, const char *name, double from,
                   double us) {
    fprintf(trace->file.stream,
            "%s\n{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\",\"ts\":%.4f,\"dur\":%.4f,"
            "\"args\":{\"process\":%d",
            trace->any ? "," : "", process, track, name, from, us, process);
    trace->any = true;
    return trace->file.stream;
}

static void end(FILE *out) { fputs("}}", out); }

static void name_track(struct tri_trace *trace, int process, int track, const char *kind,
                       const char *name) {
    fprintf(trace->file.stream,
            "%s\n{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\",\"args\":{\"name\":\"%s\"}}",
            trace->any ? "," : "", process, track, kind, name);
    trace->any = true;
}

enum tri_status tri_trace_open(struct tri_trace *trace, const char *path) {
    memset(trace, 0, sizeof *trace);
    TRI_TRY(tri_outfile_open(&trace->file, path));
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", trace->file.stream);
    return TRI_OK;
}

/* A span of cycles inside a list; from and to count from its doorbell. */
static FILE *cycles_event(struct tri_trace *trace, int track, const char *name, double start,
                          uint64_t from, uint64_t to) {
    FILE *out = event(trace, ACCELERATOR, track, name, start + (double)from / trace->clock_mhz,
                      (double)(to - from) / trace->clock_mhz);
    fprintf(out, ",\"cycles\":%" PRIu64, to - from);
    return out;
}

static void moved(struct tri_trace *trace, int track, const char *name, double start,
                  uint64_t doorbell, const struct tri_device_span *span) {
    if (span->to <= doorbell || span->from < doorbell) return;
    end(cycles_event(trace, track, name, start, span->from - doorbell, span->to - doorbell));
}

static void phase(struct tri_trace *trace, const char *name, double start, uint64_t *at,
                  uint64_t cycles) {
    if (cycles == 0) return;
    end(cycles_event(trace, TRACK_ARRAY, name, start, *at, *at + cycles));
    *at += cycles;
}

/* The array has a command's waits for the command and for its activations before its first step, in
 * this order; waits for weights and results lie among the steps, and are given as numbers. */
static void command(struct tri_trace *trace, const struct tri_device_command *c, double start,
                    uint64_t doorbell, uint64_t *at) {
    const char *name = trace->image->matrix[c->matrix].name;
    FILE *out = cycles_event(trace, TRACK_ARRAY, name, start, *at, *at + c->cycles);
    fprintf(out, ",\"tokens\":%u", c->tokens);
    end(out);
    phase(trace, "wait: command", start, at, c->wait_command);
    phase(trace, "wait: activations", start, at, c->wait_activations);
    const uint64_t active = c->steps + c->wait_weights + c->wait_results;
    if (active > 0) {
        out = cycles_event(trace, TRACK_ARRAY, "active", start, *at, *at + active);
        fprintf(out,
                ",\"steps\":%" PRIu64 ",\"wait_weights\":%" PRIu64 ",\"wait_results\":%" PRIu64,
                c->steps, c->wait_weights, c->wait_results);
        end(out);
    }
    *at += active;
    moved(trace, TRACK_WEIGHTS, name, start, doorbell, &c->weights);
    moved(trace, TRACK_ACTIVATIONS, name, start, doorbell, &c->activations);
    moved(trace, TRACK_RESULTS, name, start, doorbell, &c->results);
}

static void watch(void *context, const struct tri_device_list *list) {
    struct tri_trace *trace = context;
    const double start = trace->product_at + trace->list_us;
    uint64_t at = 0;
    for (uint32_t i = 0; i < list->count; i++)
        command(trace, &list->command[i], start, list->start, &at);
    if (list->cycles > at) phase(trace, "results and completion", start, &at, list->cycles - at);
    trace->list_us += (double)list->cycles / trace->clock_mhz;
}

enum tri_status tri_trace_start(struct tri_trace *trace, const struct tri_model *model,
                                struct tri_device *device, const struct tri_image *image) {
    trace->model = model;
    trace->image = image;
    name_track(trace, HOST, 0, "process_name", "host");
    name_track(trace, HOST, 1, "thread_name", "phases");
    if (device == NULL || !tri_device_info(device)->counts_cycles) return TRI_OK;
    trace->clock_mhz = tri_device_info(device)->design.clock_mhz;
    name_track(trace, ACCELERATOR, 0, "process_name", "accelerator");
    name_track(trace, ACCELERATOR, TRACK_ARRAY, "thread_name", "array");
    name_track(trace, ACCELERATOR, TRACK_WEIGHTS, "thread_name", "weights read");
    name_track(trace, ACCELERATOR, TRACK_ACTIVATIONS, "thread_name", "activations read");
    name_track(trace, ACCELERATOR, TRACK_RESULTS, "thread_name", "results written");
    return tri_device_watch(device, watch, trace);
}

enum tri_status tri_trace_commit(struct tri_trace *trace) {
    fputs("\n]}\n", trace->file.stream);
    return tri_outfile_commit(&trace->file);
}

void tri_trace_discard(struct tri_trace *trace) { tri_outfile_discard(&trace->file); }

/* The host's phase that ends now. */
static void host_phase(struct tri_trace *trace, const char *name) {
    const double us = 1e6 * (now() - trace->mark);
    end(event(trace, HOST, 1, name, trace->at, us));
    trace->at += us;
}

void tri_trace_tokens_begin(struct tri_trace *trace, uint32_t position, uint32_t count) {
    trace->tokens_at = trace->at;
    trace->position = position;
    trace->count = count;
    trace->mark = now();
}

void tri_trace_tokens_end(struct tri_trace *trace) {
    host_phase(trace, host_phases[TRI_GROUPS]);
    FILE *out = event(trace, HOST, 1, trace->count == 1 ? "token" : "tokens", trace->tokens_at,
                      trace->at - trace->tokens_at);
    fprintf(out, ",\"position\":%u,\"count\":%u", trace->position, trace->count);
    end(out);
}

void tri_trace_choice_begins(struct tri_trace *trace) { trace->mark = now(); }

void tri_trace_choice_ends(struct tri_trace *trace) { host_phase(trace, "screened head"); }

void tri_trace_product_begins(struct tri_trace *trace, uint32_t layer, enum tri_group group,
                              uint32_t tokens) {
    (void)tokens;
    host_phase(trace, host_phases[group]);
    trace->layer = layer;
    trace->group = group;
    trace->product_at = trace->at;
    trace->list_us = 0;
}

void tri_trace_product_ends(struct tri_trace *trace, double seconds) {
    const double us = trace->clock_mhz > 0 ? trace->list_us : 1e6 * seconds;
    char name[64];
    snprintf(name, sizeof name, "layer %u %s", trace->layer, tri_group_name(trace->group));
    end(event(trace, HOST, 1, name, trace->product_at, us));
    trace->at = trace->product_at + us;
    trace->mark = now();
}
