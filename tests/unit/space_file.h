/* SPDX-License-Identifier: Apache-2.0
 *
 * designs/spaces/tiny.yaml with one change, for tests: read, or refused with file and line.
 */
#ifndef TRI_TEST_SPACE_FILE_H
#define TRI_TEST_SPACE_FILE_H

#include <criterion/criterion.h>

#include "explore/space.h"
#include "tests/unit/temp_file.h"

static const char *const tiny = "designs/spaces/tiny.yaml";
static const char *const constraint = "macs <= 320                 # of what is evaluated: every "
                                      "point here meets it";

static inline void read_changed(const char *from, const char *to, struct tri_space *space) {
    char *good = read_text(tiny), *changed = replaced(good, from, to), path[TEMP_PATH];
    temp_file(changed, strlen(changed), path);
    cr_assert_eq(tri_space_read(path, space), TRI_OK, "%s: %s", to, tri_error());
    (void)remove(path);
    free(good);
    free(changed);
}

/* tiny.yaml with one change is refused, with these words, and with file and line where it stands.
 */
static inline void refused_at(const char *from, const char *to, int more, const char *wanted) {
    char *good = read_text(tiny), *bad = replaced(good, from, to), path[TEMP_PATH], where[96];
    int line = 1 + more;
    struct tri_space space;
    for (const char *c = good; c < strstr(good, from); c++) line += *c == '\n';
    temp_file(bad, strlen(bad), path);
    (void)snprintf(where, sizeof where, "%s:%d: ", path, line);
    cr_expect_eq(tri_space_read(path, &space), TRI_E_FORMAT, "accepted: %s", to);
    cr_expect(strstr(tri_error(), wanted) != NULL, "wanted \"%s\", got: %s", wanted, tri_error());
    cr_expect(strncmp(tri_error(), where, strlen(where)) == 0, "wanted %s got: %s", where,
              tri_error());
    cr_expect(strchr(tri_error(), '\n') == NULL);
    tri_space_free(&space);
    (void)remove(path);
    free(good);
    free(bad);
}

static inline void refused(const char *from, const char *to, const char *wanted) {
    refused_at(from, to, 0, wanted);
}

static inline uint64_t legal_points(const struct tri_space *s) {
    struct tri_design design;
    char why[256];
    uint64_t legal = 0;
    for (uint64_t i = 0; i < tri_space_points(s); i++)
        legal += tri_space_design(s, i, &design, why, sizeof why);
    return legal;
}

#endif
