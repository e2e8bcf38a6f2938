/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts a report together: the template, in which four marks stand for the charting library, the
 * page's script, its title and its data. Text of a sweep cannot leave the place it is put in: the
 * data is JSON in which '<', '>' and '&' are escapes, the title has none of them.
 */
#include "explore/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of explore/report.html and of the script's parts, written by the build. */
static const unsigned char page_html[] = {
#include "explore/report_html.inc"
};
static const unsigned char page_js[] = {
#include "explore/report_js.inc"
};

enum { LIBRARY_BYTES = 1000000 };

static enum tri_status no_memory(void) { return tri_fail(TRI_E_MEMORY, "report: out of memory"); }

/* The library's text, 0-terminated, for the caller to free. */
static enum tri_status read_library(const char *path, char **text) {
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return tri_fail(TRI_E_IO,
                        "%s: wanted the charting library Chart.js 3, got '%s'; install "
                        "libjs-chart.js",
                        path, strerror(errno));
    }
    *text = malloc(LIBRARY_BYTES + 1);
    size_t size = *text != NULL ? fread(*text, 1, LIBRARY_BYTES + 1, in) : 0;
    (void)fclose(in);
    if (*text == NULL) return no_memory();
    if (size <= LIBRARY_BYTES) {
        (*text)[size] = '\0';
        if (strstr(*text, "Chart.js v3.") != NULL && strstr(*text, "</script") == NULL &&
            strlen(*text) == size) {
            return TRI_OK;
        }
    }
    free(*text);
    *text = NULL;
    return tri_fail(TRI_E_FORMAT,
                    "%s: wanted Chart.js 3 of at most %d bytes, got something else; "
                    "libjs-chart.js of Debian 12 brings it",
                    path, LIBRARY_BYTES);
}

/* JSON text that may stand inside a script element, for the caller to free. */
static char *safe_json(const json_t *data) {
    char *plain = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
    char *safe = plain != NULL ? malloc(6 * strlen(plain) + 1) : NULL;
    if (safe != NULL) {
        char *to = safe;
        for (const char *c = plain; *c != '\0'; c++) {
            if (*c == '<' || *c == '>' || *c == '&') {
                to += snprintf(to, 7, "\\u%04x", (unsigned)*c);
            } else {
                *to++ = *c;
            }
        }
        *to = '\0';
    }
    free(plain);
    return safe;
}

/* The data short enough for a report, leaving points out as report.h says. */
static enum tri_status fitting_data(const json_t *document, size_t room, char **text) {
    static const unsigned steps[] = {0, 1, 3, 7, 15};
    size_t size = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        json_t *data = NULL;
        TRI_TRY(tri_report_data(document, steps[i], &data));
        *text = safe_json(data);
        json_decref(data);
        if (*text == NULL) return no_memory();
        size = strlen(*text);
        if (size <= room) return TRI_OK;
        free(*text);
        *text = NULL;
    }
    return tri_fail(TRI_E_FORMAT,
                    "report: wanted at most %zu bytes of data, got %zu; merge fewer "
                    "shards or take fewer points",
                    room, size);
}

static void put_title(FILE *out, const char *name) {
    for (const char *c = name; *c != '\0'; c++) {
        if (*c != '<' && *c != '>' && *c != '&') (void)fputc(*c, out);
    }
}

/* Whether the text at `at`, of `rest` bytes, starts with a mark. */
static bool is_mark(const char *at, size_t rest, const char *mark, size_t *length) {
    *length = strlen(mark);
    return rest >= *length && strncmp(at, mark, *length) == 0;
}

/* The template; in the place of each mark "@NAME@" what it stands for. */
static void put_page(FILE *out, const char *library, const char *data, const char *title) {
    size_t length;
    for (size_t i = 0; i < sizeof page_html; i += length) {
        const char *at = (const char *)page_html + i;
        const size_t rest = sizeof page_html - i;
        if (is_mark(at, rest, "@CHART@", &length)) {
            (void)fputs(library, out);
        } else if (is_mark(at, rest, "@SCRIPT@", &length)) {
            (void)fwrite(page_js, 1, sizeof page_js, out);
        } else if (is_mark(at, rest, "@DATA@", &length)) {
            (void)fputs(data, out);
        } else if (is_mark(at, rest, "@TITLE@", &length)) {
            put_title(out, title);
        } else {
            (void)fputc(*at, out);
            length = 1;
        }
    }
}

/* Writes a page, or without a library the data alone, beside `path` and moves it there. */
static enum tri_status write_file(const char *path, const char *library, const char *data,
                                  const char *title) {
    size_t size = strlen(path) + 6;
    char *beside = malloc(size);
    if (beside == NULL) return no_memory();
    (void)snprintf(beside, size, "%s.part", path);
    FILE *out = fopen(beside, "wb");
    int failed = out == NULL;
    if (!failed) {
        if (library != NULL) {
            put_page(out, library, data, title);
        } else {
            (void)fputs(data, out);
        }
        failed = ferror(out);
        if (fclose(out) != 0) failed = 1;
        if (!failed) failed = rename(beside, path) != 0;
    }
    int why = errno;
    if (failed && out != NULL) (void)remove(beside);
    free(beside);
    if (!failed) return TRI_OK;
    return tri_fail(TRI_E_IO, "%s: wanted to write the report, got '%s'", path, strerror(why));
}

enum tri_status tri_report_write_document(const json_t *document, const char *library,
                                          const char *path) {
    char *chart = NULL, *data = NULL;
    TRI_TRY(read_library(library, &chart));
    size_t room = TRI_REPORT_BYTES - sizeof page_html - sizeof page_js - strlen(chart);
    enum tri_status status = fitting_data(document, room, &data);
    if (status == TRI_OK) {
        const char *name =
            json_string_value(json_object_get(json_object_get(document, "space"), "name"));
        status = write_file(path, chart, data, name != NULL ? name : "sweep");
    }
    free(data);
    free(chart);
    return status;
}

static enum tri_status write_json(const json_t *document, const char *path) {
    char *text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(TRI_RESULT_DIGITS));
    enum tri_status status = text != NULL ? write_file(path, NULL, text, NULL) : no_memory();
    free(text);
    return status;
}

enum tri_status tri_report_write(const struct tri_result *result, const char *path) {
    json_t *document = NULL;
    TRI_TRY(tri_result_json(result, &document));
    size_t length = strlen(path);
    bool data_only = length > 5 && strcmp(path + length - 5, ".json") == 0;
    enum tri_status status = data_only
                                 ? write_json(document, path)
                                 : tri_report_write_document(document, TRI_REPORT_CHART, path);
    json_decref(document);
    return status;
}
