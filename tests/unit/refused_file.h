/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of readers: a committed file with one change is refused, where the change stands.
 */
#ifndef TRI_TEST_REFUSED_FILE_H
#define TRI_TEST_REFUSED_FILE_H

#include "base/status.h"
#include "tests/unit/temp_file.h"

/* `file` with its first `from` replaced by `to` is refused by `read` with one line that starts with
 * path and line and has the words `wanted`. more: lines between the change and what is refused. */
static inline void refused_file(enum tri_status (*read)(const char *path), const char *file,
                                const char *from, const char *to, int more, const char *wanted) {
    char *good = read_text(file), *bad = replaced(good, from, to), path[TEMP_PATH], where[96];
    int line = 1 + more;
    for (const char *c = good; c < strstr(good, from); c++) line += *c == '\n';
    temp_file(bad, strlen(bad), path);
    (void)snprintf(where, sizeof where, "%s:%d: ", path, line);
    cr_expect_eq(read(path), TRI_E_FORMAT, "accepted: %s", to);
    cr_expect(strstr(tri_error(), wanted) != NULL, "wanted \"%s\", got: %s", wanted, tri_error());
    cr_expect(strncmp(tri_error(), where, strlen(where)) == 0, "wanted %s got: %s", where,
              tri_error());
    cr_expect(strchr(tri_error(), '\n') == NULL, "several lines: %s", tri_error());
    (void)remove(path);
    free(good);
    free(bad);
}

#endif
