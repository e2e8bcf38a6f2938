/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of figures: names lead back to what they name, and are usable in expressions.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "explore/figure.h"

Test(figure, every_name_leads_back_to_its_figure) {
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) {
        const struct tri_figure_info *info = tri_figure_info((enum tri_figure_id)i);
        cr_expect_eq(tri_figure_find(info->name), (enum tri_figure_id)i, "%s", info->name);
        cr_expect(info->unit[0] != '\0' && info->meaning[0] != '\0', "%s says nothing", info->name);
        cr_expect(info->name[strspn(info->name, "abcdefghijklmnopqrstuvwxyz_")] == '\0', "%s",
                  info->name);
    }
    cr_expect_eq(tri_figure_find("lut"), TRI_FIGURE_lut);
    cr_expect_eq(tri_figure_find("luts"), TRI_FIGURE_COUNT);
    cr_expect_eq(tri_figure_find(""), TRI_FIGURE_COUNT);
}

Test(figure, says_which_direction_is_better) {
    cr_expect_eq(tri_figure_info(TRI_FIGURE_lut)->better, TRI_SMALLER);
    cr_expect_eq(tri_figure_info(TRI_FIGURE_decode_tokens_s)->better, TRI_LARGER);
    cr_expect_eq(tri_figure_info(TRI_FIGURE_macs)->better, TRI_NEITHER);
    cr_expect_str_eq(tri_figure_info(TRI_FIGURE_joules_dram)->unit, "J");
}

Test(figure, every_origin_has_a_name_and_an_unknown_one_is_absent) {
    for (int i = 0; i <= TRI_ABSENT; i++)
        cr_expect_eq(tri_origin_find(tri_origin_name((enum tri_origin)i)), (enum tri_origin)i);
    cr_expect_str_eq(tri_origin_name(TRI_SIMULATED), "simulated");
    cr_expect_str_eq(tri_origin_name(TRI_ABSENT), "absent");
    cr_expect_eq(tri_origin_find("guessed"), TRI_ABSENT);
}

Test(figure, every_wall_has_a_name_of_its_own) {
    for (int i = 0; i < TRI_WALLS; i++) {
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(tri_wall_name((enum tri_wall)i), tri_wall_name((enum tri_wall)j));
    }
    cr_expect_str_eq(tri_wall_name(TRI_WALL_LAUNCH), "launch");
}
