/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes and removes the private folder of an xrt: device.
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include "driver/xrt_rundir.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "/tmp/tritium-xrt-";

/* Debian's libxrt_hwemu 2.13 writes past the end of its message buffer as soon as a message is
 * longer than the first one was. The first one carries the settings, so one of them is long, and
 * buffers travel in smaller packets. */
enum { PACKET = 1044480, PAD = 1048576 };

enum tri_status tri_xrt_rundir_make(char *path) {
    (void)snprintf(path, TRI_XRT_RUNDIR, "%sXXXXXX", prefix);
    if (mkdtemp(path) != NULL) return TRI_OK;
    const int code = errno;
    path[0] = '\0';
    return tri_fail(TRI_E_IO, "%s*: cannot make a folder: %s", prefix, strerror(code));
}

static bool write_settings(FILE *out) {
    fprintf(out,
            "[Emulation]\npacket_size=%d\nsystem_dpa=false\nprint_infos_in_console=false\n"
            "keep_run_dir=false\n[Debug]\npad=",
            PACKET);
    for (int i = 0; i < PAD; i++) putc('x', out);
    putc('\n', out);
    const bool good = ferror(out) == 0;
    return fclose(out) == 0 && good;
}

enum tri_status tri_xrt_rundir_fill(const char *path, const char *libraries, bool emulation) {
    char name[TRI_XRT_RUNDIR + 32];
    (void)snprintf(name, sizeof name, "%s/xrtroot", path);
    if (mkdir(name, 0700) != 0) {
        return tri_fail(TRI_E_IO, "%s: cannot make a folder: %s", name, strerror(errno));
    }
    (void)snprintf(name, sizeof name, "%s/xrtroot/lib", path);
    if (symlink(libraries, name) != 0) {
        return tri_fail(TRI_E_IO, "%s: cannot make a link: %s", name, strerror(errno));
    }
    if (!emulation) return TRI_OK;
    (void)snprintf(name, sizeof name, "%s/xrt.ini", path);
    FILE *out = fopen(name, "w");
    if (out != NULL && write_settings(out)) return TRI_OK;
    return tri_fail(TRI_E_IO, "%s: cannot write: %s", name, strerror(errno));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

void tri_xrt_rundir_remove(const char *path) {
    if (strncmp(path, prefix, sizeof prefix - 1) != 0 || strchr(path + 5, '/') != NULL) return;
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
