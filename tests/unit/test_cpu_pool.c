/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread pool: every part done once, whatever the number of threads and however busy the
 * machine; what the container allows; refusals. Races are for tests/thread/pool.c, which the thread
 * sanitizer can run.
 */
#include "tests/unit/test_ref_support.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cpu/pool.h"

enum { PARTS = 1000 };

struct counts {
    atomic_uint times[PARTS]; /* each part was done */
    atomic_uint wrong_thread;
    uint32_t threads;
};

static void count(void *context, uint32_t part, uint32_t thread) {
    struct counts *counts = context;
    atomic_fetch_add(&counts->times[part], 1);
    if (thread >= counts->threads) atomic_fetch_add(&counts->wrong_thread, 1);
}

static void all_parts_once(struct tri_pool *pool, uint32_t parts) {
    static struct counts counts;
    memset(&counts, 0, sizeof counts);
    counts.threads = tri_pool_threads(pool);
    tri_pool_run(pool, parts, count, &counts);
    for (uint32_t i = 0; i < PARTS; i++) {
        cr_assert(counts.times[i] == (i < parts), "part %u of %u: %u times", (unsigned)i,
                  (unsigned)parts, counts.times[i]);
    }
    cr_assert(counts.wrong_thread == 0);
}

Test(cpu_pool, does_each_part_once_with_any_number_of_threads) {
    static const uint32_t threads[] = {1, 2, 3, 8, 33};
    static const uint32_t parts[] = {0, 1, 2, 3, 7, 8, 9, 100, PARTS};
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        struct tri_pool *pool;
        must(tri_pool_create(threads[t], false, &pool));
        cr_assert(tri_pool_threads(pool) == threads[t]);
        for (int round = 0; round < 50; round++) {
            for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
                all_parts_once(pool, parts[p]);
            }
        }
        tri_pool_destroy(pool);
    }
    all_parts_once(NULL, PARTS);
    tri_pool_destroy(NULL);
}

/* Seconds of the clock. */
static double seconds(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void rest(double duration) {
    const struct timespec t = {.tv_nsec = (long)(duration * 1e9)};
    (void)nanosleep(&t, NULL);
}

Test(cpu_pool, idle_threads_sleep) {
    struct tri_pool *pool;
    must(tri_pool_create(8, false, &pool));
    all_parts_once(pool, PARTS);
    rest(0.02);
    const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    rest(0.3);
    const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    cr_assert(used < 0.02, "idle for 0.3 s took %g s of a core", used);
    all_parts_once(pool, PARTS); /* and they wake again */
    tri_pool_destroy(pool);
}

/* Parts that need no core, so that every thread has its turn on any machine. */
static void note_thread(void *context, uint32_t part, uint32_t thread) {
    atomic_uint *seen = context;
    (void)part;
    atomic_fetch_or(seen, 1u << thread);
    rest(0.005);
}

Test(cpu_pool, threads_that_slept_wake_for_work) {
    struct tri_pool *pool;
    must(tri_pool_create(4, false, &pool));
    for (int round = 0; round < 3; round++) {
        atomic_uint seen = 0;
        rest(0.02); /* all are asleep */
        tri_pool_run(pool, 40, note_thread, &seen);
        cr_assert(seen == 0xf, "threads at work: 0x%x of 0xf", seen);
    }
    tri_pool_destroy(pool);
}

/* 64 parts of 0.1 ms by 32 threads, most of which have no core: the caller waits for parts in hand,
 * never for a thread to show up. */
static void short_work(void *context, uint32_t part, uint32_t thread) {
    (void)context, (void)part, (void)thread;
    const double end = seconds(CLOCK_THREAD_CPUTIME_ID) + 0.0001;
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < end) continue;
}

Test(cpu_pool, more_threads_than_cores_cost_little) {
    struct tri_pool *pool;
    must(tri_pool_create(32, false, &pool));
    const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int round = 0; round < 20; round++) tri_pool_run(pool, 64, short_work, NULL);
    const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    tri_pool_destroy(pool);
    const double wanted = 20 * 64 * 0.0001;
    cr_assert(used < 3 * wanted, "%g s of work took %g s of all cores", wanted, used);
}

Test(cpu_pool, pins_one_thread_to_a_core_and_lets_the_caller_go) {
    struct tri_pool *pool;
    const uint32_t cores = tri_pool_available();
    must(tri_pool_create(cores, true, &pool));
    cr_assert(tri_pool_available() == 1, "the caller itself is not pinned");
    all_parts_once(pool, PARTS);
    tri_pool_destroy(pool);
    cr_assert(tri_pool_available() == cores);
    must_fail(tri_pool_create(TRI_POOL_LIMIT, true, &pool), TRI_E_ARGUMENT, "to a core each");
    cr_assert(pool == NULL);
}

Test(cpu_pool, refuses_what_cannot_be) {
    struct tri_pool *pool;
    must_fail(tri_pool_create(TRI_POOL_LIMIT + 1, false, &pool), TRI_E_ARGUMENT, "at most 1024");
    cr_assert(pool == NULL);
}

#ifndef __SANITIZE_ADDRESS__ /* it needs more address space than this leaves */
Test(cpu_pool, says_how_many_threads_the_system_gave) {
    struct tri_pool *pool;
    struct rlimit limit;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert(file != NULL && fscanf(file, "%ld", &pages) == 1);
    (void)fclose(file);
    cr_assert(getrlimit(RLIMIT_AS, &limit) == 0);
    /* Room for two or three stacks of 8 MiB, not for forty. */
    limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)30 << 20);
    cr_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    must_fail(tri_pool_create(40, false, &pool), TRI_E_IO, "threads: wanted 40, the system gave ");
    cr_assert(pool == NULL);
    must(tri_pool_create(2, false, &pool)); /* those that it gave were given back */
    all_parts_once(pool, PARTS);
    tri_pool_destroy(pool);
}
#endif

/* Writes a file below root, and the folders on its way. */
static void make_group(const char *root, const char *path, const char *text) {
    char command[512];
    const char *end = strrchr(path, '/');
    (void)snprintf(command, sizeof command, "mkdir -p '%s%.*s'", root, (int)(end - path), path);
    cr_assert(system(command) == 0, "%s", command);
    write_file(root, path + 1, text, strlen(text));
}

static void remove_groups(const char *root) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", root);
    cr_assert(system(command) == 0, "%s", command);
}

Test(cpu_pool, counts_the_threads_that_control_groups_of_version_two_allow) {
    char root[64];
    make_folder(root);
    cr_assert(tri_pool_quota(root) == TRI_POOL_LIMIT, "no groups, no limit");
    make_group(root, "/proc/self/cgroup", "0::/a.slice/b.scope\n");
    make_group(root, "/sys/fs/cgroup/a.slice/b.scope/cpu.max", "max 100000\n");
    cr_assert(tri_pool_quota(root) == TRI_POOL_LIMIT);
    make_group(root, "/sys/fs/cgroup/a.slice/b.scope/cpu.max", "350000 100000\n");
    cr_assert(tri_pool_quota(root) == 4, "3.5 cores are four threads");
    make_group(root, "/sys/fs/cgroup/a.slice/cpu.max", "200000 100000\n");
    cr_assert(tri_pool_quota(root) == 2, "a group above may be narrower");
    make_group(root, "/sys/fs/cgroup/cpu.max", "5000 100000\n"); /* a container's own */
    cr_assert(tri_pool_quota(root) == 1, "never none");
    make_group(root, "/sys/fs/cgroup/cpu.max", "0 0\n");
    cr_assert(tri_pool_quota(root) == 2, "nonsense is no limit");
    remove_groups(root);
}

Test(cpu_pool, counts_the_threads_that_control_groups_of_version_one_allow) {
    char root[64];
    make_folder(root);
    make_group(root, "/proc/self/cgroup",
               "12:cpuset:/x\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n");
    make_group(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n"); /* path not visible */
    make_group(root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    cr_assert(tri_pool_quota(root) == 3);
    make_group(root, "/sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "100000\n");
    make_group(root, "/sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us", "50000\n");
    cr_assert(tri_pool_quota(root) == 2);
    make_group(root, "/sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "-1\n");
    cr_assert(tri_pool_quota(root) == 3);
    make_group(root, "/proc/self/cgroup", "4:cpuset,cpuacct:/docker/1\nnonsense\n5\n");
    cr_assert(tri_pool_quota(root) == TRI_POOL_LIMIT);
    remove_groups(root);
}
