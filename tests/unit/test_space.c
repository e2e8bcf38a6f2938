/* SPDX-License-Identifier: Apache-2.0
 *
 * Space files: the committed ones are read, every key is checked with file and line, and points are
 * legal designs.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>

#include "explore/space.h"
#include "tests/unit/space_file.h"

/* ---- reading ---- */

Test(space, reads_the_tiny_space_whole) {
    struct tri_space s;
    cr_assert_eq(tri_space_read(tiny, &s), TRI_OK, "%s", tri_error());
    cr_expect_str_eq(s.name, "tiny");
    cr_expect_str_eq(s.base.name, "tiny");
    cr_expect_eq(s.parameter_count, 4);
    cr_expect_str_eq(s.parameters[0].name, "geometry.ports");
    cr_expect_eq(s.parameters[1].values[1], TRI_B3);
    cr_expect_eq(tri_space_points(&s), 16);
    cr_expect_eq(s.constraint_count, 1);
    cr_expect_str_eq(s.constraints[0].text, "macs <= 320");
    cr_expect_not(s.constraints[0].early);
    cr_expect_eq(s.workload.prompt, 8);
    cr_expect_eq(s.workload.batch, 1);
    cr_expect_str_eq(s.part.family, "xcup");
    cr_expect_eq(s.part.lut, 117120.0);
    cr_expect_eq(s.objective_count, 2);
    cr_expect_eq(s.objectives[1].figure, TRI_FIGURE_decode_tokens_s);
    cr_expect_eq(s.objectives[1].better, TRI_LARGER);
    cr_expect_eq(s.budget_points, 16);
    cr_expect_eq(s.seed, 1);
    tri_space_free(&s);
}

static char *printed_space(const struct tri_space *s) {
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    cr_assert(out != NULL);
    tri_space_print(s, out);
    (void)fclose(out);
    return text;
}

static void same_rest(const struct tri_space *a, const struct tri_space *b) {
    const struct tri_space_part *p = &a->part, *q = &b->part;
    cr_expect_str_eq(a->name, b->name);
    cr_expect_eq(memcmp(&a->workload, &b->workload, sizeof a->workload), 0);
    cr_expect_eq(memcmp(a->objectives, b->objectives, sizeof a->objectives), 0);
    cr_expect_eq(memcmp(&a->host, &b->host, sizeof a->host), 0);
    cr_expect_str_eq(p->name, q->name);
    cr_expect_str_eq(p->family, q->family);
    cr_expect(p->lut == q->lut && p->ff == q->ff && p->ram_kbit == q->ram_kbit);
    cr_expect(p->dsp == q->dsp && p->gates == q->gates && p->idle_watts == q->idle_watts);
    cr_expect_eq(p->bandwidth_gb_s, q->bandwidth_gb_s);
    cr_expect_eq(p->pj_per_dram_bit, q->pj_per_dram_bit);
    cr_expect(a->budget_points == b->budget_points && a->budget_minutes == b->budget_minutes);
    cr_expect_eq(a->seed, b->seed);
    cr_assert_eq(a->constraint_count, b->constraint_count);
    for (uint32_t i = 0; i < a->constraint_count; i++) {
        cr_expect_str_eq(a->constraints[i].text, b->constraints[i].text);
        cr_expect_eq(a->constraints[i].early, b->constraints[i].early);
    }
}

/* Every committed space has points, and printed it is the same space with the same points. */
static void check_committed(const char *path) {
    struct tri_space s, back;
    char printed[TEMP_PATH], stem[128], why[256];
    cr_assert_eq(tri_space_read(path, &s), TRI_OK, "%s", tri_error());
    (void)snprintf(stem, sizeof stem, "/%s.yaml", s.name);
    cr_expect(strstr(path, stem) != NULL, "%s is named %s", path, s.name);
    cr_expect_geq(legal_points(&s), 16, "%s", path);
    char *text = printed_space(&s);
    temp_file(text, strlen(text), printed);
    cr_assert_eq(tri_space_read(printed, &back), TRI_OK, "%s", tri_error());
    char *again = printed_space(&back);
    cr_expect_str_eq(text, again);
    same_rest(&s, &back);
    cr_assert_eq(tri_space_points(&s), tri_space_points(&back));
    for (uint64_t i = 0; i < tri_space_points(&s); i++) {
        struct tri_design a, b;
        memset(&a, 0, sizeof a);
        memset(&b, 0, sizeof b);
        const bool good = tri_space_design(&s, i, &a, why, sizeof why);
        cr_expect_eq(tri_space_design(&back, i, &b, why, sizeof why), good);
        cr_expect_eq(memcmp(&a.geometry, &b.geometry, sizeof a.geometry), 0);
        cr_expect_eq(a.memory.latency, b.memory.latency);
        cr_expect_eq(a.memory.bytes_per_cycle, b.memory.bytes_per_cycle);
        cr_expect_str_eq(a.name, b.name);
    }
    (void)remove(printed);
    free(text);
    free(again);
    tri_space_free(&s);
    tri_space_free(&back);
}

Test(space, every_committed_space_reads_back_from_its_print) {
    glob_t found;
    cr_assert_eq(glob("designs/spaces/*.yaml", 0, NULL, &found), 0);
    cr_expect_geq(found.gl_pathc, 6);
    for (size_t i = 0; i < found.gl_pathc; i++) check_committed(found.gl_pathv[i]);
    globfree(&found);
}

Test(space, the_example_has_about_two_hundred_points) {
    struct tri_space s;
    cr_assert_eq(tri_space_read("designs/spaces/example.yaml", &s), TRI_OK, "%s", tri_error());
    cr_expect(legal_points(&s) >= 200 && legal_points(&s) <= 240, "%" PRIu64, legal_points(&s));
    tri_space_free(&s);
}

Test(space, names_the_nearest_known_word) {
    refused("parameters:", "parametres:", "nearest known: \"parameters\"");
    refused("  memory.latency:", "  memory.latencie:", "nearest known: \"memory.latency\"");
    refused("  shape: tiny", "  shap: tiny", "nearest known: \"shape\"");
    refused("shape: tiny ", "shape: tiny-2b4u ", "the nearest is 2b4t");
    refused("part: xck26", "part: xck25", "nearest known: \"xck26\"");
    refused("part: xck26", "part: {name: mine}", "state family");
    refused("part: xck26", "part: {name: mine, family: xcu}", "nearest: \"xcup\"");
    refused("[lut, decode", "[luts, decode", "nearest known: \"lut\"");
    refused("base: tiny ", "base: tinyy ", "base: design tinyy: no designs/tinyy.yaml");
    refused("budget: {points", "budget: {point", "nearest known: \"points\"");
    refused(constraint, "macz <= 320", "unknown name \"macz\", nearest known: \"macs\"");
    refused(constraint, "part.lit <= 320", "nearest known: \"part.lut\"");
}

Test(space, refuses_what_is_missing_or_double) {
    refused_at("name: tiny\n", "seed: 1\nname: tiny\n", 17, "\"seed\" is given twice");
    refused("  geometry.tokens:", "  ports: [1]\n  geometry.tokens:",
            "key \"geometry.ports\" is given twice, also as \"ports\"");
    refused("memory.latency: [8, 64]", "memory.latency: [8, 64, 8]", "value 8 is given twice");
    refused("encoding: [b2, b3]", "encoding: [b3, b3]", "value b3 is given twice");
    refused("memory.latency: [8, 64]", "memory.latency: []", "got an empty list");
    refused("[lut, decode_tokens_s]", "[lut, lut]", "objective lut is given twice");
    refused("[lut, decode_tokens_s]", "[]", "objectives: wanted 1 to 6, got 0");
    refused("[lut, decode_tokens_s]", "[macs]", "got no direction");
}

Test(space, refuses_parameters_that_cannot_be) {
    refused("latency: [8, 64]", "latency: [8, 6.5]", "wanted an integer");
    refused("latency: [8, 64]", "latency: [8, -1]", "wanted an integer");
    refused("latency: [8, 64]", "latency: {from: 8}", "key \"to\" is missing");
    refused("latency: [8, 64]", "latency: {from: 8, to: 9}", "step or times, got neither");
    refused("latency: [8, 64]", "latency: {from: 8, to: 9, step: 1, times: 2}", "got both");
    refused("latency: [8, 64]", "latency: {from: 9, to: 8, step: 1}", "from at most to");
    refused("latency: [8, 64]", "latency: {from: 8, to: 9, step: 0}", "a range that grows");
    refused("latency: [8, 64]", "latency: {from: 8, to: 9, times: 1}", "a range that grows");
    refused("latency: [8, 64]", "latency: {from: 0, to: 9, times: 2}", "a range that grows");
    refused("latency: [8, 64]", "latency: {from: 9, to: 90, times: 1.5}", "got 13.5 in the range");
    refused("latency: [8, 64]", "latency: {from: 1, to: 4000000000, step: 1}", "at most 64 values");
    refused("encoding: [b2, b3]", "encoding: {from: 0, to: 1, step: 1}", "wanted a list of words");
    refused("encoding: [b2, b3]", "encoding: [b2, b4]", "nearest: \"b2\"");
}

Test(space, refuses_more_points_than_it_can_count) {
    static const char many[] = "{from: 1, to: 64, step: 1}";
    char to[512];
    (void)snprintf(to, sizeof to,
                   "memory.latency: %s\n  memory.outstanding: %s\n  refresh_interval: %s\n"
                   "  memory.refresh_cycles: %s\n  memory.stall_permille: %s\n  prefetch: %s\n"
                   "  t_max: %s\n  k_max: %s\n  beat_bits: %s",
                   many, many, many, many, many, many, many, many, many);
    refused_at("memory.latency: [8, 64]", to, -3, "at most 100000 points");
}

/* ---- points ---- */

Test(space, the_last_parameter_runs_fastest) {
    struct tri_space s;
    struct tri_design d;
    char why[256];
    cr_assert_eq(tri_space_read(tiny, &s), TRI_OK);
    cr_assert(tri_space_design(&s, 0, &d, why, sizeof why));
    cr_expect(d.geometry.ports == 1 && d.geometry.encoding == TRI_B2 && d.memory.latency == 8);
    cr_assert(tri_space_design(&s, 1, &d, why, sizeof why));
    cr_expect(d.geometry.ports == 1 && d.geometry.encoding == TRI_B2 && d.memory.latency == 64);
    cr_assert(tri_space_design(&s, 13, &d, why, sizeof why));
    cr_expect(d.geometry.ports == 2 && d.geometry.encoding == TRI_B3 && d.geometry.tokens == 1);
    cr_expect_str_eq(d.name, "tiny_13");
    tri_space_free(&s);
}

Test(space, ranges_are_lists) {
    struct tri_space s;
    read_changed("latency: [8, 64]", "latency: {from: 8, to: 70, times: 2}", &s);
    cr_expect_eq(s.parameters[3].count, 4);
    cr_expect_eq(s.parameters[3].values[3], 64.0);
    tri_space_free(&s);
    read_changed("memory.latency: [8, 64]", "clock_mhz: {from: 100, to: 100.3, step: 0.1}", &s);
    cr_expect_eq(s.parameters[0].count, 4, "an end is reached in spite of rounding");
    tri_space_free(&s);
    read_changed("latency: [8, 64]", "latency: 8", &s);
    cr_expect_eq(tri_space_points(&s), 8, "a value alone is a list of one");
    tri_space_free(&s);
}

Test(space, memory_follows_the_clock_unless_it_is_stated) {
    struct tri_space s;
    struct tri_design d;
    char why[256];
    char *text = read_text(tiny);
    char *kv260 = replaced(text, "base: tiny ", "base: kv260 ");
    char *clocks = replaced(kv260, "memory.latency: [8, 64]", "clock_mhz: [250, 125]");
    char *stated = replaced(clocks, "parameters:\n", "parameters:\n  memory.outstanding: 3\n");
    FILE *in = fmemopen(stated, strlen(stated), "rb");
    cr_assert(in != NULL);
    cr_assert_eq(tri_space_read_stream(in, "text", &s), TRI_OK, "%s", tri_error());
    cr_expect_str_eq(s.path, "text");
    (void)fclose(in);
    cr_assert(tri_space_design(&s, 0, &d, why, sizeof why));
    cr_expect(d.memory.latency == 80 && d.memory.refresh_interval == 1950);
    cr_assert(tri_space_design(&s, 8, &d, why, sizeof why));
    cr_expect_eq(d.clock_mhz, 125.0);
    cr_expect(d.memory.latency == 40 && d.memory.refresh_interval == 975, "320 ns, 7.8 us");
    cr_expect_eq(d.memory.outstanding, 3, "a parameter is stated");
    tri_space_free(&s);
    free(text);
    free(kv260);
    free(clocks);
    free(stated);
}

Test(space, points_that_break_a_rule_are_skipped_with_it) {
    struct tri_space s;
    struct tri_design d;
    char why[256];
    read_changed("geometry.ports: [1, 2]", "geometry.ports: [1, 3]", &s);
    cr_expect_eq(legal_points(&s), 8);
    cr_expect_not(tri_space_design(&s, 8, &d, why, sizeof why));
    cr_expect(strstr(why, "ports: wanted 1, 2, 4, 8 or 16, got 3") != NULL, "%s", why);
    tri_space_free(&s);
    read_changed("memory.latency: [8, 64]", "k_max: [512, 768]", &s);
    cr_expect_eq(legal_points(&s), 8, "the longest row of tiny-2b4t has 768");
    cr_expect_not(tri_space_design(&s, 0, &d, why, sizeof why));
    cr_expect(strstr(why, "k_max: wanted at least 768") != NULL, "%s", why);
    tri_space_free(&s);
    refused("geometry.ports: [1, 2]", "geometry.ports: [3, 5]",
            "no one of 16 points is a legal design; the first: tiny_0: ports: wanted 1, 2, 4");
}

Test(space, tells_io_from_format) {
    struct tri_space s;
    cr_expect_eq(tri_space_read("designs/spaces/none.yaml", &s), TRI_E_IO);
    cr_expect(strstr(tri_error(), "designs/spaces/none.yaml") != NULL);
    tri_space_free(&s);
    cr_expect_eq(tri_space_read("designs/spaces", &s), TRI_E_IO, "a folder is no file");
    tri_space_free(&s);
}
