/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of an evaluation: a design that is committed, a cache in a folder of its own.
 */
#ifndef TRI_TEST_EXPLORE_BENCH_H
#define TRI_TEST_EXPLORE_BENCH_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "explore/child.h"
#include "explore/evaluate.h"

static inline struct tri_design a_design(const char *path) {
    struct tri_design design;
    cr_assert(tri_design_read(path, &design) == TRI_OK, "%s", tri_error());
    return design;
}

struct bench {
    char folder[64];
    struct tri_cache *cache;
    struct tri_evaluator *evaluator;
};

static inline void close_bench(struct bench *b) {
    char line[8];
    const char *const argv[] = {"rm", "-rf", b->folder, NULL};
    tri_evaluator_destroy(b->evaluator);
    tri_cache_close(b->cache);
    tri_child_line(argv, line, sizeof line);
}

static inline struct bench open_bench(const struct tri_space *space) {
    struct bench b = {.folder = "/tmp/test-evaluate-XXXXXX"};
    cr_assert(mkdtemp(b.folder) != NULL);
    cr_assert(tri_cache_open(b.folder, &b.cache) == TRI_OK, "%s", tri_error());
    if (space != NULL)
        cr_assert(tri_evaluator_create(space, b.cache, &b.evaluator) == TRI_OK, "%s", tri_error());
    return b;
}

#endif
