/* SPDX-License-Identifier: Apache-2.0
 *
 * designs/spaces/tiny.yaml with one change, for tests: read, or refused with file and line.
 */
#ifndef TRI_TEST_SPACE_FILE_H
#define TRI_TEST_SPACE_FILE_H

#include <criterion/criterion.h>

#include "explore/space.h"
#include "tests/unit/refused_file.h"

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

static inline enum tri_status read_and_free(const char *path) {
    struct tri_space space;
    enum tri_status status = tri_space_read(path, &space);
    tri_space_free(&space);
    return status;
}

/* tiny.yaml with one change is refused, `more` lines further on. */
static inline void refused_at(const char *from, const char *to, int more, const char *wanted) {
    refused_file(read_and_free, tiny, from, to, more, wanted);
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
