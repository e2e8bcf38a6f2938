/* SPDX-License-Identifier: Apache-2.0
 *
 * Constraints of a space: reading them, whether a point meets them, and which of them leave
 * nothing.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/space_private.h"

static bool uses_figures(const struct tri_space_constraint *c) {
    return c->uses >> TRI_TERM_FIGURES != 0;
}

static enum tri_status check_part(const struct tri_space *space, uint64_t uses, const char *where) {
    struct tri_space_part part = space->part;
    for (uint32_t i = 0; i < TRI_PART_NUMBERS; i++) {
        const uint32_t term = TRI_TERM_PART + i;
        if ((uses >> term & 1) != 0 && !(*tri_part_number(&part, i) > 0.0))
            return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a number, but part %s does not state it",
                            where, tri_term_name(term), part.name[0] != '\0' ? part.name : "none");
    }
    return TRI_OK;
}

static enum tri_status read_constraint(const struct tri_yaml *yaml, tri_yaml_node node,
                                       const struct tri_space *space,
                                       struct tri_space_constraint *c) {
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, node, where);
    c->line = tri_yaml_line(yaml, node);
    TRI_TRY(tri_yaml_text(yaml, node, "constraint", c->text, sizeof c->text));
    TRI_TRY(tri_expression_create(c->text, where, &c->expression, &c->uses));
    c->early = !uses_figures(c);
    return check_part(space, c->uses, where);
}

enum tri_status tri_space_read_constraints(const struct tri_yaml *yaml, tri_yaml_node list,
                                           struct tri_space *space) {
    uint32_t count = 0;
    TRI_TRY(tri_yaml_count(yaml, list, &count));
    if (count > TRI_SPACE_CONSTRAINTS) {
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, list, where);
        return tri_fail(TRI_E_FORMAT, "%s: constraints: wanted at most %d, got %" PRIu32, where,
                        TRI_SPACE_CONSTRAINTS, count);
    }
    if (count == 0) return TRI_OK;
    space->constraints = calloc(count, sizeof *space->constraints);
    if (space->constraints == NULL) return tri_fail(TRI_E_MEMORY, "constraints: out of memory");
    for (uint32_t i = 0; i < count; i++) {
        struct tri_space_constraint *c = &space->constraints[space->constraint_count++];
        TRI_TRY(read_constraint(yaml, tri_yaml_item(yaml, list, i), space, c));
    }
    return TRI_OK;
}

/* ---- one point ---- */

enum verdict { MET, FAILED, ABSENT };

/* *absent: the first figure that a constraint needs and the point lacks. */
static enum verdict judge(const struct tri_space_constraint *c, const double values[TRI_TERMS],
                          uint32_t *absent) {
    struct tri_space_constraint made = *c; /* one from a result file has its text only */
    if (c->expression == NULL &&
        tri_expression_create(c->text, "constraint", &made.expression, &made.uses) != TRI_OK)
        return FAILED;
    enum verdict verdict = MET;
    for (uint32_t term = TRI_TERMS; term-- > TRI_TERM_FIGURES;) {
        if ((made.uses >> term & 1) == 0 || !isnan(values[term])) continue;
        *absent = term;
        verdict = ABSENT;
    }
    if (verdict == MET) {
        const double value = tri_expression_value(made.expression, values);
        verdict = value > 0.0 || value < 0.0 ? MET : FAILED; /* not zero, and a number */
    }
    if (c->expression == NULL) tri_expression_destroy(made.expression);
    return verdict;
}

static void append(char *out, size_t size, const char *text) {
    const size_t used = strlen(out);
    if (used + 1 < size) (void)snprintf(out + used, size - used, "%s", text);
}

static void say_failed(const struct tri_space_constraint *c, const double values[TRI_TERMS],
                       char *why, size_t size) {
    (void)snprintf(why, size, "\"%s\" fails:", c->text);
    for (uint32_t term = 0; term < TRI_TERMS; term++) {
        char part[80], value[32];
        if ((c->uses >> term & 1) == 0) continue;
        tri_space_value(tri_term_name(term), values[term], value, sizeof value);
        if (term >= TRI_TERM_FIGURES || term == TRI_TERM_KEYS + TRI_KEY_CLOCK_MHZ)
            (void)snprintf(value, sizeof value, "%.6g", values[term]);
        (void)snprintf(part, sizeof part, " %s %s", tri_term_name(term), value);
        append(why, size, part);
    }
}

bool tri_space_meets(const struct tri_space *space, const struct tri_design *design,
                     const struct tri_figures *figures, char *why, size_t size) {
    double values[TRI_TERMS];
    char note[160];
    if (size > 0) why[0] = '\0';
    if (space->constraint_count > 0) tri_terms_fill(space, design, figures, values);
    for (uint32_t i = 0; i < space->constraint_count; i++) {
        const struct tri_space_constraint *c = &space->constraints[i];
        uint32_t absent = 0;
        if (figures == NULL && !c->early) continue;
        const enum verdict verdict = judge(c, values, &absent);
        if (verdict == FAILED) {
            say_failed(c, values, why, size);
            return false;
        }
        if (verdict == MET || size == 0) continue;
        (void)snprintf(note, sizeof note, "%s\"%.100s\" not checked: no %s",
                       why[0] != '\0' ? "; " : "", c->text, tri_term_name(absent));
        append(why, size, note);
    }
    return true;
}

uint32_t tri_space_failing(const struct tri_space *space, const struct tri_design *design,
                           const struct tri_figures *figures) {
    double values[TRI_TERMS];
    uint32_t failing = 0;
    if (space->constraint_count > 0) tri_terms_fill(space, design, figures, values);
    for (uint32_t i = 0; i < space->constraint_count; i++) {
        const struct tri_space_constraint *c = &space->constraints[i];
        uint32_t absent = 0;
        if ((figures != NULL || c->early) && judge(c, values, &absent) == FAILED)
            failing |= UINT32_C(1) << i;
    }
    return failing;
}

/* ---- all points ---- */

/* Whether every point fails one of the set. */
static bool refuses_all(const uint32_t *failing, uint64_t count, uint32_t set) {
    for (uint64_t i = 0; i < count; i++) {
        if ((failing[i] & set) == 0) return false;
    }
    return true;
}

/* The smallest set of constraints of which every point fails one: one, two, or a set from which
 * none can be left out. 0: there is none. */
static uint32_t blame(const struct tri_space *space, const uint32_t *failing, uint64_t count) {
    const uint32_t n = space->constraint_count;
    uint32_t set = n < 32 ? (UINT32_C(1) << n) - 1 : UINT32_MAX;
    if (count == 0 || !refuses_all(failing, count, set)) return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (refuses_all(failing, count, UINT32_C(1) << i)) return UINT32_C(1) << i;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++) {
            const uint32_t pair = UINT32_C(1) << i | UINT32_C(1) << j;
            if (refuses_all(failing, count, pair)) return pair;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t less = set & ~(UINT32_C(1) << i);
        if (refuses_all(failing, count, less)) set = less;
    }
    return set;
}

static void say_blame(const struct tri_space *space, uint32_t set, uint64_t count, char *why,
                      size_t size) {
    uint32_t members = 0;
    char part[224];
    for (uint32_t rest = set; rest != 0; rest &= rest - 1) members++;
    (void)snprintf(why, size, "constraint%s", members == 1 ? "" : "s");
    for (uint32_t i = 0, said = 0; i < space->constraint_count; i++) {
        if ((set >> i & 1) == 0) continue;
        (void)snprintf(part, sizeof part, "%s \"%s\"", said++ > 0 ? " and" : "",
                       space->constraints[i].text);
        append(why, size, part);
        if (space->constraints[i].line == 0) continue; /* from a result file */
        (void)snprintf(part, sizeof part, " (line %" PRIu32 ")", space->constraints[i].line);
        append(why, size, part);
    }
    (void)snprintf(part, sizeof part,
                   members == 1   ? " refuses every one of %" PRIu64 " points"
                   : members == 2 ? " exclude each other: no one of %" PRIu64 " points meets both"
                                  : " exclude each other: no one of %" PRIu64 " points meets all",
                   count);
    append(why, size, part);
}

bool tri_space_blame(const struct tri_space *space, const uint32_t *failing, uint64_t count,
                     char *why, size_t size) {
    if (size > 0) why[0] = '\0';
    const uint32_t set = blame(space, failing, count);
    if (set == 0) return false;
    say_blame(space, set, count, why, size);
    return true;
}

enum tri_status tri_space_check_empty(const struct tri_space *space) {
    const uint64_t points = tri_space_points(space);
    uint32_t *failing = malloc((size_t)points * sizeof *failing);
    char rule[256] = "", why[512];
    uint64_t legal = 0;
    if (failing == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", space->path);
    for (uint64_t i = 0; i < points; i++) {
        struct tri_design design;
        tri_space_assemble(space, i, &design);
        if (tri_space_legal(space, &design) != TRI_OK) {
            if (rule[0] == '\0') (void)snprintf(rule, sizeof rule, "%s", tri_error());
            continue;
        }
        failing[legal] = tri_space_failing(space, &design, NULL);
        if (failing[legal] == 0) {
            free(failing);
            return TRI_OK;
        }
        legal++;
    }
    enum tri_status status = TRI_E_FORMAT;
    if (legal == 0)
        status = tri_fail(
            status, "%s:%" PRIu32 ": no one of %" PRIu64 " points is a legal design; the first: %s",
            space->path, space->parameters[0].line, points, rule);
    else if (tri_space_blame(space, failing, legal, why, sizeof why))
        status = tri_fail(status, "%s:%" PRIu32 ": empty space: %s", space->path,
                          space->constraints[0].line, why);
    free(failing);
    return status;
}
