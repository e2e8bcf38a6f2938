/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps with the real evaluator at the effort of formulas: every rule, interruption, shards, a
 * worker that is killed; and guided search against a space that is walked to its end. The guided
 * rule itself: test_search_guide.c.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

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

/* ---- budgets ---- */

static void expect_unfinished(const struct tri_result *result, enum tri_cut by,
                              uint64_t not_evaluated) {
    cr_expect_eq(result->unfinished.by, by, "%d", (int)result->unfinished.by);
    cr_expect_eq(result->unfinished.not_evaluated, not_evaluated, "%llu",
                 (unsigned long long)result->unfinished.not_evaluated);
}

/* Each rule, cut at 40 points, says how many of the 176 it left out, and no more when it is taken
 * up again without the budget. */
Test(search, says_how_many_points_the_budget_left_out) {
    for (int rule = TRI_SEARCH_GRID; rule <= TRI_SEARCH_GUIDED; rule++) {
        struct tri_search_options options = {.rule = (enum tri_search_rule)rule};
        const uint32_t budget = rule == TRI_SEARCH_GUIDED ? 4 : 40;
        struct sweep_files files, again;
        struct tri_result result, back;
        uint32_t cut;
        char *text = replaced(test_space, "seed: 7\n",
                              budget == 4 ? "seed: 7\nbudget: {points: 4}\n"
                                          : "seed: 7\nbudget: {points: 40}\n");
        sweep_begin(&files, text);
        cr_assert_eq(sweep_run(&files, options, NULL, NULL, NULL, &result), TRI_OK, "%s",
                     tri_error());
        const uint64_t settled =
            count_state(&result, TRI_POINT_DONE) + count_state(&result, TRI_POINT_PRUNED);
        cr_expect_eq(count_state(&result, TRI_POINT_DONE), budget);
        /* One batch was chosen before anything was learnt: the pruned ones come after its end. */
        cr_expect(rule != TRI_SEARCH_GUIDED || count_state(&result, TRI_POINT_PRUNED) > 0);
        cr_expect_lt(settled, 176);
        expect_unfinished(&result, TRI_CUT_POINTS, 176 - settled);
        cr_assert_eq(tri_result_read(files.out, &back, &cut), TRI_OK, "%s", tri_error());
        expect_unfinished(&back, TRI_CUT_POINTS, 176 - settled);
        tri_result_free(&back);
        tri_result_free(&result);
        sweep_begin(&again, test_space);
        (void)snprintf(again.out, sizeof again.out, "%s", files.out);
        cr_assert_eq(sweep_run(&again, options, NULL, NULL, NULL, &result), TRI_OK, "%s",
                     tri_error());
        expect_unfinished(&result, TRI_CUT_NONE, 0);
        tri_result_free(&result);
        cr_assert_eq(tri_result_read(files.out, &back, &cut), TRI_OK, "%s", tri_error());
        expect_unfinished(&back, TRI_CUT_NONE, 0);
        tri_result_free(&back);
        sweep_end(&again);
        sweep_end(&files);
        free(text);
    }
}

/* Shard i + 1 of three, into a file whose name is put into `path`. */
static void run_third(const struct sweep_files *files, uint32_t i, char path[TEMP_PATH + 8],
                      struct tri_result *result) {
    struct tri_search_options options = {.rule = TRI_SEARCH_GRID, .shard = i + 1, .shards = 3};
    struct sweep_files part = *files;
    (void)snprintf(part.out, sizeof part.out, "%.50s-%u", files->out, i);
    (void)snprintf(path, TEMP_PATH + 8, "%s", part.out);
    cr_assert_eq(sweep_run(&part, options, NULL, NULL, NULL, result), TRI_OK, "%s", tri_error());
}

/* Of 176 points shards 1 and 2 of three have 59 each; 40 of all are within the budget, 14 and 13 of
 * them theirs. */
Test(search, joined_shards_say_what_all_left_out_and_what_is_missing) {
    struct sweep_files files;
    struct tri_result result, merged;
    char parts[2][TEMP_PATH + 8],
        *text = replaced(test_space, "seed: 7\n", "seed: 7\nbudget: {points: 40}\n");
    const char *paths[] = {parts[0], parts[1], parts[0]};
    sweep_begin(&files, text);
    for (uint32_t i = 0; i < 2; i++) {
        run_third(&files, i, parts[i], &result);
        expect_unfinished(&result, TRI_CUT_POINTS, i == 0 ? 59 - 14 : 59 - 13);
        tri_result_free(&result);
    }
    for (uint32_t given = 2; given <= 3; given++) { /* the first one twice changes nothing */
        cr_assert_eq(tri_result_merge(paths, given, &merged), TRI_OK, "%s", tri_error());
        expect_unfinished(&merged, TRI_CUT_SHARDS, 59 - 14 + 59 - 13 + 58);
        tri_result_free(&merged);
    }
    for (int i = 0; i < 2; i++) (void)remove(parts[i]);
    free(text);
    sweep_end(&files);
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
    expect_unfinished(&result, TRI_CUT_INTERRUPTION, 176 - result.count);
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
        run_third(&files, i, parts[i], &result);
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
    expect_unfinished(&result, TRI_CUT_MINUTES, 176 - result.count);
    tri_result_free(&result);
    sweep_end(&files);
    free(text);
}

/* All points are there in time, but the front's effort comes after the end of it. */
Test(search, says_that_the_front_was_not_raised) {
    struct tri_search_options options = {.rule = TRI_SEARCH_GRID,
                                         .front_effort = TRI_EFFORT_COMPOSED};
    struct sweep_files files;
    struct tri_result result;
    struct interruption interruption = {0, 176};
    char why[256];
    sweep_begin(&files, test_space);
    cr_assert_eq(sweep_run(&files, options, stop_after, &interruption, &interruption.stop, &result),
                 TRI_E_INTERRUPTED);
    uint64_t front = 0;
    for (uint64_t i = 0; i < result.count; i++)
        front += result.points[i].front && result.points[i].effort < TRI_EFFORT_COMPOSED;
    expect_unfinished(&result, TRI_CUT_INTERRUPTION, 0);
    cr_expect_gt(front, 0);
    cr_expect_eq(result.unfinished.not_raised, front);
    cr_expect(tri_result_unfinished(&result, why, sizeof why));
    cr_expect(strstr(why, "interrupted: 0 legal points not evaluated, and ") == why, "%s", why);
    tri_result_free(&result);
    sweep_end(&files);
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
