/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated accelerator behind the device interface: products, counters, injected faults and
 * planted bugs. What the kernel does inside is tested in tests/rtl.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "accel.h"
#include "driver/sim_device.h"
#include "tests/unit/random_matrices.h"
#include "tests/unit/temp_file.h"

static const struct shape shapes[] = {{7, 81}, {64, 320}, {1, 1}, {33, 1023}, {130, 160}};
enum { SHAPES = 5 };

struct bench { /* a device with a loaded image and one job for each matrix */
    struct tri_device *device;
    struct tri_image *image;
    struct matrices matrices;
    struct tri_job jobs[SHAPES];
    int8_t *codes[SHAPES];
    int32_t *sums[SHAPES];
};

static void setup(struct bench *bench, const char *uri, const struct tri_device_options *options) {
    cr_assert(tri_device_open(uri, options, &bench->device) == TRI_OK, "%s", tri_error());
    bench->matrices = (struct matrices){shapes, 21};
    bench->image =
        build_image(&tri_device_info(bench->device)->design.geometry, &bench->matrices, SHAPES);
    cr_assert(tri_device_load(bench->device, bench->image) == TRI_OK, "%s", tri_error());
    for (uint32_t i = 0; i < SHAPES; i++) {
        const uint32_t tokens = 1 + 4 * i;
        bench->codes[i] = random_codes(i, tokens, shapes[i].cols);
        bench->sums[i] = calloc((size_t)tokens * shapes[i].rows, sizeof(int32_t));
        cr_assert(bench->sums[i] != NULL);
        bench->jobs[i] = (struct tri_job){i, tokens, bench->codes[i], bench->sums[i]};
    }
}

static void teardown(struct bench *bench) {
    for (uint32_t i = 0; i < SHAPES; i++) {
        free(bench->codes[i]);
        free(bench->sums[i]);
    }
    tri_device_close(bench->device);
    tri_image_destroy(bench->image);
}

static enum tri_status run(struct bench *bench) {
    cr_assert(tri_device_submit(bench->device, bench->jobs, SHAPES) == TRI_OK, "%s", tri_error());
    return tri_device_wait(bench->device, 0);
}

/* Sums that differ from the definition. */
static uint32_t wrong_sums(const struct bench *bench) {
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < SHAPES; i++) {
        for (uint32_t t = 0; t < bench->jobs[i].tokens; t++) {
            for (uint32_t row = 0; row < shapes[i].rows; row++) {
                wrong += bench->sums[i][t * shapes[i].rows + row] !=
                         product(&bench->matrices, i, row, bench->codes[i], t);
            }
        }
    }
    return wrong;
}

static void check_products(const char *uri, int32_t stall_permille, uint64_t seed) {
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    options.stall_permille = stall_permille;
    options.seed = seed;
    struct bench bench;
    setup(&bench, uri, &options);
    for (int round = 0; round < 2; round++) { /* a second list on the same device */
        cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
        cr_assert_eq(wrong_sums(&bench), 0, "%s, round %d", uri, round);
    }
    teardown(&bench);
}

Test(sim_device, equals_the_definition_with_two_ports_b3_and_four_tokens) {
    check_products("sim:p2_b128_b3_t4", -1, 0);
}
Test(sim_device, equals_the_definition_with_one_port_b2_and_two_tokens) {
    check_products("sim:p1_b128_b2_t2", -1, 0);
}
Test(sim_device, equals_the_definition_whatever_the_memory_stalls) {
    for (uint64_t seed = 1; seed <= 3; seed++) check_products("sim:p2_b128_b3_t4", 400, seed);
}

Test(sim_device, counters_explain_every_cycle_and_every_byte) {
    struct bench bench;
    struct tri_counters c;
    struct tri_sim_stats stats;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    tri_device_counters(bench.device, &c);
    cr_assert(tri_sim_device_stats(bench.device, &stats) == TRI_OK);
    cr_assert_eq(c.cycles_active,
                 c.steps + c.wait_command + c.wait_activations + c.wait_results + c.wait_weights);
    uint64_t beats = 0, commands = 0;
    for (uint32_t i = 0; i < SHAPES; i++) { /* every command of up to 8 tokens reads all beats */
        const uint64_t parts = (bench.jobs[i].tokens + 7) / 8;
        commands += parts;
        beats += parts * 2 * bench.image->matrix[i].bytes / 16;
    }
    cr_assert_eq(c.runs, 1);
    cr_assert_eq(c.commands, commands);
    cr_assert_eq(stats.weight_bytes, beats * 16);
    cr_assert_eq(c.bytes_weights, stats.weight_bytes);
    cr_assert_eq(c.corrupt_codes, 0);
    cr_assert_eq(c.axi_errors, 0);
    cr_assert(c.cycles_simulated >= c.cycles_active && c.seconds_simulating > 0);
    cr_assert_eq(stats.protocol_errors, 0);
    teardown(&bench);
}

Test(sim_device, the_same_seed_gives_the_same_cycles_and_another_seed_others) {
    uint64_t cycles[3];
    for (int i = 0; i < 3; i++) {
        struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
        options.stall_permille = 200;
        options.seed = i == 2 ? 9 : 8;
        struct bench bench;
        struct tri_counters counters;
        setup(&bench, "sim:p1_b128_b2_t2", &options);
        cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
        tri_device_counters(bench.device, &counters);
        cycles[i] = counters.cycles_active;
        teardown(&bench);
    }
    cr_assert_eq(cycles[0], cycles[1]);
    cr_assert_neq(cycles[0], cycles[2]);
}

/* Runs with one fault; the message must hold all of `texts`. */
static void expect_fault(const struct tri_sim_fault *fault, const char *status) {
    struct bench bench;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    cr_assert(tri_sim_device_inject(bench.device, fault) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK, "%s", tri_error());
    cr_assert(tri_sim_device_write(bench.device, TRI_REG_WATCHDOG, 5000) == TRI_OK);
    cr_assert_eq(run(&bench), TRI_E_DEVICE, "wanted %s", status);
    cr_assert(strstr(tri_error(), status), "wanted %s: %s", status, tri_error());
    cr_assert(strstr(tri_error(), "command ") && strstr(tri_error(), "(matrix "), "%s",
              tri_error());
    teardown(&bench);
}

Test(sim_device, reports_an_axi_error_by_what_was_being_moved) {
    const struct tri_sim_fault weights = {.kind = TRI_FAULT_SLVERR, .port = 1, .burst = 5};
    expect_fault(&weights, "axi_weight_error");
    const struct tri_sim_fault command = {.kind = TRI_FAULT_SLVERR, .port = -1, .burst = 0};
    expect_fault(&command, "axi_command_error");
    const struct tri_sim_fault activations = {.kind = TRI_FAULT_SLVERR, .port = -1, .burst = 1};
    expect_fault(&activations, "axi_activation_error");
    const struct tri_sim_fault result = {
        .kind = TRI_FAULT_SLVERR, .port = -1, .write = true, .burst = 0};
    expect_fault(&result, "axi_result_error");
}

Test(sim_device, turns_silence_into_the_watchdogs_status) {
    const struct tri_sim_fault weights = {.kind = TRI_FAULT_SILENCE, .port = 0, .burst = 3};
    expect_fault(&weights, "watchdog");
    const struct tri_sim_fault data = {.kind = TRI_FAULT_SILENCE, .port = -1, .burst = 1};
    expect_fault(&data, "watchdog");
    const struct tri_sim_fault result = {
        .kind = TRI_FAULT_SILENCE, .port = -1, .write = true, .burst = 0};
    expect_fault(&result, "dead"); /* no completion can pass a write that is stuck */
}

Test(sim_device, is_dead_after_silence_until_it_is_opened_again) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SILENCE, .port = 0, .burst = 3};
    const struct tri_sim_fault none = {.kind = TRI_FAULT_NONE};
    struct bench bench;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    cr_assert(tri_sim_device_inject(bench.device, &fault) == TRI_OK);
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK);
    cr_assert(tri_sim_device_write(bench.device, TRI_REG_WATCHDOG, 5000) == TRI_OK);
    cr_assert_eq(run(&bench), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "now dead"), "%s", tri_error());
    cr_assert_eq(tri_device_submit(bench.device, bench.jobs, 1), TRI_E_DEVICE);
    cr_assert(tri_sim_device_inject(bench.device, &none) == TRI_OK);
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    cr_assert_eq(wrong_sums(&bench), 0);
    teardown(&bench);
}

Test(sim_device, works_again_after_an_axi_error) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SLVERR, .port = 1, .burst = 5};
    struct bench bench;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    cr_assert(tri_sim_device_inject(bench.device, &fault) == TRI_OK);
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK);
    cr_assert_eq(run(&bench), TRI_E_DEVICE);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    cr_assert_eq(wrong_sums(&bench), 0);
    teardown(&bench);
}

Test(sim_device, reports_a_corrupt_code_in_memory) {
    struct bench bench;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    bench.image->port[1][bench.image->matrix[3].offset + 100] = 0xaf;
    cr_assert_eq(run(&bench), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "matrix 3") && strstr(tri_error(), "corrupt_weights"), "%s",
              tri_error());
    teardown(&bench);
}

Test(sim_device, a_flipped_bit_of_an_activation_gives_a_wrong_product) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_FLIP, .port = -1, .burst = 1, .bit = 6};
    struct bench bench;
    setup(&bench, "sim:p2_b128_b3_t4", NULL);
    cr_assert(tri_sim_device_inject(bench.device, &fault) == TRI_OK);
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    const uint32_t wrong = wrong_sums(&bench);
    cr_assert(wrong > 0 && wrong <= 7, "%u", wrong); /* of one token of the first job */
    teardown(&bench);
}

Test(sim_device, gives_up_when_the_host_runs_out_of_patience) {
    const struct tri_sim_fault fault = {.kind = TRI_FAULT_SILENCE, .port = 0, .burst = 3};
    struct bench bench;
    setup(&bench, "sim:p1_b128_b2_t2", NULL);
    cr_assert(tri_sim_device_inject(bench.device, &fault) == TRI_OK);
    cr_assert(tri_device_load(bench.device, bench.image) == TRI_OK);
    cr_assert(tri_sim_device_write(bench.device, TRI_REG_WATCHDOG, UINT32_MAX) == TRI_OK);
    cr_assert(tri_device_submit(bench.device, bench.jobs, SHAPES) == TRI_OK);
    cr_assert_eq(tri_device_wait(bench.device, 100), TRI_E_TIMEOUT);
    cr_assert_eq(tri_device_submit(bench.device, bench.jobs, SHAPES), TRI_E_DEVICE);
    teardown(&bench);
}

Test(sim_device, writes_a_wave_of_the_cycles_asked_for) {
    char path[TEMP_PATH];
    long sizes[2];
    for (int i = 0; i < 2; i++) {
        temp_file("", 0, path);
        struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
        options.wave = path;
        options.wave_from = 100;
        options.wave_to = i == 0 ? 200 : 0;
        struct bench bench;
        setup(&bench, "sim:p1_b128_b2_t2", &options);
        cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
        teardown(&bench);
        FILE *file = fopen(path, "rb");
        cr_assert(file != NULL);
        cr_assert_eq(fgetc(file), 0); /* FST begins with a header block, number 0 */
        cr_assert_eq(fseek(file, 0, SEEK_END), 0);
        sizes[i] = ftell(file);
        (void)fclose(file);
        remove(path);
    }
    cr_assert(sizes[0] > 0 && sizes[1] > 2 * sizes[0], "%ld and %ld bytes", sizes[0], sizes[1]);
}

Test(sim_device, says_that_a_wave_cannot_be_written) {
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    struct tri_device *device = NULL;
    options.wave = "/tmp/tritium-no-such-folder/wave.fst";
    cr_assert_eq(tri_device_open("sim:p1_b128_b2_t2", &options, &device), TRI_E_IO);
    cr_assert(strstr(tri_error(), options.wave), "%s", tri_error());
}

Test(sim_device, leaves_no_interrupt_pending) {
    struct bench bench;
    uint32_t pending = 1;
    setup(&bench, "sim:p1_b128_b2_t2", NULL);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    cr_assert(tri_sim_device_read(bench.device, TRI_REG_ISR, &pending) == TRI_OK);
    cr_assert_eq(pending, 0);
    teardown(&bench);
}

Test(sim_device, refuses_another_designs_simulator_and_names_both_hashes) {
    char folder[TEMP_PATH], sub[TEMP_PATH + 32], link[TEMP_PATH + 64], target[4200], hash[20];
    char here[4096];
    (void)snprintf(folder, sizeof folder, "/tmp/tritium-test-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(sub, sizeof sub, "%s/p1_b128_b2_t2", folder);
    (void)snprintf(link, sizeof link, "%s/libtritium_sim.so", sub);
    cr_assert(getcwd(here, sizeof here) != NULL);
    (void)snprintf(target, sizeof target, "%s/build/sim/p2_b128_b3_t4/libtritium_sim.so", here);
    cr_assert_eq(mkdir(sub, 0777), 0);
    cr_assert_eq(symlink(target, link), 0);
    cr_assert_eq(setenv("TRITIUM_SIM_DIR", folder, 1), 0);
    struct tri_device *device = NULL;
    cr_assert_eq(tri_device_open("sim:p1_b128_b2_t2", NULL, &device), TRI_E_MISMATCH);
    const char *names[] = {"designs/test/p1_b128_b2_t2.yaml", "designs/test/p2_b128_b3_t4.yaml"};
    for (int i = 0; i < 2; i++) {
        struct tri_design design;
        cr_assert(tri_design_read(names[i], &design) == TRI_OK, "%s", tri_error());
        (void)snprintf(hash, sizeof hash, "%016llx",
                       (unsigned long long)tri_design_hash(&design.geometry));
        cr_assert(strstr(tri_error(), hash), "%s: %s", hash, tri_error());
    }
    remove(link);
    remove(sub);
    remove(folder);
}

Test(sim_device, two_designs_live_in_one_process) {
    struct bench a, b;
    setup(&a, "sim:p2_b128_b3_t4", NULL);
    setup(&b, "sim:p1_b128_b2_t2", NULL);
    cr_assert(tri_device_submit(a.device, a.jobs, SHAPES) == TRI_OK);
    cr_assert(tri_device_submit(b.device, b.jobs, SHAPES) == TRI_OK);
    cr_assert(tri_device_wait(b.device, 0) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_wait(a.device, 0) == TRI_OK, "%s", tri_error());
    cr_assert_eq(wrong_sums(&a), 0);
    cr_assert_eq(wrong_sums(&b), 0);
    teardown(&a);
    teardown(&b);
}

Test(sim_device, a_planted_bug_in_the_accumulator_gives_wrong_sums) {
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    options.plant = "accumulate";
    struct bench bench;
    setup(&bench, "sim:p1_b128_b2_t2", &options);
    cr_assert(run(&bench) == TRI_OK, "%s", tri_error());
    cr_assert(wrong_sums(&bench) > 0);
    teardown(&bench);
}
