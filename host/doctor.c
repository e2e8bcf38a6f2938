/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium doctor`: which devices this machine has, which designs have a simulator, which tools are
 * there to build more, and what to do for what is missing. Opens each device once; runs nothing
 * else.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/device.h"
#include "driver/paths.h"
#include "host/commands.h"
#include "host/options.h"

static const struct tri_usage usage = {
    .command = "doctor",
    .synopsis = "",
    .purpose = "Says which devices can be used, which designs have a simulator built, and which "
               "tools are\n"
               "missing for more, each with what to do. Run it in the project's folder.",
    .examples = "  tritium doctor\n",
    .statuses = "  0  said   1  standard output could not be written   2  wrong command line\n",
};

static bool on_path(const char *program) {
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        char file[4352];
        int used = snprintf(file, sizeof file, "%.*s/%s", (int)length, path, program);
        if (used > 0 && (size_t)used < sizeof file && access(file, X_OK) == 0) return true;
        path += length;
        if (*path == ':') path++;
    }
    return false;
}

static int is_design(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".yaml") == 0;
}

static int is_xclbin(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".xclbin") == 0;
}

/* Tries one device and prints a line. */
static void try_device(const char *uri) {
    struct tri_device *device = NULL;
    enum tri_status status = tri_device_open(uri, NULL, &device);
    if (status == TRI_OK)
        printf("  ok       %s\n", uri);
    else
        printf("  not yet  %s: %s\n", uri, tri_error());
    tri_device_close(device);
}

/* Golden model and simulator of every design of a folder. */
static void try_designs(const char *folder) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_design, alphasort);
    if (count <= 0)
        printf("  none     no design in %s: run this in the project's folder, or give "
               "--device sim:PATH/DESIGN.yaml\n",
               folder);
    for (int i = 0; i < count; i++) {
        char uri[512];
        snprintf(uri, sizeof uri, "ref:%s/%s", folder, entries[i]->d_name);
        try_device(uri);
        snprintf(uri, sizeof uri, "sim:%s/%s", folder, entries[i]->d_name);
        try_device(uri);
        free(entries[i]);
    }
    free(entries);
}

/* Every xclbin that was built here is opened once; without one, only whether XRT is there. */
static void try_xrt(void) {
    struct dirent **entries = NULL;
    const int count = scandir("build/xrt", &entries, is_xclbin, alphasort);
    for (int i = 0; i < count; i++) {
        char uri[512];
        snprintf(uri, sizeof uri, "xrt:build/xrt/%s", entries[i]->d_name);
        try_device(uri);
        free(entries[i]);
    }
    free(entries);
    if (count > 0) return;
    char path[4352];
    if (tri_find_xrt(path, sizeof path) == TRI_OK)
        printf("  ok       xrt: %s; give --device xrt:FILE.xclbin (make xclbin DESIGN=NAME makes "
               "one for emulation)\n",
               path);
    else
        printf("  not yet  %s\n", tri_error());
}

int tri_command_doctor(int argc, char **argv) {
    static const struct {
        const char *program, *what, *remedy;
    } tools[] = {
        {"make", "builds everything", "install GNU make"},
        {"g++", "compiles a simulator", "install g++"},
        {"verilator", "turns a design into a simulator", "install verilator 5"},
        {"gtkwave", "shows the waveforms of 'tritium replay --wave'", "install gtkwave, or surfer"},
        {"v++", "makes an xclbin for a card", "install AMD's Vitis; emulation needs none"},
        {"yosys", "area and formal proofs", "install yosys"},
        {"z3", "formal proofs", "install z3"},
    };
    int code = tri_options_parse(&usage, NULL, 0, argc, argv, NULL);
    if (code >= 0) return code;
    printf("Devices\n  ok       ref: the reference, always there\n");
    try_designs("designs");
    try_xrt();
    printf("\nTools\n");
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
        if (on_path(tools[i].program))
            printf("  ok       %s\n", tools[i].program);
        else
            printf("  missing  %s (%s): %s\n", tools[i].program, tools[i].what, tools[i].remedy);
    printf("\nLibraries\n  ok       jansson %s\n", JANSSON_VERSION);
    return tri_finish_output(TRI_EXIT_OK);
}
