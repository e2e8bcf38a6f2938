/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/meminfo and the memory controllers of both versions of control groups, from the process's
 * own group up to the root.
 */
#include "cpu/memory.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4352 };

static bool read_number(const char *path, uint64_t *number) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char text[64] = "";
    char *end = text;
    const bool got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    *number = got ? strtoull(text, &end, 10) : 0; /* "max" is no number */
    return end != text;
}

/* The number behind a word at the start of a line. */
static bool read_field(const char *path, const char *word, uint64_t *number) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char line[256];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, word, strlen(word)) != 0) continue;
        *number = strtoull(line + strlen(word), NULL, 10);
        found = true;
    }
    fclose(file);
    return found;
}

/* One group: what its limit leaves. Cached files count as used there, but are given up. */
static void look_group(const char *folder, bool second, struct tri_memory *memory) {
    char path[2 * PATH];
    uint64_t limit = 0, used = 0, cached = 0;
    snprintf(path, sizeof path, "%s/%s", folder, second ? "memory.max" : "memory.limit_in_bytes");
    if (!read_number(path, &limit)) return;
    snprintf(path, sizeof path, "%s/%s", folder,
             second ? "memory.current" : "memory.usage_in_bytes");
    if (!read_number(path, &used)) return;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    if (!read_field(path, second ? "inactive_file " : "total_inactive_file ", &cached)) cached = 0;
    used -= cached < used ? cached : used;
    const uint64_t left = limit > used ? limit - used : 0;
    if (left >= memory->available) return;
    memory->available = left;
    memory->whose = "container";
}

/* A group and all above it. In a container the path may be one that only the host knows: then the
 * root of the mount is the container's own group. */
static void look_groups(const char *mount, const char *group, bool second,
                        struct tri_memory *memory) {
    char folder[PATH];
    const int used = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (used < 0 || used >= (int)sizeof folder) return;
    for (size_t length = (size_t)used; length >= strlen(mount);) {
        folder[length] = '\0';
        look_group(folder, second, memory);
        if (length == strlen(mount)) return;
        while (length > strlen(mount) && folder[length] != '/') length--;
        if (folder[length] != '/') return;
    }
}

void tri_memory_look(const char *root, struct tri_memory *memory) {
    char path[PATH], mount[PATH], line[PATH];
    uint64_t kilobytes;
    *memory = (struct tri_memory){UINT64_MAX, "system"};
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (read_field(path, "MemAvailable:", &kilobytes)) memory->available = kilobytes * 1024;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *kinds = strchr(line, ':');
        char *group = kinds != NULL ? strchr(kinds + 1, ':') : NULL;
        if (group == NULL) continue;
        *group++ = '\0';
        const bool second = kinds[1] == '\0';
        if (!second && strcmp(kinds + 1, "memory") != 0) continue;
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, second ? "" : "/memory");
        look_groups(mount, strcmp(group, "/") == 0 ? "" : group, second, memory);
    }
    fclose(file);
}

enum tri_status tri_memory_check(const char *what, uint64_t bytes, uint64_t limit, uint64_t taken) {
    static const double mib = 1 << 20;
    struct tri_memory memory;
    tri_memory_look("", &memory);
    if (limit != 0 && (taken > limit || bytes > limit - taken))
        return tri_fail(TRI_E_MEMORY, "%s: wanted %.1f MiB of memory, got %.1f MiB (limit %.1f)",
                        what, (double)bytes / mib,
                        taken < limit ? (double)(limit - taken) / mib : 0, (double)limit / mib);
    if (bytes <= memory.available) return TRI_OK;
    return tri_fail(TRI_E_MEMORY, "%s: wanted %.1f MiB of memory, got %.1f MiB (%s)", what,
                    (double)bytes / mib, (double)memory.available / mib, memory.whose);
}
