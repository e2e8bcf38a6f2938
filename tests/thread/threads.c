/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be used from several threads at once, used so: sessions that share one model, the
 * codec's tables made at first use, designs, the last failure's message; and fast engines, each
 * with threads of its own and products in another. Meant for the thread
 * sanitizer, under which Criterion cannot run; every result is also compared with one thread's.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "driver/image.h"
#include "ref/forward.h"

enum { THREADS = 4, ROUNDS = 3, TOKENS = 8 };
static const char *const folder = "tests/models/micro";

struct work {
    const struct tri_model *model;
    unsigned number;
    float *logits; /* [TOKENS][vocab] */
    uint64_t hash;
    const char *fault; /* NULL: all was well */
};

/* The fast engine on the same text: two sequences in one pass, products here (split 0) or in a
 * thread that takes turns with this one. */
static const char *fast(const struct work *w, const uint32_t *ids, uint32_t split, void *model) {
    enum { FIRST = 3 };
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    struct tri_sequence *sequence[2] = {NULL, NULL};
    const size_t vocab = w->model->config.vocab;
    float *got = calloc((FIRST + TOKENS) * vocab, sizeof *got);
    if (got == NULL) return "memory";
    options.threads = 3;
    options.grain = 1; /* small as the model is, all threads take part */
    options.chunk = 4;
    options.split = split;
    options.pack = split == 0;
    if (tri_cpu_create(w->model, &options, &cpu) != TRI_OK) return tri_error();
    enum tri_status status = tri_sequence_create(cpu, TOKENS, &sequence[0]);
    if (status == TRI_OK) status = tri_sequence_create(cpu, TOKENS, &sequence[1]);
    const struct tri_request q[2] = {
        {.sequence = sequence[0], .ids = ids, .count = FIRST, .all_logits = got},
        {.sequence = sequence[1], .ids = ids, .count = TOKENS, .all_logits = got + FIRST * vocab}};
    if (status == TRI_OK)
        status = tri_cpu_run(cpu, q, 2, split > 0 ? tri_product_ref : NULL, model);
    const bool equal = memcmp(got, w->logits, FIRST * vocab * sizeof *got) == 0 &&
                       memcmp(got + FIRST * vocab, w->logits, TOKENS * vocab * sizeof *got) == 0;
    tri_sequence_destroy(sequence[0]);
    tri_sequence_destroy(sequence[1]);
    tri_cpu_destroy(cpu);
    free(got);
    if (status != TRI_OK) return tri_error();
    return equal ? NULL : "another fast engine's logits";
}

static const char *one_round(struct work *w) {
    static const uint32_t ids[TOKENS] = {496, 1, 2, 3, 50, 400, 7, 8};
    struct tri_session *session;
    struct tri_design design;
    char path[64];
    int8_t trits[5];
    unsigned all = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        if (tri_trits_decode(TRI_B3, (uint8_t)byte, trits)) all++;
    }
    if (all != 243) return "the codec decodes another number of bytes than 243";
    if (tri_design_read("designs/kv260.yaml", &design) != TRI_OK) return "design";
    w->hash = tri_design_hash(&design.geometry);

    (void)snprintf(path, sizeof path, "no/such/design-%u", w->number);
    if (tri_design_read(path, &design) != TRI_E_IO) return "a missing design was read";
    if (strncmp(tri_error(), path, strlen(path)) != 0) return "another thread's message";

    if (tri_session_create(w->model, TOKENS, &session) != TRI_OK) return "session";
    /* tri_product_ref takes its model without const although it only reads. */
    union {
        const struct tri_model *read;
        void *context;
    } model = {.read = w->model};
    enum tri_status status =
        tri_session_run(session, ids, TOKENS, tri_product_ref, model.context, true, w->logits);
    tri_session_destroy(session);
    if (status != TRI_OK) return "forward pass";
    const char *fault = fast(w, ids, 0, model.context);
    return fault != NULL ? fault : fast(w, ids, 1, model.context);
}

static void *run(void *context) {
    struct work *w = context;
    for (int i = 0; i < ROUNDS && w->fault == NULL; i++) w->fault = one_round(w);
    return NULL;
}

int main(void) {
    struct tri_model *model;
    struct work work[THREADS + 1];
    pthread_t thread[THREADS];
    unsigned passed = 0, failed = 0;
    if (tri_model_open(folder, NULL, &model) != TRI_OK) {
        printf("%s\n0 passed, 1 failed\n", tri_error());
        return 1;
    }
    size_t floats = (size_t)TOKENS * model->config.vocab;
    for (unsigned i = 0; i <= THREADS; i++) {
        work[i] = (struct work){model, i, calloc(floats, sizeof(float)), 0, NULL};
        if (work[i].logits == NULL) return 1;
    }
    /* The threads go first, so that whatever is made at first use is made by one of them. */
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&thread[i], NULL, run, &work[i]) != 0) return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) (void)pthread_join(thread[i], NULL);
    (void)run(&work[THREADS]);
    for (unsigned i = 0; i < THREADS; i++) {
        const char *fault = work[i].fault != NULL ? work[i].fault : work[THREADS].fault;
        if (fault == NULL && work[i].hash != work[THREADS].hash) fault = "another hash";
        if (fault == NULL && memcmp(work[i].logits, work[THREADS].logits, floats * 4) != 0) {
            fault = "other logits than a single thread";
        }
        if (fault != NULL) printf("FAILED thread %u: %s\n", i, fault);
        if (fault == NULL)
            passed++;
        else
            failed++;
    }
    for (unsigned i = 0; i <= THREADS; i++) free(work[i].logits);
    tri_model_close(model);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
