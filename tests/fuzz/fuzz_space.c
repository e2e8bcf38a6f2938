/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: a design space. Some point of an accepted one is legal, a legal point is a design,
 * and what is printed is the same space again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/space_private.h"
#include "tests/fuzz/fuzz.h"

static char *printed(const struct tri_space *space, size_t *bytes) {
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    fuzz_check(out != NULL, "no memory for text");
    tri_space_print(space, out);
    (void)fclose(out);
    return text;
}

static void look_at_points(const struct tri_space *space, uint64_t points) {
    enum { LOOKS = 200 };
    struct tri_figures figures;
    struct tri_design design;
    char why[256];
    memset(&figures, 0, sizeof figures);
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) figures.at[i].value = i * 100.0;
    figures.at[TRI_FIGURE_ff].origin = TRI_ABSENT;
    for (uint64_t i = 0; i < points; i += 1 + points / LOOKS) {
        const bool good = tri_space_design(space, i, &design, why, sizeof why);
        fuzz_check(good || why[0] != '\0', "a point is skipped with a reason");
        if (good) fuzz_check(fuzz_ok(tri_design_check(&design, "point")), "a legal design");
        const bool meets = tri_space_meets(space, &design, &figures, why, sizeof why);
        fuzz_check(meets == (tri_space_failing(space, &design, &figures) == 0), "the same twice");
    }
}

/* muParser keeps what it allocates once; libFuzzer would take the first input for a leak and read
 * it twice. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct tri_expression *expression = NULL;
    uint64_t uses;
    (void)argc;
    (void)argv;
    fuzz_check(!fuzz_ok(tri_expression_create("lut < (", "input", &expression, &uses)), "refused");
    fuzz_check(fuzz_ok(tri_expression_create("lut < 1", "input", &expression, &uses)), "accepted");
    tri_expression_destroy(expression);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tri_space space, again;
    const bool good = fuzz_ok(tri_space_read(fuzz_file(0, data, size), &space));
    if (good) {
        const uint64_t points = tri_space_points(&space);
        fuzz_check(points >= 1 && points <= TRI_SPACE_POINTS, "a number of points");
        look_at_points(&space, points);
        size_t bytes = 0, more = 0;
        char *text = printed(&space, &bytes);
        fuzz_check(fuzz_ok(tri_space_read(fuzz_file(1, text, bytes), &again)), "printed and read");
        char *second = printed(&again, &more);
        fuzz_check(bytes == more && memcmp(text, second, bytes) == 0, "printed the same again");
        free(text);
        free(second);
        tri_space_free(&again);
        fuzz_accepted();
    }
    tri_space_free(&space);
    return 0;
}
