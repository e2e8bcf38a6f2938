/* SPDX-License-Identifier: Apache-2.0
 *
 * What XRT costs: a launch through it beside the same launch on the simulator directly, the parts
 * of that cost, and an upload of an image as large as BitNet b1.58 2B4T's. Adds the figures to a
 * JSON report. The figures are of XRT's emulation on this machine, never of a card.
 *
 *   measure launch REPORT XCLBIN SIM_URI   measure upload REPORT XCLBIN
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/xrt_device.h"

enum { LAUNCHES = 400, WARM = 20, LAYERS = 30, PATTERN = 1 << 16 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void must(enum tri_status status) {
    if (status == TRI_OK) return;
    fprintf(stderr, "measure: %s\n", tri_error());
    exit(1);
}

struct shape {
    uint32_t rows, cols;
};
struct model {
    const struct shape *shape; /* [count] of one layer */
    uint32_t count;
    int8_t pattern[PATTERN];
};

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    const struct model *model = context;
    (void)snprintf(name, 48, "matrix %u", i);
    *rows = model->shape[i % model->count].rows;
    *cols = model->shape[i % model->count].cols;
}

/* Any trits do, if they differ from place to place. */
static void row(void *context, uint32_t i, uint32_t r, int8_t *out) {
    const struct model *model = context;
    const uint32_t cols = model->shape[i % model->count].cols;
    memcpy(out, model->pattern + (i * 7919u + r * 104729u) % (PATTERN - 32768), cols);
}

static struct tri_image *build(const struct tri_device *device, const struct shape *shape,
                               uint32_t count, uint32_t layers) {
    static struct model model;
    uint32_t random = 1;
    for (int i = 0; i < PATTERN; i++) {
        random = random * 1664525u + 1013904223u;
        model.pattern[i] = (int8_t)((int)(random >> 16) % 3 - 1);
    }
    model.shape = shape;
    model.count = count;
    const struct tri_matrix_source source = {&model, count * layers, describe, row};
    struct tri_image *image = NULL;
    must(tri_image_build(&tri_device_info(device)->design.geometry, &source, &image));
    return image;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts. The median says what a launch costs here; the first decile what it costs while nobody else
 * has the processor, so that the parts of one cost can be compared. */
struct spread {
    double decile, median;
};

static struct spread spread(double *times, int count) {
    qsort(times, (size_t)count, sizeof *times, ascending);
    return (struct spread){times[count / 10], times[count / 2]};
}

/* One list of one row, start to end; of emulation also per launch. */
struct cost {
    struct spread us, simulating_us;
    double messages, register_writes;
};

static struct cost launch(const char *uri) {
    static const struct shape shape = {1, 64};
    static double times[LAUNCHES], simulating[LAUNCHES];
    struct tri_device *device = NULL;
    struct tri_xrt_stats before = {0}, after = {0};
    struct tri_counters counters[2];
    struct cost cost = {0};
    int8_t codes[64];
    int32_t sum = 0;
    must(tri_device_open(uri, NULL, &device));
    struct tri_image *image = build(device, &shape, 1, 1);
    must(tri_device_load(device, image));
    memset(codes, 1, sizeof codes);
    const struct tri_job job = {0, 1, codes, &sum};
    for (int i = -WARM; i < LAUNCHES; i++) {
        if (i == 0) tri_device_counters(device, &counters[0]);
        if (i == 0) (void)tri_xrt_device_stats(device, &before);
        const double start = now();
        must(tri_device_submit(device, &job, 1));
        must(tri_device_wait(device, 0));
        const double end = now();
        tri_device_counters(device, &counters[1]);
        if (i < 0) continue;
        times[i] = 1e6 * (end - start);
        simulating[i] = 1e6 * (counters[1].seconds_simulating - counters[0].seconds_simulating);
        counters[0] = counters[1];
    }
    if (tri_xrt_device_stats(device, &after) == TRI_OK) {
        cost.messages = (double)(after.messages - before.messages) / LAUNCHES;
        cost.register_writes =
            (double)(after.unit[0].register_writes - before.unit[0].register_writes) / LAUNCHES;
    }
    tri_device_close(device);
    tri_image_destroy(image);
    cost.us = spread(times, LAUNCHES);
    cost.simulating_us = spread(simulating, LAUNCHES);
    return cost;
}

/* A call of the helper that does nothing; and a message of XRT's emulation, from calls that read a
 * register many times, less what the simulator takes of it. */
static void parts_us(const char *uri, double *helper, double *message) {
    enum { READS = 32 };
    static double ping[LAUNCHES], read[LAUNCHES], simulating[LAUNCHES];
    struct tri_device *device = NULL;
    struct tri_xrt_stats before, after;
    must(tri_device_open(uri, NULL, &device));
    must(tri_xrt_device_stats(device, &before));
    for (int i = 0; i < LAUNCHES; i++) {
        double start = now();
        must(tri_xrt_device_ping(device, 0));
        ping[i] = 1e6 * (now() - start);
        start = now();
        must(tri_xrt_device_ping(device, READS));
        read[i] = 1e6 * (now() - start);
        must(tri_xrt_device_stats(device, &after));
        simulating[i] = 1e6 * (after.unit[0].sim.seconds - before.unit[0].sim.seconds);
        before = after;
    }
    *helper = spread(ping, LAUNCHES).decile;
    *message =
        (spread(read, LAUNCHES).decile - *helper - spread(simulating, LAUNCHES).decile) / READS;
    tri_device_close(device);
}

static void set(json_t *report, const char *key, double value) {
    json_object_set_new(report, key, json_real(value));
}

static json_t *read_report(const char *path) {
    json_t *report = json_load_file(path, 0, NULL);
    return json_is_object(report) ? report : json_object();
}

static void measure_launch(json_t *report, const char *xclbin, const char *sim) {
    static const char *const ways[] = {"run", "ip"};
    char uri[4352];
    const struct cost direct = launch(sim);
    printf("%s: %.0f us a launch, %.0f in the simulator; undisturbed %.0f\n", sim, direct.us.median,
           direct.simulating_us.median, direct.us.decile);
    for (int i = 0; i < 2; i++) {
        double helper = 0, message = 0;
        (void)snprintf(uri, sizeof uri, "xrt:%s?launch=%s", xclbin, ways[i]);
        const struct cost cost = launch(uri);
        parts_us(uri, &helper, &message);
        const double sockets = cost.messages * message;
        const double more = cost.us.median - direct.us.median;
        const double rest = cost.us.decile - cost.simulating_us.decile - sockets - helper;
        printf("%s: %.0f us a launch, %.0f more; undisturbed %.0f: %.0f in the simulator, %.0f for "
               "%.1f messages of XRT's emulation, %.0f for the helper, %.0f not explained; "
               "%.1f register writes\n",
               uri, cost.us.median, more, cost.us.decile, cost.simulating_us.decile, sockets,
               cost.messages, helper, rest, cost.register_writes);
        json_t *way = json_object();
        set(way, "launch_us", cost.us.median);
        set(way, "overhead_us", more);
        set(way, "undisturbed_us", cost.us.decile);
        set(way, "simulating_us", cost.simulating_us.decile);
        set(way, "emulation_messages", cost.messages);
        set(way, "emulation_us", sockets);
        set(way, "helper_us", helper);
        set(way, "not_explained_us", rest);
        set(way, "register_writes", cost.register_writes);
        json_object_set_new(report, i == 0 ? "launch_run" : "launch_ip", way);
        if (i == 0) {
            set(report, "launch_overhead_us", more);
            set(report, "launch_overhead_undisturbed_us", cost.us.decile - direct.us.decile);
        }
    }
    set(report, "launch_direct_us", direct.us.median);
}

static void measure_upload(json_t *report, const char *xclbin) {
    static const struct shape layer[] = {{3840, 2560}, {2560, 2560}, {13824, 2560}, {2560, 6912}};
    struct tri_device *device = NULL;
    char uri[4352];
    (void)snprintf(uri, sizeof uri, "xrt:%s", xclbin);
    must(tri_device_open(uri, NULL, &device));
    struct tri_image *image = build(device, layer, 4, LAYERS);
    const double start = now();
    must(tri_device_load(device, image));
    const double seconds = now() - start;
    const struct tri_device_info *info = tri_device_info(device);
    const double bytes = (double)image->port_bytes * image->geometry.ports;
    printf("%s: %.0f bytes to %u compute unit(s) in %.2f s, read back and compared\n", uri, bytes,
           info->units, seconds);
    set(report, "upload_seconds", seconds);
    json_object_set_new(report, "compute_units", json_integer(info->units));
    json_object_set_new(report, "upload_bytes", json_integer((json_int_t)bytes));
    tri_device_close(device);
    tri_image_destroy(image);
}

int main(int argc, char **argv) {
    const bool launch = argc == 5 && strcmp(argv[1], "launch") == 0;
    if (!launch && (argc != 4 || strcmp(argv[1], "upload") != 0)) {
        fprintf(stderr, "usage: measure launch REPORT XCLBIN SIM_URI | upload REPORT XCLBIN\n");
        return 2;
    }
    json_t *report = read_report(argv[2]);
    if (launch)
        measure_launch(report, argv[3], argv[4]);
    else
        measure_upload(report, argv[3]);
    const int bad = json_dump_file(report, argv[2], JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(report);
    return bad == 0 ? 0 : 1;
}
