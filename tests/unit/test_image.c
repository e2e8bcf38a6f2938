/* SPDX-License-Identifier: Apache-2.0
 *
 * Images: where each weight lies, files there and back, and every way a file can be wrong.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/random_matrices.h"
#include "tests/unit/temp_file.h"

static const struct tri_geometry geometry = {2, 128, TRI_B3, 1, 1024, 8, 128};
static const struct shape shapes[] = {{5, 81}, {2, 1024}, {1, 1}};
enum { SHAPES = 3, BIG = 1 << 20 };

/* A folder of this test alone. */
static void make_folder(char *path) {
    (void)snprintf(path, TEMP_PATH, "/tmp/tritium-test-XXXXXX");
    cr_assert(mkdtemp(path) != NULL);
}

static int files_in(const char *path) {
    DIR *folder = opendir(path);
    cr_assert(folder != NULL);
    int files = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        files += entry->d_name[0] != '.';
    }
    closedir(folder);
    return files;
}

static void save_image(char *folder, char *path, size_t size) {
    struct matrices matrices = {shapes, 7};
    struct tri_image *image = build_image(&geometry, &matrices, SHAPES);
    make_folder(folder);
    (void)snprintf(path, size, "%s/image", folder);
    cr_assert(tri_image_save(image, path) == TRI_OK, "%s", tri_error());
    tri_image_destroy(image);
}

/* Where the header of driver/image.h says column `col` of row `row` is. */
static int8_t weight_at(const struct tri_image *image, uint32_t i, uint32_t row, uint32_t col) {
    const struct tri_image_matrix *matrix = &image->matrix[i];
    const uint32_t beat_bytes = image->geometry.beat_bits / 8;
    const uint32_t trits = image->geometry.encoding == TRI_B3 ? 5 : 4;
    const uint32_t per_beat = beat_bytes * trits;
    const uint32_t beats = (matrix->cols + per_beat - 1) / per_beat;
    const uint8_t *port = image->port[row % image->geometry.ports] + matrix->offset;
    const uint64_t beat = (uint64_t)(row / image->geometry.ports) * beats + col / per_beat;
    int8_t out[5];
    const uint8_t byte = port[beat * beat_bytes + col % per_beat / trits];
    cr_assert(tri_trits_decode(image->geometry.encoding, byte, out));
    return out[col % trits];
}

static void check_weights(const struct tri_image *image, const struct matrices *matrices) {
    const uint32_t trits = image->geometry.encoding == TRI_B3 ? 5 : 4;
    const uint32_t per_beat = image->geometry.beat_bits / 8 * trits;
    for (uint32_t i = 0; i < image->count; i++) {
        const struct shape shape = matrices->shape[i];
        const uint32_t ports = image->geometry.ports;
        const uint32_t rows = (shape.rows + ports - 1) / ports * ports;
        const uint32_t cols = (shape.cols + per_beat - 1) / per_beat * per_beat;
        cr_assert_eq(image->matrix[i].bytes, (uint64_t)rows / ports * cols / trits);
        for (uint32_t row = 0; row < rows; row++) {
            for (uint32_t col = 0; col < cols; col++) {
                const bool inside = row < shape.rows && col < shape.cols;
                const int8_t wanted = inside ? random_trit(matrices->seed, i, row, col) : 0;
                cr_assert_eq(weight_at(image, i, row, col), wanted, "matrix %u row %u column %u", i,
                             row, col);
            }
        }
    }
}

Test(image, puts_every_weight_where_the_header_says_in_all_geometries) {
    for (uint32_t ports = 1; ports <= 16; ports *= 2) {
        for (uint32_t bits = 128; bits <= 512; bits *= 2) {
            for (int encoding = TRI_B2; encoding <= TRI_B3; encoding++) {
                const struct tri_geometry g = {ports, bits, (enum tri_encoding)encoding, 1, 1024,
                                               8,     128};
                struct matrices matrices = {shapes, ports + bits};
                struct tri_image *image = build_image(&g, &matrices, SHAPES);
                check_weights(image, &matrices);
                cr_assert(tri_image_verify(image) == TRI_OK, "%s", tri_error());
                tri_image_destroy(image);
            }
        }
    }
}

Test(image, comes_back_from_a_file_as_it_was_in_all_geometries) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16];
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/image", folder);
    for (uint32_t ports = 1; ports <= 16; ports *= 2) {
        for (int encoding = TRI_B2; encoding <= TRI_B3; encoding++) {
            const struct tri_geometry g = {ports, 256, (enum tri_encoding)encoding, 2, 1024,
                                           8,     256};
            struct matrices matrices = {shapes, 3};
            struct tri_image *image = build_image(&g, &matrices, SHAPES), *back = NULL;
            cr_assert(tri_image_save(image, path) == TRI_OK, "%s", tri_error());
            cr_assert(tri_image_load(path, &g, &back) == TRI_OK, "%s", tri_error());
            cr_assert_eq(back->count, image->count);
            cr_assert_eq(back->port_bytes, image->port_bytes);
            cr_assert_eq(back->design_hash, image->design_hash);
            cr_assert_eq(memcmp(back->matrix, image->matrix, SHAPES * sizeof *image->matrix), 0);
            for (uint32_t port = 0; port < ports; port++) {
                cr_assert_eq((uintptr_t)back->port[port] % 4096, 0);
                cr_assert_eq(memcmp(back->port[port], image->port[port], image->port_bytes), 0);
            }
            cr_assert_eq(files_in(folder), 1);
            tri_image_destroy(back);
            tri_image_destroy(image);
        }
    }
    remove(path);
    remove(folder);
}

Test(image, starts_matrices_on_pages_at_one_offset_for_all_ports) {
    struct matrices matrices = {shapes, 1};
    struct tri_image *image = build_image(&geometry, &matrices, SHAPES);
    cr_assert_eq(image->matrix[0].offset, 0);
    cr_assert_eq(image->matrix[1].offset, 4096);
    cr_assert_eq(image->matrix[2].offset, 8192);
    cr_assert_eq(image->port_bytes, 3 * 4096);
    tri_image_destroy(image);
}

Test(image, names_the_matrix_that_is_too_wide) {
    static const struct shape wide[] = {{4, 1024}, {4, 1025}};
    struct matrices matrices = {wide, 1};
    const struct tri_matrix_source source = {&matrices, 2, describe_matrix, matrix_row};
    struct tri_image *image = NULL;
    cr_assert_eq(tri_image_build(&geometry, &source, &image), TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "matrix 1") && strstr(tri_error(), "1025"), "%s", tri_error());
    cr_assert(image == NULL);
}

static void bad_row(void *context, uint32_t i, uint32_t row, int8_t *out) {
    matrix_row(context, i, row, out);
    if (i == 1 && row == 1) out[3] = 2;
}

Test(image, names_matrix_and_row_of_a_weight_that_is_not_ternary) {
    struct matrices matrices = {shapes, 1};
    const struct tri_matrix_source source = {&matrices, SHAPES, describe_matrix, bad_row};
    struct tri_image *image = NULL;
    cr_assert_eq(tri_image_build(&geometry, &source, &image), TRI_E_ARGUMENT);
    cr_assert(strstr(tri_error(), "matrix 1: row 1"), "%s", tri_error());
}

Test(image, names_matrix_and_port_of_any_changed_byte_in_memory) {
    struct matrices matrices = {shapes, 1};
    struct tri_image *image = build_image(&geometry, &matrices, SHAPES);
    for (uint32_t i = 0; i < SHAPES; i++) {
        for (uint32_t port = 0; port < 2; port++) {
            for (uint64_t at = 0; at < 4096; at += 61) { /* padding too */
                uint8_t *byte = image->port[port] + image->matrix[i].offset + at;
                char wanted[64];
                (void)snprintf(wanted, sizeof wanted, "matrix %u: port %u", i, port);
                *byte ^= 0x10;
                cr_assert_eq(tri_image_verify(image), TRI_E_MISMATCH);
                cr_assert(strstr(tri_error(), wanted), "%s: %s", wanted, tri_error());
                *byte ^= 0x10;
            }
        }
    }
    cr_assert(tri_image_verify(image) == TRI_OK);
    tri_image_destroy(image);
}

/* The file's bytes; changes are written back with rewrite. */
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(BIG);
    cr_assert(file != NULL && bytes != NULL);
    *size = fread(bytes, 1, BIG, file);
    cr_assert(*size < BIG);
    (void)fclose(file);
    return bytes;
}

static void rewrite(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

Test(image, refuses_a_file_with_any_changed_byte) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16];
    save_image(folder, path, sizeof path);
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    /* Every byte of header and table, then a sample of the data. */
    for (size_t at = 0; at < size; at += at < 512 ? 1 : 97) {
        bytes[at] ^= 0x40;
        rewrite(path, bytes, size);
        struct tri_image *image = NULL;
        const enum tri_status status = tri_image_load(path, &geometry, &image);
        cr_assert(status == TRI_E_MISMATCH || status == TRI_E_FORMAT, "byte %zu", at);
        cr_assert(image == NULL);
        cr_assert(strstr(tri_error(), path), "byte %zu: %s", at, tri_error());
        if (at >= 4096) cr_assert(strstr(tri_error(), ": port "), "byte %zu: %s", at, tri_error());
        bytes[at] ^= 0x40;
    }
    free(bytes);
    remove(path);
    remove(folder);
}

Test(image, refuses_a_file_cut_at_any_length) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16];
    save_image(folder, path, sizeof path);
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    for (size_t length = 0; length < size; length += length < 200 ? 1 : 509) {
        rewrite(path, bytes, length);
        struct tri_image *image = NULL;
        cr_assert_eq(tri_image_load(path, &geometry, &image), TRI_E_FORMAT, "length %zu", length);
        cr_assert(strstr(tri_error(), "truncated"), "length %zu: %s", length, tri_error());
    }
    rewrite(path, bytes, size - 1);
    struct tri_image *image = NULL;
    cr_assert_eq(tri_image_load(path, &geometry, &image), TRI_E_FORMAT);
    free(bytes);
    remove(path);
    remove(folder);
}

Test(image, refuses_another_designs_file_and_names_both) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16], hash[20];
    save_image(folder, path, sizeof path);
    struct tri_geometry other = geometry;
    other.t_max = 4;
    struct tri_image *image = NULL;
    cr_assert_eq(tri_image_load(path, &other, &image), TRI_E_MISMATCH);
    (void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)tri_design_hash(&geometry));
    cr_assert(strstr(tri_error(), hash), "%s", tri_error());
    (void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)tri_design_hash(&other));
    cr_assert(strstr(tri_error(), hash), "%s", tri_error());
    cr_assert(strstr(tri_error(), "t_max 4") && strstr(tri_error(), "t_max 8"), "%s", tri_error());
    remove(path);
    remove(folder);
}

Test(image, refuses_a_missing_file_a_folder_and_another_format) {
    struct tri_image *image = NULL;
    cr_assert_eq(tri_image_load("/tmp/tritium-no-such-image", &geometry, &image), TRI_E_IO);
    cr_assert_eq(tri_image_load("/tmp", &geometry, &image), TRI_E_FORMAT);
    cr_assert_eq(tri_image_load("/dev/null", &geometry, &image), TRI_E_FORMAT);
    cr_assert_eq(tri_image_load("Makefile", &geometry, &image), TRI_E_FORMAT);
    cr_assert(strstr(tri_error(), "not a Tritium image"), "%s", tri_error());
}

Test(image, leaves_nothing_behind_when_the_disk_is_full) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16];
    struct matrices matrices = {shapes, 7};
    struct tri_image *image = build_image(&geometry, &matrices, SHAPES);
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/image", folder);
    (void)signal(SIGXFSZ, SIG_IGN); /* the write fails with EFBIG instead */
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    for (rlim_t bytes = 0; bytes < 7 * 4096; bytes += 3000) { /* the file has 28,672 bytes */
        limit.rlim_cur = bytes;
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const enum tri_status status = tri_image_save(image, path);
        limit.rlim_cur = RLIM_INFINITY;
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cr_assert_eq(status, TRI_E_IO, "%llu bytes", (unsigned long long)bytes);
        cr_assert_eq(files_in(folder), 0, "%llu bytes", (unsigned long long)bytes);
    }
    cr_assert(tri_image_save(image, path) == TRI_OK, "%s", tri_error());
    cr_assert_eq(files_in(folder), 1);
    tri_image_destroy(image);
    remove(path);
    remove(folder);
}

Test(image, keeps_the_old_file_when_a_new_one_cannot_be_written) {
    char folder[TEMP_PATH], path[TEMP_PATH + 16];
    save_image(folder, path, sizeof path);
    struct matrices matrices = {shapes, 8};
    struct tri_image *other = build_image(&geometry, &matrices, SHAPES), *image = NULL;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {.rlim_cur = 5000, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(tri_image_save(other, path), TRI_E_IO);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    matrices.seed = 7;
    cr_assert(tri_image_load(path, &geometry, &image) == TRI_OK, "%s", tri_error());
    check_weights(image, &matrices);
    tri_image_destroy(image);
    tri_image_destroy(other);
    remove(path);
    remove(folder);
}

Test(image, says_where_it_cannot_save) {
    struct matrices matrices = {shapes, 7};
    struct tri_image *image = build_image(&geometry, &matrices, SHAPES);
    cr_assert_eq(tri_image_save(image, "/tmp/tritium-no-such-folder/image"), TRI_E_IO);
    cr_assert(strstr(tri_error(), "/tmp/tritium-no-such-folder/image"), "%s", tri_error());
    tri_image_destroy(image);
}
