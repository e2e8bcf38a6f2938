/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a space file, all but its parameters, constraints and part (space_parameters.c,
 * space_constraints.c, space_parts.c), and frees and copies spaces.
 */
#include "explore/space.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/paths.h"
#include "explore/space_private.h"
#include "ref/shape.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static enum tri_status fail_at(const struct tri_yaml *yaml, tri_yaml_node node, const char *what) {
    char where[TRI_YAML_WHERE], message[512];
    (void)snprintf(message, sizeof message, "%s", tri_error());
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: %s%s", where, what, message);
}

static enum tri_status read_name(const struct tri_yaml *yaml, tri_yaml_node node,
                                 struct tri_space *space) {
    enum { LONGEST = 40 }; /* a point's number is put behind it */
    TRI_TRY(tri_yaml_text(yaml, node, "name", space->name, LONGEST + 1));
    if (space->name[strspn(space->name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0')
        return TRI_OK;
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: name: wanted only a-z, 0-9 and _, got \"%s\"", where,
                    space->name);
}

static enum tri_status read_base(const struct tri_yaml *yaml, tri_yaml_node node,
                                 struct tri_space *space) {
    char name[256], path[4352];
    if (tri_yaml_kind(yaml, node) == TRI_YAML_MAP)
        return tri_design_read_map(yaml, node, &space->base);
    TRI_TRY(tri_yaml_text(yaml, node, "base", name, sizeof name));
    enum tri_status status = tri_find_design(name, path, sizeof path);
    if (status == TRI_OK) status = tri_design_read(path, &space->base);
    return status == TRI_OK || status == TRI_E_MEMORY ? status : fail_at(yaml, node, "base: ");
}

/* An integer that has a value already when it is not given. */
static enum tri_status optional_u32(const struct tri_yaml *yaml, tri_yaml_node map, const char *key,
                                    uint32_t min, uint32_t max, uint32_t *out) {
    const tri_yaml_node node = tri_yaml_find(yaml, map, key);
    uint64_t value = *out;
    if (node != 0) TRI_TRY(tri_yaml_integer(yaml, node, key, min, max, &value));
    *out = (uint32_t)value;
    return TRI_OK;
}

static enum tri_status read_workload(const struct tri_yaml *yaml, tri_yaml_node map,
                                     struct tri_space_workload *w) {
    static const char *const keys[] = {"shape", "prompt", "tokens", "batch"};
    tri_yaml_node node;
    struct tri_config config;
    uint32_t eot;
    w->prompt = 64;
    w->tokens = 64;
    w->batch = 1;
    TRI_TRY(tri_yaml_keys(yaml, map, keys, COUNT(keys)));
    TRI_TRY(tri_yaml_need(yaml, map, "shape", &node));
    TRI_TRY(tri_yaml_text(yaml, node, "shape", w->shape, sizeof w->shape));
    if (tri_shape(w->shape, &config, &eot) != TRI_OK) return fail_at(yaml, node, "");
    TRI_TRY(optional_u32(yaml, map, "prompt", 1, 1 << 20, &w->prompt));
    TRI_TRY(optional_u32(yaml, map, "tokens", 1, 1 << 20, &w->tokens));
    return optional_u32(yaml, map, "batch", 1, 1024, &w->batch);
}

static enum tri_status read_host(const struct tri_yaml *yaml, tri_yaml_node map,
                                 struct tri_space_host *h) {
    static const char *const keys[] = {"name",
                                       "ms_per_token",
                                       "head_ms_per_token",
                                       "prefill_ms_per_token",
                                       "launch_us",
                                       "lists_per_token",
                                       "overlap"};
    double *const numbers[] = {
        NULL, &h->ms_per_token, &h->head_ms_per_token, &h->prefill_ms_per_token, &h->launch_us,
        NULL, &h->overlap};
    TRI_TRY(tri_yaml_keys(yaml, map, keys, COUNT(keys)));
    for (size_t i = 0; i < COUNT(keys); i++) {
        const tri_yaml_node node = tri_yaml_find(yaml, map, keys[i]);
        const double most = numbers[i] == &h->overlap ? 1.0 : 1e6;
        if (node == 0) continue;
        if (numbers[i] != NULL)
            TRI_TRY(tri_yaml_number(yaml, node, keys[i], 0.0, most, numbers[i]));
        else if (i == 0)
            TRI_TRY(tri_space_text(yaml, node, keys[i], h->name, sizeof h->name));
    }
    return optional_u32(yaml, map, "lists_per_token", 0, 100000, &h->lists_per_token);
}

static enum tri_status read_figure(const struct tri_yaml *yaml, tri_yaml_node node,
                                   enum tri_figure_id *figure) {
    const char *known[TRI_FIGURE_COUNT];
    char name[64], where[TRI_YAML_WHERE];
    for (int i = 0; i < TRI_FIGURE_COUNT; i++)
        known[i] = tri_figure_info((enum tri_figure_id)i)->name;
    TRI_TRY(tri_yaml_text(yaml, node, "objective", name, sizeof name));
    *figure = tri_figure_find(name);
    if (*figure != TRI_FIGURE_COUNT) return TRI_OK;
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: objective: unknown figure \"%s\", nearest known: \"%s\"",
                    where, name, tri_nearest(name, known, TRI_FIGURE_COUNT));
}

/* "lut", or {figure: lut, better: larger}. */
static enum tri_status read_objective(const struct tri_yaml *yaml, tri_yaml_node node,
                                      struct tri_space *space) {
    static const char *const keys[] = {"figure", "better"};
    static const char *const directions[] = {"smaller", "larger"};
    struct tri_space_objective *o = &space->objectives[space->objective_count];
    tri_yaml_node figure = node, better = 0;
    char where[TRI_YAML_WHERE];
    if (tri_yaml_kind(yaml, node) != TRI_YAML_VALUE) {
        TRI_TRY(tri_yaml_keys(yaml, node, keys, COUNT(keys)));
        TRI_TRY(tri_yaml_need(yaml, node, "figure", &figure));
        better = tri_yaml_find(yaml, node, "better");
    }
    TRI_TRY(read_figure(yaml, figure, &o->figure));
    const char *name = tri_figure_info(o->figure)->name;
    tri_yaml_where(yaml, node, where);
    o->better = tri_figure_info(o->figure)->better;
    if (better != 0) {
        uint32_t choice = 0;
        TRI_TRY(tri_yaml_choice(yaml, better, "better", directions, 2, &choice));
        o->better = choice == 0 ? TRI_SMALLER : TRI_LARGER;
    } else if (o->better == TRI_NEITHER) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: objective %s: wanted {figure: %s, better: larger} or "
                        "smaller, got no direction",
                        where, name, name);
    }
    for (uint32_t i = 0; i < space->objective_count; i++) {
        if (space->objectives[i].figure == o->figure)
            return tri_fail(TRI_E_FORMAT, "%s: objective %s is given twice", where, name);
    }
    space->objective_count++;
    return TRI_OK;
}

static enum tri_status read_objectives(const struct tri_yaml *yaml, tri_yaml_node list,
                                       struct tri_space *space) {
    uint32_t count = 0;
    TRI_TRY(tri_yaml_count(yaml, list, &count));
    if (count < 1 || count > TRI_SPACE_OBJECTIVES) {
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, list, where);
        return tri_fail(TRI_E_FORMAT, "%s: objectives: wanted 1 to %d, got %u", where,
                        TRI_SPACE_OBJECTIVES, count);
    }
    for (uint32_t i = 0; i < count; i++)
        TRI_TRY(read_objective(yaml, tri_yaml_item(yaml, list, i), space));
    return TRI_OK;
}

static enum tri_status read_budget(const struct tri_yaml *yaml, tri_yaml_node map,
                                   struct tri_space *space) {
    static const char *const keys[] = {"points", "minutes"};
    TRI_TRY(tri_yaml_keys(yaml, map, keys, COUNT(keys)));
    TRI_TRY(optional_u32(yaml, map, "points", 1, TRI_SPACE_POINTS, &space->budget_points));
    const tri_yaml_node node = tri_yaml_find(yaml, map, "minutes");
    if (node == 0) return TRI_OK;
    return tri_yaml_number(yaml, node, "minutes", 0.01, 1e6, &space->budget_minutes);
}

static enum tri_status read_space(const struct tri_yaml *yaml, struct tri_space *space) {
    enum {
        NAME,
        BASE,
        PARAMETERS,
        WORKLOAD,
        OBJECTIVES,
        NEEDED,
        CONSTRAINTS = NEEDED,
        PART,
        HOST,
        BUDGET,
        SEED,
        KEYS
    };
    static const char *const keys[KEYS] = {"name",       "base",        "parameters", "workload",
                                           "objectives", "constraints", "part",       "host",
                                           "budget",     "seed"};
    tri_yaml_node root = tri_yaml_root(yaml), at[KEYS];
    TRI_TRY(tri_yaml_keys(yaml, root, keys, KEYS));
    for (int i = 0; i < KEYS; i++) {
        if (i < NEEDED)
            TRI_TRY(tri_yaml_need(yaml, root, keys[i], &at[i]));
        else
            at[i] = tri_yaml_find(yaml, root, keys[i]);
    }
    TRI_TRY(read_name(yaml, at[NAME], space));
    TRI_TRY(read_base(yaml, at[BASE], space));
    TRI_TRY(tri_space_read_parameters(yaml, at[PARAMETERS], space));
    TRI_TRY(read_workload(yaml, at[WORKLOAD], &space->workload));
    TRI_TRY(read_objectives(yaml, at[OBJECTIVES], space));
    if (at[PART] != 0) TRI_TRY(tri_part_read(yaml, at[PART], &space->part));
    if (at[HOST] != 0) TRI_TRY(read_host(yaml, at[HOST], &space->host));
    if (at[BUDGET] != 0) TRI_TRY(read_budget(yaml, at[BUDGET], space));
    space->seed = 1;
    if (at[SEED] != 0)
        TRI_TRY(tri_yaml_integer(yaml, at[SEED], "seed", 0, UINT64_MAX, &space->seed));
    if (at[CONSTRAINTS] != 0) TRI_TRY(tri_space_read_constraints(yaml, at[CONSTRAINTS], space));
    TRI_TRY(tri_space_check_bounds(space));
    return tri_space_check_empty(space);
}

enum tri_status tri_space_read_stream(FILE *stream, const char *name, struct tri_space *space) {
    struct tri_yaml *yaml;
    memset(space, 0, sizeof *space);
    (void)snprintf(space->path, sizeof space->path, "%s", name);
    TRI_TRY(tri_yaml_read(stream, name, &yaml));
    const enum tri_status status = read_space(yaml, space);
    tri_yaml_close(yaml);
    return status;
}

enum tri_status tri_space_read(const char *path, struct tri_space *space) {
    memset(space, 0, sizeof *space);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    const enum tri_status status = tri_space_read_stream(file, path, space);
    (void)fclose(file);
    return status;
}

void tri_space_free(struct tri_space *space) {
    for (uint32_t i = 0; i < space->constraint_count; i++)
        tri_expression_destroy(space->constraints[i].expression);
    free(space->constraints);
    space->constraints = NULL;
    space->constraint_count = 0;
}

enum tri_status tri_space_copy(const struct tri_space *space, struct tri_space *copy) {
    const uint32_t count = space->constraint_count;
    *copy = *space;
    copy->constraints = NULL;
    copy->constraint_count = 0;
    if (count == 0) return TRI_OK;
    copy->constraints = calloc(count, sizeof *copy->constraints);
    if (copy->constraints == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", space->path);
    for (uint32_t i = 0; i < count; i++) {
        struct tri_space_constraint *c = &copy->constraints[copy->constraint_count++];
        *c = space->constraints[i];
        c->expression = NULL;
        TRI_TRY(tri_expression_create(c->text, space->path, &c->expression, &c->uses));
    }
    return TRI_OK;
}
