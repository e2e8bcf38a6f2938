/* SPDX-License-Identifier: Apache-2.0
 *
 * The device interface and the golden model: URIs, arguments, and products equal to the definition.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "driver/device.h"
#include "tests/unit/random_matrices.h"
#include "tests/unit/temp_file.h"

/* Odd and whole numbers of beats, rows that do not fill the ports, one row, one column. */
static const struct shape shapes[] = {{7, 81}, {64, 320}, {1, 1}, {33, 1023}, {6, 1024}};
enum { SHAPES = 5 };

static struct tri_device *open_device(const char *uri) {
    struct tri_device *device = NULL;
    cr_assert(tri_device_open(uri, NULL, &device) == TRI_OK, "%s", tri_error());
    return device;
}

static void check_sums(const struct matrices *matrices, uint32_t i, const int8_t *codes,
                       const int32_t *sums, uint32_t tokens) {
    const uint32_t rows = matrices->shape[i].rows;
    for (uint32_t token = 0; token < tokens; token++) {
        for (uint32_t row = 0; row < rows; row++) {
            const int32_t wanted = product(matrices, i, row, codes, token);
            cr_assert_eq(sums[token * rows + row], wanted, "matrix %u row %u token %u", i, row,
                         token);
        }
    }
}

static void check_products(const char *design) {
    char uri[64];
    (void)snprintf(uri, sizeof uri, "ref:%s", design);
    struct tri_device *device = open_device(uri);
    struct matrices matrices = {shapes, 11};
    struct tri_image *image =
        build_image(&tri_device_info(device)->design.geometry, &matrices, SHAPES);
    cr_assert(tri_device_load(device, image) == TRI_OK, "%s", tri_error());
    struct tri_job jobs[SHAPES];
    int8_t *codes[SHAPES];
    int32_t *sums[SHAPES];
    for (uint32_t i = 0; i < SHAPES; i++) {
        const uint32_t tokens = 1 + 5 * i; /* t_max is 8: some jobs are longer than a command */
        codes[i] = random_codes(i, tokens, shapes[i].cols);
        sums[i] = calloc((size_t)tokens * shapes[i].rows, sizeof *sums[i]);
        cr_assert(sums[i] != NULL);
        jobs[i] = (struct tri_job){i, tokens, codes[i], sums[i]};
    }
    cr_assert(tri_device_submit(device, jobs, SHAPES) == TRI_OK, "%s", tri_error());
    cr_assert(tri_device_wait(device, 0) == TRI_OK, "%s", tri_error());
    for (uint32_t i = 0; i < SHAPES; i++) {
        check_sums(&matrices, i, codes[i], sums[i], jobs[i].tokens);
        free(codes[i]);
        free(sums[i]);
    }
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(device, golden_model_equals_the_definition_in_many_geometries) {
    check_products("p1_b128_b2_t2");
    check_products("p2_b128_b3_t4");
    check_products("p4_b512_b3_t2");
    check_products("p4_b512_b2_t1");
}

Test(device, golden_model_computes_the_largest_sums_exactly) {
    static const struct shape shape = {1, 1024};
    struct tri_device *device = open_device("ref:p1_b128_b3_t1");
    struct matrices matrices = {&shape, 1};
    struct tri_image *image = build_image(&tri_device_info(device)->design.geometry, &matrices, 1);
    int8_t codes[1024];
    int32_t sum = 0, wanted = 0;
    for (uint32_t k = 0; k < 1024; k++) { /* every product is as negative as can be */
        const int8_t trit = random_trit(1, 0, 0, k);
        codes[k] = (int8_t)(trit < 0 ? 127 : -128);
        wanted += trit * codes[k];
    }
    const struct tri_job job = {0, 1, codes, &sum};
    cr_assert(tri_device_load(device, image) == TRI_OK);
    cr_assert(tri_device_submit(device, &job, 1) == TRI_OK);
    cr_assert(tri_device_wait(device, 0) == TRI_OK);
    cr_assert_eq(sum, wanted);
    cr_assert(sum < -60000);
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(device, finds_a_design_by_name_and_by_path) {
    struct tri_device *device = open_device("ref:kv260");
    cr_assert_str_eq(tri_device_info(device)->design.name, "kv260");
    cr_assert_str_eq(tri_device_info(device)->backend, "ref");
    cr_assert_str_eq(tri_device_info(device)->uri, "ref:kv260");
    cr_assert(!tri_device_info(device)->counts_cycles);
    tri_device_close(device);
    device = open_device("ref:designs/kv260.yaml");
    cr_assert_str_eq(tri_device_info(device)->design.name, "kv260");
    cr_assert_eq(tri_device_info(device)->design_hash,
                 tri_design_hash(&tri_device_info(device)->design.geometry));
    tri_device_close(device);
}

static void expect_open(const char *uri, enum tri_status wanted, const char *text) {
    struct tri_device *device = NULL;
    cr_assert_eq(tri_device_open(uri, NULL, &device), wanted, "%s: %s", uri, tri_error());
    cr_assert(device == NULL);
    cr_assert(strstr(tri_error(), text), "%s: %s", uri, tri_error());
}

Test(device, says_what_is_wrong_with_a_uri) {
    expect_open("fpga:kv260", TRI_E_ARGUMENT, "ref:DESIGN, sim:DESIGN, hls:DESIGN");
    expect_open("kv260", TRI_E_ARGUMENT, "ref:DESIGN, sim:DESIGN, hls:DESIGN");
    expect_open("", TRI_E_ARGUMENT, "ref:DESIGN, sim:DESIGN, hls:DESIGN");
    expect_open("ref:", TRI_E_ARGUMENT, "design");
    expect_open("ref:nonesuch", TRI_E_IO, "nonesuch");
    expect_open("ref:/tmp/nonesuch.yaml", TRI_E_IO, "/tmp/nonesuch.yaml");
    char *uri = malloc(20000);
    cr_assert(uri != NULL);
    memset(uri, 'x', 20000);
    memcpy(uri, "ref:", 4);
    uri[19999] = '\0';
    expect_open(uri, TRI_E_ARGUMENT, "too long");
    memcpy(uri + 4, "./", 2);
    expect_open(uri, TRI_E_ARGUMENT, "too long");
    free(uri);
}

Test(device, says_which_make_target_builds_a_missing_simulator) {
    cr_assert_eq(setenv("TRITIUM_SIM_DIR", "/tmp/tritium-no-such-folder", 1), 0);
    expect_open("sim:kv260", TRI_E_UNSUPPORTED, "make sim DESIGN=kv260");
}

Test(device, refuses_another_designs_image_and_names_both_hashes) {
    struct tri_device *device = open_device("ref:p2_b128_b3_t4");
    struct tri_geometry other = tri_device_info(device)->design.geometry;
    other.prefetch *= 2;
    struct matrices matrices = {shapes, 1};
    struct tri_image *image = build_image(&other, &matrices, SHAPES);
    char hash[20];
    cr_assert_eq(tri_device_load(device, image), TRI_E_MISMATCH);
    (void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)image->design_hash);
    cr_assert(strstr(tri_error(), hash), "%s", tri_error());
    (void)snprintf(hash, sizeof hash, "%016llx",
                   (unsigned long long)tri_device_info(device)->design_hash);
    cr_assert(strstr(tri_error(), hash), "%s", tri_error());
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(device, refuses_to_load_an_image_with_a_changed_byte) {
    struct tri_device *device = open_device("ref:p2_b128_b3_t4");
    struct matrices matrices = {shapes, 1};
    struct tri_image *image =
        build_image(&tri_device_info(device)->design.geometry, &matrices, SHAPES);
    image->port[1][image->matrix[2].offset] ^= 1;
    cr_assert_eq(tri_device_load(device, image), TRI_E_MISMATCH);
    cr_assert(strstr(tri_error(), "matrix 2: port 1"), "%s", tri_error());
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(device, reports_corrupt_codes_by_matrix_row_and_port) {
    struct tri_device *device = open_device("ref:p2_b128_b3_t4");
    struct matrices matrices = {shapes, 1};
    struct tri_image *image =
        build_image(&tri_device_info(device)->design.geometry, &matrices, SHAPES);
    cr_assert(tri_device_load(device, image) == TRI_OK);
    image->port[1][image->matrix[0].offset + 32 + 1] = 0xaf; /* the second row of port 1 */
    int8_t codes[81] = {0};
    int32_t sums[7];
    const struct tri_job job = {0, 1, codes, sums};
    cr_assert(tri_device_submit(device, &job, 1) == TRI_OK);
    cr_assert_eq(tri_device_wait(device, 0), TRI_E_DEVICE);
    cr_assert(strstr(tri_error(), "matrix 0") && strstr(tri_error(), "row 3, port 1"), "%s",
              tri_error());
    cr_assert(strstr(tri_error(), "corrupt_weights"), "%s", tri_error());
    tri_device_close(device);
    tri_image_destroy(image);
}

Test(device, refuses_bad_jobs_before_anything_starts) {
    struct tri_device *device = open_device("ref:p1_b128_b3_t1");
    struct matrices matrices = {shapes, 1};
    struct tri_image *image =
        build_image(&tri_device_info(device)->design.geometry, &matrices, SHAPES);
    int8_t codes[81] = {0};
    int32_t sums[7] = {0};
    const struct tri_job good = {0, 1, codes, sums};
    cr_assert_eq(tri_device_submit(device, &good, 1), TRI_E_ARGUMENT); /* nothing is loaded */
    cr_assert(tri_device_load(device, image) == TRI_OK);
    cr_assert_eq(tri_device_wait(device, 0), TRI_E_ARGUMENT); /* nothing is in flight */
    cr_assert_eq(tri_device_submit(device, &good, 0), TRI_E_ARGUMENT);
    const struct tri_job bad[] = {
        {SHAPES, 1, codes, sums}, {0, 0, codes, sums}, {0, 1, NULL, sums}, {0, 1, codes, NULL}};
    for (int i = 0; i < 4; i++) {
        const struct tri_job pair[2] = {good, bad[i]};
        cr_assert_eq(tri_device_submit(device, pair, 2), TRI_E_ARGUMENT);
        cr_assert(strstr(tri_error(), "job 1"), "%s", tri_error());
    }
    cr_assert(tri_device_submit(device, &good, 1) == TRI_OK);
    cr_assert_eq(tri_device_submit(device, &good, 1), TRI_E_ARGUMENT); /* one is in flight */
    cr_assert_eq(tri_device_load(device, image), TRI_E_ARGUMENT);
    cr_assert(tri_device_wait(device, 0) == TRI_OK);
    tri_device_close(device);
    tri_image_destroy(image);
}
