/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for designs and built simulators. Nothing is opened here, only found.
 */
#include "driver/paths.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folder of the running program, or "." where the system does not tell. */
static void program_folder(char *folder, size_t size) {
    const ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    if (length > 0) {
        folder[length] = '\0';
        char *slash = strrchr(folder, '/');
        if (slash != NULL && slash != folder) {
            *slash = '\0';
            return;
        }
    }
    snprintf(folder, size, ".");
}

/* Makes folder/sub/name and says whether it can be read. */
static bool try_file(const char *folder, const char *sub, const char *name, char *path,
                     size_t size) {
    const int length = snprintf(path, size, "%s/%s/%s", folder, sub, name);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

enum tri_status tri_find_design(const char *design, char *path, size_t size) {
    const bool is_path = strchr(design, '/') != NULL || ends_with(design, ".yaml");
    char name[NAME_MAX + 1], folder[PATH_MAX];
    const int length = is_path ? snprintf(path, size, "%s", design)
                               : snprintf(name, sizeof name, "%s.yaml", design);
    if (length < 0 || (size_t)length >= (is_path ? size : sizeof name)) {
        return tri_fail(TRI_E_ARGUMENT, "design %.60s...: name too long", design);
    }
    if (*design == '\0') return tri_fail(TRI_E_ARGUMENT, "wanted a design after the colon");
    if (is_path) return TRI_OK; /* reading it says what is wrong with it */
    if (try_file("designs", ".", name, path, size)) return TRI_OK;
    if (try_file("designs", "test", name, path, size)) return TRI_OK;
    if (try_file("bitstreams", design, "design.yaml", path, size)) return TRI_OK;
    program_folder(folder, sizeof folder);
    if (try_file(folder, "../designs", name, path, size)) return TRI_OK;
    if (try_file(folder, "../designs/test", name, path, size)) return TRI_OK;
    char boards[PATH_MAX + 16];
    (void)snprintf(boards, sizeof boards, "%s/../bitstreams", folder);
    if (try_file(boards, design, "design.yaml", path, size)) return TRI_OK;
    return tri_fail(
        TRI_E_IO, "design %s: no designs/%s, here or in %s/.. (give a path, or a name from there)",
        design, name, folder);
}

/* kind: sim or hls. */
static enum tri_status find_library(const char *kind, const char *variable, const char *design,
                                    const char *plant, char *path, size_t size) {
    char name[512], folder[PATH_MAX];
    snprintf(name, sizeof name, "%s%s%s/libtritium_%s.so", design, plant != NULL ? "+" : "",
             plant != NULL ? plant : "", kind);
    const char *given = getenv(variable);
    if (given != NULL && *given != '\0') {
        if (try_file(given, ".", name, path, size)) return TRI_OK;
    } else {
        program_folder(folder, sizeof folder);
        if (try_file(folder, kind, name, path, size)) return TRI_OK;
        if (try_file("build", kind, name, path, size)) return TRI_OK;
    }
    return tri_fail(TRI_E_UNSUPPORTED, "%s:%s: not built, run: make %s DESIGN=%s%s%s", kind, design,
                    kind, design, plant != NULL ? " PLANT=" : "", plant != NULL ? plant : "");
}

enum tri_status tri_find_sim(const char *design, const char *plant, char *path, size_t size) {
    return find_library("sim", "TRITIUM_SIM_DIR", design, plant, path, size);
}

enum tri_status tri_find_hls(const char *design, const char *plant, char *path, size_t size) {
    return find_library("hls", "TRITIUM_HLS_DIR", design, plant, path, size);
}

enum tri_status tri_find_xrt(char *path, size_t size) {
    char folder[PATH_MAX];
    const char *given = getenv("TRITIUM_XRT_DIR");
    if (given != NULL && *given != '\0') {
        if (try_file(given, ".", "tritium-xrt", path, size)) return TRI_OK;
    } else {
        program_folder(folder, sizeof folder);
        if (try_file(folder, ".", "tritium-xrt", path, size)) return TRI_OK;
        if (try_file("build", ".", "tritium-xrt", path, size)) return TRI_OK;
    }
    return tri_fail(TRI_E_UNSUPPORTED, "xrt: not built: install libxrt-dev (or AMD's XRT), then "
                                       "run: make xrt");
}
