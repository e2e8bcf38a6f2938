/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sweep that was cut says of itself: a sentence for people, members for files and programs.
 * Counts nothing (search.c, result_merge.c).
 */
#include <inttypes.h>
#include <string.h>

#include "explore/result.h"

static const struct {
    const char *name, *text;
} cuts[TRI_CUTS] = {
    [TRI_CUT_NONE] = {"nothing", ""},
    [TRI_CUT_POINTS] = {"points", "cut by the budget of points"},
    [TRI_CUT_MINUTES] = {"minutes", "cut by the budget of minutes"},
    [TRI_CUT_INTERRUPTION] = {"interruption", "interrupted"},
    [TRI_CUT_FAILURE] = {"failure", "ended by an error"},
    [TRI_CUT_SHARDS] = {"shards", "joined without all shards"},
};

bool tri_result_unfinished(const struct tri_result *result, char *text, size_t size) {
    const struct tri_unfinished *u = &result->unfinished;
    char raised[96] = "";
    if (size > 0) text[0] = '\0';
    if (u->by == TRI_CUT_NONE) return false;
    if (u->not_raised > 0)
        (void)snprintf(raised, sizeof raised, ", and %" PRIu64 " on the front not at its effort",
                       u->not_raised);
    (void)snprintf(text, size, "%s: %" PRIu64 " legal point%s not evaluated%s", cuts[u->by].text,
                   u->not_evaluated, u->not_evaluated == 1 ? "" : "s", raised);
    return true;
}

json_t *tri_unfinished_to_json(const struct tri_result *result) {
    const struct tri_unfinished *u = &result->unfinished;
    char text[256];
    if (!tri_result_unfinished(result, text, sizeof text)) return json_null();
    return json_pack("{s:s, s:I, s:I, s:s}", "by", cuts[u->by].name, "not_evaluated",
                     (json_int_t)u->not_evaluated, "not_raised", (json_int_t)u->not_raised, "text",
                     text);
}

enum tri_status tri_unfinished_from_json(const json_t *json, const char *where,
                                         struct tri_unfinished *unfinished) {
    const char *by;
    json_int_t not_evaluated, not_raised;
    *unfinished = (struct tri_unfinished){TRI_CUT_NONE, 0, 0};
    if (json == NULL || json_is_null(json)) return TRI_OK;
    if (json_unpack((json_t *)(uintptr_t)json, "{s:s, s:I, s:I}", "by", &by, "not_evaluated",
                    &not_evaluated, "not_raised", &not_raised) == 0 &&
        not_evaluated >= 0 && not_raised >= 0)
        for (int cut = TRI_CUT_POINTS; cut < TRI_CUTS; cut++)
            if (strcmp(by, cuts[cut].name) == 0)
                *unfinished = (struct tri_unfinished){(enum tri_cut)cut, (uint64_t)not_evaluated,
                                                      (uint64_t)not_raised};
    if (unfinished->by != TRI_CUT_NONE) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: unfinished: wanted by what and how many points", where);
}
