/* SPDX-License-Identifier: Apache-2.0
 *
 * A space written for a test, and sweeps of it at the effort of formulas, which need no tool.
 */
#ifndef TRI_TEST_EXPLORE_POINTS_H
#define TRI_TEST_EXPLORE_POINTS_H

#include "explore/search.h"
#include "tests/unit/temp_file.h"

/* 192 points, of which the early constraint leaves 176. */
static const char *const test_space =
    "name: test_points\n"
    "base: tiny\n"
    "parameters:\n"
    "  geometry.ports: [1, 2, 4]\n"
    "  geometry.encoding: [b2, b3]\n"
    "  geometry.tokens: [1, 2]\n"
    "  geometry.prefetch: [128, 256]\n"
    "  memory.latency: [8, 64, 200, 400]\n"
    "  clock_mhz: [100, 200]\n"
    "constraints:\n"
    "  - ports * latency <= 1400\n"
    "workload: {shape: tiny, prompt: 8, tokens: 8}\n"
    "part: xck26\n"
    "objectives: [{figure: macs, better: smaller}, decode_tokens_s, joules_token]\n"
    "seed: 7\n";

struct sweep_files {
    char space[TEMP_PATH], out[TEMP_PATH], cache[TEMP_PATH];
};

static inline void sweep_begin(struct sweep_files *files, const char *text) {
    temp_file(text, strlen(text), files->space);
    (void)snprintf(files->out, TEMP_PATH, "/tmp/tritium-test-XXXXXX");
    (void)snprintf(files->cache, TEMP_PATH, "/tmp/tritium-test-XXXXXX");
    cr_assert(mkdtemp(files->cache) != NULL);
    int file = mkstemp(files->out);
    cr_assert(file >= 0 && close(file) == 0 && remove(files->out) == 0);
}

static inline void sweep_end(const struct sweep_files *files) {
    char command[160];
    (void)snprintf(command, sizeof command, "rm -rf '%s' '%s'", files->cache, files->out);
    cr_expect_eq(system(command), 0);
    (void)remove(files->space);
}

/* One sweep; *result is the caller's to free. stop: as in tri_search. */
static inline enum tri_status sweep_run(const struct sweep_files *files,
                                        struct tri_search_options options, tri_search_watch watch,
                                        void *context, const volatile int *stop,
                                        struct tri_result *result) {
    struct tri_space space;
    struct tri_cache *cache = NULL;
    struct tri_evaluator *evaluator = NULL;
    cr_assert_eq(tri_space_read(files->space, &space), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_cache_open(files->cache, &cache), TRI_OK, "%s", tri_error());
    cr_assert_eq(tri_evaluator_create(&space, cache, &evaluator), TRI_OK, "%s", tri_error());
    options.out = files->out;
    options.cache = cache;
    if (options.shards == 0) options.shard = options.shards = 1;
    if (options.workers == 0) options.workers = 2;
    enum tri_status status = tri_search(&space, &options, evaluator, watch, context, stop, result);
    tri_evaluator_destroy(evaluator);
    tri_cache_close(cache);
    tri_space_free(&space);
    return status;
}

#endif
