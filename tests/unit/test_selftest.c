/* SPDX-License-Identifier: Apache-2.0
 *
 * What the self test needs of the device interface, and its judgement of figures that only a card
 * would give: clock and report.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "host/selftest.h"

static struct tri_device *open_device(const char *uri) {
    struct tri_device *device = NULL;
    cr_assert_eq(tri_device_open(uri, NULL, &device), TRI_OK, "%s", tri_error());
    return device;
}

Test(selftest, reads_a_register_of_a_simulated_kernel) {
    struct tri_device *device = open_device("sim:p1_b128_b2_t2");
    uint32_t value = 0;
    cr_assert_eq(tri_device_register(device, 0, TRI_REG_MAGIC, &value), TRI_OK);
    cr_assert_eq(value, TRI_MAGIC);
    cr_assert_eq(tri_device_info(device)->units, 1);
    cr_assert_not(tri_device_info(device)->real_time);
    tri_device_close(device);
}

Test(selftest, refuses_a_register_that_cannot_be) {
    struct tri_device *device = open_device("hls:p1_b128_b2_t2");
    uint32_t value = 0;
    cr_assert_eq(tri_device_register(device, 1, TRI_REG_MAGIC, &value), TRI_E_ARGUMENT);
    cr_assert_eq(tri_device_register(device, 0, 2, &value), TRI_E_ARGUMENT);
    cr_assert_eq(tri_device_register(device, 0, 4096, &value), TRI_E_ARGUMENT);
    tri_device_close(device);
}

Test(selftest, says_that_the_golden_model_has_no_registers_and_commands) {
    struct tri_device *device = open_device("ref:p1_b128_b2_t2");
    const struct tri_spoil spoil = {.bytes = 1};
    uint32_t value = 0;
    cr_assert_eq(tri_device_register(device, 0, 0, &value), TRI_E_UNSUPPORTED);
    cr_assert_eq(tri_device_spoil(device, &spoil), TRI_E_UNSUPPORTED);
    tri_device_close(device);
}

Test(selftest, refuses_to_spoil_outside_of_a_command) {
    struct tri_device *device = open_device("hls:p1_b128_b2_t2");
    const struct tri_spoil bad[] = {
        {.bytes = 0}, {.bytes = 9}, {.byte = 61, .bytes = 4}, {.byte = UINT32_MAX, .bytes = 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(tri_device_spoil(device, &bad[i]), TRI_E_ARGUMENT, "%zu", i);
    }
    tri_device_close(device);
}

/* A self test of a made-up card at 250 MHz. */
static struct tri_device_info card = {
    .backend = "xrt", .design = {.clock_mhz = 250}, .real_time = true, .units = 1};

Test(selftest, takes_a_clock_within_three_per_cent) {
    static struct tri_selftest test = {.info = &card};
    tri_selftest_clock(&test, (const double[]){51e6, 1e6}, (const double[]){0.21, 0.01});
    cr_assert_eq(test.line[0].verdict, TRI_CHECK_OK, "%s", test.line[0].got);
    tri_selftest_clock(&test, (const double[]){51e6, 1e6}, (const double[]){0.205, 0.01});
    cr_assert_eq(test.line[1].verdict, TRI_CHECK_OK, "%s", test.line[1].got);
}

Test(selftest, refuses_a_clock_that_was_scaled_down_or_time_that_went_backwards) {
    static struct tri_selftest test = {.info = &card};
    tri_selftest_clock(&test, (const double[]){51e6, 1e6}, (const double[]){0.26, 0.01});
    tri_selftest_clock(&test, (const double[]){51e6, 1e6}, (const double[]){0.15, 0.01});
    tri_selftest_clock(&test, (const double[]){51e6, 1e6}, (const double[]){0.01, 0.21});
    tri_selftest_clock(&test, (const double[]){0, 0}, (const double[]){0.21, 0.01});
    cr_assert_eq(tri_check_count(&test, TRI_CHECK_FAIL), 4);
    cr_assert(strstr(test.line[0].got, "200.0 MHz") != NULL, "%s", test.line[0].got);
}

Test(selftest, finds_a_wrong_sum_in_a_trial) {
    static struct tri_selftest test = {.seed = 1};
    test.device = open_device("ref:p1_b128_b2_t2");
    test.info = tri_device_info(test.device);
    const struct tri_trial trial = {
        .name = "one", .rows = 3, .cols = 5, .tokens = 2, .weights = tri_trial_random_row};
    struct tri_trial other = trial;
    struct tri_trial_result result;
    cr_assert_eq(tri_trials_load(&test, &trial, 1, NULL, NULL), TRI_OK);
    cr_assert_eq(tri_trials_run(&test, &trial, 1, &result), TRI_OK);
    cr_assert_eq(result.sums, 6);
    cr_assert_eq(result.differ, 0);
    other.seed = 9; /* other weights than those loaded, and other codes for both */
    cr_assert_eq(tri_trials_run(&test, &other, 1, &result), TRI_OK);
    cr_assert_gt(result.differ, 0);
    cr_assert(strstr(result.first, "wanted") != NULL);
    tri_device_close(test.device);
    tri_image_destroy(test.image);
}
