/* SPDX-License-Identifier: Apache-2.0
 *
 * The C kernel as a device: products equal to the definition, corrupt weights and registers as the
 * contract says, and what it cannot do refused by name.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "driver/device.h"
#include "driver/paths.h"
#include "sim/sim.h"
#include "tests/unit/random_matrices.h"

static const struct shape shapes[] = {{1, 1}, {5, 81}, {67, 320}, {130, 64}, {3, 1000}};
enum { MATRICES = sizeof shapes / sizeof *shapes, TOKENS = 11 };

struct bench {
    struct tri_device *device;
    struct tri_image *image;
    struct matrices matrices;
};

static void setup(struct bench *bench, const char *uri) {
    cr_assert(tri_device_open(uri, NULL, &bench->device) == TRI_OK, "%s", tri_error());
    bench->matrices = (struct matrices){shapes, 17};
    bench->image =
        build_image(&tri_device_info(bench->device)->design.geometry, &bench->matrices, MATRICES);
    cr_assert(tri_device_load(bench->device, bench->image) == TRI_OK, "%s", tri_error());
}

static void teardown(struct bench *bench) {
    tri_device_close(bench->device);
    tri_image_destroy(bench->image);
}

static void check_products(const char *uri) {
    struct bench bench;
    setup(&bench, uri);
    struct tri_job jobs[MATRICES];
    for (uint32_t i = 0; i < MATRICES; i++) {
        jobs[i] = (struct tri_job){i, TOKENS, random_codes(i, TOKENS, shapes[i].cols),
                                   malloc(sizeof(int32_t) * TOKENS * shapes[i].rows)};
        cr_assert(jobs[i].sums != NULL);
    }
    cr_assert(tri_device_submit(bench.device, jobs, MATRICES) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_wait(bench.device, 0) == TRI_OK, "%s", tri_error());
    for (uint32_t i = 0; i < MATRICES; i++) {
        for (uint32_t t = 0; t < TOKENS; t++) {
            for (uint32_t row = 0; row < shapes[i].rows; row++) {
                cr_assert_eq(jobs[i].sums[t * shapes[i].rows + row],
                             product(&bench.matrices, i, row, jobs[i].codes, t),
                             "%s: matrix %u, token %u, row %u", uri, i, t, row);
            }
        }
        free((void *)jobs[i].codes);
        free(jobs[i].sums);
    }
    struct tri_counters counters;
    tri_device_counters(bench.device, &counters);
    cr_assert_eq(counters.runs, 1);
    cr_assert_eq(counters.cycles_active, 0, "a C kernel has no cycles");
    cr_assert_gt(counters.beats_consumed, 0);
    teardown(&bench);
}

Test(hls_device, multiplies_exactly_with_one_port_and_b2) { check_products("hls:p1_b128_b2_t2"); }

Test(hls_device, multiplies_exactly_with_two_ports_b3_and_four_tokens_at_once) {
    check_products("hls:p2_b128_b3_t4");
}

Test(hls_device, names_corrupt_weights) {
    struct bench bench;
    setup(&bench, "hls:p2_b128_b3_t4");
    bench.image->port[1][bench.image->matrix[1].offset] = 0xaf; /* after the image was checked */
    int8_t *codes = random_codes(1, 1, shapes[1].cols);
    int32_t sums[5];
    const struct tri_job job = {1, 1, codes, sums};
    cr_assert_eq(tri_device_submit(bench.device, &job, 1), TRI_OK);
    cr_assert_eq(tri_device_wait(bench.device, 0), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "corrupt_weights") != NULL, "%s", tri_error());
    free(codes);
    teardown(&bench);
}

Test(hls_device, has_no_waves_and_says_how_it_is_built) {
    struct tri_device *device = NULL;
    struct tri_device_options options = TRI_DEVICE_OPTIONS_INIT;
    options.wave = "x.fst";
    cr_assert_eq(tri_device_open("hls:p2_b128_b3_t4", &options, &device), TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "no waves") != NULL, "%s", tri_error());
    options.wave = NULL;
    options.plant = "nonsense";
    cr_assert_eq(tri_device_open("hls:p2_b128_b3_t4", &options, &device), TRI_E_UNSUPPORTED);
    cr_assert(strstr(tri_error(), "make hls DESIGN=p2_b128_b3_t4") != NULL, "%s", tri_error());
}

static const struct tri_sim_api *load_api(const char *design, void **library) {
    char path[4096];
    cr_assert(tri_find_hls(design, NULL, path, sizeof path) == TRI_OK, "%s", tri_error());
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(*library != NULL, "%s", dlerror());
    const struct tri_sim_api *(*get_api)(void) = NULL;
    *(void **)&get_api = dlsym(*library, "tri_sim_get_api");
    cr_assert(get_api != NULL);
    return get_api();
}

Test(hls_device, registers_behave_as_in_the_contract) {
    void *library = NULL;
    const struct tri_sim_api *api = load_api("p2_b128_b3_t4", &library);
    const struct tri_sim_options options = {0};
    char error[256];
    struct tri_sim *sim = api->create(&options, error);
    cr_assert(sim != NULL, "%s", error);
    cr_assert_eq(api->read(sim, TRI_REG_MAGIC), TRI_MAGIC);
    cr_assert_eq(api->read(sim, TRI_REG_WATCHDOG), TRI_REG_WATCHDOG_RESET);
    const uint32_t last = TRI_REG_WEIGHTS + TRI_REG_WEIGHTS_STRIDE; /* of the second of two ports */
    api->write(sim, last + 4, 0x12345678);
    api->write(sim, last + TRI_REG_WEIGHTS_STRIDE, 1);
    cr_assert_eq(api->read(sim, last + 4), 0x12345678);
    cr_assert_eq(api->read(sim, last), 0);
    cr_assert_eq(api->read(sim, last + TRI_REG_WEIGHTS_STRIDE), 0, "a port that does not exist");
    api->write(sim, last + 4, 0);
    api->write(sim, TRI_REG_MAGIC, 1);
    cr_assert_eq(api->read(sim, TRI_REG_MAGIC), TRI_MAGIC, "read only");
    /* A list at an address that is not a multiple of 64 ends at once. */
    api->write(sim, TRI_REG_COMMANDS, 32);
    api->write(sim, TRI_REG_COUNT, 1);
    api->write(sim, TRI_REG_GIE, 1);
    api->write(sim, TRI_REG_IER, 1);
    cr_assert(!api->interrupt(sim));
    api->write(sim, TRI_REG_CTRL, 1);
    cr_assert(api->run(sim, 1));
    cr_assert(api->interrupt(sim));
    api->write(sim, TRI_REG_ISR, 1);
    cr_assert(!api->interrupt(sim), "writing a one toggles the bit");
    cr_assert_eq(api->read(sim, TRI_REG_STATUS), TRI_ACCEL_BAD_LIST);
    cr_assert_eq(api->read(sim, TRI_REG_CTRL), 2 | 4 | 8, "done, idle and ready");
    cr_assert_eq(api->read(sim, TRI_REG_CTRL), 4, "done and ready are cleared on read");
    uint8_t memory[1];
    cr_assert(api->map(sim, -1, 4096, memory, 64));
    cr_assert(!api->map(sim, -1, 4096, memory, 64), "an overlap");
    cr_assert(!api->map(sim, 2, 4096, memory, 64), "no such port");
    cr_assert(!api->map(sim, 0, 100, memory, 64), "not on a page");
    api->destroy(sim);
    (void)dlclose(library);
}
