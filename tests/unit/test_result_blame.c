/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep that left nothing names the constraints that refused everything, from its points alone.
 */
#include <criterion/criterion.h>

#include "explore/result.h"
#include "tests/unit/space_file.h"

enum { POINTS = 16 };

/* Points of tiny.yaml with LUTs by number: 100, 200 ... 1600, judged by its constraints. */
static void sweep(struct tri_result *result, struct tri_point points[POINTS]) {
    char why[256];
    memset(points, 0, POINTS * sizeof *points);
    result->points = points;
    result->count = POINTS;
    for (uint32_t i = 0; i < POINTS; i++) {
        struct tri_point *p = &points[i];
        for (int f = 0; f < TRI_FIGURE_COUNT; f++) p->figures.at[f].origin = TRI_ABSENT;
        p->figures.at[TRI_FIGURE_lut] = (struct tri_figure){100.0 * (i + 1), TRI_COMPOSED};
        cr_assert(tri_space_design(&result->space, i, &p->design, why, sizeof why), "%s", why);
        const bool meets =
            tri_space_meets(&result->space, &p->design, &p->figures, why, sizeof why);
        p->state = meets ? TRI_POINT_DONE : TRI_POINT_REFUSED;
    }
}

Test(result_blame, names_the_pair_that_refused_every_point) {
    struct tri_result result = {0};
    struct tri_point points[POINTS];
    char why[512];
    read_changed(constraint, "lut * ports > 800\n  - latency > 8 || lut > 0\n  - lut + ports < 802",
                 &result.space);
    sweep(&result, points);
    cr_expect(tri_result_blame(&result, why, sizeof why));
    cr_expect(strstr(why, "\"lut * ports > 800\" (line 13) and \"lut + ports < 802\" (line 15)") !=
                  NULL,
              "%s", why);
    points[3].state = TRI_POINT_FAILED;
    cr_expect(tri_result_blame(&result, why, sizeof why), "a failed point meets nothing");
    points[4].state = TRI_POINT_PRUNED;
    cr_expect_not(tri_result_blame(&result, why, sizeof why), "a pruned point met the early ones");
    tri_space_free(&result.space);
}

Test(result_blame, blames_nobody_while_a_point_is_left) {
    struct tri_result result = {0};
    struct tri_point points[POINTS];
    char why[512];
    read_changed(constraint, "lut > 1500", &result.space);
    sweep(&result, points);
    cr_expect_eq(points[15].state, TRI_POINT_DONE);
    cr_expect_not(tri_result_blame(&result, why, sizeof why));
    cr_expect_str_eq(why, "");
    result.count = 15;
    cr_expect(tri_result_blame(&result, why, sizeof why));
    cr_expect_str_eq(why, "constraint \"lut > 1500\" (line 13) refuses every one of 15 points");
    result.count = 0;
    cr_expect_not(tri_result_blame(&result, why, sizeof why), "nothing was evaluated");
    tri_space_free(&result.space);
}
