/* SPDX-License-Identifier: Apache-2.0
 *
 * `tritium explore run`: options, space, cache and tools brought together for a sweep, its
 * progress, and what came of it. Decides nothing about points (explore/search.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/yaml.h"
#include "explore/candidates.h"
#include "explore/search.h"
#include "host/explore.h"
#include "host/exploretable.h"
#include "host/interrupt.h"
#include "host/options.h"
#include "host/progress.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct tri_usage usage = {
    .command = "explore run",
    .synopsis = "SPACE [-o RESULT] [--search grid|random|guided] [--effort E] [options]",
    .purpose =
        "Evaluates the points of a space file (docs/exploring.md says how to write one; tiny is\n"
        "designs/spaces/tiny.yaml) and writes a line for each into RESULT. Efforts, each with all\n"
        "of those before it:\n"
        "  model      formulas: cycles, bytes, times, energy; microseconds, no area\n"
        "  composed   area as the sum of modules, each synthesised once and kept\n"
        "  simulated  cycles of the workload's commands from the Verilated RTL, every sum "
        "compared\n"
        "  full       the whole kernel synthesised, its clock where a tool can tell\n"
        "Every point gets --effort; what is then on the front, and --sample others, get\n"
        "--front-effort, until the front stands. Run again with the same RESULT, it goes on where\n"
        "it was interrupted; what was made is kept in --cache for every other sweep. A point that\n"
        "fails is recorded with its reason and its log, and the sweep goes on.",
    .examples =
        "  tritium explore run designs/spaces/tiny.yaml --dry-run\n"
        "  tritium explore run tiny -o tiny.jsonl\n"
        "  tritium explore run designs/spaces/example.yaml --search guided --points 60\n"
        "  tritium explore run tiny --shard 2/8 -o part-2.jsonl   (then: tritium explore merge)\n",
    .statuses = "  0  done, or the budget is spent   1  failed   2  wrong command line\n"
                "  130  stopped by Ctrl-C; what was found is in RESULT\n",
    .least = 1,
    .most = 1,
};

struct run {
    struct tri_space space;
    struct tri_cache *cache;
    struct tri_evaluator *evaluator;
    struct tri_search_options options;
    struct tri_result result;
    struct tri_progress progress;
    volatile int stop;
    char command[256], out[512];
};

/* ---- options ---- */

static int choice(const char *option, const char *text, const char *const *names, size_t count,
                  int *at) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *at = (int)i;
        return -1;
    }
    return tri_complain_usage("explore run: %s: unknown '%s'; the nearest known is '%s'", option,
                              text, tri_nearest(text, names, count));
}

/* "2/8" */
static int shard_of(const char *text, struct tri_search_options *options) {
    char first[24];
    uint64_t shard = 0, shards = 0;
    size_t length = strcspn(text, "/");
    (void)snprintf(first, sizeof first, "%.*s", (int)(length < 20 ? length : 20), text);
    if (text[length] == '/' && tri_parse_number(first, UINT32_MAX, &shard) &&
        tri_parse_number(text + length + 1, UINT32_MAX, &shards) && shard >= 1 && shard <= shards) {
        options->shard = (uint32_t)shard;
        options->shards = (uint32_t)shards;
        return -1;
    }
    return tri_complain_usage("explore run: --shard: wanted I/N with I from 1 to N, got '%s'",
                              text);
}

static void note_command(struct run *run, int argc, char **argv) {
    size_t used = (size_t)snprintf(run->command, sizeof run->command, "tritium explore run");
    for (int i = 1; i < argc && used + 1 < sizeof run->command; i++)
        used += (size_t)snprintf(run->command + used, sizeof run->command - used, " %s", argv[i]);
    run->options.command = run->command;
}

/* ---- what a sweep needs ---- */

static enum tri_status make_parents(const char *path) {
    char part[512];
    for (size_t i = 1; path[i] != '\0' && i < sizeof part; i++) {
        if (path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return tri_fail(TRI_E_IO, "%s: cannot be made: %s", part, strerror(errno));
    }
    return TRI_OK;
}

static enum tri_status prepare(struct run *run, const char *space, const char *cache) {
    char path[512];
    bool is_path = strchr(space, '/') != NULL || strchr(space, '.') != NULL;
    if (snprintf(path, sizeof path, is_path ? "%s" : "designs/spaces/%s.yaml", space) >=
        (int)sizeof path)
        return tri_fail(TRI_E_ARGUMENT, "space: wanted a shorter path, got %zu bytes",
                        strlen(space));
    TRI_TRY(tri_space_read(path, &run->space));
    TRI_TRY(tri_cache_open(cache, &run->cache));
    TRI_TRY(tri_evaluator_create(&run->space, run->cache, &run->evaluator));
    run->options.cache = run->cache;
    return TRI_OK;
}

static enum tri_status dry_run(struct run *run) {
    struct tri_candidates found;
    uint32_t tools;
    const struct tri_tool *tool = tri_evaluator_tools(run->evaluator, &tools);
    TRI_TRY(tri_candidates_find(&run->space, run->options.rule, run->options.shard,
                                run->options.shards, &found));
    printf("%s: %" PRIu64 " points in the grid, %" PRIu64 " legal; %" PRIu64 " here",
           run->space.path, tri_space_points(&run->space), found.legal, found.here);
    if (found.count < found.here) printf(", of which the budget takes %" PRIu64, found.count);
    printf("\n");
    printf("effort %s, the front %s; %" PRIu32 " other%s simulated to measure the formulas\n",
           tri_effort_name(run->options.effort), tri_effort_name(run->options.front_effort),
           run->options.sample, run->options.sample == 1 ? "" : "s");
    for (uint32_t i = 0; i < tools; i++)
        if (tool[i].version[0] != '\0')
            printf("found: %s %s: %s\n", tool[i].name, tool[i].version, tool[i].gives);
    if (tri_explore_missing(tool, tools, stdout) == 0) printf("No tool is missing.\n");
    tri_candidates_free(&found);
    return TRI_OK;
}

static void watch(void *context, const struct tri_search_progress *progress) {
    struct run *run = context;
    run->stop = tri_interrupted();
    run->progress.what = progress->doing;
    tri_progress_update(&run->progress, progress->done, progress->total);
}

static enum tri_status sweep(struct run *run, bool progress) {
    uint32_t tools;
    const struct tri_tool *tool = tri_evaluator_tools(run->evaluator, &tools);
    TRI_TRY(make_parents(run->out));
    run->options.out = run->out;
    tri_progress_start(&run->progress, "evaluating", "points", progress);
    enum tri_status status = tri_search(&run->space, &run->options, run->evaluator, watch, run,
                                        &run->stop, &run->result);
    (void)tri_progress_end(&run->progress);
    if (status != TRI_OK) {
        if (status == TRI_E_INTERRUPTED)
            fprintf(stderr, "%s: %" PRIu64 " points are kept; the same command goes on\n", run->out,
                    run->result.count);
        return status;
    }
    tri_explore_summary(&run->result, stdout);
    TRI_TRY(tri_explore_table(&run->result, 12, NULL, 0, stdout));
    (void)tri_explore_missing(tool, tools, stdout);
    printf("%s: tritium explore show|report|pick take it\n", run->out);
    return TRI_OK;
}

int tri_explore_run(int argc, char **argv) {
    static const char *const rules[] = {"grid", "random", "guided"};
    struct run run;
    memset(&run, 0, sizeof run);
    const char *out = NULL, *rule = "grid", *effort = "composed", *front = "simulated";
    const char *cache = "build/cache/explore", *shard = "1/1";
    uint32_t points = 0;
    float minutes = 0;
    bool dry = false, progress = false;
    run.options.sample = 4;
    const struct tri_option options[] = {
        {"out", 'o', "FILE", TRI_OPTION_TEXT, &out, "the result (build/explore/SPACE.jsonl)"},
        {"search", 's', "RULE", TRI_OPTION_TEXT, &rule,
         "grid: all; random: by the space's seed; guided: prunes what cannot be on the front "
         "(grid)"},
        {"effort", 'e', "E", TRI_OPTION_TEXT, &effort,
         "model, composed, simulated or full, for every point (composed)"},
        {"front-effort", 0, "E", TRI_OPTION_TEXT, &front,
         "the same for the front and the sample (simulated)"},
        {"sample", 0, "N", TRI_OPTION_U32, &run.options.sample,
         "points off the front that get it too, to measure the formulas (4)"},
        {"workers", 'w', "N", TRI_OPTION_U32, &run.options.workers, "processes (one a core)"},
        {"shard", 0, "I/N", TRI_OPTION_TEXT, &shard, "only each N-th point, from the I-th (1/1)"},
        {"points", 0, "N", TRI_OPTION_U32, &points, "at most N points (the space's budget)"},
        {"minutes", 0, "M", TRI_OPTION_REAL, &minutes, "at most M minutes (the space's budget)"},
        {"cache", 0, "DIR", TRI_OPTION_TEXT, &cache, "what was made before (build/cache/explore)"},
        {"dry-run", 0, NULL, TRI_OPTION_FLAG, &dry, "only say how many points and which tools"},
        {"progress", 0, NULL, TRI_OPTION_FLAG, &progress, "show progress though no terminal"},
    };
    char **paths = NULL;
    int rule_at = 0, effort_at = 0, front_at = 0;
    int code = tri_options_parse(&usage, options, COUNT(options), argc, argv, &paths);
    if (code < 0) code = choice("--search", rule, rules, COUNT(rules), &rule_at);
    if (code < 0) code = choice("--effort", effort, tri_effort_names(), 4, &effort_at);
    if (code < 0) code = choice("--front-effort", front, tri_effort_names(), 4, &front_at);
    if (code < 0) code = shard_of(shard, &run.options);
    if (code < 0 && run.options.workers > 1000)
        code = tri_complain_usage("explore run: --workers: wanted at most 1000, got %" PRIu32,
                                  run.options.workers);
    if (code < 0 && points > TRI_SPACE_POINTS)
        code = tri_complain_usage("explore run: --points: wanted at most %d, got %" PRIu32,
                                  TRI_SPACE_POINTS, points);
    /* As a space file may say it, since the result holds the space with this in it. The option is a
     * float: 0.01 must not be a little less. */
    const double budget = rint((double)minutes * 1e6) / 1e6;
    if (code < 0 && budget != 0 && !(budget >= 0.01 && budget <= 1e6))
        code = tri_complain_usage("explore run: --minutes: wanted 0.01 to 1000000, got %g", budget);
    if (code >= 0) return code;
    note_command(&run, argc, argv);
    run.options.rule = (enum tri_search_rule)rule_at;
    run.options.effort = (enum tri_effort)effort_at;
    run.options.front_effort = (enum tri_effort)(front_at > effort_at ? front_at : effort_at);
    enum tri_status status = prepare(&run, paths[0], cache);
    if (points > 0) run.space.budget_points = points;
    if (budget > 0) run.space.budget_minutes = budget;
    if (out != NULL)
        (void)snprintf(run.out, sizeof run.out, "%s", out);
    else
        (void)snprintf(run.out, sizeof run.out, "build/explore/%s.jsonl", run.space.name);
    if (status == TRI_OK) status = dry ? dry_run(&run) : sweep(&run, progress);
    code = status == TRI_OK ? tri_finish_output(TRI_EXIT_OK) : tri_complain(status);
    tri_result_free(&run.result);
    tri_evaluator_destroy(run.evaluator);
    tri_cache_close(run.cache);
    tri_space_free(&run.space);
    return code;
}
