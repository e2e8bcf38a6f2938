/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds XRT and writes its environment. XRT 2.13 looks for its libraries in $XILINX_XRT/lib, where
 * Debian has none, so Debian's get a folder of that shape.
 */
#include "driver/xrt_environment.h"

#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { VARIABLES = 12 };

#if defined(__x86_64__)
#define MULTIARCH "/usr/lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "/usr/lib/aarch64-linux-gnu"
#else
#define MULTIARCH "/usr/lib"
#endif
static const char amd[] = "/opt/xilinx/xrt/lib";

static bool has_xrt(const char *folder) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/libxrt_coreutil.so.2", folder);
    return length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0;
}

enum tri_status tri_xrt_libraries(char *path, size_t size) {
    static const char *const places[] = {amd, MULTIARCH, "/usr/lib64", "/usr/lib"};
    const char *given = getenv("XILINX_XRT");
    if (given != NULL && *given != '\0') {
        const int length = snprintf(path, size, "%s/lib", given);
        if (length > 0 && (size_t)length < size && has_xrt(path)) return TRI_OK;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!has_xrt(places[i])) continue;
        (void)snprintf(path, size, "%s", places[i]);
        return TRI_OK;
    }
    return tri_fail(TRI_E_UNSUPPORTED,
                    "xrt: XRT is not installed: no libxrt_coreutil.so.2 in %s%s%s or %s; install "
                    "libxrt1 (Debian) or AMD's XRT",
                    given != NULL ? given : "", given != NULL ? "/lib, " : "", amd, MULTIARCH);
}

struct list {
    char **text; /* ends with NULL */
    size_t count, room;
    bool failed;
};

static void add(struct list *list, const char *name, const char *value) {
    const size_t size = strlen(name) + strlen(value) + 2;
    char *text = list->count + 1 < list->room ? malloc(size) : NULL;
    if (text == NULL) {
        list->failed = true;
        return;
    }
    (void)snprintf(text, size, "%s=%s", name, value);
    list->text[list->count++] = text;
}

/* Variables that mean something to XRT or to us; the others are passed on. */
static bool is_ours(const char *variable, bool emulation) {
    static const char *const always[] = {
        "XILINX_XRT=",   "XCL_EMULATION_MODE=", "TRITIUM_RUN=", "TRITIUM_LIFE=",
        "TRITIUM_SEED=", "TRITIUM_STALL=",      "USER=",        "LD_LIBRARY_PATH="};
    static const char *const emulated[] = {
        "XRT_INI_PATH=", "SDACCEL_EM_RUN_DIR=", "EMULATION_SOCKETID="};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        if (strncmp(variable, always[i], strlen(always[i])) == 0) return true;
    }
    for (size_t i = 0; emulation && i < sizeof emulated / sizeof *emulated; i++) {
        if (strncmp(variable, emulated[i], strlen(emulated[i])) == 0) return true;
    }
    return false;
}

/* XRT wants a user's name, which cron and containers do not give. */
static void add_user(struct list *list) {
    const char *user = getenv("USER");
    const struct passwd *entry = user == NULL || *user == '\0' ? getpwuid(geteuid()) : NULL;
    if (entry != NULL) user = entry->pw_name;
    add(list, "USER", user != NULL && *user != '\0' ? user : "nobody");
}

static void add_emulation(struct list *list, const struct tri_xrt_start *start,
                          const char *rundir) {
    char text[TRI_XRT_RUNDIR + 32];
    add(list, "XCL_EMULATION_MODE", "hw_emu");
    add(list, "USER", strrchr(rundir, '/') + 1); /* so the sockets are in our folder */
    add(list, "SDACCEL_EM_RUN_DIR", rundir);
    add(list, TRI_XRT_ENV_RUN, rundir);
    (void)snprintf(text, sizeof text, "%s/xrt.ini", rundir);
    add(list, "XRT_INI_PATH", text);
    (void)snprintf(text, sizeof text, "%s/xrtroot", rundir);
    add(list, "XILINX_XRT", text);
    (void)snprintf(text, sizeof text, "%" PRIu64, start->seed);
    add(list, TRI_XRT_ENV_SEED, text);
    if (start->stall_permille < 0) return;
    (void)snprintf(text, sizeof text, "%" PRId32, start->stall_permille);
    add(list, TRI_XRT_ENV_STALL, text);
}

/* The installation's root, if it has the shape of one; Debian's has it in our folder only. */
static void add_root(struct list *list, const char *rundir, const char *libraries) {
    char root[PATH_MAX];
    (void)snprintf(root, sizeof root, "%s", libraries);
    char *tail = strrchr(root, '/');
    if (strcmp(libraries, MULTIARCH) == 0 || tail == NULL || strcmp(tail, "/lib") != 0) {
        (void)snprintf(root, sizeof root, "%s/xrtroot", rundir);
    } else {
        *tail = '\0';
    }
    add(list, "XILINX_XRT", root);
}

enum tri_status tri_xrt_environment_make(const struct tri_xrt_start *start, const char *rundir,
                                         const char *libraries, char ***environment) {
    struct list list = {.room = VARIABLES + 1};
    while (environ[list.count] != NULL) list.count++;
    list.room += list.count;
    list.count = 0;
    *environment = NULL;
    list.text = calloc(list.room, sizeof *list.text);
    if (list.text == NULL) return tri_fail(TRI_E_MEMORY, "xrt: no memory for an environment");
    for (char **from = environ; *from != NULL; from++) {
        if (is_ours(*from, start->emulation)) continue;
        const size_t size = strlen(*from) + 1;
        list.text[list.count] = malloc(size);
        if (list.text[list.count] == NULL)
            list.failed = true;
        else
            memcpy(list.text[list.count++], *from, size);
    }
    if (start->emulation) {
        add_emulation(&list, start, rundir);
    } else {
        add_user(&list);
        add_root(&list, rundir, libraries);
    }
    char path[2 * PATH_MAX];
    const char *before = getenv("LD_LIBRARY_PATH");
    (void)snprintf(path, sizeof path, "%s%s%.4000s", libraries, before != NULL ? ":" : "",
                   before != NULL ? before : "");
    add(&list, "LD_LIBRARY_PATH", path);
    if (!list.failed) {
        *environment = list.text;
        return TRI_OK;
    }
    tri_xrt_environment_free(list.text);
    return tri_fail(TRI_E_MEMORY, "xrt: no memory for an environment");
}

void tri_xrt_environment_free(char **environment) {
    for (char **text = environment; text != NULL && *text != NULL; text++) free(*text);
    free(environment);
}
