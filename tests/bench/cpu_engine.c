/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast host engine on a model, timed phase by phase on request, so that cpu.py can let it take
 * turns with other programs without loading anything twice. usage: cpu-engine MODEL THREADS PACKING
 * ISA, then lines "stream", "prefill N", "decode N", "batch SEQUENCES N" on standard input; each is
 * answered by one line of JSON. Knows nothing of other programs.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cpu/engine.h"
#include "ref/random.h"

enum { STREAM_PARTS = 1024, STREAM_WORDS = 1 << 17, IDS = 4096, SEQUENCES = 16 };

struct bench {
    struct tri_model *model;
    struct tri_cpu *cpu;
    struct tri_sequence *sequence, *several[SEQUENCES]; /* several: NULL before the first batch */
    struct tri_sampler *sampler;
    uint32_t touched, touched_several[SEQUENCES]; /* positions whose memory is there */
    float *state;                                 /* [SEQUENCES][hidden] */
    uint64_t *memory; /* [STREAM_PARTS * STREAM_WORDS], or NULL before the first stream */
    uint32_t ids[IDS];
};

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int fail(const char *what) {
    (void)fprintf(stderr, "cpu-engine: %s\n", what);
    return 1;
}

/* Eight sums, so that additions never wait for each other. */
static void read_part(void *context, uint32_t part, uint32_t thread) {
    const uint64_t *at = (const uint64_t *)context + (size_t)part * STREAM_WORDS;
    uint64_t sum[32] = {0};
    (void)thread;
    for (size_t i = 0; i < STREAM_WORDS; i += 32) {
        for (size_t l = 0; l < 32; l++) sum[l] += at[i + l];
    }
    uint64_t all = 0;
    for (size_t l = 0; l < 32; l++) all += sum[l];
    static _Atomic uint64_t used; /* so that the reading is not for nothing */
    atomic_fetch_add_explicit(&used, all, memory_order_relaxed);
}

/* Reads 1 GiB once with the engine's own threads. */
static int stream(struct bench *b) {
    const size_t bytes = (size_t)STREAM_PARTS * STREAM_WORDS * sizeof *b->memory;
    if (b->memory == NULL) {
        b->memory = aligned_alloc((size_t)2 << 20, bytes);
        if (b->memory == NULL) return fail("stream: no memory for 1 GiB");
#ifdef MADV_HUGEPAGE
        (void)madvise(b->memory, bytes, MADV_HUGEPAGE);
#endif
        memset(b->memory, 1, bytes);
    }
    const double began = now();
    tri_pool_run(tri_cpu_pool(b->cpu), STREAM_PARTS, read_part, b->memory);
    const double seconds = now() - began;
    printf("{\"bytes\": %zu, \"seconds\": %.9f}\n", bytes, seconds);
    return 0;
}

static int prefill(struct bench *b, uint32_t count) {
    const struct tri_request request = {
        .sequence = b->sequence, .ids = b->ids, .count = count, .state = b->state};
    uint32_t id;
    tri_sequence_rewind(b->sequence, 0);
    const double began = now();
    if (tri_cpu_run(b->cpu, &request, 1, NULL, NULL) != TRI_OK) return fail(tri_error());
    if (tri_head_next(tri_cpu_head(b->cpu), b->sampler, b->state, &id) != TRI_OK) {
        return fail(tri_error());
    }
    printf("{\"tokens\": %" PRIu32 ", \"seconds\": %.9f}\n", count, now() - began);
    b->touched = b->touched < count ? count : b->touched;
    return 0;
}

/* Writes what `count` positions of a text need before anything is timed: the system gives the pages
 * of a new text only then, and in a virtual machine one of them may take a tenth of a millisecond.
 */
static enum tri_status touch(struct bench *b, struct tri_sequence *sequence, uint32_t *touched,
                             uint32_t count) {
    const struct tri_request request = {.sequence = sequence, .ids = b->ids, .count = count};
    tri_sequence_rewind(sequence, 0);
    if (*touched < count) TRI_TRY(tri_cpu_run(b->cpu, &request, 1, NULL, NULL));
    if (*touched < count) *touched = count;
    tri_sequence_rewind(sequence, 0);
    return TRI_OK;
}

/* Token by token from an empty context, each with the exact greedy choice of the next. What is fed
 * is random all the same, so that runs and programs do alike. */
static int decode(struct bench *b, uint32_t count) {
    uint32_t exact[IDS];
    uint64_t head_bytes = 0;
    if (touch(b, b->sequence, &b->touched, count) != TRI_OK) return fail(tri_error());
    const double began = now();
    for (uint32_t i = 0; i < count; i++) {
        const struct tri_request request = {
            .sequence = b->sequence, .ids = b->ids + i, .count = 1, .state = b->state};
        struct tri_head_counts counts;
        uint32_t id;
        if (tri_cpu_run(b->cpu, &request, 1, NULL, NULL) != TRI_OK) return fail(tri_error());
        if (tri_head_next(tri_cpu_head(b->cpu), b->sampler, b->state, &id) != TRI_OK) {
            return fail(tri_error());
        }
        tri_head_counted(tri_cpu_head(b->cpu), &counts);
        head_bytes += counts.bytes;
        exact[i] = counts.exact;
    }
    const double seconds = now() - began;
    struct tri_cpu_bytes bytes;
    tri_cpu_bytes(b->cpu, &bytes);
    printf("{\"tokens\": %" PRIu32 ", \"seconds\": %.9f, \"weights_bytes\": %" PRIu64
           ", \"head_bytes\": %.1f, \"rows\": [",
           count, seconds, bytes.weights, (double)head_bytes / count);
    for (uint32_t i = 0; i < count; i++) printf("%s%" PRIu32, i > 0 ? ", " : "", exact[i]);
    printf("]}\n");
    return 0;
}

/* The next token of each of several texts. */
static enum tri_status step(struct bench *b, struct tri_request *requests, uint32_t sequences,
                            uint32_t i, struct tri_sampler *const *samplers,
                            const float *const *states) {
    uint32_t chosen[SEQUENCES];
    for (uint32_t s = 0; s < sequences; s++) requests[s].ids = b->ids + (i + s * 97) % IDS;
    TRI_TRY(tri_cpu_run(b->cpu, requests, sequences, NULL, NULL));
    return tri_head_next_each(tri_cpu_head(b->cpu), sequences, samplers, states, chosen);
}

/* `count` tokens of each of several texts, one of each at a time. */
static enum tri_status batch(struct bench *b, uint32_t sequences, uint32_t count) {
    struct tri_request requests[SEQUENCES];
    struct tri_sampler *samplers[SEQUENCES];
    const float *states[SEQUENCES];
    for (uint32_t s = 0; s < sequences; s++) {
        if (b->several[s] == NULL) TRI_TRY(tri_sequence_create(b->cpu, 0, &b->several[s]));
        TRI_TRY(touch(b, b->several[s], &b->touched_several[s], count));
        samplers[s] = b->sampler; /* greedy, without a penalty: it remembers nothing */
        states[s] = b->state + (size_t)s * b->model->config.hidden;
        requests[s] = (struct tri_request){.sequence = b->several[s],
                                           .count = 1,
                                           .state = b->state + (size_t)s * b->model->config.hidden};
    }
    /* The head's first call for so many texts takes memory, too. */
    TRI_TRY(step(b, requests, sequences, 0, samplers, states));
    for (uint32_t s = 0; s < sequences; s++) tri_sequence_rewind(b->several[s], 0);
    const double began = now();
    for (uint32_t i = 0; i < count; i++) TRI_TRY(step(b, requests, sequences, i, samplers, states));
    printf("{\"tokens\": %" PRIu32 ", \"seconds\": %.9f}\n", sequences * count, now() - began);
    return TRI_OK;
}

static enum tri_status open_all(struct bench *b, char **argv) {
    static const struct tri_sampling greedy = {.top_p = 1.0f, .repetition_penalty = 1.0f};
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    options.threads = (uint32_t)strtoul(argv[2], NULL, 10);
    options.packing = strcmp(argv[3], "b2") == 0 ? TRI_PACKING_B2 : TRI_PACKING_B3;
    if (strcmp(argv[4], "best") != 0) TRI_TRY(tri_isa_parse(argv[4], &options.isa));
    TRI_TRY(tri_model_open(argv[1], NULL, &b->model));
    TRI_TRY(tri_cpu_create(b->model, &options, &b->cpu));
    TRI_TRY(tri_sequence_create(b->cpu, 0, &b->sequence));
    TRI_TRY(tri_sampler_create(&greedy, b->model->config.vocab, &b->sampler));
    b->state = malloc((size_t)SEQUENCES * b->model->config.hidden * sizeof *b->state);
    if (b->state == NULL) return tri_fail(TRI_E_MEMORY, "no memory");
    struct tri_random random = {1};
    for (size_t i = 0; i < IDS; i++) {
        b->ids[i] = (uint32_t)(tri_random_next(&random) % b->model->config.vocab);
    }
    printf("{\"isa\": \"%s\", \"threads\": %" PRIu32 "}\n", tri_isa_name(tri_cpu_isa(b->cpu)),
           tri_cpu_threads(b->cpu));
    return TRI_OK;
}

int main(int argc, char **argv) {
    static struct bench b;
    char line[64];
    int code = 0;
    if (argc != 5) return fail("wanted MODEL THREADS PACKING ISA");
    if (open_all(&b, argv) != TRI_OK) code = fail(tri_error());
    (void)fflush(stdout);
    while (code == 0 && fgets(line, sizeof line, stdin) != NULL) {
        uint32_t count, sequences;
        if (strcmp(line, "stream\n") == 0)
            code = stream(&b);
        else if (sscanf(line, "prefill %" SCNu32, &count) == 1 && count > 0) {
            code = prefill(&b, count);
        } else if (sscanf(line, "decode %" SCNu32, &count) == 1 && count > 0 && count <= IDS) {
            code = decode(&b, count);
        } else if (sscanf(line, "batch %" SCNu32 " %" SCNu32, &sequences, &count) == 2 &&
                   sequences > 0 && sequences <= SEQUENCES && count > 0 && count <= IDS) {
            if (batch(&b, sequences, count) != TRI_OK) code = fail(tri_error());
        } else {
            code = fail("wanted stream, prefill N, decode N or batch SEQUENCES N");
        }
        (void)fflush(stdout);
    }
    free(b.memory);
    free(b.state);
    tri_sampler_destroy(b.sampler);
    tri_sequence_destroy(b.sequence);
    for (int s = 0; s < SEQUENCES; s++) tri_sequence_destroy(b.several[s]);
    tri_cpu_destroy(b.cpu);
    tri_model_close(b.model);
    return code;
}
