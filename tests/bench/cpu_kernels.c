/* SPDX-License-Identifier: Apache-2.0
 *
 * Speed of the ternary products at the shapes of BitNet b1.58 2B4T with synthetic weights, against
 * what memory and instructions of the same machine give in the same minutes: all measurements take
 * turns for some rounds, the best of each is kept. One thread is timed by its own clock, so that
 * others on the core do not count; several by the wall's. `--threads N`: what N threads get from
 * the machine when nothing makes them wait for each other. Not here: a whole token.
 */
#define _GNU_SOURCE /* madvise */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpu/product.h"
#include "cpu/product_kernels.h"
#include "ref/random.h"

enum { LAYERS = 30, HIDDEN = 2560, FFN = 6912, KV = 640, MOST = 512, MEASUREMENTS = 64 };
enum { STREAM_PARTS = 512, STREAM_PART = 1 << 20, STREAM_PIECE = 16 };

static double now(uint32_t threads) {
    struct timespec time;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int fail(const char *what) {
    fprintf(stderr, "cpu_kernels: %s\n", what);
    return 1;
}

/* --- The model: all layers share the bytes of one; packed they are apart, as in a real one ---- */

static struct tri_layer layers[LAYERS];
static struct tri_model model = {.config.layers = LAYERS, .layers = layers, .path = "synthetic"};

static bool make_model(void) {
    static const uint32_t shape[TRI_MATRICES][2] = {{HIDDEN, HIDDEN}, {KV, HIDDEN},  {KV, HIDDEN},
                                                    {HIDDEN, HIDDEN}, {FFN, HIDDEN}, {FFN, HIDDEN},
                                                    {HIDDEN, FFN}};
    struct tri_random random = {1};
    for (int m = 0; m < TRI_MATRICES; m++) {
        const size_t bytes = (size_t)shape[m][0] * shape[m][1] / 4;
        uint8_t *packed = malloc(bytes);
        if (packed == NULL) return false;
        for (size_t i = 0; i < bytes; i++) {
            const uint64_t r = tri_random_next(&random);
            packed[i] =
                (uint8_t)(r % 3 | (r >> 8) % 3 << 2 | (r >> 16) % 3 << 4 | (r >> 24) % 3 << 6);
        }
        for (int l = 0; l < LAYERS; l++) {
            layers[l].matrix[m] = (struct tri_ternary){.rows = shape[m][0],
                                                       .cols = shape[m][1],
                                                       .scale = 1,
                                                       .layout = TRI_LAYOUT_HF,
                                                       .packed = packed,
                                                       .name = "synthetic"};
        }
    }
    return true;
}

/* --- What is measured ------------------------------------------------------------------------- */

static uint8_t *stream;
static atomic_uint_fast64_t sink;
static int8_t *codes;
static int32_t *sums;

struct measurement {
    char name[40];
    struct tri_pool *pool; /* NULL: one thread */
    uint32_t threads;
    double (*once)(struct measurement *m); /* units of work done */
    struct tri_packed *packed;
    uint32_t tokens;
    uint32_t piece; /* the next layer, or part of the stream: not one that a cache still holds */
    double best;    /* units a second */
};

#if defined __x86_64__
__attribute__((target("avx2")))
#endif
static void
read_part(void *context, uint32_t part, uint32_t thread) {
    (void)thread;
    typedef uint64_t vector __attribute__((vector_size(32)));
    const vector *at = (const vector *)(const void *)(stream + (*(uint32_t *)context + part) *
                                                                   (size_t)STREAM_PART);
    const vector *end = at + STREAM_PART / sizeof *at;
    vector sum[4] = {{0}};
    for (; at < end; at += 4) {
        for (int i = 0; i < 4; i++) sum[i] += at[i];
    }
    sum[0] += sum[1] + sum[2] + sum[3];
    sink += sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3];
}

static double read_stream(struct measurement *m) {
    uint32_t first = m->piece++ * STREAM_PIECE % STREAM_PARTS;
    tri_pool_run(m->pool, STREAM_PIECE, read_part, &first);
    return (double)STREAM_PIECE * STREAM_PART * 1e-9;
}

static void multiply_part(void *context, uint32_t part, uint32_t thread) {
    (void)context, (void)part, (void)thread;
#if defined __x86_64__
    for (int i = 0; i < 200000; i++) {
        __asm__ volatile("vpdpbusd %%zmm14,%%zmm15,%%zmm0; vpdpbusd %%zmm14,%%zmm15,%%zmm1;"
                         "vpdpbusd %%zmm14,%%zmm15,%%zmm2; vpdpbusd %%zmm14,%%zmm15,%%zmm3;"
                         "vpdpbusd %%zmm14,%%zmm15,%%zmm4; vpdpbusd %%zmm14,%%zmm15,%%zmm5;"
                         "vpdpbusd %%zmm14,%%zmm15,%%zmm6; vpdpbusd %%zmm14,%%zmm15,%%zmm7;"
                         "vpdpbusd %%zmm14,%%zmm15,%%zmm8; vpdpbusd %%zmm14,%%zmm15,%%zmm9;" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                               "xmm8", "xmm9");
    }
    __asm__ volatile("vzeroupper" ::: "memory");
#endif
}

/* The most that vpdpbusd can do, of data in registers. */
static double multiply(struct measurement *m) {
    tri_pool_run(m->pool, m->threads, multiply_part, NULL);
    return 2e5 * 10 * 64 * m->threads * 1e-9;
}

static double product(struct measurement *m) {
    const uint32_t layer = m->piece++ % LAYERS;
    double done = 0;
    for (int g = 0; g < TRI_GROUPS; g++) {
        tri_packed_product(m->packed, m->pool, layer, (enum tri_group)g, m->tokens, codes, sums);
        done += (double)tri_group_rows(&model, (enum tri_group)g) *
                tri_group_cols(&model, (enum tri_group)g) * m->tokens;
    }
    return m->tokens > 1 ? done * 1e-9 : (double)tri_packed_bytes(m->packed) / LAYERS * 1e-9;
}

static struct measurement all[MEASUREMENTS];
static uint32_t count;

static void add(struct tri_pool *const pools[2], const char *name,
                double (*once)(struct measurement *m), struct tri_packed *packed, uint32_t tokens) {
    for (uint32_t t = 1; t <= 2 && count < MEASUREMENTS; t++) {
        struct measurement *m = &all[count++];
        *m = (struct measurement){.pool = pools[t - 1], .threads = t, .once = once};
        m->packed = packed;
        m->tokens = tokens;
        snprintf(m->name, sizeof m->name, "%s", name);
    }
}

/* In pieces of a layer: short enough that some are not disturbed on a busy machine. Those of one
 * token take as long as a hundredth of those of many and have more turns. */
static void measure(int rounds) {
    for (int r = 0; r < rounds; r++) {
        for (uint32_t i = 0; i < count; i++) {
            struct measurement *m = &all[i];
            for (int turn = m->tokens < 64 && m->once != multiply ? 8 : 1; turn > 0; turn--) {
                const double began = now(m->threads), done = m->once(m);
                const double rate = done / (now(m->threads) - began);
                if (rate > m->best) m->best = rate;
            }
        }
    }
}

/* base: the measurements of both limits. */
static void print(uint32_t stream_at, uint32_t peak_at, bool peak) {
    printf("%-24s %8s %12s %8s\n", "", "threads", "", "share");
    for (uint32_t i = 0; i < count; i++) {
        const struct measurement *m = &all[i];
        const bool decode = m->tokens <= 1 && m->once != multiply;
        printf("%-24s %8" PRIu32 " %7.1f %s", m->name, m->threads, m->best,
               decode ? "GB/s" : "GMAC/s");
        const uint32_t base = (decode ? stream_at : peak_at) + m->threads - 1;
        if (decode || peak) printf("%*.0f %%", decode ? 8 : 6, 100 * m->best / all[base].best);
        if (m->packed != NULL && decode) {
            printf("  %.2f ms", (double)tri_packed_bytes(m->packed) * 1e-6 / m->best);
        }
        printf("\n");
    }
}

/* --- Threads that only read and multiply --------------------------------------------------------
 */

enum { BLOCKS = HIDDEN / TRI_B3_COLS, PANEL = BLOCKS * TRI_BLOCK_BYTES, PANELS = 25440 };
enum { FREE_TURNS = 24, PROCESSES = 6, BETWEEN = 216 /* panels between two barriers: 3.5 MB */ };

struct free_thread {
    pthread_t thread;
    const uint8_t *panels;
    uint32_t first, end, step; /* step: barriers every so many panels, 0: none */
    pthread_barrier_t *barrier;
};

static void *multiply_freely(void *context) {
    const struct free_thread *t = context;
    const struct tri_product_kernels *kernels = tri_product_kernels(tri_isa_best());
    const struct tri_codes x = {codes, (HIDDEN / 64 + 1) * 64, 1};
    int32_t out[TRI_TOGETHER][TRI_PANEL_ROWS];
    uint64_t sum = 0;
    (void)pthread_barrier_wait(t->barrier);
    for (uint32_t p = t->first; p < t->end; p++) {
        kernels->few[TRI_PACKING_B3](t->panels + (size_t)p * PANEL, BLOCKS, &x, out);
        sum += (uint64_t)(uint32_t)out[0][0];
        if (t->step != 0 && (p + 1 - t->first) % t->step == 0)
            (void)pthread_barrier_wait(t->barrier);
    }
    (void)pthread_barrier_wait(t->barrier);
    sink += sum;
    return NULL;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Milliseconds of one pass over all panels, the median of some. */
static double pass_freely(const uint8_t *panels, uint32_t threads, uint32_t step) {
    double took[FREE_TURNS];
    for (int turn = 0; turn < FREE_TURNS; turn++) {
        struct free_thread *all_threads = calloc(threads, sizeof *all_threads);
        pthread_barrier_t barrier;
        if (all_threads == NULL || pthread_barrier_init(&barrier, NULL, threads + 1) != 0) exit(1);
        for (uint32_t t = 0; t < threads; t++) {
            all_threads[t] = (struct free_thread){.panels = panels,
                                                  .first = PANELS / threads * t,
                                                  .end = PANELS / threads * (t + 1),
                                                  .step = step,
                                                  .barrier = &barrier};
            if (pthread_create(&all_threads[t].thread, NULL, multiply_freely, &all_threads[t]) != 0)
                exit(1);
        }
        (void)pthread_barrier_wait(&barrier);
        const double began = now(2);
        for (uint32_t at = step; step != 0 && at <= PANELS / threads; at += step)
            (void)pthread_barrier_wait(&barrier);
        (void)pthread_barrier_wait(&barrier);
        took[turn] = (now(2) - began) * 1e3;
        for (uint32_t t = 0; t < threads; t++) (void)pthread_join(all_threads[t].thread, NULL);
        (void)pthread_barrier_destroy(&barrier);
        free(all_threads);
    }
    qsort(took, FREE_TURNS, sizeof *took, ascending);
    return took[FREE_TURNS / 2];
}

/* Some processes one after the other, each with memory and threads of its own. */
static int free_threads(uint32_t threads) {
    if (threads == 0 || threads > 64) return fail("--threads: wanted 1 to 64");
    printf("%.0f MB of 1.6-bit weights by one token, median of %d, ms: %" PRIu32
           " threads without waiting, with barriers\n",
           (double)PANELS * PANEL * 1e-6, FREE_TURNS, threads);
    for (int process = 0; process < PROCESSES; process++) {
        (void)fflush(stdout);
        const pid_t child = fork();
        if (child < 0) return fail("no process");
        if (child > 0) {
            int status;
            if (waitpid(child, &status, 0) != child || status != 0) return fail("a process failed");
            continue;
        }
        uint8_t *panels = aligned_alloc(1 << 21, (size_t)PANELS * PANEL + (1 << 21) -
                                                     (size_t)PANELS * PANEL % (1 << 21));
        codes = calloc(2 * HIDDEN, 1);
        if (panels == NULL || codes == NULL) exit(fail("no memory"));
        (void)madvise(panels, (size_t)PANELS * PANEL, MADV_HUGEPAGE);
        for (size_t i = 0; i < (size_t)PANELS * PANEL; i++) panels[i] = (uint8_t)(i * 7 % 243);
        const double freely = pass_freely(panels, threads, 0);
        printf("process %d: %6.2f %6.2f\n", process + 1, freely,
               pass_freely(panels, threads, BETWEEN / threads));
        exit(0);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--threads") == 0)
        return free_threads((uint32_t)strtoul(argv[2], NULL, 10));
    if (argc > 4 || (argc > 1 && strcmp(argv[1], "--help") == 0)) {
        return fail("usage: cpu_kernels [ROUNDS [ISA [MOST_TOKENS]]] | --threads N");
    }
    const int rounds = argc > 1 ? atoi(argv[1]) : 20;
    const uint32_t most = argc > 3 ? (uint32_t)atoi(argv[3]) : MOST;
    struct tri_pool *pools[2] = {NULL, NULL};
    stream = aligned_alloc(1 << 21, (size_t)STREAM_PARTS * STREAM_PART);
    codes = malloc((size_t)MOST * FFN);
    sums = malloc((size_t)MOST * 2 * FFN * sizeof *sums);
    if (!make_model() || stream == NULL || codes == NULL || sums == NULL) return fail("no memory");
    if (tri_pool_create(2, false, &pools[1]) != TRI_OK) return fail(tri_error());
    (void)madvise(stream, (size_t)STREAM_PARTS * STREAM_PART, MADV_HUGEPAGE); /* as the weights */
    memset(stream, 1, (size_t)STREAM_PARTS * STREAM_PART);
    for (size_t i = 0; i < (size_t)MOST * FFN; i++) codes[i] = (int8_t)(i * 7919 % 256);
    add(pools, "stream", read_stream, NULL, 0);
    const bool peak = tri_isa_here(TRI_ISA_AVX512);
    const uint32_t peak_at = count;
    if (peak) add(pools, "vpdpbusd", multiply, NULL, 0);
    for (int isa = TRI_ISAS - 1; isa > 0; isa--) {
        if (!tri_isa_here((enum tri_isa)isa)) continue;
        if (argc > 2 && strcmp(argv[2], tri_isa_name((enum tri_isa)isa)) != 0) continue;
        for (int p = 0; p < 2; p++) {
            static const uint32_t tokens[] = {1, 2, 4, 8, 16, 64, MOST};
            struct tri_packed *packed;
            const double began = now(2);
            if (tri_packed_create(&model, (enum tri_packing)p, (enum tri_isa)isa, pools[1],
                                  &packed) != TRI_OK)
                return fail(tri_error());
            printf("%s b%d: packed %.1f MB in %.2f s\n", tri_isa_name((enum tri_isa)isa), p + 2,
                   (double)tri_packed_bytes(packed) * 1e-6, now(2) - began);
            for (size_t t = 0; t < sizeof tokens / sizeof *tokens && tokens[t] <= most; t++) {
                char name[40];
                snprintf(name, sizeof name, "%s b%d tokens %" PRIu32,
                         tri_isa_name((enum tri_isa)isa), p + 2, tokens[t]);
                add(pools, name, product, packed, tokens[t]);
            }
        }
    }
    measure(rounds);
    print(0, peak_at, peak);
    return 0;
}
