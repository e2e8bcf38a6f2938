/* SPDX-License-Identifier: Apache-2.0
 *
 * What the programs of an evaluation leave in the cache's folder: logs and answers that belong to
 * one point and step, with programs that stand in for Python and make.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "explore/simulate.h"
#include "explore/synthesis.h"
#include "tests/unit/explore_bench.h"

/* A program in the bench's folder that says who it is and fails while FOLDER/broken is there. */
static void write_program(const struct bench *b, const char *name, const char *does, char *path) {
    (void)snprintf(path, PATH_MAX, "%s/%s", b->folder, name);
    FILE *out = fopen(path, "w");
    cr_assert(out != NULL);
    fprintf(out, "#!/bin/sh\necho \"what went wrong $$\"\n[ ! -e %s/broken ] || exit 3\n%s\n",
            b->folder, does);
    cr_assert(fclose(out) == 0 && chmod(path, 0755) == 0);
}

static void set_broken(const struct bench *b, bool broken) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/broken", b->folder);
    if (!broken) {
        cr_assert(remove(path) == 0);
        return;
    }
    FILE *out = fopen(path, "w");
    cr_assert(out != NULL && fclose(out) == 0);
}

static void expect_log(const char *log) {
    char line[128] = "";
    FILE *in = fopen(log, "r");
    cr_assert(in != NULL, "the log %s is gone", log);
    cr_expect(fgets(line, sizeof line, in) != NULL && strstr(line, "what went wrong") == line);
    (void)fclose(in);
}

static struct tri_synthesis synthesis_by(const struct bench *b, const char *python) {
    return (struct tri_synthesis){.cache = b->cache,
                                  .root = ".",
                                  .folder = b->folder,
                                  .family = "xcup",
                                  .python = python,
                                  .hash = 1};
}

/* Two points of one geometry fail, a third one ends well: the logs of the first two stay. */
Test(evaluate, a_point_s_log_of_synthesis_is_not_removed_by_another_point) {
    struct bench b = open_bench(NULL);
    char python[PATH_MAX], logs[3][256];
    write_program(&b, "python3", "echo '{\"lut\": 7}' > \"$9\"", python);
    const struct tri_synthesis s = synthesis_by(&b, python);
    const struct tri_design design = a_design("designs/tiny.yaml");
    struct tri_figures f = {0};
    set_broken(&b, true);
    for (int i = 0; i < 3; i++) {
        if (i == 2) set_broken(&b, false);
        const enum tri_status status = tri_synthesis(&s, &design.geometry, TRI_SYNTHESIS_COMPOSED,
                                                     &f, logs[i], sizeof logs[i]);
        cr_expect(status == (i < 2 ? TRI_E_DEVICE : TRI_OK), "%s", tri_error());
    }
    expect_log(logs[0]);
    expect_log(logs[1]);
    cr_expect(strcmp(logs[0], logs[1]) != 0 && *logs[2] == '\0');
    cr_expect(f.at[TRI_FIGURE_lut].value == 7);
    close_bench(&b);
}

Test(evaluate, a_point_s_log_of_a_build_is_not_removed_by_another_point) {
    struct bench b = open_bench(NULL);
    char make[PATH_MAX], path[PATH_MAX], was[PATH_MAX], library[PATH_MAX], logs[2][PATH_MAX];
    write_program(&b, "make",
                  "for a; do case $a in SIM=*) mkdir -p \"${a#SIM=}/runtime\" ;; esac; done", make);
    (void)snprintf(was, sizeof was, "%.4000s", getenv("PATH"));
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", b.folder);
    cr_assert(setenv("PATH", path, 1) == 0);
    const struct tri_simulate s = {.cache = b.cache, .root = ".", .folder = b.folder, .hash = 1};
    const struct tri_design design = a_design("designs/tiny.yaml");
    set_broken(&b, true);
    cr_expect(tri_simulate_library(&s, &design, library, sizeof library, logs[0], PATH_MAX) ==
                  TRI_E_DEVICE,
              "%s", tri_error());
    set_broken(&b, false);
    cr_expect(tri_simulate_library(&s, &design, library, sizeof library, logs[1], PATH_MAX) ==
                  TRI_OK,
              "%s", tri_error());
    expect_log(logs[0]);
    cr_expect(*logs[1] == '\0');
    cr_assert(setenv("PATH", was, 1) == 0);
    close_bench(&b);
}

/* Two sweeps may be at two steps of one geometry at once: each reads its own answer. */
Test(evaluate, steps_of_synthesis_answer_in_files_of_their_own) {
    struct bench b = open_bench(NULL);
    char python[PATH_MAX], log[256], does[256], names[2][PATH_MAX] = {"", ""};
    (void)snprintf(does, sizeof does, "echo \"$9\" >> %s/names; echo '{}' > \"$9\"", b.folder);
    write_program(&b, "python3", does, python);
    const struct tri_synthesis s = synthesis_by(&b, python);
    const struct tri_design design = a_design("designs/tiny.yaml");
    struct tri_figures f = {0};
    for (int step = TRI_SYNTHESIS_COMPOSED; step <= TRI_SYNTHESIS_WHOLE; step++)
        cr_expect(tri_synthesis(&s, &design.geometry, (enum tri_synthesis_step)step, &f, log,
                                sizeof log) == TRI_OK,
                  "%s", tri_error());
    (void)snprintf(does, sizeof does, "%s/names", b.folder);
    FILE *in = fopen(does, "r");
    cr_assert(in != NULL);
    for (int i = 0; i < 2; i++) cr_assert(fgets(names[i], PATH_MAX, in) != NULL);
    (void)fclose(in);
    cr_expect_str_neq(names[0], names[1]);
    close_bench(&b);
}
