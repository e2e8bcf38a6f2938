/* SPDX-License-Identifier: Apache-2.0
 *
 * One point, step by step: formula, area, simulation, whole kernel. What a missing tool would give
 * stays absent, or what the step before said.
 */
#include "explore/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/keys.h"
#include "explore/model.h"
#include "explore/simulate.h"
#include "explore/synthesis.h"
#include "explore/tools.h"

/* One higher whenever the same sources and tools would give other figures. */
enum { FIGURES_VERSION = 2 };

struct tri_evaluator {
    const struct tri_space *space;
    struct tri_cache *cache;
    struct tri_toolbox box;
    char folder[PATH_MAX];                 /* of the cache, absolute */
    struct tri_synthesis synthesis, clock; /* with its own tools in its hash */
    struct tri_simulate simulate;
};

static enum tri_status absolute(const char *path, char *out, size_t size) {
    char here[PATH_MAX] = "";
    if (*path != '/' && getcwd(here, sizeof here) == NULL)
        return tri_fail(TRI_E_IO, "the working directory cannot be found");
    const int length = snprintf(out, size, "%s%s%s", here, *here != '\0' ? "/" : "", path);
    if (length < 0 || (size_t)length + 80 >= size)
        return tri_fail(TRI_E_IO, "%s: wanted a shorter path", path);
    return TRI_OK;
}

static uint64_t with(const struct tri_evaluator *e, uint64_t hash, enum tri_tool_id a,
                     enum tri_tool_id b) {
    const char *const versions[] = {e->box.tool[a].version, e->box.tool[b].version};
    for (size_t i = 0; i < 2; i++)
        hash = tri_hash_bytes(hash, versions[i], strlen(versions[i]) + 1);
    return hash;
}

enum tri_status tri_evaluator_create(const struct tri_space *space, struct tri_cache *cache,
                                     struct tri_evaluator **evaluator) {
    struct tri_evaluator *e = calloc(1, sizeof *e);
    *evaluator = NULL;
    if (e == NULL) return tri_fail(TRI_E_MEMORY, "no memory for an evaluator");
    e->space = space;
    e->cache = cache;
    enum tri_status status = tri_toolbox_fill(&e->box, space->part.family);
    if (status == TRI_OK) status = absolute(tri_cache_folder(cache), e->folder, sizeof e->folder);
    if (status != TRI_OK) {
        free(e);
        return status;
    }
    const uint64_t hash_of_area = with(e, e->box.rtl_hash, TRI_TOOL_YOSYS, TRI_TOOL_LIBERTY);
    e->synthesis = (struct tri_synthesis){.cache = cache,
                                          .root = e->box.root,
                                          .folder = e->folder,
                                          .family = space->part.family,
                                          .python = e->box.path[TRI_TOOL_PYTHON],
                                          .hash = hash_of_area};
    e->clock = e->synthesis;
    e->clock.hash = with(e, hash_of_area, TRI_TOOL_NEXTPNR, TRI_TOOL_STA);
    e->simulate =
        (struct tri_simulate){.cache = cache,
                              .root = e->box.root,
                              .folder = e->folder,
                              .hash = with(e, e->box.sim_hash, TRI_TOOL_VERILATOR, TRI_TOOL_CXX)};
    *evaluator = e;
    return TRI_OK;
}

void tri_evaluator_destroy(struct tri_evaluator *evaluator) { free(evaluator); }

const struct tri_tool *tri_evaluator_tools(const struct tri_evaluator *evaluator, uint32_t *count) {
    *count = evaluator->box.shown_count;
    return evaluator->box.shown;
}

/* ---- key ---- */

static void add(uint64_t *key, double number) {
    *key = tri_hash_bytes(*key, &number, sizeof number);
}
static void add_text(uint64_t *key, const char *text) {
    *key = tri_hash_bytes(*key, text, strlen(text) + 1);
}

static void add_design(uint64_t *key, const struct tri_design *d) {
    add(key, d->clock_mhz);
    *key = tri_key_hash(*key, d);
    add_text(key, d->memory.profile); /* decides energy */
}

static void add_space(uint64_t *key, const struct tri_space *s) {
    const double numbers[] = {
        s->workload.prompt,     s->workload.tokens,        s->workload.batch,
        s->host.ms_per_token,   s->host.head_ms_per_token, s->host.prefill_ms_per_token,
        s->host.launch_us,      s->host.lists_per_token,   s->host.overlap,
        s->part.idle_watts,     s->part.pj_per_mac,        s->part.pj_per_dram_bit,
        s->part.pj_per_sram_bit};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) add(key, numbers[i]);
    add_text(key, s->workload.shape);
    add_text(key, s->part.family);
}

uint64_t tri_evaluator_key(const struct tri_evaluator *evaluator, const struct tri_design *design,
                           enum tri_effort effort) {
    uint64_t key = TRI_HASH_START;
    add(&key, FIGURES_VERSION);
    add(&key, effort);
    add_design(&key, design);
    add_space(&key, evaluator->space);
    struct tri_work work;
    if (tri_work_of(evaluator->space, design, &work) == TRI_OK) { /* another formula, another key */
        add(&key, tri_work_decode_cycles(&work, design));
        add(&key, tri_work_prefill_cycles(&work, design));
    }
    if (effort >= TRI_EFFORT_COMPOSED) {
        const uint64_t hashes[] = {evaluator->box.rtl_hash, evaluator->box.sim_hash};
        key = tri_hash_bytes(key, hashes, sizeof hashes);
        for (uint32_t i = 0; i < evaluator->box.shown_count; i++)
            add_text(&key, evaluator->box.shown[i].version);
    }
    return key;
}

/* ---- figures ---- */

static bool can_synthesise(const struct tri_evaluator *e) {
    return tri_toolbox_has(&e->box, TRI_TOOL_PYTHON) && tri_toolbox_has(&e->box, TRI_TOOL_YOSYS) &&
           (strcmp(e->space->part.family, "osu018") != 0 ||
            tri_toolbox_has(&e->box, TRI_TOOL_LIBERTY));
}

static bool can_clock(const struct tri_evaluator *e) {
    const char *family = e->space->part.family;
    return (strcmp(family, "ecp5") == 0 && tri_toolbox_has(&e->box, TRI_TOOL_NEXTPNR)) ||
           (strcmp(family, "osu018") == 0 && tri_toolbox_has(&e->box, TRI_TOOL_STA));
}

static bool can_simulate(const struct tri_evaluator *e) {
    return tri_toolbox_has(&e->box, TRI_TOOL_VERILATOR) &&
           tri_toolbox_has(&e->box, TRI_TOOL_MAKE) && tri_toolbox_has(&e->box, TRI_TOOL_CXX);
}

enum tri_status tri_evaluate(struct tri_evaluator *evaluator, const struct tri_design *design,
                             enum tri_effort effort, struct tri_figures *figures, char *log,
                             size_t size) {
    const struct tri_space *space = evaluator->space;
    struct tri_work work;
    *log = '\0';
    TRI_TRY(tri_model_figures(space, design, figures));
    TRI_TRY(tri_work_of(space, design, &work));
    if (effort >= TRI_EFFORT_COMPOSED && can_synthesise(evaluator))
        TRI_TRY(tri_synthesis(&evaluator->synthesis, &design->geometry, TRI_SYNTHESIS_COMPOSED,
                              figures, log, size));
    if (effort >= TRI_EFFORT_SIMULATED && can_simulate(evaluator))
        TRI_TRY(tri_simulate_cycles(&evaluator->simulate, design, &work, figures, log, size));
    if (effort >= TRI_EFFORT_FULL && can_synthesise(evaluator))
        TRI_TRY(tri_synthesis(&evaluator->synthesis, &design->geometry, TRI_SYNTHESIS_WHOLE,
                              figures, log, size));
    if (effort >= TRI_EFFORT_FULL && can_synthesise(evaluator) && can_clock(evaluator))
        TRI_TRY(tri_synthesis(&evaluator->clock, &design->geometry, TRI_SYNTHESIS_CLOCK, figures,
                              log, size));
    tri_model_derive(space, design, &work, figures);
    return TRI_OK;
}
