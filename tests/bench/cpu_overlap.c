/* SPDX-License-Identifier: Apache-2.0
 *
 * What a token costs beside its products, in CPU time of one thread; and how much of that a
 * device's time hides: a prompt through a device that only sleeps, a given time for each token and
 * layer, with and without two parts of the pass in turns. cpu_overlap MODEL TOKENS MICROSECONDS.
 * Not here: any accelerator, real or simulated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/engine.h"
#include "host/options.h"

struct sleeper {
    const struct tri_model *model;
    double seconds; /* of a token in a product */
};

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* All sums are 0: no operation takes longer or shorter for other numbers. */
static enum tri_status sleep_only(void *context, uint32_t layer, enum tri_group group,
                                  uint32_t tokens, const int8_t *codes, int32_t *sums) {
    const struct sleeper *s = context;
    const size_t rows = tri_group_rows(s->model, group);
    (void)layer;
    (void)codes;
    const double seconds = s->seconds * tokens;
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    memset(sums, 0, tokens * rows * sizeof *sums);
    while (seconds > 0 && nanosleep(&time, &time) != 0 && errno == EINTR) continue;
    return TRI_OK;
}

static enum tri_status run(const struct tri_model *model, struct sleeper *s, uint32_t split,
                           const uint32_t *ids, uint32_t tokens) {
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    struct tri_sequence *sequence;
    options.pack = options.screen = false;
    options.chunk = 64;
    options.split = split;
    TRI_TRY(tri_cpu_create(model, &options, &cpu));
    enum tri_status status = tri_sequence_create(cpu, tokens, &sequence);
    float *state = malloc(model->config.hidden * sizeof *state);
    if (status == TRI_OK && state != NULL) {
        const struct tri_request q = {
            .sequence = sequence, .ids = ids, .count = tokens, .state = state};
        status = tri_cpu_run(cpu, &q, 1, sleep_only, s); /* warm */
        const struct tri_cpu_profile before = *tri_cpu_profile(cpu);
        tri_sequence_rewind(sequence, 0);
        const double began = now(CLOCK_MONOTONIC);
        if (status == TRI_OK) status = tri_cpu_run(cpu, &q, 1, sleep_only, s);
        const double took = now(CLOCK_MONOTONIC) - began;
        const struct tri_cpu_profile *p = tri_cpu_profile(cpu);
        printf("%-22s %8.3f s; waiting for the device %.3f s, host while it multiplied %.3f s\n",
               split > 0 ? "two parts in turns" : "one after the other", took,
               p->product - before.product, p->both - before.both);
    }
    free(state);
    if (status == TRI_OK) tri_sequence_destroy(sequence);
    tri_cpu_destroy(cpu);
    return status;
}

/* CPU time of prefill and of REPLY tokens after it with sums that cost nothing. */
static enum tri_status alone(const struct tri_model *model, const uint32_t *ids, uint32_t tokens) {
    enum { REPLY = 16 };
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct sleeper none = {model, 0};
    struct tri_cpu *cpu;
    struct tri_sequence *sequence = NULL;
    double best[2] = {1e9, 1e9};
    options.pack = options.screen = false;
    options.threads = 1;
    TRI_TRY(tri_cpu_create(model, &options, &cpu));
    float *state = malloc(model->config.hidden * sizeof *state);
    enum tri_status status = tri_sequence_create(cpu, tokens + REPLY, &sequence);
    for (int round = 0; round < 3 && status == TRI_OK && state != NULL; round++) {
        struct tri_request q = {.sequence = sequence, .ids = ids, .count = tokens, .state = state};
        tri_sequence_rewind(sequence, 0);
        const double began = now(CLOCK_THREAD_CPUTIME_ID);
        status = tri_cpu_run(cpu, &q, 1, sleep_only, &none);
        const double middle = now(CLOCK_THREAD_CPUTIME_ID);
        q.count = 1;
        for (int i = 0; i < REPLY && status == TRI_OK; i++)
            status = tri_cpu_run(cpu, &q, 1, sleep_only, &none);
        const double ended = now(CLOCK_THREAD_CPUTIME_ID);
        const double took[2] = {(middle - began) / tokens, (ended - middle) / REPLY};
        for (int k = 0; k < 2; k++) best[k] = took[k] < best[k] ? took[k] : best[k];
    }
    if (status == TRI_OK)
        printf("host alone, CPU time of one thread (%s), best of 3: %.3f ms a token of prefill, "
               "%.3f ms a token after it, without head\n",
               tri_isa_name(tri_cpu_isa(cpu)), best[0] * 1000, best[1] * 1000);
    free(state);
    tri_sequence_destroy(sequence);
    tri_cpu_destroy(cpu);
    return status;
}

int main(int argc, char **argv) {
    struct tri_model *model;
    uint64_t tokens = 0, microseconds = 0;
    if (argc != 4 || !tri_parse_number(argv[2], 100000, &tokens) || tokens == 0 ||
        !tri_parse_number(argv[3], 1000000, &microseconds)) {
        fprintf(stderr, "usage: cpu_overlap MODEL TOKENS MICROSECONDS\n");
        return 2;
    }
    if (tri_model_open(argv[1], NULL, &model) != TRI_OK) {
        fprintf(stderr, "%s\n", tri_error());
        return 1;
    }
    struct sleeper s = {model, (double)microseconds * 1e-6 / TRI_GROUPS};
    uint32_t *ids = calloc(tokens, sizeof *ids);
    enum tri_status status = TRI_OK;
    for (uint32_t i = 0; i < tokens && ids != NULL; i++) ids[i] = i * 37 % model->config.vocab;
    if (model->config.context < tokens + 16) {
        fprintf(stderr, "TOKENS: wanted at most %u, got %u\n", model->config.context - 16,
                (unsigned)tokens);
        free(ids);
        tri_model_close(model);
        return 2;
    }
    printf("%u tokens, %u layers, a device of %u us a token and layer\n", (unsigned)tokens,
           model->config.layers, (unsigned)microseconds);
    if (ids != NULL) status = alone(model, ids, (uint32_t)tokens);
    for (uint32_t split = 0; split < 2 && status == TRI_OK && ids != NULL; split++)
        status = run(model, &s, split, ids, (uint32_t)tokens);
    if (status != TRI_OK) fprintf(stderr, "%s\n", tri_error());
    free(ids);
    tri_model_close(model);
    return status == TRI_OK ? 0 : 1;
}
