/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a self test: kept, printed as they come, and written as JSON.
 */
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "host/interrupt.h"
#include "host/outfile.h"
#include "host/selftest.h"

static const char *const verdicts[] = {"ok", "FAIL", "skip"};

void tri_check(struct tri_selftest *test, enum tri_verdict verdict, const char *name,
               const char *wanted, const char *got, ...) {
    if (test->lines == TRI_CHECK_LINES) return;
    /* Ctrl-C is no finding about the device. */
    if (verdict == TRI_CHECK_FAIL && tri_interrupted() != 0) verdict = TRI_CHECK_SKIP;
    struct tri_check_line *line = &test->line[test->lines++];
    line->verdict = verdict;
    (void)snprintf(line->name, sizeof line->name, "%s", name);
    (void)snprintf(line->wanted, sizeof line->wanted, "%s", wanted);
    va_list arguments;
    va_start(arguments, got);
    (void)vsnprintf(line->got, sizeof line->got, got, arguments);
    va_end(arguments);
    if (test->out == NULL) return;
    if (verdict == TRI_CHECK_SKIP) {
        fprintf(test->out, "%-4s  %-21s  %s\n", verdicts[verdict], line->name, line->got);
    } else {
        fprintf(test->out, "%-4s  %-21s  wanted %s; got %s\n", verdicts[verdict], line->name,
                line->wanted, line->got);
    }
    (void)fflush(test->out); /* a device that hangs leaves what came before */
}

uint32_t tri_check_count(const struct tri_selftest *test, enum tri_verdict verdict) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < test->lines; i++) count += test->line[i].verdict == verdict;
    return count;
}

static json_t *line_json(const struct tri_check_line *line) {
    json_t *json = json_object();
    json_object_set_new(json, "check", json_string(line->name));
    json_object_set_new(json, "verdict", json_string(verdicts[line->verdict]));
    json_object_set_new(json, "wanted", json_string(line->wanted));
    json_object_set_new(json, "got", json_string(line->got));
    return json;
}

static json_t *report_json(const struct tri_selftest *test, const char *uri) {
    json_t *report = json_object(), *lines = json_array();
    json_object_set_new(report, "device", json_string(uri));
    if (test->info != NULL) {
        char hash[24];
        (void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)test->info->design_hash);
        json_object_set_new(report, "design", json_string(test->info->design.name));
        json_object_set_new(report, "design_hash", json_string(hash));
        json_object_set_new(report, "units", json_integer(test->info->units));
        json_object_set_new(report, "on_a_card", json_boolean(test->info->real_time));
    }
    json_object_set_new(report, "ok", json_integer(tri_check_count(test, TRI_CHECK_OK)));
    json_object_set_new(report, "failed", json_integer(tri_check_count(test, TRI_CHECK_FAIL)));
    json_object_set_new(report, "skipped", json_integer(tri_check_count(test, TRI_CHECK_SKIP)));
    for (uint32_t i = 0; i < test->lines; i++) {
        json_array_append_new(lines, line_json(&test->line[i]));
    }
    json_object_set_new(report, "checks", lines);
    return report;
}

enum tri_status tri_selftest_write(const struct tri_selftest *test, const char *uri,
                                   const char *path) {
    struct tri_outfile file;
    TRI_TRY(tri_outfile_open(&file, path));
    json_t *report = report_json(test, uri);
    const bool good = json_dumpf(report, file.stream, JSON_INDENT(2)) == 0;
    json_decref(report);
    if (good && fputc('\n', file.stream) != EOF) return tri_outfile_commit(&file);
    tri_outfile_discard(&file);
    return tri_fail(TRI_E_IO, "%s: cannot be written", path);
}
