/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures of a point: by formula, and from simulators that were built for other tests. What runs
 * Yosys or builds a simulator is in tests/explore/evaluate.py.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/child.h"
#include "explore/evaluate.h"
#include "explore/model.h"
#include "explore/simulate.h"
#include "tests/unit/explore_bench.h"

static struct tri_space a_space(const char *shape, uint32_t prompt, uint32_t batch) {
    struct tri_space space;
    memset(&space, 0, sizeof space);
    strcpy(space.part.family, "xcup");
    (void)snprintf(space.workload.shape, sizeof space.workload.shape, "%s", shape);
    space.workload.prompt = prompt;
    space.workload.tokens = 16;
    space.workload.batch = batch;
    return space;
}

static struct tri_figures figures_of(const struct tri_space *space,
                                     const struct tri_design *design) {
    struct tri_figures figures;
    cr_assert(tri_model_figures(space, design, &figures) == TRI_OK, "%s", tri_error());
    return figures;
}

static double of(const struct tri_figures *f, enum tri_figure_id id) { return f->at[id].value; }

Test(evaluate, a_token_of_2b4t_on_the_kv260_takes_the_cycles_that_were_simulated) {
    const struct tri_space space = a_space("2b4t", 64, 1);
    const struct tri_design design = a_design("designs/kv260.yaml");
    const struct tri_figures f = figures_of(&space, &design);
    /* docs/accelerator.md: 6,886,305 cycles, every sum compared; array use 94.74 %. */
    cr_expect(fabs(of(&f, TRI_FIGURE_decode_cycles) / 6886305 - 1) < 0.002, "%.0f",
              of(&f, TRI_FIGURE_decode_cycles));
    cr_expect(fabs(of(&f, TRI_FIGURE_decode_use) - 94.74) < 0.2);
    cr_expect(of(&f, TRI_FIGURE_macs) == 320);
    cr_expect(fabs(of(&f, TRI_FIGURE_weight_bytes) / 417.5e6 - 1) < 0.002);
    cr_expect(of(&f, TRI_FIGURE_bytes) > of(&f, TRI_FIGURE_weight_bytes));
    cr_expect(fabs(of(&f, TRI_FIGURE_device_ms) - of(&f, TRI_FIGURE_decode_cycles) / 250e3) < 1e-9);
    cr_expect(f.at[TRI_FIGURE_lut].origin == TRI_ABSENT);
    cr_expect(f.at[TRI_FIGURE_decode_cycles].origin == TRI_MODELLED);
    cr_expect(f.wall == TRI_WALL_MEMORY);
}

Test(evaluate, the_wall_is_the_term_that_takes_longest) {
    struct tri_space space = a_space("2b4t", 64, 1);
    struct tri_design design = a_design("designs/kv260.yaml");
    design.memory.refresh_interval = 0; /* every beat comes in time */
    design.memory.latency = 8;
    cr_expect(figures_of(&space, &design).wall == TRI_WALL_ARRAY);
    space.host.ms_per_token = 100;
    cr_expect(figures_of(&space, &design).wall == TRI_WALL_HOST);
    space.host.launch_us = 2000; /* 120 lists: 240 ms */
    cr_expect(figures_of(&space, &design).wall == TRI_WALL_LAUNCH);
    space.host.lists_per_token = 1;
    cr_expect(figures_of(&space, &design).wall == TRI_WALL_HOST);
}

Test(evaluate, tokens_a_second_have_host_and_launches_in_them_and_overlap_hides_the_host) {
    struct tri_space space = a_space("2b4t", 64, 1);
    const struct tri_design design = a_design("designs/kv260.yaml");
    struct tri_figures f = figures_of(&space, &design);
    const double bare = 1e3 / of(&f, TRI_FIGURE_decode_tokens_s);
    space.host.ms_per_token = 10;
    space.host.head_ms_per_token = 5;
    space.host.launch_us = 100;
    f = figures_of(&space, &design);
    cr_expect(fabs(1e3 / of(&f, TRI_FIGURE_decode_tokens_s) - (bare + 15 + 12)) < 1e-6);
    cr_expect(of(&f, TRI_FIGURE_host_ms) == 15 && of(&f, TRI_FIGURE_launch_ms) == 12);
    space.host.overlap = 1;
    f = figures_of(&space, &design);
    cr_expect(of(&f, TRI_FIGURE_host_ms) == 0);
    space.host.ms_per_token = 100; /* more than there is to hide behind */
    f = figures_of(&space, &design);
    cr_expect(fabs(of(&f, TRI_FIGURE_host_ms) - (105 - bare)) < 1e-6);
}

Test(evaluate, a_batch_shares_the_weights_where_tokens_run_in_parallel) {
    struct tri_design design = a_design("designs/kv260.yaml");
    const struct tri_space one = a_space("2b4t", 64, 1), four = a_space("2b4t", 64, 4),
                           sixteen = a_space("2b4t", 64, 16);
    const struct tri_figures alone = figures_of(&one, &design), slow = figures_of(&four, &design);
    design.geometry.tokens = 4;
    const struct tri_figures quick = figures_of(&four, &design);
    const struct tri_figures many = figures_of(&sixteen, &design);
    cr_expect(of(&slow, TRI_FIGURE_decode_cycles) > 3.5 * of(&alone, TRI_FIGURE_decode_cycles));
    cr_expect(of(&quick, TRI_FIGURE_decode_cycles) < 1.1 * of(&alone, TRI_FIGURE_decode_cycles));
    cr_expect(of(&quick, TRI_FIGURE_weight_bytes) == of(&alone, TRI_FIGURE_weight_bytes));
    cr_expect(of(&many, TRI_FIGURE_weight_bytes) == 2 * of(&alone, TRI_FIGURE_weight_bytes),
              "sixteen vectors are two commands of t_max 8");
    cr_expect(of(&quick, TRI_FIGURE_decode_tokens_s) > 3 * of(&alone, TRI_FIGURE_decode_tokens_s));
}

Test(evaluate, energy_is_the_sum_of_its_terms_and_watts_are_energy_in_time) {
    struct tri_space space = a_space("2b4t", 64, 1);
    space.part.idle_watts = 3.8;
    space.host.ms_per_token = 14;
    const struct tri_design design = a_design("designs/kv260.yaml");
    const struct tri_figures f = figures_of(&space, &design);
    const double sum = of(&f, TRI_FIGURE_joules_arithmetic) + of(&f, TRI_FIGURE_joules_sram) +
                       of(&f, TRI_FIGURE_joules_dram) + of(&f, TRI_FIGURE_joules_host) +
                       of(&f, TRI_FIGURE_joules_idle);
    cr_expect(fabs(sum - of(&f, TRI_FIGURE_joules_token)) < 1e-12);
    cr_expect(fabs(of(&f, TRI_FIGURE_watts) - sum * of(&f, TRI_FIGURE_decode_tokens_s)) < 1e-9);
    cr_expect(of(&f, TRI_FIGURE_watts) > 5 && of(&f, TRI_FIGURE_watts) < 9);
    cr_expect(of(&f, TRI_FIGURE_joules_dram) > 10 * of(&f, TRI_FIGURE_joules_sram));
}

Test(evaluate, a_row_longer_than_k_max_is_an_error_that_names_it) {
    const struct tri_space space = a_space("2b4t", 64, 1);
    struct tri_design design = a_design("designs/kv260.yaml");
    struct tri_figures figures;
    design.geometry.k_max = 4096;
    cr_assert(tri_model_figures(&space, &design, &figures) == TRI_E_ARGUMENT);
    cr_expect(strstr(tri_error(), "k_max") != NULL && strstr(tri_error(), "6912") != NULL &&
                  strstr(tri_error(), "4096") != NULL,
              "%s", tri_error());
    const struct tri_space none = a_space("2b4t", 0, 1), wrong = a_space("2b5t", 1, 1);
    cr_expect(tri_model_figures(&none, &design, &figures) == TRI_E_ARGUMENT);
    cr_expect(tri_model_figures(&wrong, &design, &figures) == TRI_E_ARGUMENT);
}

/* ---- evaluator ---- */

Test(evaluate, the_key_changes_with_all_that_decides_a_figure_and_with_nothing_else) {
    struct tri_space space = a_space("tiny", 8, 1);
    struct tri_design design = a_design("designs/tiny.yaml");
    struct bench b = open_bench(&space);
    const uint64_t key = tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED);
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_MODEL));
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_SIMULATED));
    strcpy(design.name, "other");
    cr_expect(key == tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED));
    design.geometry.prefetch = 256;
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED));
    design.geometry.prefetch = 128;
    design.memory.latency++;
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED));
    design.memory.latency--;
    space.workload.prompt++;
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED));
    space.workload.prompt--;
    space.host.launch_us++;
    cr_expect(key != tri_evaluator_key(b.evaluator, &design, TRI_EFFORT_COMPOSED));
    close_bench(&b);
}

Test(evaluate, without_tools_their_figures_are_absent_and_each_tool_names_its_package) {
    const struct tri_space space = a_space("tiny", 8, 1);
    const struct tri_design design = a_design("designs/tiny.yaml");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s", getenv("PATH"));
    cr_assert(setenv("PATH", "/nonexistent", 1) == 0);
    struct bench b = open_bench(&space);
    struct tri_figures f;
    char log[256];
    uint32_t count;
    const struct tri_tool *tools = tri_evaluator_tools(b.evaluator, &count);
    cr_expect(count >= 5);
    for (uint32_t i = 0; i < count; i++) {
        cr_expect(*tools[i].version == '\0', "%s", tools[i].name);
        cr_expect(*tools[i].package != '\0' && *tools[i].gives != '\0');
    }
    cr_assert(tri_evaluate(b.evaluator, &design, TRI_EFFORT_FULL, &f, log, sizeof log) == TRI_OK,
              "%s", tri_error());
    cr_expect(f.at[TRI_FIGURE_lut].origin == TRI_ABSENT);
    cr_expect(f.at[TRI_FIGURE_decode_cycles].origin == TRI_MODELLED);
    cr_assert(setenv("PATH", path, 1) == 0);
    close_bench(&b);
}

/* ---- simulation, with simulators that other tests build ---- */

static void link_simulator(const struct tri_simulate *s, const char *built) {
    char path[PATH_MAX], target[PATH_MAX], here[PATH_MAX];
    cr_assert(getcwd(here, sizeof here) != NULL);
    (void)snprintf(path, sizeof path, "%.4000s/sim", s->folder);
    cr_assert(mkdir(path, 0777) == 0);
    (void)snprintf(path, sizeof path, "%.4000s/sim/%016" PRIx64, s->folder, s->hash);
    cr_assert(mkdir(path, 0777) == 0);
    (void)snprintf(path, sizeof path, "%.3900s/sim/%016" PRIx64 "/p1b128e0t2k1024m8f128", s->folder,
                   s->hash);
    cr_assert(mkdir(path, 0777) == 0);
    (void)snprintf(target, sizeof target, "%.4000s/build/sim/%s/libtritium_sim.so", here, built);
    strcat(path, "/libtritium_sim.so");
    cr_assert(symlink(target, path) == 0);
}

static enum tri_status simulate(const char *built, uint32_t latency, struct tri_figures *figures) {
    struct bench b = open_bench(NULL);
    const struct tri_simulate s = {.cache = b.cache, .root = ".", .folder = b.folder, .hash = 1};
    const struct tri_space space = a_space("tiny", 5, 1);
    struct tri_design design = a_design("designs/test/p1_b128_b2_t2.yaml");
    struct tri_work work;
    char log[256];
    design.memory.latency = latency;
    link_simulator(&s, built);
    cr_assert(tri_work_of(&space, &design, &work) == TRI_OK, "%s", tri_error());
    const enum tri_status status =
        tri_simulate_cycles(&s, &design, &work, figures, log, sizeof log);
    if (status == TRI_OK) { /* and once more from the cache, without a simulator */
        struct tri_figures again = {0};
        const struct tri_simulate kept = {
            .cache = b.cache, .root = "/nonexistent", .folder = "/nonexistent", .hash = 1};
        cr_expect(tri_simulate_cycles(&kept, &design, &work, &again, log, sizeof log) == TRI_OK);
        cr_expect(again.at[TRI_FIGURE_decode_cycles].value ==
                  figures->at[TRI_FIGURE_decode_cycles].value);
        cr_expect(again.decode_counters[5] == figures->decode_counters[5]);
    }
    close_bench(&b);
    return status;
}

Test(evaluate, simulated_cycles_are_near_the_formula_and_their_counters_add_up) {
    struct tri_figures f = {0}, slow = {0};
    cr_assert(simulate("p1_b128_b2_t2", 8, &f) == TRI_OK, "%s", tri_error());
    cr_expect(f.at[TRI_FIGURE_decode_cycles].origin == TRI_SIMULATED);
    cr_expect(fabs(f.at[TRI_FIGURE_model_error].value) < 3, "%.2f %%",
              f.at[TRI_FIGURE_model_error].value);
    uint64_t sum = 0;
    for (int i = 1; i < 6; i++) sum += f.decode_counters[i];
    cr_expect(sum == f.decode_counters[0], "%" PRIu64 " of %" PRIu64, sum, f.decode_counters[0]);
    cr_assert(simulate("p1_b128_b2_t2", 500, &slow) == TRI_OK, "%s", tri_error());
    cr_expect(slow.at[TRI_FIGURE_decode_cycles].value > f.at[TRI_FIGURE_decode_cycles].value,
              "the point's own memory is simulated");
}

Test(evaluate, a_wrong_sum_is_a_mismatch_that_says_where) {
    struct tri_figures f = {0};
    cr_assert(simulate("p1_b128_b2_t2+accumulate", 8, &f) == TRI_E_MISMATCH);
    cr_expect(strstr(tri_error(), "wanted the sum") != NULL, "%s", tri_error());
}

Test(evaluate, what_is_simulated_of_a_large_list_has_the_row_length_of_the_whole) {
    const struct tri_design design = a_design("designs/kv260.yaml");
    const struct tri_cycles_product whole = {13824, 2560, 512};
    const struct tri_cycles_product part = tri_simulate_part(&design, whole);
    cr_expect(part.cols == whole.cols && part.tokens == 2 * design.geometry.t_max);
    cr_expect(part.rows >= 256 && part.rows < whole.rows && part.rows % 64 == 0);
    cr_expect(tri_cycles_list(&design, &part, 1) < 400000);
    /* A list's beginning and end, some 700 cycles on HBM, are a small part of what is scaled. */
    const struct tri_design wide = a_design("designs/hbm.yaml");
    const struct tri_cycles_product short_rows = {3840, 2560, 128};
    const struct tri_cycles_product cut = tri_simulate_part(&wide, short_rows);
    cr_expect(tri_cycles_list(&wide, &cut, 1) > 20000);
    const struct tri_cycles_product small = {640, 640, 30};
    cr_expect(tri_simulate_part(&design, small).rows == 640);
    cr_expect(tri_simulate_part(&design, small).tokens == 30, "what is cheap runs whole");
}

/* ---- children ---- */

Test(evaluate, a_child_that_does_not_end_is_ended_and_so_is_what_it_started) {
    struct bench b = open_bench(NULL);
    char log[PATH_MAX], line[64];
    (void)snprintf(log, sizeof log, "%s/log", b.folder);
    const char *const slow[] = {"sh", "-c", "sleep 77 & echo $!; sleep 77", NULL};
    cr_expect(tri_child_run(slow, ".", log, 1) == TRI_E_TIMEOUT);
    cr_expect(strstr(tri_error(), log) != NULL, "%s", tri_error());
    FILE *in = fopen(log, "r");
    cr_assert(in != NULL && fgets(line, sizeof line, in) != NULL);
    (void)fclose(in);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", strtol(line, NULL, 10));
    in = fopen(path, "r"); /* gone, or a zombie that nobody asked for */
    if (in != NULL) {
        cr_assert(fgets(line, sizeof line, in) != NULL);
        (void)fclose(in);
        cr_expect(strstr(line, ") Z") != NULL, "%s", line);
    }
    const char *const fails[] = {"sh", "-c", "echo why; exit 3", NULL};
    cr_expect(tri_child_run(fails, ".", log, 5) == TRI_E_DEVICE);
    cr_expect(strstr(tri_error(), "got 3") != NULL, "%s", tri_error());
    const char *const nobody[] = {"/nonexistent/tool", NULL};
    cr_expect(tri_child_run(nobody, ".", log, 5) == TRI_E_DEVICE);
    close_bench(&b);
}
