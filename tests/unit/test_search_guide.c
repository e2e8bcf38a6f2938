/* SPDX-License-Identifier: Apache-2.0
 *
 * The guided rule without a sweep around it: truths that formulas and the rule of growing areas
 * miss a little, and candidates by hand.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "explore/guide.h"
#include "tests/unit/explore_points.h"

/* A truth that the formulas miss by up to a percent, and areas that they do not know: not exactly
 * monotone, as a synthesis tool's are not. */
struct truth {
    struct tri_space space;
    uint64_t count;
    struct tri_design designs[256];
    struct tri_figures predicted[256], actual[256];
    double share, recall;
};

static double draw(uint64_t seed, uint64_t at) { /* -1 .. 1 */
    uint64_t words[2] = {seed, at};
    uint64_t hash = tri_hash_bytes(TRI_HASH_START, words, sizeof words);
    return (double)((hash ^ hash >> 31) % 20001) / 10000 - 1;
}

static void predict(struct truth *truth) {
    struct tri_cache *cache = NULL;
    struct tri_evaluator *evaluator = NULL;
    struct sweep_files files;
    char why[256], *text = replaced(test_space, "{figure: macs, better: smaller}", "lut");
    memset(truth, 0, sizeof *truth);
    sweep_begin(&files, text);
    cr_assert_eq(tri_space_read(files.space, &truth->space), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_cache_open(files.cache, &cache), TRI_OK);
    cr_assert_eq(tri_evaluator_create(&truth->space, cache, &evaluator), TRI_OK);
    for (uint64_t i = 0; i < tri_space_points(&truth->space); i++) {
        struct tri_design *design = &truth->designs[truth->count];
        if (!tri_space_design(&truth->space, i, design, why, sizeof why)) continue;
        struct tri_figures *figures = &truth->predicted[truth->count];
        cr_assert_eq(tri_evaluate(evaluator, design, TRI_EFFORT_MODEL, figures, why, sizeof why),
                     TRI_OK, "%s", tri_error());
        cr_assert_eq(figures->at[TRI_FIGURE_lut].origin, TRI_ABSENT);
        truth->count++;
    }
    tri_evaluator_destroy(evaluator);
    tri_cache_close(cache);
    sweep_end(&files);
    free(text);
}

static void make_truth(struct truth *truth, uint64_t seed, double rate_error, double area_noise) {
    for (uint64_t i = 0; i < truth->count; i++) {
        const struct tri_geometry *g = &truth->designs[i].geometry;
        struct tri_figures *actual = &truth->actual[i];
        *actual = truth->predicted[i];
        double area = 2000 + g->ports * (900 + g->prefetch / 4.0) +
                      g->ports * g->tokens * tri_weights_per_beat(g) * 9.5;
        area *= 1 + area_noise * draw(seed, tri_design_hash(g));
        actual->at[TRI_FIGURE_lut] = (struct tri_figure){floor(area), TRI_COMPOSED};
        actual->at[TRI_FIGURE_decode_tokens_s].value *= 1 + rate_error * draw(seed + 1, i);
        actual->at[TRI_FIGURE_decode_tokens_s].origin =
            rate_error > 0 ? TRI_SIMULATED : TRI_MODELLED;
    }
}

static void walk(struct truth *truth) {
    struct tri_guide *guide = NULL;
    bool taken[256] = {false}, better;
    uint64_t at, evaluated = 0, front = 0, met = 0;
    cr_assert_eq(
        tri_guide_create(&truth->space, truth->designs, truth->predicted, truth->count, &guide),
        TRI_OK);
    while (tri_guide_next(guide, &at)) {
        cr_assert(!taken[at], "a point comes twice");
        taken[at] = true;
        evaluated++;
        cr_assert_eq(tri_guide_learn(guide, at, &truth->actual[at], true), TRI_OK);
    }
    for (uint64_t i = 0; i < truth->count; i++) {
        uint64_t by;
        cr_expect_neq(taken[i], tri_guide_pruned(guide, i, &by));
        bool is_front = true, is_met = false;
        for (uint64_t j = 0; j < truth->count && is_front; j++)
            is_front =
                !(tri_dominates(&truth->space, &truth->actual[j], &truth->actual[i], &better) &&
                  better);
        for (uint64_t j = 0; j < truth->count && is_front && !is_met; j++)
            is_met = taken[j] &&
                     tri_dominates(&truth->space, &truth->actual[j], &truth->actual[i], &better);
        front += is_front;
        met += is_front && is_met;
    }
    truth->share = (double)evaluated / (double)truth->count;
    truth->recall = (double)met / (double)front;
    tri_guide_destroy(guide);
}

Test(search, guide_needs_a_third_where_areas_are_unknown_but_grow) {
    static struct truth truth;
    predict(&truth);
    make_truth(&truth, 0, 0, 0);
    walk(&truth);
    cr_expect_float_eq(truth.recall, 1.0, 1e-12);
    cr_expect_leq(truth.share, 0.33, "share %.3f", truth.share);
    tri_space_free(&truth.space);
}

Test(search, guide_stays_right_where_formulas_and_areas_are_off) {
    static struct truth truth;
    double share = 0;
    predict(&truth);
    for (uint64_t seed = 0; seed < 20; seed++) {
        make_truth(&truth, seed, 0.01, 0.01);
        walk(&truth);
        cr_expect_geq(truth.recall, 0.999, "seed %llu: recall %.3f, share %.3f",
                      (unsigned long long)seed, truth.recall, truth.share);
        share += truth.share / 20;
    }
    cr_expect_lt(share, 0.67, "mean share %.3f", share);
    tri_space_free(&truth.space);
}

/* Candidates by hand: a geometry, what the formulas say of both rates, the area that it will have.
 */
struct by_hand {
    uint32_t ports;
    enum tri_encoding encoding;
    uint32_t t_max;
    double decode, prefill, lut;
};

/* Which candidates are evaluated, as letters in order. */
static void order_of(const struct by_hand *candidates, uint64_t count, char *order) {
    enum { MOST = 8 };
    struct tri_space space = {.objective_count = 3,
                              .objectives = {{TRI_FIGURE_lut, TRI_SMALLER},
                                             {TRI_FIGURE_decode_tokens_s, TRI_LARGER},
                                             {TRI_FIGURE_prefill_tokens_s, TRI_LARGER}}};
    struct tri_design designs[MOST];
    struct tri_figures predicted[MOST];
    struct tri_guide *guide = NULL;
    uint64_t at;
    memset(designs, 0, sizeof designs);
    memset(predicted, 0, sizeof predicted);
    for (uint64_t i = 0; i < count; i++) {
        designs[i].geometry = (struct tri_geometry){
            candidates[i].ports, 128, candidates[i].encoding, 1, 1024, candidates[i].t_max, 128};
        for (int f = 0; f < TRI_FIGURE_COUNT; f++) predicted[i].at[f].origin = TRI_ABSENT;
        predicted[i].at[TRI_FIGURE_decode_tokens_s] =
            (struct tri_figure){candidates[i].decode, TRI_MODELLED};
        predicted[i].at[TRI_FIGURE_prefill_tokens_s] =
            (struct tri_figure){candidates[i].prefill, TRI_MODELLED};
    }
    cr_assert_eq(tri_guide_create(&space, designs, predicted, count, &guide), TRI_OK);
    while (tri_guide_next(guide, &at)) {
        struct tri_figures actual = predicted[at];
        actual.at[TRI_FIGURE_lut] = (struct tri_figure){candidates[at].lut, TRI_COMPOSED};
        *order++ = (char)('a' + at);
        cr_assert_eq(tri_guide_learn(guide, at, &actual, true), TRI_OK);
    }
    *order = '\0';
    tri_guide_destroy(guide);
}

Test(search, guide_prunes_the_larger_design_that_is_no_faster) {
    char order[9];
    const struct by_hand candidates[] = {{1, TRI_B3, 4, 10, 10, 1000},
                                         {2, TRI_B3, 4, 10, 10, 1900}};
    order_of(candidates, 2, order);
    cr_expect_str_eq(order, "a");
}

Test(search, guide_looks_again_when_an_area_has_shrunk) {
    char order[9];
    /* b is pruned by a; then c, between them in geometry, turns out smaller than a: so may b. */
    const struct by_hand candidates[] = {{1, TRI_B3, 4, 10, 10, 1000},
                                         {4, TRI_B3, 4, 10, 10, 960},
                                         {2, TRI_B3, 4, 5, 20, 950},
                                         {1, TRI_B2, 4, 6, 21, 5000}};
    order_of(candidates, 4, order);
    cr_expect(strchr(order, 'b') != NULL, "%s", order);
    cr_expect_eq(order[3], 'b', "%s", order);
}

Test(search, guide_compares_areas_of_one_encoding_only) {
    char order[9];
    const struct by_hand candidates[] = {{1, TRI_B3, 4, 10, 10, 1000}, {2, TRI_B2, 4, 10, 10, 800}};
    order_of(candidates, 2, order);
    cr_expect_str_eq(order, "ab");
}

/* A deeper memory may become block RAM, and the design smaller in LUTs. */
Test(search, guide_compares_areas_of_one_depth_of_memories_only) {
    char order[9];
    const struct by_hand candidates[] = {{1, TRI_B3, 2, 10, 10, 1000}, {1, TRI_B3, 4, 10, 10, 800}};
    order_of(candidates, 2, order);
    cr_expect_str_eq(order, "ab");
}
