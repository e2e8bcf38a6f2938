/* SPDX-License-Identifier: Apache-2.0
 *
 * Constraints of spaces: expressions mean what they say, and those that leave nothing are named.
 */
#include <criterion/criterion.h>

#include "explore/space.h"
#include "tests/unit/space_file.h"

/* Whether point 3 of tiny.yaml (1 port, b2, 2 tokens, latency 64), with 1,000 LUT, no figure of
 * flip-flops and 0.5 J, meets a constraint. */
static bool meets(const char *text, char why[256]) {
    struct tri_space s;
    struct tri_design d;
    struct tri_figures f;
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) f.at[i] = (struct tri_figure){0.0, TRI_ABSENT};
    f.at[TRI_FIGURE_lut] = (struct tri_figure){1000.0, TRI_COMPOSED};
    f.at[TRI_FIGURE_clock_mhz] = (struct tri_figure){77.0, TRI_ROUTED};
    f.at[TRI_FIGURE_joules_token] = (struct tri_figure){0.5, TRI_MODELLED};
    read_changed(constraint, text, &s);
    cr_assert(tri_space_design(&s, 3, &d, why, 256), "%s", why);
    const bool met = tri_space_meets(&s, &d, &f, why, 256);
    cr_expect_eq(tri_space_failing(&s, &d, &f), met ? 0 : 1);
    tri_space_free(&s);
    return met;
}

Test(space_constraints, expressions_mean_what_they_say) {
    char why[256];
    cr_expect(meets("lut <= 0.7 * part.lut", why));
    cr_expect_not(meets("lut > 1000", why));
    cr_expect_str_eq(why, "\"lut > 1000\" fails: lut 1000");
    cr_expect(meets("lut == 1000 && geometry.tokens == 2", why));
    cr_expect(meets("lut < 10 || encoding == b2", why));
    cr_expect_not(meets("lut < 10 || encoding == b3 && lut > 0", why));
    cr_expect(meets("tokens * ports * 64 == 128", why));
    cr_expect(meets("latency >= 64 && memory.latency <= 64", why));
    cr_expect(meets("clock_mhz == 100 && figure.clock_mhz == 77 && lut > 0", why));
    cr_expect(meets("workload.prompt + workload.tokens + workload.batch == 17 && lut > 0", why));
    cr_expect(meets("max(lut, 2000) == 2000 && memory.profile == tiny", why));
    cr_expect_not(meets("0.1 * joules_token > 0.06", why));
    cr_expect_not(meets("lut / (latency - 64) < 1e9", why), "division by zero is not met");
    cr_expect_not(meets("sqrt(0 - lut) < 1e9", why), "nor is what is no number");
}

Test(space_constraints, a_constraint_over_an_absent_figure_counts_as_met_and_is_named) {
    char why[256];
    cr_expect(meets("ff <= 1", why));
    cr_expect_str_eq(why, "\"ff <= 1\" not checked: no ff");
    cr_expect(meets("lut < 1 || ff <= 1", why));
    cr_expect(strstr(why, "no ff") != NULL);
}

Test(space_constraints, early_constraints_are_decided_without_figures) {
    struct tri_space s;
    struct tri_design d;
    char why[256];
    read_changed(constraint, "ports + tokens <= 3", &s);
    cr_expect(s.constraints[0].early);
    cr_expect_eq(legal_points(&s), 12);
    cr_expect_not(tri_space_design(&s, 15, &d, why, sizeof why));
    cr_expect_str_eq(why, "\"ports + tokens <= 3\" fails: geometry.ports 2 geometry.tokens 2");
    tri_space_free(&s);
}

Test(space_constraints, refuses_what_is_no_comparison) {
    refused(constraint, "lut = 3", "wanted a comparison (==, <=, ...), got =");
    refused(constraint, "lut", "wanted a comparison such as");
    refused(constraint, "1 < 2", "got only numbers");
    refused(constraint, "lut < (3", "lut < (3");
    refused(constraint, "lut < foo(3)", "foo");
    refused(constraint, "lut < 3, ff < 2", "wanted one comparison, got 2");
    refused(constraint, "'lut < \"a\"'", "got character 0x22");
    refused(constraint, "\"lut <\\n 3\"", "got character 0x0a");
    refused(constraint, "lut < part.gates", "part.gates: wanted a number, but part xck26");
    refused(constraint, "[lut]", "wanted a single value");
}

Test(space_constraints, a_text_constraint_from_elsewhere_is_understood_too) {
    struct tri_space s, copy;
    struct tri_design d;
    char why[256];
    read_changed(constraint, "ports < 2", &s);
    cr_assert_eq(tri_space_copy(&s, &copy), TRI_OK);
    tri_space_free(&s);
    struct tri_space_constraint by_hand = {.text = "ports < 2", .early = true};
    s = copy;
    s.constraints = &by_hand;
    for (uint64_t i = 0; i < 16; i++)
        cr_expect_eq(tri_space_design(&s, i, &d, why, sizeof why),
                     tri_space_design(&copy, i, &d, why, sizeof why));
    tri_space_free(&copy);
}

/* ---- spaces with nothing in them ---- */

Test(space_constraints, names_the_constraint_that_refuses_all) {
    refused(constraint, "ports > 2",
            "empty space: constraint \"ports > 2\" (line 13) refuses every one of 16 points");
    refused(constraint, "lut < 0", "constraint \"lut < 0\" wants lut below zero");
}

Test(space_constraints, names_the_pair_that_excludes_each_other) {
    refused(constraint, "ports == 1\n  - latency > 9\n  - ports + tokens == 4",
            "constraints \"ports == 1\" (line 13) and \"ports + tokens == 4\" (line 15) exclude");
    refused_at(constraint, "lut / part.lut > 0.7\n  - ff < 100\n  - lut <= 100", 2,
               "constraints \"lut <= 100\" and \"lut / part.lut > 0.7\" (line 13) exclude");
    refused_at(constraint, "100 >= lut\n  - lut > 100", 1, "exclude each other, whatever lut is");
    refused_at(constraint, "-2 * lut <= -200\n  - lut < 100", 1, "exclude each other");
    refused_at(constraint, "lut == 100\n  - lut == 101", 1, "exclude each other");
}

Test(space_constraints, names_the_few_that_exclude_each_other) {
    refused(
        constraint,
        "ports != tokens\n  - latency > 9\n  - tokens - 1 != encoding\n  - ports - 1 != encoding",
        "constraints \"ports != tokens\" (line 13) and \"tokens - 1 != encoding\" (line 15) and "
        "\"ports - 1 != encoding\" (line 16) exclude each other: no one of 16 points meets all");
}

Test(space_constraints, bounds_that_touch_are_no_contradiction) {
    struct tri_space s;
    read_changed(constraint, "lut <= 100\n  - 100 <= lut\n  - lut * lut < 5 || ff < 3", &s);
    tri_space_free(&s);
    read_changed(constraint, "lut <= 100 * ports\n  - lut >= 150", &s);
    tri_space_free(&s);
}

Test(space_constraints, prefers_a_pair_to_more) {
    struct tri_space s;
    char why[512];
    /* Each point fails one of the first two, and one of the other three. */
    const uint32_t failing[] = {1 | 4, 1 | 8, 1 | 16, 2 | 4, 2 | 8, 2 | 16};
    read_changed(constraint, "lut < 9\n  - ff < 9\n  - dsp < 9\n  - gates < 9\n  - watts < 9", &s);
    cr_expect(tri_space_blame(&s, failing, 6, why, sizeof why));
    cr_expect_str_eq(why, "constraints \"lut < 9\" (line 13) and \"ff < 9\" (line 14) exclude each "
                          "other: no one of 6 points meets both");
    tri_space_free(&s);
}

Test(space_constraints, after_a_sweep_says_who_refused_everything) {
    struct tri_space s;
    char why[512];
    const uint32_t pair[] = {1, 2, 3, 5}, single[] = {4, 5, 6}, some[] = {1, 0, 2};
    read_changed(constraint, "lut < 9\n  - ff < 9\n  - dsp < 9", &s);
    cr_expect(tri_space_blame(&s, pair, 4, why, sizeof why));
    cr_expect(strstr(why, "\"lut < 9\" (line 13) and \"ff < 9\" (line 14)") != NULL, "%s", why);
    cr_expect(strstr(why, "dsp") == NULL);
    cr_expect(tri_space_blame(&s, single, 3, why, sizeof why));
    cr_expect(strstr(why, "constraint \"dsp < 9\" (line 15) refuses every one") != NULL, "%s", why);
    cr_expect_not(tri_space_blame(&s, some, 3, why, sizeof why));
    cr_expect_not(tri_space_blame(&s, some, 0, why, sizeof why));
    tri_space_free(&s);
}
