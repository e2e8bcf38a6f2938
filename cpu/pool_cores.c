/* SPDX-License-Identifier: Apache-2.0
 *
 * How many threads this process may use: its affinity mask, and the quota of the control groups it
 * is in. A container shows all cores of its machine, so their count says nothing.
 */
#define _GNU_SOURCE /* affinity */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpu/pool.h"
#include "cpu/pool_cores.h"

enum { PATH_BYTES = 4096, LINE_BYTES = 4200 };

/* The first line of a file; false if there is none that fits. */
static bool first_line(const char *path, char *line, int bytes) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    const bool got = fgets(line, bytes, file) != NULL;
    (void)fclose(file);
    return got;
}

static bool is_first_sibling(uint32_t core) {
    char path[96], line[64];
    unsigned first;
    (void)snprintf(path, sizeof path,
                   "/sys/devices/system/cpu/cpu%" PRIu32 "/topology/thread_siblings_list", core);
    if (!first_line(path, line, sizeof line)) return true;
    return sscanf(line, "%u", &first) != 1 || first == core;
}

uint32_t tri_pool_cores(uint32_t *cores, uint32_t limit) {
    cpu_set_t mask;
    uint32_t count = 0;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 0;
    for (int siblings = 0; siblings < 2; siblings++) {
        for (uint32_t core = 0; core < CPU_SETSIZE && count < limit; core++) {
            if (CPU_ISSET(core, &mask) && is_first_sibling(core) == (siblings == 0)) {
                cores[count++] = core;
            }
        }
    }
    return count;
}

/* quota microseconds in each period, of all threads together. */
static uint32_t threads_of(int64_t quota, int64_t period) {
    if (quota <= 0 || period <= 0) return TRI_POOL_LIMIT;
    const int64_t threads = quota / period + (quota % period != 0);
    return threads < TRI_POOL_LIMIT ? (uint32_t)threads : TRI_POOL_LIMIT;
}

/* The limit of one folder of control groups, version 2 or 1. */
static uint32_t quota_of(const char *folder) {
    char path[PATH_BYTES + 32], line[64];
    int64_t quota, period;
    (void)snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (first_line(path, line, sizeof line)) {
        if (sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period) != 2) return TRI_POOL_LIMIT;
        return threads_of(quota, period); /* "max PERIOD" is no number */
    }
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!first_line(path, line, sizeof line) || sscanf(line, "%" SCNd64, &quota) != 1) {
        return TRI_POOL_LIMIT;
    }
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!first_line(path, line, sizeof line) || sscanf(line, "%" SCNd64, &period) != 1) {
        return TRI_POOL_LIMIT;
    }
    return threads_of(quota, period);
}

/* The narrowest limit from a group up to the mount, for each of them holds. Inside of a container
 * the group's own path may be unknown; then the mount's folder is the group. */
static uint32_t quota_up(const char *root, const char *mount, const char *group) {
    char folder[PATH_BYTES];
    const int length = snprintf(folder, sizeof folder, "%s%s%s", root, mount, group);
    const size_t top = strlen(root) + strlen(mount);
    uint32_t least = TRI_POOL_LIMIT;
    if (length < 0 || (size_t)length >= sizeof folder) return least;
    for (size_t at = (size_t)length; at >= top && at > 0; at--) {
        if (at != (size_t)length && at != top && folder[at] != '/') continue;
        folder[at] = '\0';
        const uint32_t here = quota_of(folder);
        least = here < least ? here : least;
    }
    return least;
}

/* True if a list of controllers, "cpu,cpuacct", has cpu. */
static bool has_cpu(const char *list) {
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) return true;
    }
    return false;
}

uint32_t tri_pool_quota(const char *root) {
    char line[LINE_BYTES];
    uint32_t least = TRI_POOL_LIMIT;
    (void)snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "r");
    if (file == NULL) return least;
    while (fgets(line, sizeof line, file) != NULL) { /* NUMBER:CONTROLLERS:/GROUP */
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *group = list == NULL ? NULL : strchr(list + 1, ':');
        if (group == NULL) continue;
        list++;
        *group++ = '\0';
        uint32_t here = TRI_POOL_LIMIT;
        if (*list == '\0') here = quota_up(root, "/sys/fs/cgroup", group);
        if (has_cpu(list)) here = quota_up(root, "/sys/fs/cgroup/cpu", group);
        least = here < least ? here : least;
    }
    (void)fclose(file);
    return least;
}

uint32_t tri_pool_available(void) {
    cpu_set_t mask;
    uint32_t cores = 1;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
        cores = (uint32_t)CPU_COUNT(&mask);
    } else { /* more cores than the mask has room for */
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        if (online > 0) cores = online < TRI_POOL_LIMIT ? (uint32_t)online : TRI_POOL_LIMIT;
    }
    const uint32_t quota = tri_pool_quota("");
    return quota < cores ? quota : cores;
}
