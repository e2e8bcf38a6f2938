/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices behind the real XRT, in emulation: exact products with one and two units and both ways to
 * start, the launch that is one register write, and what happens when things go wrong.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel.h"
#include "driver/xrt_device.h"
#include "tests/unit/random_matrices.h"

/* 1 and 5 rows leave a unit, or a port of it, without work. */
static const struct shape shapes[] = {{1, 1}, {5, 81}, {67, 320}, {130, 64}, {3, 1000}};
enum { MATRICES = sizeof shapes / sizeof *shapes, TOKENS = 11 };

struct bench {
    struct tri_device *device;
    struct tri_image *image;
    struct matrices matrices;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void setup(struct bench *bench, const char *uri, const struct tri_device_options *options) {
    cr_assert(tri_device_open(uri, options, &bench->device) == TRI_OK, "%s", tri_error());
    bench->matrices = (struct matrices){shapes, 17};
    bench->image =
        build_image(&tri_device_info(bench->device)->design.geometry, &bench->matrices, MATRICES);
}

static void load(struct bench *bench) {
    cr_assert(tri_device_load(bench->device, bench->image) == TRI_OK, "%s", tri_error());
}

static void teardown(struct bench *bench) {
    tri_device_close(bench->device);
    tri_image_destroy(bench->image);
}

/* All matrices in one list. */
static void multiply(struct bench *bench, uint32_t tokens) {
    struct tri_job jobs[MATRICES];
    for (uint32_t i = 0; i < MATRICES; i++) {
        jobs[i] = (struct tri_job){i, tokens, random_codes(i, tokens, shapes[i].cols),
                                   malloc(sizeof(int32_t) * tokens * shapes[i].rows)};
        cr_assert(jobs[i].sums != NULL);
    }
    cr_assert(tri_device_submit(bench->device, jobs, MATRICES) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_wait(bench->device, 0) == TRI_OK, "%s", tri_error());
    for (uint32_t i = 0; i < MATRICES; i++) {
        for (uint32_t t = 0; t < tokens; t++) {
            for (uint32_t row = 0; row < shapes[i].rows; row++) {
                cr_assert_eq(jobs[i].sums[t * shapes[i].rows + row],
                             product(&bench->matrices, i, row, jobs[i].codes, t),
                             "matrix %u, token %u, row %u", i, t, row);
            }
        }
        free((void *)jobs[i].codes);
        free(jobs[i].sums);
    }
}

static void check_products(const char *uri, uint32_t units) {
    struct bench bench;
    setup(&bench, uri, NULL);
    cr_assert_eq(tri_device_info(bench.device)->units, units);
    load(&bench);
    multiply(&bench, TOKENS);
    multiply(&bench, 1);
    load(&bench); /* again: new buffers, new addresses */
    multiply(&bench, 70);
    teardown(&bench);
}

Test(xrt_device, multiplies_exactly_started_by_xrt) {
    check_products("xrt:build/xrt/p1_b128_b2_t2.xclbin", 1);
}
Test(xrt_device, multiplies_exactly_started_by_a_register_write) {
    check_products("xrt:build/xrt/p1_b128_b2_t2.xclbin?launch=ip", 1);
}
Test(xrt_device, shares_rows_between_two_units) {
    check_products("xrt:build/xrt/p2_b128_b3_t4-2.xclbin", 2);
}
Test(xrt_device, shares_rows_between_two_units_that_it_polls) {
    check_products("xrt:build/xrt/p2_b128_b3_t4-2.xclbin?launch=ip", 2);
}
Test(xrt_device, takes_the_c_kernel_as_well_as_the_rtl) {
    check_products("xrt:build/xrt/p2_b128_b3_t4-3-hls.xclbin", 3);
}

Test(xrt_device, random_stalls_change_cycles_and_no_sum) {
    uint64_t cycles[3];
    for (int i = 0; i < 3; i++) {
        struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
        struct bench bench;
        struct tri_counters counters;
        options.stall_permille = i == 0 ? 0 : 400;
        options.seed = (uint64_t)i;
        setup(&bench, "xrt:build/xrt/p2_b128_b3_t4-2.xclbin", &options);
        load(&bench);
        multiply(&bench, TOKENS);
        tri_device_counters(bench.device, &counters);
        cycles[i] = counters.cycles_active;
        teardown(&bench);
    }
    cr_assert_gt(cycles[1], cycles[0]);
    cr_assert_neq(cycles[1], cycles[2]);
}

Test(xrt_device, a_launch_is_one_register_write_once_the_list_stands) {
    struct bench bench;
    struct tri_xrt_stats before, after;
    const double start = now();
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2.xclbin?launch=ip", NULL);
    load(&bench);
    multiply(&bench, 1);
    cr_assert_eq(tri_xrt_device_stats(bench.device, &before), TRI_OK);
    for (int i = 0; i < 5; i++) multiply(&bench, 1);
    cr_assert_eq(tri_xrt_device_stats(bench.device, &after), TRI_OK);
    cr_assert_eq(after.unit[0].starts - before.unit[0].starts, 5);
    cr_assert_eq(after.unit[0].register_writes - before.unit[0].register_writes, 5);
    cr_assert_lt(now() - start, 8, "XRT's own sleeps alone are 10 s");
    teardown(&bench);
}

Test(xrt_device, counts_what_the_simulator_counts) {
    struct tri_counters counters[2];
    static const char *const uris[] = {"sim:p1_b128_b2_t2", "xrt:build/xrt/p1_b128_b2_t2.xclbin"};
    for (int i = 0; i < 2; i++) {
        struct bench bench;
        setup(&bench, uris[i], NULL);
        load(&bench);
        multiply(&bench, TOKENS);
        tri_device_counters(bench.device, &counters[i]);
        teardown(&bench);
    }
    cr_assert_eq(counters[1].runs, counters[0].runs);
    cr_assert_eq(counters[1].commands, counters[0].commands);
    cr_assert_eq(counters[1].steps, counters[0].steps);
    cr_assert_eq(counters[1].beats_consumed, counters[0].beats_consumed);
    cr_assert_eq(counters[1].bytes_weights, counters[0].bytes_weights);
    const struct tri_counters *c = &counters[1];
    cr_assert_eq(c->steps + c->wait_command + c->wait_activations + c->wait_results +
                     c->wait_weights,
                 c->cycles_active);
}

static bool stop_after_first(void *context, uint64_t done, uint64_t total) {
    int *calls = context;
    cr_assert_leq(done, total);
    return ++*calls != 1;
}

Test(xrt_device, an_upload_can_be_stopped_and_done_again) {
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    struct bench bench;
    int calls = 0;
    options.progress = stop_after_first;
    options.progress_context = &calls;
    setup(&bench, "xrt:build/xrt/p2_b128_b3_t4-2.xclbin", &options);
    cr_assert_eq(tri_device_load(bench.device, bench.image), TRI_E_INTERRUPTED);
    cr_assert(strstr(tri_error(), "no image") != NULL, "%s", tri_error());
    int8_t code = 1;
    int32_t sum = 0;
    const struct tri_job job = {0, 1, &code, &sum};
    cr_assert_eq(tri_device_submit(bench.device, &job, 1), TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "load an image") != NULL, "%s", tri_error());
    load(&bench);
    cr_assert_gt(calls, 1);
    multiply(&bench, TOKENS);
    calls = 0; /* now over an image that was there */
    cr_assert_eq(tri_device_load(bench.device, bench.image), TRI_E_INTERRUPTED);
    cr_assert_eq(tri_device_submit(bench.device, &job, 1), TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "load an image") != NULL, "%s", tri_error());
    teardown(&bench);
}

Test(xrt_device, an_image_with_a_wrong_checksum_does_not_get_there) {
    struct bench bench;
    struct tri_xrt_stats before, after;
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2.xclbin", NULL);
    cr_assert_eq(tri_xrt_device_stats(bench.device, &before), TRI_OK);
    bench.image->port[0][bench.image->matrix[2].offset + 3] ^= 4;
    cr_assert_eq(tri_device_load(bench.device, bench.image), TRI_E_MISMATCH);
    cr_assert(strstr(tri_error(), "matrix 2: port 0: CRC-32C") != NULL, "%s", tri_error());
    cr_assert_eq(tri_xrt_device_stats(bench.device, &after), TRI_OK);
    cr_assert_eq(after.messages, before.messages);
    teardown(&bench);
}

Test(xrt_device, a_bank_too_small_is_named_and_a_smaller_image_fits) {
    struct bench bench;
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2-1-hls-128.xclbin", NULL);
    static const struct shape large = {600, 1000};
    struct matrices matrices = {&large, 3};
    struct tri_image *image =
        build_image(&tri_device_info(bench.device)->design.geometry, &matrices, 1);
    cr_assert_eq(tri_device_load(bench.device, image), TRI_E_MEMORY);
    cr_assert(strstr(tri_error(), "bank bank1 is too small for the weights of port 0") != NULL,
              "%s", tri_error());
    cr_assert(strstr(tri_error(), "got 131072") != NULL, "%s", tri_error());
    load(&bench);
    multiply(&bench, TOKENS);
    tri_image_destroy(image);
    teardown(&bench);
}

Test(xrt_device, names_the_command_that_the_accelerator_refused) {
    struct bench bench;
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2.xclbin", NULL);
    load(&bench);
    const struct tri_spoil spoil = {1, 0, 2, 77}; /* the second command's opcode */
    cr_assert_eq(tri_device_spoil(bench.device, &spoil), TRI_OK);
    int8_t *codes = random_codes(1, 2, shapes[1].cols);
    int32_t sums[10];
    const struct tri_job jobs[] = {{1, 1, codes, sums}, {1, 1, codes, sums + 5}};
    cr_assert_eq(tri_device_submit(bench.device, jobs, 2), TRI_OK);
    cr_assert_eq(tri_device_wait(bench.device, 0), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "command 2 of 2 (matrix 1") != NULL, "%s", tri_error());
    cr_assert(strstr(tri_error(), "bad_opcode") != NULL, "%s", tri_error());
    cr_assert_eq(tri_device_status(bench.device), TRI_ACCEL_BAD_OPCODE);
    multiply(&bench, 1); /* it goes on */
    free(codes);
    teardown(&bench);
}

Test(xrt_device, an_access_outside_of_the_bank_stops_the_list_at_its_command) {
    struct bench bench;
    struct tri_counters counters;
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2.xclbin", NULL);
    load(&bench);
    /* The second command's weight_offset; the unit's registers know how many completed. */
    const struct tri_spoil spoil = {1, 24, 8, UINT64_C(1) << 44};
    cr_assert_eq(tri_device_spoil(bench.device, &spoil), TRI_OK);
    int8_t *codes = random_codes(1, 1, shapes[1].cols);
    int32_t sums[5];
    const struct tri_job job = {1, 1, codes, sums}, jobs[] = {job, job, job, job};
    cr_assert_eq(tri_device_submit(bench.device, jobs, 4), TRI_OK);
    cr_assert_eq(tri_device_wait(bench.device, 0), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "axi_weight_error") != NULL, "%s", tri_error());
    tri_device_counters(bench.device, &counters);
    cr_assert_eq(counters.commands, 2);
    free(codes);
    teardown(&bench);
}

/* A list that takes the simulator a good while. */
static void start_long(struct bench *bench, int32_t **sums) {
    const uint32_t tokens = 4000;
    int8_t *codes = random_codes(2, tokens, shapes[2].cols);
    *sums = malloc(sizeof(int32_t) * tokens * shapes[2].rows);
    cr_assert(*sums != NULL);
    const struct tri_job job = {2, tokens, codes, *sums};
    cr_assert(tri_device_submit(bench->device, &job, 1) == TRI_OK, "%s", tri_error());
    free(codes); /* the activations were copied by the submit */
}

static pid_t device_pid(const struct bench *bench) {
    struct tri_xrt_stats stats;
    cr_assert_eq(tri_xrt_device_stats(bench->device, &stats), TRI_OK);
    cr_assert_gt(stats.pid, 1);
    return (pid_t)stats.pid;
}

static void check_gone(pid_t pid) {
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
        const struct timespec pause = {.tv_nsec = 20000000};
        (void)nanosleep(&pause, NULL);
    }
    cr_assert(kill(pid, 0) != 0 && errno == ESRCH, "process %d is still there", (int)pid);
}

static void check_death(const char *uri) {
    struct bench bench;
    int32_t *sums = NULL;
    setup(&bench, uri, NULL);
    load(&bench);
    const pid_t pid = device_pid(&bench);
    start_long(&bench, &sums);
    const double start = now();
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(tri_device_wait(bench.device, 0), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "process died") != NULL, "%s", tri_error());
    cr_assert_lt(now() - start, 10);
    cr_assert_eq(tri_device_load(bench.device, bench.image), TRI_E_DEVICE, "it is dead");
    teardown(&bench);
    cr_assert_lt(now() - start, 10);
    check_gone(pid);
    free(sums);
}

Test(xrt_device, a_device_process_that_dies_is_an_error_soon) {
    check_death("xrt:build/xrt/p1_b128_b2_t2.xclbin");
}
Test(xrt_device, a_device_process_that_dies_while_polled_is_an_error_soon) {
    check_death("xrt:build/xrt/p2_b128_b3_t4-2.xclbin?launch=ip");
}

Test(xrt_device, a_device_that_hangs_runs_into_the_limit_and_is_cleared_away) {
    struct bench bench;
    int32_t *sums = NULL;
    setup(&bench, "xrt:build/xrt/p1_b128_b2_t2.xclbin", NULL);
    load(&bench);
    const pid_t pid = device_pid(&bench);
    start_long(&bench, &sums);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    const double start = now();
    cr_assert_eq(tri_device_wait(bench.device, 300), TRI_E_TIMEOUT);
    cr_assert_lt(now() - start, 2);
    teardown(&bench);
    cr_assert_lt(now() - start, 5);
    free(sums);
    /* It was a child of the helper, so whoever adopts orphans reaps it: gone, or a zombie. */
    cr_assert(kill(pid, SIGCONT) != 0 || kill(pid, 0) == 0);
}
