/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that the program writes: .npy, and whole or absent. Replay files have tests of their own.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/npy.h"

static char folder[] = "build/test-XXXXXX";
static char path[64];

static void make_folder(void) {
    mkdir("build", 0777);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.npy", folder);
}

static void remove_folder(void) {
    unlink(path);
    cr_assert_eq(rmdir(folder), 0, "a file was left behind in %s", folder);
}

TestSuite(cli_files, .init = make_folder, .fini = remove_folder);

Test(cli_files, npy_holds_header_and_rows) {
    struct tri_npy npy;
    const float values[6] = {1, 2, 3, -4, 5.5f, 6};
    char bytes[256];
    cr_assert_eq(tri_npy_open(&npy, path, 3), TRI_OK, "%s", tri_error());
    cr_assert_eq(access(path, F_OK), -1, "the file must not be there before it is whole");
    cr_assert_eq(tri_npy_append(&npy, values, 1), TRI_OK);
    cr_assert_eq(tri_npy_append(&npy, values + 3, 1), TRI_OK);
    cr_assert_eq(tri_npy_commit(&npy), TRI_OK, "%s", tri_error());
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    cr_assert_eq(fread(bytes, 1, sizeof bytes, file), 128 + sizeof values);
    fclose(file);
    const char start[] = "\x93NUMPY\x01\x00v\x00"
                         "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  ";
    cr_assert_arr_eq(bytes, start, sizeof start - 1);
    cr_assert_eq(bytes[127], '\n');
    cr_assert_arr_eq(bytes + 128, (const char *)values, sizeof values);
}

Test(cli_files, a_discarded_file_leaves_nothing_and_keeps_the_old_one) {
    struct tri_outfile file;
    cr_assert_eq(tri_outfile_open(&file, path), TRI_OK);
    fputs("old", file.stream);
    cr_assert_eq(tri_outfile_commit(&file), TRI_OK);
    cr_assert_eq(tri_outfile_open(&file, path), TRI_OK);
    fputs("new and longer", file.stream);
    tri_outfile_discard(&file);
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_size, 3);
}

Test(cli_files, a_device_is_written_in_place_and_a_full_one_is_an_error) {
    struct tri_outfile file;
    struct stat about;
    cr_assert_eq(tri_outfile_open(&file, "/dev/full"), TRI_OK);
    fputs("x", file.stream);
    cr_assert_eq(tri_outfile_commit(&file), TRI_E_IO);
    cr_assert_not_null(strstr(tri_error(), "/dev/full"));
    cr_assert(stat("/dev/full", &about) == 0 && S_ISCHR(about.st_mode));
}

Test(cli_files, a_folder_that_is_not_there_is_an_error) {
    struct tri_outfile file;
    cr_assert_eq(tri_outfile_open(&file, "build/no-such-folder/x"), TRI_E_IO);
    cr_assert_eq(tri_outfile_open(&file, ""), TRI_E_ARGUMENT);
}
