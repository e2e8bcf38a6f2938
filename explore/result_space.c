/* SPDX-License-Identifier: Apache-2.0
 *
 * A space as JSON and back, so that a result file can be shown, merged and picked from without the
 * files that it was made from. Not here: points (result_json.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "explore/json_members.h"
#include "explore/result.h"
#include "explore/space_private.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct tri_member workload_members[] = {
    TRI_MEMBER(TEXT, struct tri_space_workload, shape),
    TRI_MEMBER(COUNT, struct tri_space_workload, prompt),
    TRI_MEMBER(COUNT, struct tri_space_workload, tokens),
    TRI_MEMBER(COUNT, struct tri_space_workload, batch),
};

static const struct tri_member host_members[] = {
    TRI_MEMBER(TEXT, struct tri_space_host, name),
    TRI_MEMBER(NUMBER, struct tri_space_host, ms_per_token),
    TRI_MEMBER(NUMBER, struct tri_space_host, head_ms_per_token),
    TRI_MEMBER(NUMBER, struct tri_space_host, prefill_ms_per_token),
    TRI_MEMBER(NUMBER, struct tri_space_host, launch_us),
    TRI_MEMBER(COUNT, struct tri_space_host, lists_per_token),
    TRI_MEMBER(NUMBER, struct tri_space_host, overlap),
};

static json_t *part_to_json(const struct tri_space_part *part) {
    struct tri_space_part copy = *part;
    json_t *json = json_pack("{s:s, s:s}", "name", part->name, "family", part->family);
    for (uint32_t i = 0; i < TRI_PART_NUMBERS && json != NULL; i++)
        (void)json_object_set_new(json, tri_part_numbers[i],
                                  tri_json_number(*tri_part_number(&copy, i)));
    return json;
}

static json_t *value_to_json(const char *name, double value) {
    char text[32];
    tri_space_value(name, value, text, sizeof text);
    bool word = text[strspn(text, "+-.0123456789e")] != '\0';
    return word ? json_string(text) : tri_json_number(value);
}

static json_t *parameters_to_json(const struct tri_space *space) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < space->parameter_count; i++) {
        const struct tri_space_parameter *parameter = &space->parameters[i];
        json_t *values = json_array();
        for (uint32_t v = 0; v < parameter->count; v++)
            (void)json_array_append_new(values,
                                        value_to_json(parameter->name, parameter->values[v]));
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", parameter->name, "values", values));
    }
    return list;
}

static json_t *objectives_to_json(const struct tri_space *space) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < space->objective_count; i++)
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s}", "figure", tri_figure_info(space->objectives[i].figure)->name,
                      "better", tri_better_name(space->objectives[i].better)));
    return list;
}

/* What a reader wants to see of a space; it is read back from its text. */
static json_t *members_of(const struct tri_space *space) {
    json_t *constraints = json_array();
    for (uint32_t i = 0; i < space->constraint_count; i++)
        (void)json_array_append_new(constraints, json_string(space->constraints[i].text));
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", space->name, "parameters",
        parameters_to_json(space), "constraints", constraints, "objectives",
        objectives_to_json(space), "part", part_to_json(&space->part), "workload",
        tri_members_to_json(&space->workload, workload_members, COUNT(workload_members)), "host",
        tri_members_to_json(&space->host, host_members, COUNT(host_members)));
}

/* The space as YAML, for the caller to free; NULL without memory. */
static char *space_text(const struct tri_space *space) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return NULL;
    tri_space_print(space, out);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

uint64_t tri_space_hash(const struct tri_space *space) {
    struct tri_space without = *space; /* shares the constraints, which are only read */
    without.budget_points = 0;
    without.budget_minutes = 0;
    char *text = space_text(&without);
    uint64_t hash = text == NULL ? 0 : tri_hash_bytes(TRI_HASH_START, text, strlen(text));
    free(text);
    return hash;
}

json_t *tri_space_to_json(const struct tri_space *space) {
    char hash[17], *yaml = space_text(space);
    json_t *json = yaml == NULL ? NULL : members_of(space);
    if (json != NULL) {
        (void)snprintf(hash, sizeof hash, "%016" PRIx64, tri_space_hash(space));
        (void)json_object_set_new(json, "path", json_string(space->path));
        (void)json_object_set_new(json, "hash", json_string(hash));
        (void)json_object_set_new(json, "yaml", json_string(yaml));
    }
    free(yaml);
    return json;
}

enum tri_status tri_space_from_json(const json_t *json, const char *where,
                                    struct tri_space *space) {
    const char *yaml, *path, *hash;
    char name[TRI_YAML_WHERE], wanted[17];
    json_error_t error;
    memset(space, 0, sizeof *space);
    if (json_unpack_ex((json_t *)(uintptr_t)json, &error, 0, "{s:s, s:s, s:s}", "yaml", &yaml,
                       "path", &path, "hash", &hash) != 0)
        return tri_fail(TRI_E_FORMAT, "%s: space: wanted its text, got: %s", where, error.text);
    FILE *text = fmemopen((char *)(uintptr_t)yaml, strlen(yaml), "r");
    if (text == NULL) return tri_fail(TRI_E_FORMAT, "%s: space: wanted its text, got none", where);
    (void)snprintf(name, sizeof name, "%s: space", where);
    enum tri_status status = tri_space_read_stream(text, name, space);
    (void)fclose(text);
    TRI_TRY(status);
    (void)snprintf(space->path, sizeof space->path, "%s", path);
    for (uint32_t i = 0; i < space->constraint_count; i++)
        space->constraints[i].line = 0; /* a line of the text is none of that file */
    (void)snprintf(wanted, sizeof wanted, "%016" PRIx64, tri_space_hash(space));
    if (strcmp(hash, wanted) != 0)
        return tri_fail(TRI_E_FORMAT, "%s: space: wanted the hash %s of what it says, got %s",
                        where, wanted, hash);
    return TRI_OK;
}
