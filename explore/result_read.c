/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a result file line by line. Only the last line may be cut short: then the writer was killed
 * in the middle of it. Not here: what a line says (result_json.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/result.h"

enum { WHERE_BYTES = 4160 };

/* A copy of a text member; NULL without memory, and "" where there is none. */
static char *copied(const json_t *json, const char *name) {
    const char *text = json_string_value(json_object_get(json, name));
    size_t size = text == NULL ? 1 : strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) memcpy(copy, text == NULL ? "" : text, size);
    return copy;
}

static enum tri_status read_tools(const json_t *list, const char *where,
                                  struct tri_result *result) {
    enum { MOST = 64 };
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > MOST)
        return tri_fail(TRI_E_FORMAT, "%s: tools: wanted a list of at most %d, got %zu", where,
                        MOST, count);
    result->tools = calloc(count + 1, sizeof *result->tools);
    if (result->tools == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory", where);
    for (size_t i = 0; i < count; i++) {
        const json_t *from = json_array_get(list, i);
        struct tri_tool *tool = &result->tools[i];
        result->tool_count = (uint32_t)i + 1;
        tool->name = copied(from, "name");
        tool->package = copied(from, "package");
        tool->gives = copied(from, "gives");
        if (tool->name == NULL || tool->package == NULL || tool->gives == NULL)
            return tri_fail(TRI_E_MEMORY, "%s: no memory", where);
        const char *version = json_string_value(json_object_get(from, "version"));
        (void)snprintf(tool->version, sizeof tool->version, "%s", version == NULL ? "" : version);
    }
    return TRI_OK;
}

static enum tri_status read_header(const json_t *json, const char *where,
                                   struct tri_result *result) {
    const json_t *version = json_object_get(json, "tritium_explore");
    if (!json_is_integer(version))
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted the header of a result ('tritium_explore'), got another line",
                        where);
    if (json_integer_value(version) != TRI_RESULT_VERSION)
        return tri_fail(TRI_E_FORMAT,
                        "%s: wanted a result of version %d, which this program writes, got version "
                        "%lld",
                        where, TRI_RESULT_VERSION, (long long)json_integer_value(version));
    const json_t *shard = json_object_get(json, "shard");
    json_int_t i = json_integer_value(json_array_get(shard, 0));
    json_int_t n = json_integer_value(json_array_get(shard, 1));
    if (i < 1 || n < i || n > (json_int_t)UINT32_MAX)
        return tri_fail(TRI_E_FORMAT, "%s: shard: wanted I of N, got %lld of %lld", where,
                        (long long)i, (long long)n);
    result->shard = (uint32_t)i;
    result->shards = (uint32_t)n;
    const char *command = json_string_value(json_object_get(json, "command"));
    (void)snprintf(result->command, sizeof result->command, "%s", command == NULL ? "" : command);
    TRI_TRY(tri_space_from_json(json_object_get(json, "space"), where, &result->space));
    result->space_hash = tri_space_hash(&result->space);
    return read_tools(json_object_get(json, "tools"), where, result);
}

static enum tri_status read_line(const json_t *json, const char *where, bool first,
                                 struct tri_result *result) {
    if (first) return read_header(json, where, result);
    const json_t *seconds = json_object_get(json, "sweep_seconds");
    if (json_is_number(seconds)) {
        result->seconds += json_number_value(seconds);
        return tri_unfinished_from_json(json_object_get(json, "unfinished"), where,
                                        &result->unfinished);
    }
    struct tri_point point;
    TRI_TRY(tri_point_from_json(json, where, &point));
    return tri_result_add(result, &point);
}

static enum tri_status read_lines(FILE *in, const char *path, struct tri_result *result,
                                  uint32_t *cut) {
    char *line = NULL, where[WHERE_BYTES];
    size_t room = 0;
    uint64_t number = 0;
    ssize_t length;
    enum tri_status status = TRI_OK;
    while (status == TRI_OK && (length = getline(&line, &room, in)) > 0) {
        number++;
        (void)snprintf(where, sizeof where, "%s:%llu", path, (unsigned long long)number);
        if (line[length - 1] != '\n') {
            (*cut)++;
            if (number > 1) break;
        }
        json_error_t error;
        json_t *json = json_loadb(line, (size_t)length, 0, &error);
        if (json == NULL)
            status = tri_fail(TRI_E_FORMAT, "%s: wanted a JSON object, got: %s", where, error.text);
        else
            status = read_line(json, where, number == 1, result);
        json_decref(json);
    }
    if (status == TRI_OK && ferror(in))
        status = tri_fail(TRI_E_IO, "%s: a read failed: %s", path, strerror(errno));
    if (status == TRI_OK && number == 0)
        status = tri_fail(TRI_E_FORMAT, "%s: wanted a result, got an empty file", path);
    free(line);
    return status;
}

enum tri_status tri_result_read(const char *path, struct tri_result *result, uint32_t *cut) {
    memset(result, 0, sizeof *result);
    result->model_error_median_pct = result->model_error_worst_pct = -1;
    *cut = 0;
    if (strlen(path) > WHERE_BYTES - 64)
        return tri_fail(TRI_E_IO, "result: wanted a shorter path, got %zu bytes", strlen(path));
    FILE *in = fopen(path, "rb");
    if (in == NULL) return tri_fail(TRI_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    enum tri_status status = read_lines(in, path, result, cut);
    (void)fclose(in);
    return status == TRI_OK ? tri_result_front(result) : status;
}
