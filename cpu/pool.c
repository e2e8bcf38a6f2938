/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool of pool.h. One counter of parts not yet given out is the whole protocol: who lowers it
 * owns a part, and the work's description stays as it is until the last owned part is done. So a
 * thread that wakes late finds nothing or finds the next work, and either is right.
 */
#define _GNU_SOURCE /* affinity */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/pool.h"
#include "cpu/pool_cores.h"

enum {
    LINE = 64, /* bytes of a cache line: counters of different writers lie apart */
    SPIN_NANOSECONDS =
        50000,   /* longer than the gaps between a layer's operators, short for a user */
    PAUSES = 32, /* between two looks at the clock */
};

struct worker {
    struct tri_pool *pool;
    uint32_t number;
    pthread_t thread;
};

struct tri_pool {
    alignas(LINE) atomic_uint left; /* parts not given out */
    alignas(LINE) atomic_uint undone;
    alignas(LINE) atomic_uint asleep; /* threads */
    atomic_bool waiting;              /* the caller sleeps */
    atomic_bool stop;
    alignas(LINE) tri_pool_work work;
    void *context;
    uint32_t parts;
    uint32_t threads; /* started, and the caller */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    struct worker *workers; /* [threads], [0] unused */
    pthread_t creator;
    cpu_set_t creators_cores;
    bool pinned;
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb"); /* takes about as long as pause; yield takes no time at all */
#endif
}

static uint64_t now(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* True as soon as *counter is zero (or not, by wanted), false when that took too long. */
static bool spin(atomic_uint *counter, bool zero) {
    const uint64_t end = now() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < PAUSES; i++) {
            if ((atomic_load_explicit(counter, memory_order_acquire) == 0) == zero) return true;
            pause_briefly();
        }
    } while (now() < end);
    return false;
}

/* Takes parts while there are any. */
static void take_parts(struct tri_pool *pool, uint32_t thread) {
    uint32_t done = 0;
    unsigned left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    while (left > 0) {
        if (!atomic_compare_exchange_weak_explicit(&pool->left, &left, left - 1,
                                                   memory_order_acq_rel, memory_order_relaxed)) {
            continue;
        }
        pool->work(pool->context, pool->parts - left, thread);
        done++;
        left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    }
    /* Until here undone is not zero, so all that was read of the pool belongs to one work. */
    if (done > 0 && atomic_fetch_sub(&pool->undone, done) == done && thread != 0 &&
        atomic_load(&pool->waiting)) {
        (void)pthread_mutex_lock(&pool->mutex);
        (void)pthread_cond_signal(&pool->done);
        (void)pthread_mutex_unlock(&pool->mutex);
    }
}

static void *run_worker(void *context) {
    const struct worker *worker = context;
    struct tri_pool *pool = worker->pool;
    while (!atomic_load(&pool->stop)) {
        if (!spin(&pool->left, false)) {
            (void)pthread_mutex_lock(&pool->mutex);
            (void)atomic_fetch_add(&pool->asleep, 1);
            while (atomic_load(&pool->left) == 0 && !atomic_load(&pool->stop)) {
                (void)pthread_cond_wait(&pool->wake, &pool->mutex);
            }
            (void)atomic_fetch_sub(&pool->asleep, 1);
            (void)pthread_mutex_unlock(&pool->mutex);
        }
        take_parts(pool, worker->number);
    }
    return NULL;
}

void tri_pool_run(struct tri_pool *pool, uint32_t parts, tri_pool_work work, void *context) {
    if (pool == NULL || pool->threads == 1 || parts <= 1) {
        for (uint32_t part = 0; part < parts; part++) work(context, part, 0);
        return;
    }
    pool->work = work;
    pool->context = context;
    pool->parts = parts;
    atomic_store_explicit(&pool->undone, parts, memory_order_relaxed);
    atomic_store(&pool->left, parts);
    /* Sequentially consistent on both sides: who is about to sleep sees the parts, or is seen. */
    if (atomic_load(&pool->asleep) > 0) {
        (void)pthread_mutex_lock(&pool->mutex);
        (void)(parts == 2 ? pthread_cond_signal(&pool->wake) : pthread_cond_broadcast(&pool->wake));
        (void)pthread_mutex_unlock(&pool->mutex);
    }
    take_parts(pool, 0);
    if (spin(&pool->undone, true)) return;
    (void)pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->waiting, true);
    while (atomic_load(&pool->undone) != 0) (void)pthread_cond_wait(&pool->done, &pool->mutex);
    atomic_store(&pool->waiting, false);
    (void)pthread_mutex_unlock(&pool->mutex);
}

uint32_t tri_pool_threads(const struct tri_pool *pool) { return pool == NULL ? 1 : pool->threads; }

void tri_pool_destroy(struct tri_pool *pool) {
    if (pool == NULL) return;
    (void)pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stop, true);
    (void)pthread_cond_broadcast(&pool->wake);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (uint32_t i = 1; i < pool->threads; i++) (void)pthread_join(pool->workers[i].thread, NULL);
    if (pool->pinned && pthread_equal(pool->creator, pthread_self())) {
        (void)sched_setaffinity(0, sizeof pool->creators_cores, &pool->creators_cores);
    }
    (void)pthread_cond_destroy(&pool->wake);
    (void)pthread_cond_destroy(&pool->done);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

/* Signals are the business of the program's own threads, so these are born with all blocked. */
static enum tri_status start(struct tri_pool *pool, uint32_t threads) {
    sigset_t all, before;
    int fault = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->threads < threads && fault == 0) {
        struct worker *worker = &pool->workers[pool->threads];
        *worker = (struct worker){.pool = pool, .number = pool->threads};
        fault = pthread_create(&worker->thread, NULL, run_worker, worker);
        if (fault == 0) pool->threads++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (fault == 0) return TRI_OK;
    return tri_fail(TRI_E_IO, "threads: wanted %u, the system gave %u: %s", (unsigned)threads,
                    (unsigned)pool->threads, strerror(fault));
}

static enum tri_status pin_threads(struct tri_pool *pool) {
    uint32_t cores[TRI_POOL_LIMIT];
    const uint32_t count = tri_pool_cores(cores, TRI_POOL_LIMIT);
    if (count < pool->threads) {
        return tri_fail(TRI_E_ARGUMENT, "threads: %u pinned to a core each, wanted at most %u",
                        (unsigned)pool->threads, (unsigned)count);
    }
    pool->creator = pthread_self();
    if (sched_getaffinity(0, sizeof pool->creators_cores, &pool->creators_cores) != 0) {
        return tri_fail(TRI_E_IO, "threads: the system does not tell their cores");
    }
    for (uint32_t i = 0; i < pool->threads; i++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cores[i], &one);
        pthread_t thread = i == 0 ? pthread_self() : pool->workers[i].thread;
        if (pthread_setaffinity_np(thread, sizeof one, &one) != 0) {
            return tri_fail(TRI_E_IO, "threads: the system does not pin thread %u to core %u",
                            (unsigned)i, (unsigned)cores[i]);
        }
        pool->pinned = true;
    }
    return TRI_OK;
}

enum tri_status tri_pool_create(uint32_t threads, bool pin, struct tri_pool **pool) {
    *pool = NULL;
    if (threads == 0) threads = tri_pool_available();
    if (threads > TRI_POOL_LIMIT) {
        return tri_fail(TRI_E_ARGUMENT, "threads: wanted at most %d, got %u", TRI_POOL_LIMIT,
                        (unsigned)threads);
    }
    struct tri_pool *made = aligned_alloc(LINE, sizeof *made);
    struct worker *workers = calloc(threads, sizeof *workers);
    if (made == NULL || workers == NULL) {
        free(made);
        free(workers);
        return tri_fail(TRI_E_MEMORY, "threads: no memory for %u", (unsigned)threads);
    }
    memset(made, 0, sizeof *made);
    made->workers = workers;
    made->threads = 1;
    (void)pthread_mutex_init(&made->mutex, NULL);
    (void)pthread_cond_init(&made->wake, NULL);
    (void)pthread_cond_init(&made->done, NULL);
    enum tri_status status = start(made, threads);
    if (status == TRI_OK && pin) status = pin_threads(made);
    if (status != TRI_OK) {
        tri_pool_destroy(made);
        return status;
    }
    *pool = made;
    return TRI_OK;
}
