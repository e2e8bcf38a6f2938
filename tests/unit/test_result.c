/* SPDX-License-Identifier: Apache-2.0
 *
 * Result files: what is written reads back, whatever is cut or changed is noticed, shards join to
 * the whole, and the front is what its definition says.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "base/yaml.h"
#include "explore/result.h"
#include "tests/unit/explore_points.h"

static void space_of(struct tri_space *space) {
    FILE *in = fmemopen((char *)(uintptr_t)test_space, strlen(test_space), "r");
    cr_assert(in != NULL);
    cr_assert_eq(tri_space_read_stream(in, "test", space), TRI_OK, "%s", tri_error());
    (void)fclose(in);
}

/* A point of the space with these three objectives, which are the space's. */
static struct tri_point point_of(const struct tri_space *space, uint64_t index, double macs,
                                 double rate, double joules) {
    struct tri_point point;
    char why[256];
    memset(&point, 0, sizeof point);
    point.index = index;
    cr_assert(tri_space_design(space, index, &point.design, why, sizeof why), "%s", why);
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) point.figures.at[i].origin = TRI_ABSENT;
    point.figures.at[TRI_FIGURE_macs] = (struct tri_figure){macs, TRI_MODELLED};
    point.figures.at[TRI_FIGURE_decode_tokens_s] = (struct tri_figure){rate, TRI_SIMULATED};
    point.figures.at[TRI_FIGURE_joules_token] = (struct tri_figure){joules, TRI_MODELLED};
    point.key = UINT64_C(0xfedcba9876543210) + index;
    point.seconds = 1.5;
    point.effort = TRI_EFFORT_SIMULATED;
    return point;
}

static struct tri_result some_result(void) {
    struct tri_space space;
    struct tri_result result;
    space_of(&space);
    cr_assert_eq(tri_result_create(&space, &result), TRI_OK, "%s", tri_error());
    struct tri_point point = point_of(&space, 3, 64, 10, 0.5);
    point.figures.at[TRI_FIGURE_model_error] = (struct tri_figure){1.25, TRI_SIMULATED};
    point.figures.prefill_counters[0] = 77;
    point.figures.wall = TRI_WALL_HOST;
    cr_assert_eq(tri_result_add(&result, &point), TRI_OK);
    point = point_of(&space, 1, 128, 5, 0.1 / 3);
    point.state = TRI_POINT_FAILED;
    (void)snprintf(point.why, sizeof point.why, "yosys: \"no\" \xc3\xa9");
    (void)snprintf(point.log, sizeof point.log, "build/x.log");
    cr_assert_eq(tri_result_add(&result, &point), TRI_OK);
    result.seconds = 12;
    (void)snprintf(result.command, sizeof result.command, "tritium explore run x");
    tri_space_free(&space);
    cr_assert_eq(tri_result_front(&result), TRI_OK);
    return result;
}

static char *written(const struct tri_result *result) {
    char path[TEMP_PATH];
    temp_file("", 0, path);
    cr_assert_eq(tri_result_write(path, result), TRI_OK, "%s", tri_error());
    char *text = read_text(path);
    (void)remove(path);
    return text;
}

/* Reads a text as a result file; 0 cut lines unless *cut is wanted. */
static enum tri_status read_back(const char *text, struct tri_result *result, uint32_t *cut) {
    char path[TEMP_PATH];
    temp_file(text, strlen(text), path);
    enum tri_status status = tri_result_read(path, result, cut);
    (void)remove(path);
    return status;
}

Test(result, reads_back_what_was_written_to_the_last_byte) {
    struct tri_result result = some_result(), back;
    uint32_t cut = 9;
    char *first = written(&result);
    cr_assert_eq(read_back(first, &back, &cut), TRI_OK, "%s", tri_error());
    cr_expect_eq(cut, 0);
    char *second = written(&back);
    cr_expect_str_eq(first, second);
    cr_expect_eq(back.count, 2);
    cr_expect_eq(back.points[0].index, 1);
    cr_expect_str_eq(back.points[0].why, "yosys: \"no\" \xc3\xa9");
    cr_expect_eq(back.points[0].state, TRI_POINT_FAILED);
    cr_expect_eq(back.points[1].key, UINT64_C(0xfedcba9876543213));
    cr_expect_eq(back.points[1].figures.prefill_counters[0], 77);
    cr_expect_eq(back.points[1].figures.wall, TRI_WALL_HOST);
    cr_expect_eq(back.points[1].figures.at[TRI_FIGURE_decode_tokens_s].origin, TRI_SIMULATED);
    cr_expect_eq(back.points[1].figures.at[TRI_FIGURE_lut].origin, TRI_ABSENT);
    cr_expect(back.points[1].front);
    cr_expect_float_eq(back.model_error_median_pct, 1.25, 1e-12);
    cr_expect_float_eq(back.model_error_worst_pct, 1.25, 1e-12);
    cr_expect_eq(back.space_hash, result.space_hash);
    free(first);
    free(second);
    tri_result_free(&back);
    tri_result_free(&result);
}

Test(result, drops_a_last_line_that_is_cut_short_and_only_that) {
    struct tri_result result = some_result(), back;
    char *text = written(&result);
    size_t header = (size_t)(strchr(text, '\n') - text) + 1;
    for (size_t length = header; length < strlen(text); length += 37) {
        char *part = strndup(text, length);
        uint32_t cut = 0;
        cr_assert_eq(read_back(part, &back, &cut), TRI_OK, "%zu: %s", length, tri_error());
        cr_expect_eq(cut, part[length - 1] == '\n' ? 0 : 1);
        free(part);
        tri_result_free(&back);
    }
    char *broken = replaced(text, "\"state\":\"failed\"", "\"state\":\"fa");
    uint32_t cut = 0;
    cr_expect_eq(read_back(broken, &back, &cut), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), ":2: ") != NULL, "%s", tri_error());
    tri_result_free(&back);
    free(broken);
    free(text);
    tri_result_free(&result);
}

static void refused(const char *text, const char *from, const char *to, const char *wanted) {
    struct tri_result back;
    uint32_t cut;
    char *changed = replaced(text, from, to);
    cr_expect_eq(read_back(changed, &back, &cut), TRI_E_FORMAT, "accepted: %s", to);
    cr_expect(strstr(tri_error(), wanted) != NULL, "wanted \"%s\", got: %s", wanted, tri_error());
    tri_result_free(&back);
    free(changed);
}

Test(result, names_both_versions_and_what_else_is_wrong) {
    struct tri_result result = some_result();
    char *text = written(&result);
    refused(text, "{\"tritium_explore\":1", "{\"tritium_explore\":2",
            "wanted a result of version 1, which this program writes, got version 2");
    refused(text, "{\"tritium_explore\":1", "{\"index\":1", "wanted the header");
    refused(text, "\"shard\":[1,1]", "\"shard\":[2,1]", "got 2 of 1");
    refused(text, "seed: 7", "seed: 8", "wanted the hash");
    refused(text, "\"joules_token\":[0.5", "\"joules_tokem\":[0.5", "joules_tokem");
    refused(text, "\"modelled\"]", "\"guessed\"]", "wanted a number and its origin");
    refused(text, "\"index\":3", "\"index\":-3", "index");
    refused(text, "\"ports\":1,\"beat_bits\":128", "\"ports\":3,\"beat_bits\":128", "ports");
    refused(text, "\"k_max\":1024", "\"k_max\":\"many\"", "k_max");
    refused(text, "\"k_max\":1024", "\"k_max\":4294967296", "k_max: wanted a whole number");
    refused(text, "\"encoding\":\"b2\"", "\"encoding\":\"b4\"",
            "encoding: wanted one of its words");
    refused(text, "\"profile\":\"tiny\"", "\"profile\":7", "profile: wanted one of its words");
    refused(text, "{\"sweep_seconds\":12.0",
            "{\"sweep_seconds\":12.0,\"unfinished\":{\"by\":\"x\"}", "unfinished: wanted");
    free(text);
    tri_result_free(&result);
}

Test(result, says_what_it_was_cut_by_in_its_file_and_its_document) {
    struct tri_result result = some_result(), back;
    uint32_t cut;
    json_t *json = NULL;
    cr_assert_eq(tri_result_json(&result, &json), TRI_OK, "%s", tri_error());
    cr_expect(json_is_null(json_object_get(json, "unfinished")));
    json_decref(json);
    result.unfinished = (struct tri_unfinished){TRI_CUT_MINUTES, 41, 2};
    char *text = written(&result);
    cr_assert_eq(read_back(text, &back, &cut), TRI_OK, "%s", tri_error());
    cr_expect_eq(back.unfinished.by, TRI_CUT_MINUTES);
    cr_expect_eq(back.unfinished.not_evaluated, 41);
    cr_expect_eq(back.unfinished.not_raised, 2);
    cr_assert_eq(tri_result_json(&back, &json), TRI_OK, "%s", tri_error());
    const json_t *unfinished = json_object_get(json, "unfinished");
    cr_expect_str_eq(json_string_value(json_object_get(unfinished, "by")), "minutes");
    cr_expect_eq(json_integer_value(json_object_get(unfinished, "not_evaluated")), 41);
    cr_expect_str_eq(json_string_value(json_object_get(unfinished, "text")),
                     "cut by the budget of minutes: 41 legal points not evaluated, and 2 on the "
                     "front not at its effort");
    json_decref(json);
    free(text);
    tri_result_free(&back);
    tri_result_free(&result);
}

Test(result, leaves_whole_lines_when_the_disk_is_full) {
    struct tri_result result = some_result();
    FILE *full = fopen("/dev/full", "w");
    cr_assert(full != NULL);
    cr_expect_eq(tri_result_write_point(full, "/dev/full", &result, &result.points[0]), TRI_E_IO);
    cr_expect(strstr(tri_error(), "/dev/full: not written: No space left") != NULL, "%s",
              tri_error());
    (void)fclose(full);
    tri_result_free(&result);
}

Test(result, marks_as_front_what_no_point_beats) {
    struct tri_space space;
    struct tri_result result;
    space_of(&space);
    cr_assert_eq(tri_result_create(&space, &result), TRI_OK);
    uint64_t state = 1, at[40], count = 0;
    char why[256];
    struct tri_design design;
    for (uint64_t i = 0; count < 40; i++)
        if (tri_space_design(&space, i, &design, why, sizeof why)) at[count++] = i;
    for (uint64_t i = 0; i < count; i++) {
        double values[3];
        for (int v = 0; v < 3; v++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            values[v] = (double)(state >> 33) / 4e8; /* 0..21: ties happen after rounding */
            values[v] = floor(values[v]);
        }
        struct tri_point point = point_of(&space, at[i], values[0], values[1], values[2]);
        if (i % 7 == 0) point.state = TRI_POINT_REFUSED;
        cr_assert_eq(tri_result_add(&result, &point), TRI_OK);
    }
    cr_assert_eq(tri_result_front(&result), TRI_OK);
    for (uint64_t a = 0; a < result.count; a++) {
        bool front = result.points[a].state == TRI_POINT_DONE;
        const struct tri_figure *x = result.points[a].figures.at;
        for (uint64_t b = 0; b < result.count; b++) {
            const struct tri_figure *y = result.points[b].figures.at;
            bool no_worse =
                y[TRI_FIGURE_macs].value <= x[TRI_FIGURE_macs].value &&
                y[TRI_FIGURE_decode_tokens_s].value >= x[TRI_FIGURE_decode_tokens_s].value &&
                y[TRI_FIGURE_joules_token].value <= x[TRI_FIGURE_joules_token].value;
            bool better =
                y[TRI_FIGURE_macs].value < x[TRI_FIGURE_macs].value ||
                y[TRI_FIGURE_decode_tokens_s].value > x[TRI_FIGURE_decode_tokens_s].value ||
                y[TRI_FIGURE_joules_token].value < x[TRI_FIGURE_joules_token].value;
            if (result.points[b].state == TRI_POINT_DONE && no_worse && better) front = false;
        }
        cr_expect_eq(result.points[a].front, front, "point %llu",
                     (unsigned long long)result.points[a].index);
    }
    tri_result_free(&result);
    tri_space_free(&space);
}

/* Writes a result as shard `shard` of two with its points of that parity. */
static void write_shard(const struct tri_result *whole, uint32_t shard, char *path) {
    struct tri_result part;
    cr_assert_eq(tri_result_create(&whole->space, &part), TRI_OK);
    part.shard = shard;
    part.shards = 2;
    for (uint64_t i = 0; i < whole->count; i++)
        if (i % 2 == shard - 1) cr_assert_eq(tri_result_add(&part, &whole->points[i]), TRI_OK);
    part.seconds = whole->seconds / 2;
    (void)snprintf(part.command, sizeof part.command, "%s", whole->command);
    temp_file("", 0, path);
    cr_assert_eq(tri_result_write(path, &part), TRI_OK, "%s", tri_error());
    tri_result_free(&part);
}

Test(result, joins_shards_to_the_whole) {
    struct tri_result whole = some_result(), merged;
    char paths[2][TEMP_PATH];
    write_shard(&whole, 2, paths[0]);
    write_shard(&whole, 1, paths[1]);
    const char *both[] = {paths[0], paths[1]};
    cr_assert_eq(tri_result_merge(both, 2, &merged), TRI_OK, "%s", tri_error());
    char *wanted = written(&whole), *got = written(&merged);
    cr_expect_str_eq(wanted, got);
    free(wanted);
    free(got);
    tri_result_free(&merged);

    /* Another space, another cut, another tool: each says so, and names both files. */
    char *text = read_text(paths[1]), other[TEMP_PATH];
    static const char *const changes[][3] = {
        {"\"shard\":[1,2]", "\"shard\":[1,3]", "wanted a shard of 2"},
        {"\"tools\":[]",
         "\"tools\":[{\"name\":\"yosys\",\"version\":\"9\",\"package\":\"p\",\"gives\":\"area\"}]",
         "got yosys '9'"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *changed = replaced(text, changes[i][0], changes[i][1]);
        temp_file(changed, strlen(changed), other);
        const char *pair[] = {paths[0], other};
        cr_expect_eq(tri_result_merge(pair, 2, &merged), TRI_E_FORMAT, "%s", changes[i][1]);
        cr_expect(strstr(tri_error(), changes[i][2]) != NULL, "%s", tri_error());
        cr_expect(strstr(tri_error(), other) != NULL && strstr(tri_error(), paths[0]) != NULL, "%s",
                  tri_error());
        tri_result_free(&merged);
        (void)remove(other);
        free(changed);
    }
    free(text);
    (void)remove(paths[0]);
    (void)remove(paths[1]);
    tri_result_free(&whole);
}

Test(result, refuses_to_join_results_of_different_spaces) {
    struct tri_result whole = some_result(), merged, other;
    char paths[2][TEMP_PATH];
    write_shard(&whole, 1, paths[0]);
    whole.space.seed++;
    cr_assert_eq(tri_result_create(&whole.space, &other), TRI_OK);
    temp_file("", 0, paths[1]);
    cr_assert_eq(tri_result_write(paths[1], &other), TRI_OK);
    const char *both[] = {paths[0], paths[1]};
    cr_expect_eq(tri_result_merge(both, 2, &merged), TRI_E_FORMAT);
    cr_expect(strstr(tri_error(), "wanted the space of") != NULL, "%s", tri_error());
    tri_result_free(&merged);
    tri_result_free(&other);
    tri_result_free(&whole);
    (void)remove(paths[0]);
    (void)remove(paths[1]);
}
