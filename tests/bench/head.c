/* SPDX-License-Identifier: Apache-2.0
 *
 * What the screened output head (cpu/head.h) reads: for states of the demo model on the texts of
 * its vectors, and for random states of a random head of 2B4T's shape, how many rows survive each
 * step, bytes and time, each token compared with the one that all logits give. One JSON object on
 * standard output; a table on standard error. Usage: head MODEL VECTORS.json STATES
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/head.h"
#include "ref/narrow.h"
#include "ref/random.h"
#include "ref/session.h"

enum { FIGURES = 8, VOCAB = 128256, HIDDEN = 2560, DEMO_MAX = 4096 };

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int fail(void) {
    fprintf(stderr, "head: %s\n", tri_error());
    return 1;
}

struct states {
    const char *name;
    const struct tri_model *model;
    float *x; /* [count][hidden] */
    uint32_t count;
};

struct setting {
    const char *name;
    struct tri_sampling sampling;
};
static const struct setting settings[] = {
    {"greedy", {.temperature = 0, .top_p = 1, .repetition_penalty = 1}},
    {"greedy, penalty 1.3", {.temperature = 0, .top_p = 1, .repetition_penalty = 1.3f}},
    {"top-k 40, T 0.6", {.temperature = 0.6f, .top_k = 40, .top_p = 1, .repetition_penalty = 1}},
    {"min-p 0.05, T 1", {.temperature = 1, .top_p = 1, .min_p = 0.05f, .repetition_penalty = 1}},
    {"top-p 0.9, T 0.6", {.temperature = 0.6f, .top_p = 0.9f, .repetition_penalty = 1}},
    {"all, T 1", {.temperature = 1, .top_p = 1, .repetition_penalty = 1}},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static json_t *spread(double *values, uint32_t count) {
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += values[i];
    qsort(values, count, sizeof *values, ascending);
    return json_pack("{s:f, s:f, s:f}", "median", values[count / 2], "worst", values[count - 1],
                     "mean", sum / count);
}

/* One setting over all states. Adds to *wrong the tokens that differ. */
static json_t *measure(struct tri_head *head, const struct states *s, const struct setting *setting,
                       float *logits, uint32_t *wrong) {
    static const char *const names[] = {"after_3_bits", "after_5_bits", "after_6_bits",
                                        "after_8_bits", "rows_exact",   "bytes",
                                        "ms",           "cpu_ms"};
    double *values = calloc((size_t)FIGURES * s->count, sizeof *values);
    struct tri_sampler *ours = NULL, *theirs = NULL;
    struct tri_sampling sampling = setting->sampling;
    const uint32_t vocab = s->model->config.vocab;
    sampling.seed = 7;
    if (values == NULL || tri_sampler_create(&sampling, vocab, &ours) != TRI_OK ||
        tri_sampler_create(&sampling, vocab, &theirs) != TRI_OK)
        return fail(), NULL;
    for (uint32_t i = 0; i < s->count; i++) {
        const float *x = s->x + (size_t)i * s->model->config.hidden;
        uint32_t got = 0, wanted = 0;
        const double began = now(CLOCK_MONOTONIC), busy = now(CLOCK_PROCESS_CPUTIME_ID);
        if (tri_head_next(head, ours, x, &got) != TRI_OK) return fail(), NULL;
        const double took = now(CLOCK_MONOTONIC) - began;
        const double worked = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
        struct tri_head_counts counts;
        tri_head_counted(head, &counts);
        if (tri_head_all(head, x, logits) != TRI_OK) return fail(), NULL;
        if (tri_sampler_next(theirs, logits, &wanted) != TRI_OK) return fail(), NULL;
        *wrong += got != wanted;
        tri_sampler_accept(ours, got);
        tri_sampler_accept(theirs, got);
        const double row[] = {counts.survivors[0], counts.survivors[1], counts.survivors[2],
                              counts.survivors[3], counts.exact,        (double)counts.bytes,
                              took * 1e3,          worked * 1e3};
        for (uint32_t k = 0; k < FIGURES; k++) values[(size_t)k * s->count + i] = row[k];
    }
    json_t *out = json_object();
    fprintf(stderr, "%-10s %-20s", s->name, setting->name);
    for (uint32_t k = 0; k < FIGURES; k++) {
        json_t *one = spread(values + (size_t)k * s->count, s->count);
        const double scale = k == 5 ? 1e-6 : 1;
        fprintf(stderr, k < 5 ? "  %7.0f %7.0f" : "  %8.3f %8.3f",
                json_real_value(json_object_get(one, "median")) * scale,
                json_real_value(json_object_get(one, "worst")) * scale);
        json_object_set_new(out, names[k], one);
    }
    fprintf(stderr, "\n");
    tri_sampler_destroy(ours);
    tri_sampler_destroy(theirs);
    free(values);
    return out;
}

static json_t *measure_all(const struct states *s, uint32_t *wrong) {
    struct tri_pool *pool;
    struct tri_head *head;
    float *logits = calloc(s->model->config.vocab, sizeof *logits);
    if (logits == NULL || tri_pool_create(0, false, &pool) != TRI_OK) return fail(), NULL;
    const double began = now(CLOCK_MONOTONIC), busy = now(CLOCK_PROCESS_CPUTIME_ID);
    if (tri_head_create(s->model, tri_isa_best(), pool, &head) != TRI_OK) return fail(), NULL;
    const double took = now(CLOCK_MONOTONIC) - began;
    const double worked = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
    const struct tri_config *c = &s->model->config;
    json_t *out = json_pack(
        "{s:i, s:i, s:i, s:f, s:f, s:I, s:I, s:s, s:i}", "states", (int)s->count, "rows",
        (int)c->vocab, "columns", (int)c->hidden, "build_seconds", took, "build_cpu_seconds",
        worked, "narrow_bytes", (json_int_t)tri_head_bytes(head), "model_bytes",
        (json_int_t)c->vocab * c->hidden * tri_float_bytes(s->model->head.type), "isa",
        tri_isa_name(tri_isa_best()), "threads", (int)tri_pool_threads(pool));
    fprintf(stderr,
            "%s: %" PRIu32
            " states, made in %.2f s (%.2f of processors), %.1f MB narrow of %.1f MB\n",
            s->name, s->count, took, worked, (double)tri_head_bytes(head) / 1e6,
            (double)c->vocab * c->hidden * tri_float_bytes(s->model->head.type) / 1e6);
    for (size_t i = 0; i < SETTINGS; i++) {
        json_t *one = measure(head, s, &settings[i], logits, wrong);
        if (one == NULL) return NULL;
        json_object_set_new(out, settings[i].name, one);
    }
    tri_head_destroy(head);
    tri_pool_destroy(pool);
    free(logits);
    return out;
}

/* Final states of the demo model along a text. */
static int add_text(struct states *s, const json_t *first, const json_t *then) {
    const uint32_t hidden = s->model->config.hidden;
    struct tri_session *session;
    const json_t *both[] = {first, then};
    float *logits = calloc(s->model->config.vocab, sizeof *logits);
    if (logits == NULL || tri_session_create(s->model, 0, &session) != TRI_OK) return fail();
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < json_array_size(both[k]) && s->count < DEMO_MAX; i++) {
            const uint32_t id = (uint32_t)json_integer_value(json_array_get(both[k], i));
            union { /* the product's context is not const */
                const struct tri_model *model;
                void *context;
            } same = {s->model};
            if (tri_session_run(session, &id, 1, tri_product_ref, same.context, false, logits) !=
                TRI_OK)
                return fail();
            memcpy(s->x + (size_t)s->count++ * hidden, session->row, hidden * sizeof *s->x);
        }
    }
    tri_session_destroy(session);
    free(logits);
    return 0;
}

static int demo_states(const char *path, struct states *s) {
    json_t *root = json_load_file(path, 0, NULL);
    const json_t *texts = json_object_get(root, "greedy"), *text;
    size_t i;
    s->x = calloc((size_t)DEMO_MAX * s->model->config.hidden, sizeof *s->x);
    if (s->x == NULL || texts == NULL) return fprintf(stderr, "head: %s: no texts\n", path), 1;
    if (add_text(s, json_object_get(json_object_get(root, "passage"), "ids"), NULL)) return 1;
    json_array_foreach(texts, i, text) {
        const json_t *prompt = json_object_get(text, "prompt_ids");
        if (add_text(s, prompt, json_object_get(text, "greedy_ids"))) return 1;
        if (add_text(s, prompt, json_object_get(text, "greedy_repetition_penalty_1.3_ids")))
            return 1;
    }
    json_decref(root);
    return 0;
}

static double bell(struct tri_random *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += tri_random_unit(random);
    return sum;
}

/* A head as `tritium synth` makes it: normal weights of deviation 0.7, one channel sixteen times as
 * large. */
static uint16_t *random_head(void) {
    enum { TABLE = 1 << 16 };
    static uint16_t normal[TABLE];
    uint16_t *w = malloc((size_t)VOCAB * HIDDEN * sizeof *w);
    struct tri_random random = {1};
    for (int i = 0; i < TABLE; i++) normal[i] = tri_float_to_bf16((float)(0.7 * bell(&random)));
    for (size_t i = 0; w != NULL && i < (size_t)VOCAB * HIDDEN; i += 4) {
        const uint64_t bits = tri_random_next(&random);
        for (size_t k = 0; k < 4; k++) w[i + k] = normal[bits >> 16 * k & 0xffff];
    }
    for (size_t row = 0; w != NULL && row < VOCAB; row++) {
        uint16_t *outlier = &w[row * HIDDEN + HIDDEN / 7 * 3];
        if ((*outlier & 0x7fff) != 0) *outlier = (uint16_t)(*outlier + (4 << 7));
    }
    return w;
}

/* likeness: how much of a state is along the row of some token, in deviations of a logit. */
static void random_states(struct states *s, const uint16_t *w, double likeness) {
    struct tri_random random = {2};
    for (uint32_t i = 0; i < s->count; i++) {
        float *x = s->x + (size_t)i * HIDDEN;
        const uint16_t *row = w + (size_t)(tri_random_next(&random) % VOCAB) * HIDDEN;
        for (uint32_t k = 0; k < HIDDEN; k++) {
            const double like = (double)tri_bf16_to_float(row[k]) / 0.7 * likeness / 50.6;
            x[k] = (float)((0.1 + 0.02 * bell(&random)) * (bell(&random) + like));
        }
        x[HIDDEN / 7 * 3] /= 16;
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: head MODEL VECTORS.json STATES\n");
        return 2;
    }
    struct tri_model *demo;
    uint32_t wrong = 0;
    if (tri_model_open(arguments[1], NULL, &demo) != TRI_OK) return fail();
    struct states s = {.name = "demo", .model = demo};
    if (demo_states(arguments[2], &s)) return 1;
    fprintf(stderr,
            "%-31s  rows after 3 bits   after 5 bits     after 6 bits     after 8 bits     exact"
            "            MB read            ms"
            "                cpu ms     (median, worst)\n",
            "");
    json_t *out = json_object();
    json_t *of_demo = measure_all(&s, &wrong);
    json_object_set_new(out, "demo", of_demo);
    /* rows that all planes leave to be computed, greedy */
    json_object_set(out, "head_rows_survived",
                    json_object_get(json_object_get(of_demo, "greedy"), "after_8_bits"));
    free(s.x);
    tri_model_close(demo);

    struct tri_model random = {.config = {.vocab = VOCAB, .hidden = HIDDEN}};
    uint16_t *w = random_head();
    const uint32_t states = (uint32_t)strtoul(arguments[3], NULL, 10);
    s = (struct states){.name = "random", .model = &random, .count = states};
    s.x = calloc((size_t)(states + 1) * HIDDEN, sizeof *s.x);
    if (w == NULL || s.x == NULL) return fprintf(stderr, "head: out of memory\n"), 1;
    random.head = (struct tri_table){VOCAB, HIDDEN, TRI_BF16, w};
    if (states > 0) {
        random_states(&s, w, 0);
        json_object_set_new(out, "random", measure_all(&s, &wrong));
        random_states(&s, w, 9);
        s.name = "peaked";
        json_object_set_new(out, "peaked", measure_all(&s, &wrong));
    }
    json_object_set_new(out, "tokens_wrong", json_integer(wrong));
    json_dumpf(out, stdout, JSON_INDENT(2));
    puts("");
    json_decref(out);
    free(s.x);
    free(w);
    return wrong == 0 ? 0 : 1;
}
