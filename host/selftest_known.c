/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory and known answers: patterns through every bank, and matrices made so that each row, port,
 * lane, weight code, token count and extreme sum occurs and is recognised if it goes wrong.
 */
#include <string.h>

#include "driver/codec.h"
#include "host/selftest.h"

/* ---- memory ---- */

enum { ZEROS, ONES, MINUS_ONES, RANDOM, NEGATED, PATTERNS };
static const char *const pattern_names[PATTERNS] = {"zeros", "ones", "minus ones", "random",
                                                    "random negated"};

static void pattern_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                        uint32_t row, int8_t *out) {
    static const int8_t constants[RANDOM] = {[ZEROS] = 0, [ONES] = 1, [MINUS_ONES] = -1};
    if (trial->variant < RANDOM) {
        memset(out, constants[trial->variant], trial->cols);
        return;
    }
    tri_trial_random_row(trial, geometry, row, out); /* another one for each row: no alias fits */
    if (trial->variant == RANDOM) return;
    for (uint32_t k = 0; k < trial->cols; k++) out[k] = (int8_t)-out[k];
}

void tri_selftest_memory(struct tri_selftest *test) {
    for (uint32_t i = 0; i < PATTERNS && !test->stopped; i++) {
        struct tri_trial trial = {.seed = test->seed + 100, .variant = i};
        char name[sizeof test->line[0].name];
        tri_trial_fill(test, test->memory_kib, &trial);
        trial.tokens = 1;
        trial.weights = pattern_row;
        (void)snprintf(trial.name, sizeof trial.name, "%s", pattern_names[i]);
        (void)snprintf(name, sizeof name, "memory %s", pattern_names[i]);
        tri_trials_check(test, name, &trial, 1);
    }
}

/* ---- shapes ---- */

/* Around the edges of beats, of row groups and of the 64 rows that are written back together. */
static void check_shapes(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const uint32_t lanes = tri_weights_per_beat(g), p = g->ports;
    const struct {
        uint32_t rows, cols, tokens;
    } shapes[] = {
        {1, 1, 1},
        {p, lanes, 1},
        {p + 1, lanes - 1, 1},
        {63, lanes + 1, 1},
        {64, 64, g->t_max},
        {65, 65, 1},
        {2 * p - 1, g->k_max, 1},
        {p, g->k_max - 1, g->t_max},
        {129, 7, g->tokens},
        {200, 2 * lanes, g->t_max},
    };
    enum { SHAPES = sizeof shapes / sizeof *shapes };
    struct tri_trial trials[SHAPES];
    memset(trials, 0, sizeof trials);
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct tri_trial *trial = &trials[i];
        trial->rows = shapes[i].rows;
        trial->cols = shapes[i].cols < g->k_max ? shapes[i].cols : g->k_max;
        trial->tokens = shapes[i].tokens;
        trial->seed = tri_trial_random(test->seed, i);
        trial->weights = tri_trial_random_row;
        (void)snprintf(trial->name, sizeof trial->name, "%u x %u", trial->rows, trial->cols);
    }
    tri_trials_check(test, "shapes", trials, SHAPES);
}

/* ---- extreme sums ---- */

static void extreme_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                        uint32_t row, int8_t *out) {
    (void)geometry;
    memset(out, (row + trial->variant) % 2 == 0 ? 1 : -1, trial->cols);
}

static void extreme_codes(const struct tri_trial *trial, uint32_t token, int8_t *out) {
    memset(out, (token + trial->variant / 2) % 2 == 0 ? -128 : 127, trial->cols);
}

static void check_extremes(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    struct tri_trial trials[4];
    memset(trials, 0, sizeof trials);
    for (uint32_t i = 0; i < 4; i++) {
        trials[i] = (struct tri_trial){.rows = 2 * g->ports * test->info->units + 1,
                                       .cols = g->k_max,
                                       .tokens = g->t_max,
                                       .variant = i,
                                       .weights = extreme_row,
                                       .codes = extreme_codes};
        (void)snprintf(trials[i].name, sizeof trials[i].name, "all %s with -128 and 127 (%u)",
                       i % 2 == 0 ? "+1" : "-1", i);
    }
    tri_trials_check(test, "extremes", trials, 4);
}

/* ---- every lane of every port ---- */

/* One weight that is not zero a row; as the vectors differ from lane to lane, the sum says which
 * lane was used. */
static void lane_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                     uint32_t row, int8_t *out) {
    memset(out, 0, trial->cols);
    const uint32_t lane = row / geometry->ports % trial->cols;
    out[lane] = (lane + row) % 2 == 0 ? 1 : -1;
}

static void lane_codes(const struct tri_trial *trial, uint32_t token, int8_t *out) {
    for (uint32_t k = 0; k < trial->cols; k++) {
        out[k] = (int8_t)(token == 0 ? (int)(k % 256) - 128 : (int)(k / 256) + 1);
    }
}

static void check_lanes(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    struct tri_trial trial = {.name = "one lane a row", .weights = lane_row, .codes = lane_codes};
    trial.cols = tri_weights_per_beat(g) < g->k_max ? tri_weights_per_beat(g) : g->k_max;
    trial.rows = trial.cols * g->ports * test->info->units; /* units share rows: all for each */
    trial.tokens = g->t_max < 2 ? 1 : 2;
    tri_trials_check(test, "lanes", &trial, 1);
}

/* ---- every number of tokens ---- */

static void check_tokens(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    enum { MOST = 66 };
    struct tri_trial trials[MOST];
    const uint32_t count = g->t_max + 1 < MOST ? g->t_max + 1 : MOST; /* the last is cut in two */
    const uint32_t cols = tri_weights_per_beat(g) + 3;
    memset(trials, 0, sizeof trials);
    for (uint32_t i = 0; i < count; i++) {
        trials[i] = (struct tri_trial){.rows = 2 * g->ports * test->info->units + 1,
                                       .cols = cols < g->k_max ? cols : g->k_max,
                                       .tokens = i + 1,
                                       .seed = tri_trial_random(test->seed, 1000 + i),
                                       .weights = tri_trial_random_row};
        (void)snprintf(trials[i].name, sizeof trials[i].name, "%u tokens", i + 1);
    }
    tri_trials_check(test, "tokens", trials, count);
}

/* ---- every code of the encoding, in every byte of every port's beat ---- */

static void code_row(const struct tri_trial *trial, const struct tri_geometry *geometry,
                     uint32_t row, int8_t *out) {
    const uint32_t trits = tri_codec(geometry->encoding)->trits;
    const uint32_t states = geometry->encoding == TRI_B3 ? TRI_STATES_B3 : TRI_STATES_B2;
    for (uint32_t k = 0; k < trial->cols; k++) {
        uint32_t state = (row / geometry->ports + k / trits) % states;
        for (uint32_t i = 0; i < k % trits; i++) state /= 3;
        out[k] = (int8_t)((int)(state % 3) - 1);
    }
}

static void check_codes(struct tri_selftest *test) {
    const struct tri_geometry *g = &test->info->design.geometry;
    const uint32_t states = g->encoding == TRI_B3 ? TRI_STATES_B3 : TRI_STATES_B2;
    struct tri_trial trial = {.name = "every code", .tokens = 1, .weights = code_row};
    trial.cols = tri_weights_per_beat(g) < g->k_max ? tri_weights_per_beat(g) : g->k_max;
    trial.rows = states * g->ports * test->info->units;
    trial.seed = test->seed + 7;
    tri_trials_check(test, "codes", &trial, 1);
}

void tri_selftest_products(struct tri_selftest *test) {
    static void (*const checks[])(struct tri_selftest *) = {check_shapes, check_extremes,
                                                            check_lanes, check_tokens, check_codes};
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !test->stopped; i++) checks[i](test);
}
