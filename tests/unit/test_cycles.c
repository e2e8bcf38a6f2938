/* SPDX-License-Identifier: Apache-2.0
 *
 * The formula for a list's cycles against the Verilated accelerator, in two small designs and with
 * memories that are slower than theirs.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "driver/cycles.h"
#include "driver/device.h"
#include "tests/unit/random_matrices.h"
#include "tests/unit/temp_file.h"

enum { JOBS = 5, WORST_PERCENT = 3 };

/* Large enough that a list's ends are a part of it and not all. */
static const struct shape mixed[JOBS] = {
    {640, 640}, {96, 1000}, {1024, 640}, {200, 80}, {640, 1024}};
/* Many short rows: both result banks are full long before a slow memory answers a completion. */
static const struct shape many_short[JOBS] = {
    {512, 64}, {512, 64}, {512, 64}, {512, 64}, {512, 64}};

struct list {
    uint32_t count, tokens; /* of each job */
};

static double error_of(struct tri_device *device, const struct shape *shapes,
                       const struct list *list) {
    struct tri_job jobs[JOBS];
    struct tri_cycles_product products[JOBS];
    struct tri_counters before, after;
    for (uint32_t i = 0; i < list->count; i++) {
        jobs[i] = (struct tri_job){
            .matrix = i,
            .tokens = list->tokens,
            .codes = random_codes(i, list->tokens, shapes[i].cols),
            .sums = calloc((size_t)list->tokens * shapes[i].rows, sizeof(int32_t))};
        cr_assert(jobs[i].sums != NULL);
        products[i] = (struct tri_cycles_product){shapes[i].rows, shapes[i].cols, list->tokens};
    }
    tri_device_counters(device, &before);
    cr_assert(tri_device_submit(device, jobs, list->count) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_wait(device, 0) == TRI_OK, "%s", tri_error());
    tri_device_counters(device, &after);
    for (uint32_t i = 0; i < list->count; i++) {
        free((void *)(uintptr_t)jobs[i].codes);
        free(jobs[i].sums);
    }
    const double cycles = (double)(after.cycles_active - before.cycles_active);
    const double wanted = tri_cycles_list(&tri_device_info(device)->design, products, list->count);
    return 100 * (wanted - cycles) / cycles;
}

static void check(const char *uri, const struct shape *shapes) {
    static const struct list lists[] = {{1, 1}, {5, 1}, {1, 2}, {5, 4}, {3, 9}, {5, 16}};
    struct tri_device *device;
    struct matrices matrices = {shapes, 3};
    cr_assert(tri_device_open(uri, NULL, &device) == TRI_OK, "%s", tri_error());
    struct tri_image *image =
        build_image(&tri_device_info(device)->design.geometry, &matrices, JOBS);
    cr_assert(tri_device_load(device, image) == TRI_OK, "%s", tri_error());
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const double error = error_of(device, shapes, &lists[i]);
        cr_expect(fabs(error) < WORST_PERCENT, "%s: %u jobs of %u tokens: %.2f %% off", uri,
                  lists[i].count, lists[i].tokens, error);
    }
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(cycles, a_list_takes_what_the_formula_says_on_two_ports) { check("sim:p2_b128_b3_t4", mixed); }

Test(cycles, a_list_takes_what_the_formula_says_on_one_port) { check("sim:p1_b128_b2_t2", mixed); }

/* A design whose geometry has a simulator, with a memory of its own. */
static void check_memory(const char *memory, const struct shape *shapes) {
    char folder[] = "/tmp/tritium-test-XXXXXX", path[64], uri[80];
    char *text = read_text("designs/test/p1_b128_b2_t2.yaml");
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/p1_b128_b2_t2.yaml", folder);
    snprintf(uri, sizeof uri, "sim:%s", path);
    FILE *out = fopen(path, "w");
    cr_assert(out != NULL);
    cr_assert(fprintf(out, "%s%s", text, memory) > 0 && fclose(out) == 0);
    check(uri, shapes);
    cr_assert(remove(path) == 0 && remove(folder) == 0);
    free(text);
}

Test(cycles, the_formula_knows_slow_memory) {
    check_memory("  bytes_per_cycle: 9\n  latency: 90\n  outstanding: 6\n", mixed);
}

Test(cycles, the_formula_knows_refresh) {
    check_memory(
        "  latency: 60\n  outstanding: 8\n  refresh_interval: 1000\n  refresh_cycles: 90\n", mixed);
}

Test(cycles, the_formula_knows_that_a_shallow_fifo_waits_for_whole_bursts) {
    check_memory("  bytes_per_cycle: 12\n  latency: 130\n  outstanding: 32\n"
                 "  refresh_interval: 1170\n  refresh_cycles: 78\n",
                 mixed);
    check_memory("  bytes_per_cycle: 8\n  latency: 200\n  outstanding: 4\n", mixed);
}

Test(cycles, the_formula_knows_that_results_wait_for_the_completion_before) {
    check_memory("  latency: 60\n  outstanding: 8\n", many_short);
}

Test(cycles, a_product_is_cut_as_the_driver_cuts_it) {
    struct tri_design design;
    cr_assert(tri_design_read("designs/kv260.yaml", &design) == TRI_OK);
    const struct tri_cycles_product whole = {2560, 2560, 20};
    const struct tri_cycles_product parts[3] = {{2560, 2560, 8}, {2560, 2560, 8}, {2560, 2560, 4}};
    cr_expect(tri_cycles_list(&design, &whole, 1) == tri_cycles_list(&design, parts, 3));
}
