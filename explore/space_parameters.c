/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the parameters of a space: for each key of a design a value, a list or a range.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/space_private.h"

uint32_t tri_yaml_line(const struct tri_yaml *yaml, tri_yaml_node node) {
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, node, where);
    const char *colon = strrchr(where, ':');
    return colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
}

enum tri_status tri_space_text(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                               char *out, size_t bytes) {
    TRI_TRY(tri_yaml_text(yaml, node, what, out, bytes));
    for (const char *c = out; *c != '\0'; c++) {
        if (*c >= ' ' && *c <= '~') continue;
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, node, where);
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted printable ASCII, got character 0x%02x", where,
                        what, (unsigned)(unsigned char)*c);
    }
    return TRI_OK;
}

/* A value is what the key holds at all; whether a design may have it is base/design.c's. */
static enum tri_status read_value(const struct tri_yaml *yaml, tri_yaml_node node,
                                  const struct tri_key_info *key, double *value) {
    if (key->kind == TRI_KEY_WORD) {
        uint32_t choice = 0;
        TRI_TRY(tri_yaml_choice(yaml, node, key->name, key->words, key->word_count, &choice));
        *value = choice;
        return TRI_OK;
    }
    if (key->kind == TRI_KEY_NUMBER) return tri_yaml_number(yaml, node, key->name, 0.0, 1e9, value);
    uint64_t integer = 0;
    TRI_TRY(tri_yaml_integer(yaml, node, key->name, 0, UINT32_MAX, &integer));
    *value = (double)integer;
    return TRI_OK;
}

static enum tri_status add_value(const struct tri_yaml *yaml, tri_yaml_node node, double value,
                                 struct tri_space_parameter *p) {
    char where[TRI_YAML_WHERE], text[32];
    tri_yaml_where(yaml, node, where);
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->values[i] < value || p->values[i] > value) continue;
        tri_space_value(p->name, value, text, sizeof text);
        return tri_fail(TRI_E_FORMAT, "%s: %s: value %s is given twice", where, p->name, text);
    }
    if (p->count == TRI_SPACE_VALUES)
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted at most %d values, got more", where, p->name,
                        TRI_SPACE_VALUES);
    p->values[p->count++] = value;
    return TRI_OK;
}

/* {from, to, step}: from, from + step ... up to to. {from, to, times}: each times the one before.
 */
static enum tri_status read_range(const struct tri_yaml *yaml, tri_yaml_node node,
                                  const struct tri_key_info *key, struct tri_space_parameter *p) {
    static const char *const keys[] = {"from", "to", "step", "times"};
    char where[TRI_YAML_WHERE];
    tri_yaml_node from_at, to_at;
    double from = 0, to = 0, by = 0;
    tri_yaml_where(yaml, node, where);
    if (key->kind == TRI_KEY_WORD)
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a list of words, got a range", where,
                        key->name);
    TRI_TRY(tri_yaml_keys(yaml, node, keys, 4));
    TRI_TRY(tri_yaml_need(yaml, node, "from", &from_at));
    TRI_TRY(tri_yaml_need(yaml, node, "to", &to_at));
    TRI_TRY(read_value(yaml, from_at, key, &from));
    TRI_TRY(read_value(yaml, to_at, key, &to));
    const tri_yaml_node step_at = tri_yaml_find(yaml, node, "step");
    const tri_yaml_node times_at = tri_yaml_find(yaml, node, "times");
    if ((step_at == 0) == (times_at == 0))
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted either step or times, got %s", where,
                        key->name, step_at == 0 ? "neither" : "both");
    if (step_at != 0)
        TRI_TRY(read_value(yaml, step_at, key, &by));
    else
        TRI_TRY(tri_yaml_number(yaml, times_at, "times", 1.0, 1e6, &by));
    if (from > to)
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted from at most to, got %g and %g", where,
                        key->name, from, to);
    const bool times = times_at != 0;
    if (!(by > 0.0) || (times && !(by > 1.0)) || (times && !(from > 0.0)))
        return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a range that grows, got from %g %s %g", where,
                        key->name, from, times ? "times" : "step", by);
    const double slack = key->kind == TRI_KEY_NUMBER ? 1e-9 * to : 0.0; /* 0.1 added three times */
    double value = from;
    for (uint32_t i = 1; value <= to + slack; i++) {
        if (value > to) value = to;
        if (key->kind == TRI_KEY_INTEGER && fabs(value - floor(value)) > 0.0)
            return tri_fail(TRI_E_FORMAT, "%s: %s: wanted integers, got %g in the range", where,
                            key->name, value);
        TRI_TRY(add_value(yaml, node, value, p));
        value = times ? value * by : from + i * by;
    }
    return TRI_OK;
}

static enum tri_status read_parameter(const struct tri_yaml *yaml, tri_yaml_node node,
                                      const struct tri_key_info *key,
                                      struct tri_space_parameter *p) {
    const enum tri_yaml_kind kind = tri_yaml_kind(yaml, node);
    double value = 0.0;
    (void)snprintf(p->name, sizeof p->name, "%s", key->name);
    p->line = tri_yaml_line(yaml, node);
    if (kind == TRI_YAML_MAP) return read_range(yaml, node, key, p);
    if (kind != TRI_YAML_LIST) {
        TRI_TRY(read_value(yaml, node, key, &value));
        return add_value(yaml, node, value, p);
    }
    uint32_t count = 0;
    TRI_TRY(tri_yaml_count(yaml, node, &count));
    for (uint32_t i = 0; i < count; i++) {
        const tri_yaml_node item = tri_yaml_item(yaml, node, i);
        TRI_TRY(read_value(yaml, item, key, &value));
        TRI_TRY(add_value(yaml, item, value, p));
    }
    if (count > 0) return TRI_OK;
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, node, where);
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted at least one value, got an empty list", where,
                    key->name);
}

static enum tri_status check_points(const struct tri_yaml *yaml, tri_yaml_node map,
                                    const struct tri_space *space) {
    uint64_t points = 1; /* stays below limit times the values of one parameter */
    for (uint32_t i = 0; i < space->parameter_count; i++) {
        points *= space->parameters[i].count;
        if (points <= TRI_SPACE_POINTS) continue;
        char where[TRI_YAML_WHERE];
        tri_yaml_where(yaml, map, where);
        return tri_fail(TRI_E_FORMAT,
                        "%s: parameters: wanted at most %d points, got more by \"%s\"", where,
                        TRI_SPACE_POINTS, space->parameters[i].name);
    }
    return TRI_OK;
}

enum tri_status tri_space_read_parameters(const struct tri_yaml *yaml, tri_yaml_node map,
                                          struct tri_space *space) {
    const char *known[2 * TRI_KEYS];
    size_t count = 0;
    for (int k = 0; k < TRI_KEYS; k++) known[count++] = tri_key_info((enum tri_key)k)->name;
    for (int k = 0; k < TRI_KEYS; k++) {
        if (k != TRI_KEY_CLOCK_MHZ) known[count++] = tri_key_info((enum tri_key)k)->brief;
    }
    TRI_TRY(tri_yaml_keys(yaml, map, known, count));
    for (int k = 0; k < TRI_KEYS; k++) {
        const struct tri_key_info *key = tri_key_info((enum tri_key)k);
        const tri_yaml_node full = tri_yaml_find(yaml, map, key->name);
        const tri_yaml_node brief =
            k != TRI_KEY_CLOCK_MHZ ? tri_yaml_find(yaml, map, key->brief) : 0;
        if (full != 0 && brief != 0) {
            char where[TRI_YAML_WHERE];
            tri_yaml_where(yaml, brief, where);
            return tri_fail(TRI_E_FORMAT, "%s: key \"%s\" is given twice, also as \"%s\"", where,
                            key->name, key->brief);
        }
        if (full == 0 && brief == 0) continue;
        TRI_TRY(read_parameter(yaml, full != 0 ? full : brief, key,
                               &space->parameters[space->parameter_count++]));
    }
    if (space->parameter_count > 0) return check_points(yaml, map, space);
    char where[TRI_YAML_WHERE];
    tri_yaml_where(yaml, map, where);
    return tri_fail(TRI_E_FORMAT, "%s: parameters: wanted at least one, got none", where);
}
_Static_assert((int)TRI_KEYS <= (int)TRI_SPACE_PARAMETERS, "room for every key");
