/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool under the thread sanitizer, where Criterion cannot run: many short works in a row, with
 * parts that write what the next work reads, and pauses in which threads fall asleep.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cpu/pool.h"

enum { MOST = 64, ROUNDS = 3000 };

struct sums {
    uint64_t from[MOST], to[MOST]; /* plain memory: the pool alone orders the accesses */
    uint64_t by_thread[16];
    uint32_t parts;
};

static void step(void *context, uint32_t part, uint32_t thread) {
    struct sums *s = context;
    s->to[part] = s->from[part] + s->from[(part + 1) % s->parts] + part;
    s->by_thread[thread]++;
}

static void rest(void) {
    const struct timespec t = {.tv_nsec = 200000}; /* longer than anyone spins */
    (void)nanosleep(&t, NULL);
}

/* The same steps with and without threads. */
static uint64_t run(struct tri_pool *pool, uint64_t *done) {
    struct sums s = {.parts = MOST};
    uint64_t hash = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t parts = 1 + round * 7 % MOST;
        s.parts = parts;
        tri_pool_run(pool, parts, step, &s);
        for (uint32_t i = 0; i < parts; i++) {
            s.from[i] = s.to[i] * 0x9e3779b97f4a7c15u;
            hash = (hash ^ s.to[i]) * 0x100000001b3u;
        }
        if (round % 100 == 0) rest();
    }
    for (size_t i = 0; i < sizeof s.by_thread / sizeof s.by_thread[0]; i++) *done += s.by_thread[i];
    return hash;
}

int main(void) {
    static const uint32_t threads[] = {2, 3, 8, 16};
    unsigned passed = 0, failed = 0;
    uint64_t wanted_parts = 0;
    const uint64_t wanted = run(NULL, &wanted_parts);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        struct tri_pool *pool;
        uint64_t parts = 0;
        if (tri_pool_create(threads[i], false, &pool) != TRI_OK) {
            printf("  FAIL  %s\n", tri_error());
            failed++;
            continue;
        }
        const uint64_t got = run(pool, &parts);
        tri_pool_destroy(pool);
        const bool ok = got == wanted && parts == wanted_parts;
        printf("  %s  pool of %" PRIu32 " threads\n", ok ? "PASS" : "FAIL", threads[i]);
        ok ? passed++ : failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
