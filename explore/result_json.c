/* SPDX-License-Identifier: Apache-2.0
 *
 * Designs, figures and points as JSON and back, and the whole result as one document. One writer
 * for files, workers' pipes, tables and the report. Not here: lines and files (result.c).
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "explore/json_members.h"
#include "explore/keys.h"
#include "explore/result.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const state_names[] = {"done", "refused", "pruned", "failed"};
static const char *const effort_names[] = {"model", "composed", "simulated", "full"};
static const char *const counter_names[] = {"active",           "steps",        "wait_command",
                                            "wait_activations", "wait_results", "wait_weights"};

const char *tri_point_state_name(enum tri_point_state state) { return state_names[state]; }

const char *tri_effort_name(enum tri_effort effort) { return effort_names[effort]; }

const char *const *tri_effort_names(void) { return effort_names; }

/* Where a word stands in a list; -1: nowhere. */
static int find_word(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; word != NULL && i < count; i++)
        if (strcmp(word, words[i]) == 0) return (int)i;
    return -1;
}

/* ---- designs, by the table of their keys ---- */

/* What stands under a key's name, "geometry.ports" or "clock_mhz"; NULL if nothing does. */
static json_t *member_of(const json_t *design, const char *name) {
    char group[40];
    size_t length = strcspn(name, ".");
    if (length >= sizeof group) return NULL;
    memcpy(group, name, length);
    group[length] = '\0';
    json_t *value = json_object_get(design, group);
    return name[length] == '.' ? json_object_get(value, name + length + 1) : value;
}

json_t *tri_design_to_json(const struct tri_design *design) {
    json_t *geometry = json_object(), *memory = json_object();
    json_t *json = json_pack("{s:s, s:n, s:o, s:o}", "name", design->name, "clock_mhz", "geometry",
                             geometry, "memory", memory);
    for (int i = 0; i < TRI_KEYS && json != NULL; i++) {
        const enum tri_key key = (enum tri_key)i;
        const struct tri_key_info *info = tri_key_info(key);
        const double value = tri_key_get(design, key);
        char word[32];
        tri_key_text(key, value, word, sizeof word);
        (void)json_object_set_new(
            i < TRI_KEY_PORTS     ? json
            : i < TRI_KEY_PROFILE ? geometry
                                  : memory,
            info->brief, info->kind == TRI_KEY_WORD ? json_string(word) : tri_json_number(value));
    }
    return json;
}

/* Whether a value is one of a key; *number is then what tri_key_set takes. */
static bool key_from_json(const struct tri_key_info *info, const json_t *value, double *number) {
    *number = json_number_value(value);
    if (info->kind == TRI_KEY_NUMBER) return json_is_number(value);
    if (info->kind == TRI_KEY_INTEGER)
        return json_is_integer(value) && *number >= 0 && *number <= UINT32_MAX;
    const int at = find_word(json_string_value(value), info->words, info->word_count);
    *number = at;
    return at >= 0;
}

enum tri_status tri_design_from_json(const json_t *json, const char *where,
                                     struct tri_design *design) {
    static const char *const wanted[] = {[TRI_KEY_INTEGER] = "a whole number of 32 bits",
                                         [TRI_KEY_NUMBER] = "a number",
                                         [TRI_KEY_WORD] = "one of its words"};
    static const struct tri_member name[] = {TRI_MEMBER(TEXT, struct tri_design, name)};
    memset(design, 0, sizeof *design);
    TRI_TRY(tri_members_from_json(json, where, name, COUNT(name), design));
    for (int i = 0; i < TRI_KEYS; i++) {
        const struct tri_key_info *info = tri_key_info((enum tri_key)i);
        const json_t *value = member_of(json, info->name);
        double number;
        char text[48];
        if (!key_from_json(info, value, &number))
            return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %s", where, info->brief,
                            wanted[info->kind], tri_json_short(value, text));
        tri_key_set(design, (enum tri_key)i, number);
    }
    return tri_geometry_check(&design->geometry, where);
}

static json_t *parameters_of(const struct tri_space *space, const json_t *design) {
    json_t *json = json_object();
    for (uint32_t i = 0; i < space->parameter_count && json != NULL; i++) {
        json_t *value = member_of(design, space->parameters[i].name);
        if (value != NULL) (void)json_object_set(json, space->parameters[i].name, value);
    }
    return json;
}

/* ---- figures ---- */

static json_t *figures_to_json(const struct tri_figures *figures) {
    json_t *json = json_object();
    for (int i = 0; i < TRI_FIGURE_COUNT && json != NULL; i++) {
        const struct tri_figure *figure = &figures->at[i];
        if (figure->origin == TRI_ABSENT || !isfinite(figure->value)) continue;
        (void)json_object_set_new(
            json, tri_figure_info((enum tri_figure_id)i)->name,
            json_pack("[o, s]", tri_json_number(figure->value), tri_origin_name(figure->origin)));
    }
    return json;
}

static enum tri_status figures_from_json(const json_t *json, const char *where,
                                         struct tri_figures *figures) {
    const char *name;
    json_t *pair;
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) figures->at[i].origin = TRI_ABSENT;
    if (!json_is_object(json)) return tri_fail(TRI_E_FORMAT, "%s: figures are missing", where);
    json_object_foreach((json_t *)(uintptr_t)json, name, pair) {
        enum tri_figure_id id = tri_figure_find(name);
        const char *word = json_string_value(json_array_get(pair, 1));
        const json_t *number = json_array_get(pair, 0);
        enum tri_origin origin = word == NULL ? TRI_ABSENT : tri_origin_find(word);
        if (id == TRI_FIGURE_COUNT)
            return tri_fail(TRI_E_FORMAT, "%s: wanted a known figure, got '%s'", where, name);
        if (!json_is_number(number) || origin == TRI_ABSENT)
            return tri_fail(TRI_E_FORMAT, "%s: %s: wanted a number and its origin", where, name);
        figures->at[id] = (struct tri_figure){json_number_value(number), origin};
    }
    return TRI_OK;
}

static json_t *counters_to_json(const uint64_t *counters) {
    if (counters[0] == 0) return json_null();
    json_t *json = json_object();
    for (size_t i = 0; i < COUNT(counter_names) && json != NULL; i++)
        (void)json_object_set_new(json, counter_names[i], json_integer((json_int_t)counters[i]));
    return json;
}

static void counters_from_json(const json_t *json, uint64_t *counters) {
    for (size_t i = 0; i < COUNT(counter_names); i++)
        counters[i] = (uint64_t)json_integer_value(json_object_get(json, counter_names[i]));
}

/* ---- points ---- */

json_t *tri_point_to_json(const struct tri_space *space, const struct tri_point *point) {
    char key[17];
    (void)snprintf(key, sizeof key, "%016" PRIx64, point->key);
    json_t *design = tri_design_to_json(&point->design);
    json_t *json =
        json_pack("{s:I, s:s, s:s, s:b, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "index",
                  (json_int_t)point->index, "state", state_names[point->state], "effort",
                  effort_names[point->effort], "front", point->front, "parameters",
                  parameters_of(space, design), "why", point->why, "log", point->log, "wall",
                  tri_wall_name(point->figures.wall), "figures", figures_to_json(&point->figures),
                  "prefill_counters", counters_to_json(point->figures.prefill_counters),
                  "decode_counters", counters_to_json(point->figures.decode_counters), "seconds",
                  json_real(point->seconds), "design", design);
    if (json == NULL) return NULL;
    (void)json_object_set_new(json, "key", json_string(key));
    return json;
}

enum tri_status tri_point_from_json(const json_t *json, const char *where,
                                    struct tri_point *point) {
    const char *state, *effort, *wall, *why, *log, *key;
    json_int_t index;
    json_error_t error;
    memset(point, 0, sizeof *point);
    if (json_unpack_ex((json_t *)(uintptr_t)json, &error, 0,
                       "{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:F}", "index", &index, "state", &state,
                       "effort", &effort, "wall", &wall, "why", &why, "log", &log, "key", &key,
                       "seconds", &point->seconds) != 0)
        return tri_fail(TRI_E_FORMAT, "%s: wanted a point, got: %s", where, error.text);
    int state_at = find_word(state, state_names, COUNT(state_names));
    int effort_at = find_word(effort, effort_names, COUNT(effort_names));
    if (state_at < 0 || effort_at < 0 || index < 0)
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted a point's index, state and effort, got %lld %s %s", where,
                        (long long)index, state, effort);
    point->index = (uint64_t)index;
    point->state = (enum tri_point_state)state_at;
    point->effort = (enum tri_effort)effort_at;
    point->front = json_is_true(json_object_get(json, "front"));
    (void)snprintf(point->why, sizeof point->why, "%s", why);
    (void)snprintf(point->log, sizeof point->log, "%s", log);
    if (sscanf(key, "%" SCNx64, &point->key) != 1)
        return tri_fail(TRI_E_FORMAT, "%s: key: wanted 16 hexadecimal digits, got '%s'", where,
                        key);
    for (int i = 0; i < TRI_WALLS; i++)
        if (strcmp(wall, tri_wall_name((enum tri_wall)i)) == 0)
            point->figures.wall = (enum tri_wall)i;
    counters_from_json(json_object_get(json, "prefill_counters"), point->figures.prefill_counters);
    counters_from_json(json_object_get(json, "decode_counters"), point->figures.decode_counters);
    TRI_TRY(tri_design_from_json(json_object_get(json, "design"), where, &point->design));
    return figures_from_json(json_object_get(json, "figures"), where, &point->figures);
}

/* ---- the document ---- */

json_t *tri_tools_to_json(const struct tri_tool *tools, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < count && list != NULL; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", tools[i].name,
                                                    "version", tools[i].version, "package",
                                                    tools[i].package, "gives", tools[i].gives));
    return list;
}

static json_t *figure_list(void) {
    json_t *list = json_array();
    for (int i = 0; i < TRI_FIGURE_COUNT && list != NULL; i++) {
        const struct tri_figure_info *info = tri_figure_info((enum tri_figure_id)i);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s}", "name", info->name, "unit", info->unit,
                            "better", tri_better_name(info->better), "meaning", info->meaning));
    }
    return list;
}

enum tri_status tri_result_json(const struct tri_result *result, json_t **json) {
    json_t *points = json_array();
    for (uint64_t i = 0; i < result->count && points != NULL; i++)
        (void)json_array_append_new(points, tri_point_to_json(&result->space, &result->points[i]));
    json_t *error = result->model_error_median_pct < 0
                        ? json_null()
                        : json_pack("{s:f, s:f}", "median_pct", result->model_error_median_pct,
                                    "worst_pct", result->model_error_worst_pct);
    *json = json_pack("{s:i, s:[I, I], s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "tritium_explore",
                      TRI_RESULT_VERSION, "shard", (json_int_t)result->shard,
                      (json_int_t)result->shards, "seconds", result->seconds, "unfinished",
                      tri_unfinished_to_json(result), "model_error", error, "figures",
                      figure_list(), "space", tri_space_to_json(&result->space), "tools",
                      tri_tools_to_json(result->tools, result->tool_count), "points", points);
    if (*json == NULL) return tri_fail(TRI_E_MEMORY, "result: no memory for its document");
    if (result->command[0] != '\0')
        (void)json_object_set_new(*json, "command", json_string(result->command));
    return TRI_OK;
}
