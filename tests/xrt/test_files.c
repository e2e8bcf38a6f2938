/* SPDX-License-Identifier: Apache-2.0
 *
 * What needs no XRT: xrt: URIs, xclbins whole and damaged, an image cut by rows.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "driver/xrt_shard.h"
#include "driver/xrt_uri.h"
#include "driver/xrt_xclbin.h"
#include "tests/unit/random_matrices.h"
#include "tests/unit/temp_file.h"

Test(xrt_files, a_uri_has_a_file_and_three_keys) {
    struct tri_xrt_uri uri;
    cr_assert_eq(tri_xrt_uri_parse("a/b.xclbin", &uri), TRI_OK);
    cr_assert_str_eq(uri.file, "a/b.xclbin");
    cr_assert_str_eq(uri.device, "0");
    cr_assert_str_eq(uri.launch, "run");
    cr_assert_str_eq(uri.design, "");
    cr_assert_eq(tri_xrt_uri_parse("b?launch=ip&device=0000:65:00.1&design=hbm", &uri), TRI_OK);
    cr_assert_str_eq(uri.file, "b");
    cr_assert_str_eq(uri.device, "0000:65:00.1");
    cr_assert_str_eq(uri.launch, "ip");
    cr_assert_str_eq(uri.design, "hbm");
}

Test(xrt_files, bad_uris_are_refused) {
    static const char *const bad[] = {"",
                                      "?launch=ip",
                                      "b?",
                                      "b?x=1",
                                      "b?launch",
                                      "b?launch=",
                                      "b?launch=fast",
                                      "b?device=1&device=2",
                                      "b?launch=ip&",
                                      "b?devicex=1"};
    struct tri_xrt_uri uri;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(tri_xrt_uri_parse(bad[i], &uri), TRI_E_ARGUMENT, "%s", bad[i]);
    }
    char *longest = calloc(6000, 1);
    cr_assert(longest != NULL);
    memset(longest, 'a', 5999);
    cr_assert_eq(tri_xrt_uri_parse(longest, &uri), TRI_E_ARGUMENT);
    free(longest);
}

static const char whole[] = "build/xrt/p1_b128_b2_t2-1-hls-128.xclbin";

static char *read_whole(size_t *size) {
    FILE *in = fopen(whole, "rb");
    cr_assert(in != NULL);
    cr_assert_eq(fseek(in, 0, SEEK_END), 0);
    *size = (size_t)ftell(in);
    char *bytes = malloc(*size);
    cr_assert(bytes != NULL);
    rewind(in);
    cr_assert_eq(fread(bytes, 1, *size, in), *size);
    (void)fclose(in);
    return bytes;
}

Test(xrt_files, an_xclbin_names_its_design) {
    struct tri_xclbin xclbin;
    cr_assert(tri_xclbin_read(whole, &xclbin) == TRI_OK, "%s", tri_error());
    cr_assert(xclbin.emulation);
    cr_assert(xclbin.has_design);
    cr_assert_str_eq(xclbin.design.name, "p1_b128_b2_t2");
    cr_assert_eq(xclbin.design.geometry.tokens, 2);
}

Test(xrt_files, a_truncated_xclbin_is_refused_wherever_it_ends) {
    size_t size = 0;
    char *bytes = read_whole(&size), path[TEMP_PATH];
    struct tri_xclbin xclbin;
    for (size_t end = 0; end < size; end = end < 1200 ? end + 37 : end + size / 5) {
        temp_file(bytes, end, path);
        cr_assert_eq(tri_xclbin_read(path, &xclbin), TRI_E_FORMAT, "%zu bytes", end);
        (void)remove(path);
    }
    free(bytes);
}

Test(xrt_files, a_damaged_xclbin_never_crashes) {
    size_t size = 0;
    char *bytes = read_whole(&size), path[TEMP_PATH];
    struct tri_xclbin xclbin;
    for (size_t at = 0; at < 456 + 8 * 40; at += 3) { /* header and section table */
        const char before = bytes[at];
        bytes[at] = (char)(before ^ 0x5a);
        temp_file(bytes, size, path);
        const enum tri_status status = tri_xclbin_read(path, &xclbin);
        cr_assert(status == TRI_OK || status == TRI_E_FORMAT || status == TRI_E_UNSUPPORTED,
                  "byte %zu: %d", at, (int)status);
        if (at < 8) cr_assert_eq(status, TRI_E_FORMAT, "the magic");
        (void)remove(path);
        bytes[at] = before;
    }
    free(bytes);
}

Test(xrt_files, a_file_of_software_emulation_is_refused_by_name) {
    size_t size = 0;
    char *bytes = read_whole(&size), path[TEMP_PATH];
    struct tri_xclbin xclbin;
    bytes[332] = 5;
    temp_file(bytes, size, path);
    cr_assert_eq(tri_xclbin_read(path, &xclbin), TRI_E_UNSUPPORTED);
    cr_assert(strstr(tri_error(), "software emulation") != NULL, "%s", tri_error());
    (void)remove(path);
    free(bytes);
}

Test(xrt_files, shards_hold_every_row_once_and_where_they_say) {
    static const struct shape shapes[] = {{1, 50}, {7, 200}, {64, 81}, {129, 40}};
    struct tri_geometry geometry = {4, 128, TRI_B3, 1, 1024, 4, 128};
    struct matrices matrices = {shapes, 5};
    struct tri_image *image = build_image(&geometry, &matrices, 4);
    for (uint32_t units = 1; units <= 5; units++) {
        uint32_t rows[4] = {0};
        for (uint32_t u = 0; u < units; u++) {
            struct tri_xrt_shard shard;
            cr_assert_eq(tri_xrt_shard_make(image, u, units, &shard), TRI_OK);
            for (uint32_t i = 0; i < 4; i++) {
                const struct tri_image_matrix *part = &shard.image.matrix[i];
                cr_assert_eq(shard.first_row[i], part->rows > 0 ? rows[i] : shard.first_row[i]);
                cr_assert_eq(part->offset % 4096, 0);
                rows[i] += part->rows;
                if (part->rows == 0) continue;
                const uint64_t row_bytes = image->matrix[i].bytes / ((shapes[i].rows + 3u) / 4u);
                uint8_t *bytes = malloc(part->bytes);
                cr_assert(bytes != NULL);
                for (uint32_t port = 0; port < 4; port++) {
                    tri_xrt_shard_read(&shard, image, port, part->offset, part->bytes, bytes);
                    cr_assert_eq(memcmp(bytes,
                                        image->port[port] + image->matrix[i].offset +
                                            shard.first_row[i] / 4 * row_bytes,
                                        part->bytes),
                                 0, "units %u, unit %u, matrix %u, port %u", units, u, i, port);
                }
                free(bytes);
            }
            tri_xrt_shard_free(&shard);
        }
        for (uint32_t i = 0; i < 4; i++) cr_assert_eq(rows[i], shapes[i].rows);
    }
    tri_image_destroy(image);
}
