/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine as a machine: what it refuses and how it says so, that a failure changes nothing,
 * memory that is not there, and that the host works while a device multiplies.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/engine.h"
#include "cpu/memory.h"
#include "tests/unit/test_ref_support.h"

enum { TEXT = 60 };

static struct tri_cpu *engine(const struct tri_model *model, uint32_t split) {
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    options.threads = 2;
    options.screen = false;
    options.split = split;
    options.chunk = 16;
    options.grain = 1; /* small as the model is, the threads take part */
    must(tri_cpu_create(model, &options, &cpu));
    return cpu;
}

static void count_up(uint32_t *ids, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) ids[i] = i * 7 % 500;
}

Test(cpu_engine_state, bad_requests_are_named_and_change_nothing) {
    struct tri_model *model = open_model("micro");
    struct tri_cpu *cpu = engine(model, 0), *other = engine(model, 0);
    struct tri_sequence *sequence = NULL, *foreign;
    float logits[512], again[512];
    uint32_t ids[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bad[] = {1, 512};
    must_fail(tri_sequence_create(cpu, 257, &sequence), TRI_E_ARGUMENT, "at most 256, got 257");
    cr_assert(sequence == NULL);
    must(tri_sequence_create(cpu, 8, &sequence));
    must(tri_sequence_create(other, 8, &foreign));
    struct tri_request q[2] = {{.sequence = sequence, .ids = ids, .count = 4, .logits = logits}};
    must(tri_cpu_run(cpu, q, 1, NULL, NULL));
    must_fail(tri_cpu_run(cpu, q, 0, NULL, NULL), TRI_E_ARGUMENT, "requests, wanted at least 1");
    q[0].count = 0;
    must_fail(tri_cpu_run(cpu, q, 1, NULL, NULL), TRI_E_ARGUMENT, "tokens, wanted at least 1");
    q[0] = (struct tri_request){.sequence = sequence, .ids = bad, .count = 2, .logits = again};
    must_fail(tri_cpu_run(cpu, q, 1, NULL, NULL), TRI_E_ARGUMENT,
              "token 1: id, wanted below 512, got 512");
    q[0] = (struct tri_request){.sequence = sequence, .ids = ids, .count = 5, .logits = again};
    must_fail(tri_cpu_run(cpu, q, 1, NULL, NULL), TRI_E_ARGUMENT,
              "context full: wanted room for 5 more tokens, got 4 of 8");
    q[0].count = UINT32_MAX;
    must_fail(tri_cpu_run(cpu, q, 1, NULL, NULL), TRI_E_ARGUMENT, "context full");
    q[0].count = 1;
    q[1] = q[0];
    must_fail(tri_cpu_run(cpu, q, 2, NULL, NULL), TRI_E_ARGUMENT, "request 1: wanted a sequence");
    q[1].sequence = foreign;
    must_fail(tri_cpu_run(cpu, q, 2, NULL, NULL), TRI_E_ARGUMENT, "request 1: wanted a sequence");
    cr_assert(tri_sequence_length(sequence) == 4 && tri_sequence_length(foreign) == 0);
    q[0] = (struct tri_request){.sequence = sequence, .ids = ids + 4, .count = 4, .logits = again};
    must(tri_cpu_run(cpu, q, 1, NULL, NULL));
    must_fail(tri_cpu_run(cpu, q, 1, NULL, NULL), TRI_E_ARGUMENT, "context full");
    tri_sequence_destroy(sequence);
    tri_sequence_destroy(foreign);
    tri_sequence_destroy(NULL);
    tri_cpu_destroy(cpu);
    tri_cpu_destroy(other);
    tri_cpu_destroy(NULL);
    tri_model_close(model);
}

Test(cpu_engine_state, an_engine_without_weights_asks_for_a_product) {
    struct tri_model *model = open_model("micro");
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    struct tri_sequence *sequence;
    const uint32_t id = 1;
    float logits[512];
    options.pack = options.screen = false;
    must(tri_cpu_create(model, &options, &cpu));
    must(tri_sequence_create(cpu, 0, &sequence));
    const struct tri_request q = {.sequence = sequence, .ids = &id, .count = 1, .logits = logits};
    must_fail(tri_cpu_run(cpu, &q, 1, NULL, NULL), TRI_E_ARGUMENT, "no packed weights");
    must(tri_cpu_run(cpu, &q, 1, tri_product_ref, model));
    tri_sequence_destroy(sequence);
    tri_cpu_destroy(cpu);
    tri_model_close(model);
}

/* A product that fails at its n-th call, and one that knows where its tokens come from. */
struct failing {
    struct tri_model *model;
    const struct tri_cpu *cpu;
    unsigned calls, fail_at;
    uint32_t tokens, seen[TEXT];
};

static enum tri_status fail_once(void *context, uint32_t layer, enum tri_group group,
                                 uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct failing *f = context;
    if (f->calls++ == f->fail_at) return tri_fail(TRI_E_DEVICE, "device: stopped");
    for (uint32_t t = 0; t < tokens && layer == 0 && group == TRI_GROUP_QKV; t++) {
        uint32_t request, position;
        tri_cpu_place(f->cpu, t, &request, &position);
        cr_assert(request == 0 && position < TEXT);
        f->seen[position]++;
    }
    return tri_product_ref(f->model, layer, group, tokens, codes, sums);
}

Test(cpu_engine_state, a_failing_product_leaves_the_sequence_as_it_was) {
    struct tri_model *model = open_model("tiny-a");
    const size_t vocab = model->config.vocab;
    uint32_t ids[TEXT];
    count_up(ids, TEXT);
    float *wanted = malloc(TEXT * vocab * sizeof *wanted),
          *got = malloc(TEXT * vocab * sizeof *got);
    struct tri_session *session;
    must(tri_session_create(model, TEXT, &session));
    must(tri_session_run(session, ids, TEXT, tri_product_ref, model, true, wanted));
    for (uint32_t split = 0; split < 2; split++) { /* one and two parts in flight */
        struct tri_cpu *cpu = engine(model, split);
        for (unsigned at = 0; at < 30; at += 7) {
            struct failing f = {.model = model, .cpu = cpu, .fail_at = at};
            struct tri_sequence *sequence;
            must(tri_sequence_create(cpu, TEXT, &sequence));
            struct tri_request q = {
                .sequence = sequence, .ids = ids, .count = 10, .all_logits = got};
            must(tri_cpu_run(cpu, &q, 1, NULL, NULL));
            q = (struct tri_request){.sequence = sequence,
                                     .ids = ids + 10,
                                     .count = TEXT - 10,
                                     .all_logits = got + 10 * vocab};
            must_fail(tri_cpu_run(cpu, &q, 1, fail_once, &f), TRI_E_DEVICE, "device: stopped");
            cr_assert(tri_sequence_length(sequence) == 10);
            memset(f.seen, 0, sizeof f.seen);
            must(tri_cpu_run(cpu, &q, 1, fail_once, &f));
            cr_assert(memcmp(got, wanted, TEXT * vocab * sizeof *got) == 0);
            for (uint32_t p = 10; p < TEXT; p++) cr_assert(f.seen[p] == 1, "position %u", p);
            tri_sequence_destroy(sequence);
        }
        tri_cpu_destroy(cpu);
    }
    tri_session_destroy(session);
    free(wanted);
    free(got);
    tri_model_close(model);
}

static const char *tensor_to_set;
static size_t element_to_set;
static uint16_t bits_to_set;

static void set_bf16(json_t *header, unsigned char *data) {
    memcpy(data + begin_of(header, tensor_to_set) + 2 * element_to_set, &bits_to_set, 2);
}

/* One damaged value: the fast engine says what the reference says, to the letter. */
static void damaged(const char *tensor, size_t element, uint16_t bits) {
    struct tri_model *model = NULL;
    struct tri_session *session;
    const uint32_t ids[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static float logits[10 * 512];
    char wanted[512];
    tensor_to_set = tensor, element_to_set = element, bits_to_set = bits;
    must(open_edited(NULL, set_bf16, &model));
    must(tri_session_create(model, 0, &session));
    cr_assert(tri_session_run(session, ids, 10, tri_product_ref, model, true, logits) ==
              TRI_E_FORMAT);
    (void)snprintf(wanted, sizeof wanted, "%s", tri_error());
    for (uint32_t split = 0; split < 2; split++) {
        struct tri_cpu *cpu = engine(model, split);
        struct tri_sequence *sequence;
        must(tri_sequence_create(cpu, 0, &sequence));
        const struct tri_request q = {
            .sequence = sequence, .ids = ids, .count = 10, .all_logits = logits};
        must_fail(tri_cpu_run(cpu, &q, 1, split ? tri_product_ref : NULL, model), TRI_E_FORMAT,
                  wanted);
        cr_assert_str_eq(tri_error(), wanted);
        cr_assert(tri_sequence_length(sequence) == 0);
        tri_sequence_destroy(sequence);
        tri_cpu_destroy(cpu);
    }
    tri_session_destroy(session);
    tri_model_close(model);
}

Test(cpu_engine_state, a_damaged_model_is_stopped_at_the_layer_that_overflows) {
    const uint16_t nan = 0x7fc0, infinite = 0xff80, huge = 0x7f00; /* 1.7e38 */
    damaged("model.embed_tokens.weight", 4 * 256 + 3, nan);
    damaged("model.embed_tokens.weight", 9 * 256, infinite);
    damaged("model.embed_tokens.weight", 400 * 256, nan);
    damaged("model.layers.0.self_attn.v_proj.weight_scale", 0, huge);
    damaged("model.layers.0.mlp.up_proj.weight_scale", 0, huge);
    damaged("model.layers.0.self_attn.o_proj.weight_scale", 0, huge);
    damaged("model.layers.0.mlp.down_proj.weight_scale", 0, huge);
}

/* A device that only takes time: it sleeps, then the reference multiplies. */
struct sleeper {
    struct tri_model *model;
    pthread_t caller;
    bool elsewhere;
};

static enum tri_status sleep_first(void *context, uint32_t layer, enum tri_group group,
                                   uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct sleeper *s = context;
    const struct timespec time = {0, 3000000};
    s->elsewhere = !pthread_equal(pthread_self(), s->caller);
    nanosleep(&time, NULL);
    return tri_product_ref(s->model, layer, group, tokens, codes, sums);
}

Test(cpu_engine_state, the_host_works_while_the_device_multiplies) {
    struct tri_model *model = open_model("tiny-a");
    uint32_t ids[TEXT];
    float *logits = malloc(TEXT * model->config.vocab * sizeof *logits);
    count_up(ids, TEXT);
    for (uint32_t split = 0; split < 3; split++) {
        struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
        struct sleeper s = {model, pthread_self(), false};
        struct tri_cpu *cpu;
        struct tri_sequence *sequence;
        options.pack = options.screen = false;
        options.split = split;
        must(tri_cpu_create(model, &options, &cpu));
        must(tri_sequence_create(cpu, 0, &sequence));
        struct tri_request q = {
            .sequence = sequence, .ids = ids, .count = TEXT - 1, .all_logits = logits};
        must(tri_cpu_run(cpu, &q, 1, sleep_first, &s));
        cr_assert(s.elsewhere == (split > 0));
        const struct tri_cpu_profile p = *tri_cpu_profile(cpu);
        const double host = p.norm + p.rope + p.attention + p.activation;
        /* Only the ends of a pass find the device idle. */
        if (split > 0)
            cr_assert(p.both > 0.5 * host && p.both < p.elsewhere, "%g %g", p.both, host);
        if (split == 0) cr_assert(p.both <= 0 && p.elsewhere <= 0);
        /* One token cannot be cut: it is multiplied here, without another thread. */
        q.ids = ids + TEXT - 1;
        q.count = 1;
        must(tri_cpu_run(cpu, &q, 1, sleep_first, &s));
        cr_assert(!s.elsewhere);
        tri_sequence_destroy(sequence);
        tri_cpu_destroy(cpu);
    }
    free(logits);
    tri_model_close(model);
}

Test(cpu_engine_state, memory_that_is_not_there_is_asked_for_first) {
    struct tri_model *model = open_model("demo");
    struct tri_cpu_options options = TRI_CPU_OPTIONS_INIT;
    struct tri_cpu *cpu;
    options.screen = false;
    options.threads = 1;
    options.memory = 300000;
    must_fail(tri_cpu_create(model, &options, &cpu), TRI_E_MEMORY, "model in memory (weights");
    cr_assert(cpu == NULL && strstr(tri_error(), "limit 0.3") != NULL, "%s", tri_error());

    /* Weights and scratch fit, but not the cache of the whole context. */
    options.memory = 0;
    options.chunk = 8;
    must(tri_cpu_create(model, &options, &cpu));
    struct tri_cpu_bytes bytes;
    tri_cpu_bytes(cpu, &bytes);
    tri_cpu_destroy(cpu);
    const struct tri_config *c = &model->config;
    const uint64_t position = 8ull * c->layers * c->kv_heads * c->head_dim;
    options.memory = bytes.weights + bytes.scratch + 130 * position + 1000000;
    must(tri_cpu_create(model, &options, &cpu));
    struct tri_sequence *sequence;
    float *logits = malloc(c->vocab * sizeof *logits), *again = malloc(c->vocab * sizeof *again);
    uint32_t *ids = calloc(c->context, sizeof *ids);
    must(tri_sequence_create(cpu, 0, &sequence));
    cr_assert(tri_sequence_bytes(sequence) == 0);
    struct tri_request q = {.sequence = sequence, .ids = ids, .count = 60, .logits = logits};
    must(tri_cpu_run(cpu, &q, 1, NULL, NULL));
    cr_assert(tri_sequence_bytes(sequence) == 64 * position);
    q.count = c->context - 60;
    q.logits = again;
    must_fail(tri_cpu_run(cpu, &q, 1, NULL, NULL), TRI_E_MEMORY, "KV cache of 512 positions");
    cr_assert(tri_sequence_length(sequence) == 60);
    tri_sequence_rewind(sequence, 59);
    q.count = 1;
    must(tri_cpu_run(cpu, &q, 1, NULL, NULL));
    cr_assert(memcmp(logits, again, c->vocab * sizeof *logits) == 0);
    tri_cpu_bytes(cpu, &bytes);
    cr_assert(bytes.cache == 64 * position);
    tri_sequence_destroy(sequence);
    tri_cpu_bytes(cpu, &bytes);
    cr_assert(bytes.cache == 0);
    free(logits);
    free(again);
    free(ids);
    tri_cpu_destroy(cpu);
    tri_model_close(model);
}

static void put(const char *root, const char *path, const char *text) {
    char command[512];
    (void)snprintf(command, sizeof command, "mkdir -p \"$(dirname %s/%s)\" && printf '%s' >%s/%s",
                   root, path, text, root, path);
    cr_assert(system(command) == 0, "%s", command);
}

Test(cpu_memory, the_containers_limit_counts_where_it_is_less) {
    char root[64], command[128];
    struct tri_memory memory;
    make_folder(root);
    tri_memory_look(root, &memory); /* a system that says nothing */
    cr_assert(memory.available == UINT64_MAX);
    put(root, "proc/meminfo", "MemTotal: 9000 kB\\nMemAvailable:   1000 kB\\n");
    tri_memory_look(root, &memory);
    cr_assert(memory.available == 1024000 && strcmp(memory.whose, "system") == 0);
    /* Version 2: the limit of a group above, less what is used and not just cached. */
    put(root, "proc/self/cgroup", "0::/a/b\\n");
    put(root, "sys/fs/cgroup/a/b/memory.max", "max\\n");
    put(root, "sys/fs/cgroup/a/memory.max", "900000\\n");
    put(root, "sys/fs/cgroup/a/memory.current", "500000\\n");
    put(root, "sys/fs/cgroup/a/memory.stat", "anon 5\\ninactive_file 200000\\n");
    tri_memory_look(root, &memory);
    cr_assert(memory.available == 600000 && strcmp(memory.whose, "container") == 0);
    put(root, "sys/fs/cgroup/memory.max", "400000\\n"); /* the root, as seen in a container */
    put(root, "sys/fs/cgroup/memory.current", "500000\\n");
    tri_memory_look(root, &memory);
    cr_assert(memory.available == 0);
    /* Version 1, beside groups of other kinds. */
    put(root, "proc/self/cgroup", "5:cpu:/x\\n4:memory:/x\\n");
    put(root, "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "700000\\n");
    put(root, "sys/fs/cgroup/memory/x/memory.usage_in_bytes", "300000\\n");
    tri_memory_look(root, &memory);
    cr_assert(memory.available == 400000 && strcmp(memory.whose, "container") == 0);
    (void)snprintf(command, sizeof command, "rm -r %s", root);
    cr_assert(system(command) == 0);
}
