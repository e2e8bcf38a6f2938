/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows and states for tests of the screened head, and their logits by definition. No tests.
 */
#ifndef TRI_TEST_CPU_HEAD_H
#define TRI_TEST_CPU_HEAD_H

#include "tests/unit/test_ref_support.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/narrow.h"
#include "ref/numerics.h"
#include "ref/random.h"

enum { VOCAB = 700, HIDDEN = 512, KINDS = 7 };

struct case_of {
    struct tri_model model;
    uint16_t *w;
    float *x, *logits;
};

static inline double bell(struct tri_random *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += tri_random_unit(random);
    return sum;
}

/* Rows of several kinds: normal, uniform, with outliers, equal ones, dead ones, far apart in size,
 * small whole numbers (ties). */
static inline struct case_of make(int kind, uint32_t vocab, uint32_t hidden, uint64_t seed) {
    struct case_of c = {.model = {.config = {.vocab = vocab, .hidden = hidden}}};
    struct tri_random random = {seed};
    c.w = calloc((size_t)vocab * hidden, sizeof *c.w);
    c.x = calloc(hidden, sizeof *c.x);
    c.logits = calloc(vocab, sizeof *c.logits);
    for (size_t i = 0; i < (size_t)vocab * hidden; i++) {
        const size_t row = i / hidden, at = i % hidden;
        double value = bell(&random);
        if (kind == 1) value = tri_random_unit(&random) - 0.5;
        if (kind == 2 && at % 97 == 3) value = value * 60 + 5;
        if (kind == 3 && row % 3 != 0) value = (double)tri_bf16_to_float(c.w[i - hidden]);
        if (kind == 4 && row % 5 == 1) value = row % 2 ? 0 : value * 1e-36;
        if (kind == 5) value *= row % 2 ? 1e-12 : row % 7 == 0 ? 1e12 : 1;
        if (kind == 6) value = (double)((int)(value * 1.5));
        c.w[i] = tri_float_to_bf16((float)value);
    }
    c.model.head = (struct tri_table){vocab, hidden, TRI_BF16, c.w};
    return c;
}

static inline void fill_state(struct case_of *c, struct tri_random *random) {
    const uint32_t hidden = c->model.config.hidden, like = (uint32_t)(tri_random_next(random) % 4);
    const uint16_t *row = c->w + (size_t)(tri_random_next(random) % c->model.config.vocab) * hidden;
    for (uint32_t i = 0; i < hidden; i++) {
        double value = bell(random) + 0.1 * like * (double)tri_bf16_to_float(row[i]);
        if (like == 3) value = (double)(float)(int)value;
        c->x[i] = (float)(value * 0.1);
    }
}

static inline void drop(struct case_of *c) {
    free(c->w);
    free(c->x);
    free(c->logits);
}

static inline void all_logits(struct case_of *c) {
    const uint32_t n = c->model.config.hidden;
    for (uint32_t v = 0; v < c->model.config.vocab; v++)
        c->logits[v] = tri_dot_bf16(c->x, c->w + (size_t)v * n, n);
}

static inline struct tri_head *head_of(const struct case_of *c, enum tri_isa isa) {
    struct tri_head *head = NULL;
    must(tri_head_create(&c->model, isa, NULL, &head));
    return head;
}

#endif
