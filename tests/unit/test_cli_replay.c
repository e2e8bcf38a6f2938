/* SPDX-License-Identifier: Apache-2.0
 *
 * Replay files: what is written is read again, and a file that is not whole is refused.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/replay.h"

static char path[] = "build/test-replay-XXXXXX";
static struct tri_replay right;

static void make(void) {
    mkdir("build", 0777);
    int handle = mkstemp(path);
    cr_assert_geq(handle, 0);
    close(handle);
    memset(&right, 0, sizeof right);
    right = (struct tri_replay){.uri = "sim:somewhere",
                                .plant = "accumulate",
                                .name = "layer 2 gate|up",
                                .seed = 0x123456789abcdef0u,
                                .stall_permille = -1,
                                .geometry = {.ports = 2,
                                             .beat_bits = 128,
                                             .encoding = TRI_B3,
                                             .tokens = 2,
                                             .k_max = 1024,
                                             .t_max = 8,
                                             .prefetch = 256},
                                .design_hash = 0xfedcba9876543210u,
                                .layer = 2,
                                .group = 2,
                                .position = 9,
                                .rows = 5,
                                .cols = 7,
                                .tokens = 3,
                                .row = 4,
                                .token = 2,
                                .wanted_sum = -12,
                                .got_sum = -13,
                                .matrix_row0 = 3};
    cr_assert_eq(tri_replay_allocate(&right, "test"), TRI_OK);
    for (int i = 0; i < 5 * 7; i++) right.weights[i] = (int8_t)(i % 3 - 1);
    for (int i = 0; i < 3 * 7; i++) right.codes[i] = (int8_t)(12 * i - 127);
    tri_replay_compute(&right, right.wanted);
    cr_assert_eq(tri_replay_write(&right, path), TRI_OK, "%s", tri_error());
}

static void drop(void) {
    tri_replay_free(&right);
    unlink(path);
}

TestSuite(cli_replay, .init = make, .fini = drop);

Test(cli_replay, sums_are_the_formula) {
    int32_t sum = 0;
    for (int k = 0; k < 7; k++) sum += right.weights[2 * 7 + k] * right.codes[1 * 7 + k];
    cr_assert_eq(right.wanted[1 * 5 + 2], sum);
}

Test(cli_replay, what_was_written_is_read_again) {
    struct tri_replay got;
    cr_assert_eq(tri_replay_read(path, &got), TRI_OK, "%s", tri_error());
    cr_assert_str_eq(got.uri, right.uri);
    cr_assert_str_eq(got.plant, right.plant);
    cr_assert_str_eq(got.name, right.name);
    cr_assert(got.seed == right.seed && got.stall_permille == -1);
    cr_assert_eq(memcmp(&got.geometry, &right.geometry, sizeof got.geometry), 0);
    cr_assert(got.design_hash == right.design_hash && got.layer == 2 && got.group == 2);
    cr_assert(got.position == 9 && got.row == 4 && got.token == 2 && got.matrix_row0 == 3);
    cr_assert(got.wanted_sum == -12 && got.got_sum == -13);
    cr_assert_arr_eq(got.weights, right.weights, 5 * 7);
    cr_assert_arr_eq(got.codes, right.codes, 3 * 7);
    cr_assert_arr_eq(got.wanted, right.wanted, 3 * 5 * sizeof(int32_t));
    tri_replay_free(&got);
}

static size_t load(unsigned char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static enum tri_status read_bytes(const unsigned char *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    struct tri_replay got;
    enum tri_status status = tri_replay_read(path, &got);
    tri_replay_free(&got);
    return status;
}

Test(cli_replay, any_flipped_bit_is_refused) {
    unsigned char bytes[1024];
    size_t size = load(bytes, sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= (unsigned char)(1u << (i % 8));
        cr_assert_eq(read_bytes(bytes, size), TRI_E_FORMAT, "byte %zu", i);
        bytes[i] ^= (unsigned char)(1u << (i % 8));
    }
    cr_assert_eq(read_bytes(bytes, size), TRI_OK);
}

Test(cli_replay, any_shorter_or_longer_file_is_refused) {
    unsigned char bytes[1025] = {0};
    size_t size = load(bytes, 1024);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(read_bytes(bytes, i), TRI_E_FORMAT, "%zu bytes", i);
    cr_assert_eq(read_bytes(bytes, size + 1), TRI_E_FORMAT);
}
