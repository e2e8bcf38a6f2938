/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports of sweeps as files: the data in them reads back, nothing in them points outside, text
 * stays text, and a missing library says what brings it. What a browser makes of them:
 * tests/explore/report_browser.py.
 */
#include <criterion/criterion.h>
#include <sys/stat.h>

#include "explore/report.h"
#include "tests/unit/temp_file.h"

static json_t *figure_list(void) {
    json_t *list = json_array();
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) {
        const struct tri_figure_info *info = tri_figure_info((enum tri_figure_id)i);
        cr_assert(json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", info->name,
                                                        "unit", info->unit, "better", "smaller",
                                                        "meaning", info->meaning)) == 0);
    }
    return list;
}

static json_t *point(int index, const char *state, const char *why) {
    return json_pack("{s:i, s:s, s:s, s:b, s:s, s:s, s:s, s:{s:i}, s:{s:s, s:{s:i, s:i}}, "
                     "s:{s:[f, s], s:[i, s]}, s:n, s:{s:i, s:i, s:i, s:i, s:i, s:i}}",
                     "index", index, "state", state, "effort", "composed", "front", index == 0,
                     "why", why, "log", "", "wall", "memory", "parameters", "geometry.ports",
                     1 + index % 4, "design", "name", "p", "geometry", "ports", 1 + index % 4,
                     "beat_bits", 128, "figures", "decode_tokens_s", 36.25 + index, "simulated",
                     "lut", 8128, "synthesised", "prefill_counters", "decode_counters", "active",
                     10, "steps", 5, "wait_command", 1, "wait_activations", 2, "wait_results", 0,
                     "wait_weights", 2);
}

static json_t *document(const char *name, int count) {
    static const char *const states[] = {"done", "refused", "pruned", "failed"};
    json_t *points = json_array();
    for (int i = 0; i < count; i++) {
        cr_assert(json_array_append_new(points, point(i, states[i % 4], name)) == 0);
    }
    json_t *made = json_pack("{s:o, s:o, s:{s:s, s:[{s:s, s:[i, i]}]}}", "figures", figure_list(),
                             "points", points, "space", "name", name, "parameters", "name",
                             "geometry.ports", "values", 1, 2);
    cr_assert(made != NULL);
    return made;
}

/* The page of a document as text, and its data read back. The caller frees both. */
static char *page_of(json_t *from, json_t **data) {
    char path[TEMP_PATH];
    temp_file("", 0, path);
    cr_assert(tri_report_write_document(from, TRI_REPORT_CHART, path) == TRI_OK, "%s", tri_error());
    char *page = read_text(path);
    cr_assert(remove(path) == 0);
    static const char start[] = "<script type=\"application/json\" id=\"data\">";
    char *at = strstr(page, start);
    cr_assert(at != NULL);
    at += sizeof start - 1;
    char *end = strstr(at, "</script>");
    cr_assert(end != NULL);
    for (char *c = at; c < end; c++) cr_assert(*c != '<' && *c != '>' && *c != '&');
    *data = json_loadb(at, (size_t)(end - at), 0, NULL);
    cr_assert(*data != NULL, "the data is no JSON");
    return page;
}

Test(report, its_data_reads_back) {
    json_t *from = document("plain", 4), *data;
    char *page = page_of(from, &data);
    const json_t *points = json_object_get(data, "points");
    cr_assert(json_array_size(points) == 4);
    const json_t *last = json_array_get(points, 3);
    const json_t *values = json_object_get(last, "values");
    cr_assert(json_array_size(values) == TRI_FIGURE_COUNT);
    cr_assert(json_number_value(json_array_get(values, TRI_FIGURE_decode_tokens_s)) == 39.25);
    cr_assert(json_number_value(json_array_get(values, TRI_FIGURE_lut)) == 8128);
    cr_assert(json_is_null(json_array_get(values, TRI_FIGURE_watts)));
    const char *origins = json_string_value(json_object_get(last, "origins"));
    cr_assert(origins[TRI_FIGURE_decode_tokens_s] == '0' + TRI_SIMULATED);
    cr_assert(origins[TRI_FIGURE_lut] == '0' + TRI_SYNTHESISED);
    cr_assert(origins[TRI_FIGURE_watts] == '0' + TRI_ABSENT);
    const json_t *own = json_object_get(last, "design"), *all = json_object_get(data, "common");
    cr_assert(json_integer_value(json_object_get(own, "geometry.ports")) == 4);
    cr_assert(json_object_get(own, "geometry.beat_bits") == NULL);
    cr_assert(json_integer_value(json_object_get(all, "geometry.beat_bits")) == 128);
    cr_assert(json_integer_value(json_array_get(json_object_get(last, "decode"), 2)) == 2);
    cr_assert(json_is_null(json_object_get(last, "prefill")));
    json_decref(data);
    json_decref(from);
    free(page);
}

Test(report, text_of_a_sweep_stays_text) {
    static const char hostile[] = "</script><script>alert(1)</script><!-- & \xe2\x80\xa8";
    json_t *from = document(hostile, 4), *data;
    char *page = page_of(from, &data);
    cr_assert(strstr(page, "<script>alert") == NULL);
    cr_assert(strstr(page, "\xe2\x80\xa8") != NULL, "the title keeps what is harmless");
    const json_t *space = json_object_get(data, "space");
    cr_assert_str_eq(json_string_value(json_object_get(space, "name")), hostile);
    json_decref(data);
    json_decref(from);
    free(page);
}

Test(report, nothing_in_it_points_outside) {
    static const char *const outside[] = {"src=",           "href=",  "@import", "url(",
                                          "XMLHttpRequest", "fetch(", "import("};
    json_t *from = document("plain", 8), *data;
    char *page = page_of(from, &data);
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        cr_assert(strstr(page, outside[i]) == NULL, "%s", outside[i]);
    }
    cr_assert(strstr(page, "content=\"default-src 'none'; ") != NULL, "no policy");
    cr_assert(strstr(page, "@CHART@") == NULL && strstr(page, "@SCRIPT@") == NULL);
    cr_assert(strstr(page, "Chart.js v3.") != NULL && strstr(page, "draw_pareto") != NULL);
    json_decref(data);
    json_decref(from);
    free(page);
}

Test(report, a_long_sweep_loses_points_and_says_how_many) {
    json_t *from = document("a name that makes each point as long as a point may well be", 16000);
    json_t *data;
    char *page = page_of(from, &data);
    cr_assert(strlen(page) < TRI_REPORT_BYTES);
    const json_t *left = json_object_get(data, "left_out");
    cr_assert(json_integer_value(json_object_get(left, "pruned")) == 4000);
    json_int_t counted = (json_int_t)json_array_size(json_object_get(data, "points"));
    const char *kind;
    json_t *count;
    json_object_foreach((json_t *)left, kind, count) counted += json_integer_value(count);
    cr_assert(counted == 16000, "%lld points are neither there nor counted", (long long)counted);
    json_decref(data);
    json_decref(from);
    free(page);
}

Test(report, a_missing_library_names_its_package) {
    json_t *from = document("plain", 1);
    cr_assert(tri_report_write_document(from, "/nowhere/chart.js", "/tmp/x.html") == TRI_E_IO);
    cr_assert(strstr(tri_error(), "install libjs-chart.js") != NULL, "%s", tri_error());
    char path[TEMP_PATH];
    temp_file("alert(1)", 8, path);
    cr_assert(tri_report_write_document(from, path, "/tmp/x.html") == TRI_E_FORMAT);
    cr_assert(strstr(tri_error(), "libjs-chart.js") != NULL, "%s", tri_error());
    cr_assert(remove(path) == 0);
    json_decref(from);
}

Test(report, a_page_that_cannot_be_written_leaves_nothing) {
    json_t *from = document("plain", 1);
    cr_assert(tri_report_write_document(from, TRI_REPORT_CHART, "/nowhere/x.html") == TRI_E_IO);
    cr_assert(strstr(tri_error(), "/nowhere/x.html: wanted") != NULL, "%s", tri_error());
    /* A folder in the page's place: written beside, cannot be renamed. */
    char folder[] = "/tmp/tritium-report-XXXXXX", part[64];
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert(tri_report_write_document(from, TRI_REPORT_CHART, folder) == TRI_E_IO);
    (void)snprintf(part, sizeof part, "%s.part", folder);
    struct stat info;
    cr_assert(stat(part, &info) != 0, "%s is left", part);
    cr_assert(rmdir(folder) == 0);
    json_t *data, *wrong = json_object();
    cr_assert(tri_report_data(wrong, 0, &data) == TRI_E_FORMAT && data == NULL);
    json_decref(wrong);
    json_decref(from);
}
