/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps with the real evaluator at the effort of formulas: every rule, interruption, shards, a
 * worker that is killed; and the guided rule against a space that is walked to its end.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "explore/guide.h"
#include "explore/search.h"
#include "explore/sweep_file.h"
#include "explore/worker.h"
#include "tests/unit/explore_points.h"

static const struct tri_search_options grid = {.rule = TRI_SEARCH_GRID};

/* Lines of the file without what differs from run to run; the caller frees it. */
static char *without_times(const char *path) {
    char *text = read_text(path);
    for (char *at = text; (at = strstr(at, "seconds\":")) != NULL;) {
        char *from = strchr(at, ':') + 1, *to = from + strspn(from, "0123456789.e+-");
        memmove(from, to, strlen(to) + 1);
        at = from;
    }
    return text;
}

static uint64_t count_state(const struct tri_result *result, enum tri_point_state state) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < result->count; i++) count += result->points[i].state == state;
    return count;
}

Test(search, evaluates_every_legal_point_once) {
    struct sweep_files files;
    struct tri_result result, back;
    uint32_t cut;
    sweep_begin(&files, test_space);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    cr_expect_eq(result.count, 176);
    cr_expect_eq(count_state(&result, TRI_POINT_DONE), 176);
    cr_assert_eq(tri_result_read(files.out, &back, &cut), TRI_OK, "%s", tri_error());
    cr_expect_eq(back.count, 176);
    for (uint64_t i = 0; i < back.count; i++) {
        const struct tri_design *design = &back.points[i].design;
        cr_expect(design->geometry.ports * design->memory.latency <= 1400);
        cr_expect_eq(back.points[i].front, result.points[i].front);
    }
    tri_result_free(&back);
    tri_result_free(&result);
    sweep_end(&files);
}

Test(search, takes_random_points_by_the_seed_and_none_twice) {
    struct tri_search_options options = {.rule = TRI_SEARCH_RANDOM};
    struct sweep_files files;
    struct tri_result result;
    char *spaces[] = {replaced(test_space, "seed: 7\n", "seed: 7\nbudget: {points: 40}\n"),
                      replaced(test_space, "seed: 7\n", "seed: 7\nbudget: {points: 40}\n"),
                      replaced(test_space, "seed: 7\n", "seed: 8\nbudget: {points: 40}\n"),
                      replaced(test_space, "seed: 7\n", "seed: 8\nbudget: {points: 500}\n")};
    uint64_t sums[4] = {0};
    for (int i = 0; i < 4; i++) {
        sweep_begin(&files, spaces[i]);
        cr_assert_eq(sweep_run(&files, options, NULL, NULL, NULL, &result), TRI_OK, "%s",
                     tri_error());
        cr_expect_eq(result.count, i < 3 ? 40 : 176); /* the whole space: a permutation */
        for (uint64_t p = 0; p < result.count; p++)
            sums[i] = tri_hash_bytes(sums[i], &result.points[p].index, sizeof(uint64_t));
        tri_result_free(&result);
        sweep_end(&files);
        free(spaces[i]);
    }
    cr_expect_eq(sums[0], sums[1]);
    cr_expect_neq(sums[0], sums[2]);
}

/* ---- interruption ---- */

struct interruption {
    volatile int stop;
    uint64_t after;
};

static void stop_after(void *context, const struct tri_search_progress *progress) {
    struct interruption *interruption = context;
    if (progress->done >= interruption->after) interruption->stop = 1;
}

Test(search, goes_on_after_an_interruption_to_the_same_file) {
    struct sweep_files files, whole;
    struct tri_result result;
    struct interruption interruption = {0, 50};
    sweep_begin(&whole, test_space);
    files = whole;
    (void)snprintf(files.out, sizeof files.out, "%.50s-cut", whole.out);
    cr_assert_eq(sweep_run(&whole, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    tri_result_free(&result);
    cr_assert_eq(sweep_run(&files, grid, stop_after, &interruption, &interruption.stop, &result),
                 TRI_E_INTERRUPTED);
    cr_expect_geq(result.count, 50);
    cr_expect_lt(result.count, 176);
    tri_result_free(&result);
    /* A kill in the middle of a line, on top. */
    FILE *file = fopen(files.out, "a");
    cr_assert(file != NULL && fputs("{\"index\":7,\"sta", file) >= 0 && fclose(file) == 0);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    tri_result_free(&result);
    char *a = without_times(whole.out), *b = without_times(files.out);
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
    (void)remove(files.out);
    sweep_end(&whole);
}

Test(search, refuses_the_file_of_another_space_or_shard) {
    struct sweep_files files, other;
    struct tri_result result;
    struct tri_search_options second = {.rule = TRI_SEARCH_GRID, .shard = 2, .shards = 2};
    char *text = replaced(test_space, "seed: 7", "seed: 9");
    sweep_begin(&files, test_space);
    sweep_begin(&other, text);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    tri_result_free(&result);
    char *before = read_text(files.out);
    (void)snprintf(other.out, sizeof other.out, "%s", files.out);
    cr_expect_eq(sweep_run(&other, grid, NULL, NULL, NULL, &result), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), "the space has changed") != NULL, "%s", tri_error());
    tri_result_free(&result);
    cr_expect_eq(sweep_run(&files, second, NULL, NULL, NULL, &result), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), "holds shard 1/1, wanted 2/2") != NULL, "%s", tri_error());
    tri_result_free(&result);
    char *after = read_text(files.out);
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
    free(text);
    sweep_end(&other);
    sweep_end(&files);
}

Test(search, gives_shards_that_join_to_the_whole) {
    struct sweep_files files;
    struct tri_result result, merged;
    char parts[3][TEMP_PATH + 8];
    const char *paths[] = {parts[0], parts[1], parts[2]};
    sweep_begin(&files, test_space);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    tri_result_free(&result);
    for (uint32_t i = 0; i < 3; i++) {
        struct tri_search_options options = {.rule = TRI_SEARCH_GRID, .shard = i + 1, .shards = 3};
        struct sweep_files part = files;
        (void)snprintf(part.out, sizeof part.out, "%.50s-%u", files.out, i);
        (void)snprintf(parts[i], sizeof parts[i], "%s", part.out);
        cr_assert_eq(sweep_run(&part, options, NULL, NULL, NULL, &result), TRI_OK, "%s",
                     tri_error());
        cr_expect_eq(result.count, i < 2 ? 59 : 58);
        tri_result_free(&result);
    }
    cr_assert_eq(tri_result_merge(paths, 3, &merged), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_result_write(parts[0], &merged), TRI_OK, "%s", tri_error());
    tri_result_free(&merged);
    char *a = without_times(files.out), *b = without_times(parts[0]);
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
    for (int i = 0; i < 3; i++) (void)remove(parts[i]);
    sweep_end(&files);
}

static void slow_down(void *context, const struct tri_search_progress *progress) {
    (void)context;
    (void)progress;
    nanosleep(&(struct timespec){0, 10000000}, NULL); /* 176 of them are more than 0.6 s */
}

Test(search, stops_at_the_budget_of_time) {
    struct sweep_files files;
    struct tri_result result;
    char *text = replaced(test_space, "seed: 7\n", "seed: 7\nbudget: {minutes: 0.01}\n");
    sweep_begin(&files, text);
    cr_expect_eq(sweep_run(&files, grid, slow_down, NULL, NULL, &result), TRI_OK, "%s",
                 tri_error());
    cr_expect_gt(result.count, 0);
    cr_expect_lt(result.count, 176);
    tri_result_free(&result);
    sweep_end(&files);
    free(text);
}

/* ---- workers ---- */

/* A worker that waits for a key that this test holds is killed: its point fails, with the signal.
 */
Test(search, loses_the_point_of_a_killed_worker_and_no_more) {
    struct sweep_files files;
    struct tri_space space;
    struct tri_cache *cache = NULL;
    struct tri_worksite site;
    struct tri_workers *workers = NULL;
    struct tri_point points[2];
    char why[256];
    sweep_begin(&files, test_space);
    cr_assert_eq(tri_space_read(files.space, &space), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_cache_open(files.cache, &cache), TRI_OK);
    site = (struct tri_worksite){&space, NULL, cache};
    cr_assert_eq(tri_evaluator_create(&space, cache, &site.evaluator), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_workers_create(&site, 2, &workers), TRI_OK);
    memset(points, 0, sizeof points);
    for (uint64_t i = 0; i < 2; i++) {
        points[i].index = i;
        cr_assert(tri_space_design(&space, i, &points[i].design, why, sizeof why), "%s", why);
    }
    int lock = -1;
    points[0].effort = TRI_EFFORT_COMPOSED; /* goes through the cache, and waits for us there */
    uint64_t key = tri_evaluator_key(site.evaluator, &points[0].design, TRI_EFFORT_COMPOSED);
    cr_assert_eq(tri_cache_lock(cache, "point", key, &lock), TRI_OK);
    cr_assert_eq(tri_workers_start(workers, &points[0]), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_workers_start(workers, &points[1]), TRI_OK, "%s", tri_error());
    cr_expect_eq(tri_workers_busy(workers), 2);
    bool got = false;
    struct tri_point point;
    while (!got) cr_assert_eq(tri_workers_wait(workers, 100, &point, &got), TRI_OK);
    cr_expect_eq(point.index, 1);
    cr_expect_eq(point.state, TRI_POINT_DONE);
    long victim = tri_workers_process(workers, 0);
    cr_assert_gt(victim, 0);
    cr_assert_eq(kill((pid_t)victim, SIGKILL), 0);
    got = false;
    while (!got) cr_assert_eq(tri_workers_wait(workers, 100, &point, &got), TRI_OK);
    cr_expect_eq(point.index, 0);
    cr_expect_eq(point.state, TRI_POINT_FAILED);
    cr_expect(strstr(point.why, "signal 9") != NULL, "%s", point.why);
    cr_expect_eq(tri_workers_busy(workers), 0);
    tri_cache_unlock(lock);
    tri_workers_destroy(workers);
    tri_evaluator_destroy(site.evaluator);
    tri_cache_close(cache);
    tri_space_free(&space);
    sweep_end(&files);
}

/* ---- guided ---- */

/* Whether what was evaluated equals or beats every point of the true front in every objective. */
static double recall_of(const struct tri_result *whole, const struct tri_result *found) {
    uint64_t front = 0, met = 0;
    for (uint64_t i = 0; i < whole->count; i++) {
        if (!whole->points[i].front) continue;
        bool better, is_met = false;
        front++;
        for (uint64_t j = 0; j < found->count && !is_met; j++)
            is_met = found->points[j].state == TRI_POINT_DONE &&
                     tri_dominates(&whole->space, &found->points[j].figures,
                                   &whole->points[i].figures, &better);
        met += is_met;
    }
    return (double)met / (double)front;
}

Test(search, guided_finds_the_front_with_a_third_of_the_evaluations) {
    struct tri_search_options guided = {.rule = TRI_SEARCH_GUIDED};
    struct sweep_files files, other;
    struct tri_result whole, found;
    sweep_begin(&files, test_space);
    other = files;
    (void)snprintf(other.out, sizeof other.out, "%.50s-g", files.out);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &whole), TRI_OK, "%s", tri_error());
    cr_assert_eq(sweep_run(&other, guided, NULL, NULL, NULL, &found), TRI_OK, "%s", tri_error());
    uint64_t pruned = count_state(&found, TRI_POINT_PRUNED);
    cr_expect_eq(found.count, 176);
    cr_expect_leq((176 - pruned) * 3, 176, "%llu of 176 evaluated",
                  (unsigned long long)(176 - pruned));
    cr_expect_float_eq(recall_of(&whole, &found), 1.0, 1e-12);
    tri_result_free(&whole);
    tri_result_free(&found);
    (void)remove(other.out);
    sweep_end(&files);
}

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
            candidates[i].ports, 128, candidates[i].encoding, 1, 1024, 4, 128};
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
    const struct by_hand candidates[] = {{1, TRI_B3, 10, 10, 1000}, {2, TRI_B3, 10, 10, 1900}};
    order_of(candidates, 2, order);
    cr_expect_str_eq(order, "a");
}

Test(search, guide_looks_again_when_an_area_has_shrunk) {
    char order[9];
    /* b is pruned by a; then c, between them in geometry, turns out smaller than a: so may b. */
    const struct by_hand candidates[] = {{1, TRI_B3, 10, 10, 1000},
                                         {4, TRI_B3, 10, 10, 960},
                                         {2, TRI_B3, 5, 20, 950},
                                         {1, TRI_B2, 6, 21, 5000}};
    order_of(candidates, 4, order);
    cr_expect(strchr(order, 'b') != NULL, "%s", order);
    cr_expect_eq(order[3], 'b', "%s", order);
}

Test(search, guide_compares_areas_of_one_encoding_only) {
    char order[9];
    const struct by_hand candidates[] = {{1, TRI_B3, 10, 10, 1000}, {2, TRI_B2, 10, 10, 800}};
    order_of(candidates, 2, order);
    cr_expect_str_eq(order, "ab");
}

/* ---- the file ---- */

Test(search, file_is_cut_to_whole_lines_before_anything_is_added) {
    struct sweep_files files;
    struct tri_result result, again;
    struct tri_sweep_file file;
    uint32_t cut;
    sweep_begin(&files, test_space);
    cr_assert_eq(sweep_run(&files, grid, NULL, NULL, NULL, &result), TRI_OK, "%s", tri_error());
    FILE *out = fopen(files.out, "a");
    cr_assert(out != NULL && fputs("{\"index\":7,\"sta", out) >= 0 && fclose(out) == 0);
    cr_assert_eq(tri_sweep_file_open(files.out, &result, &file), TRI_OK, "%s", tri_error());
    /* Killed here, with one more line: it must be readable. */
    cr_assert_eq(tri_sweep_file_add(&file, &result, &result.points[3]), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_result_read(files.out, &again, &cut), TRI_OK, "%s", tri_error());
    cr_expect_eq(cut, 0);
    cr_expect_eq(again.count, 176);
    tri_sweep_file_close(&file);
    tri_result_free(&again);
    tri_result_free(&result);
    sweep_end(&files);
}
