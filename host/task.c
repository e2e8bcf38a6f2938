/* SPDX-License-Identifier: Apache-2.0
 *
 * One JSON object a line, every key known; all lines are checked before a model is asked anything.
 */
#include "host/task.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

struct tri_task_json {
    json_t *lines; /* an array */
};

static const char *const known[] = {"context", "continuations", "answer", "delimiter", "id"};
enum { KNOWN = sizeof known / sizeof known[0] };

struct reader {
    const char *path;
    uint32_t line;
};

static enum tri_status wrong(const struct reader *in, const char *key, const char *wanted,
                             const json_t *value) {
    char *got = value == NULL
                    ? NULL
                    : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    enum tri_status status =
        tri_fail(TRI_E_FORMAT, "%s:%" PRIu32 ": %s: wanted %s, got %.100s", in->path, in->line, key,
                 wanted, got != NULL ? got : "nothing");
    free(got);
    return status;
}

static enum tri_status check_keys(const struct reader *in, json_t *line) {
    const char *key;
    json_t *value;
    json_object_foreach(line, key, value) {
        bool found = false;
        for (int i = 0; i < KNOWN; i++) found = found || strcmp(key, known[i]) == 0;
        if (!found)
            return tri_fail(TRI_E_FORMAT,
                            "%s:%" PRIu32 ": unknown key '%.100s'; the nearest known is '%s'",
                            in->path, in->line, key, tri_nearest(key, known, KNOWN));
    }
    return TRI_OK;
}

static enum tri_status read_choices(const struct reader *in, const json_t *list,
                                    struct tri_task_item *item) {
    if (!json_is_array(list) || json_array_size(list) < 2 || json_array_size(list) > 1000)
        return wrong(in, "continuations", "a list of 2 to 1000 strings", list);
    item->choice = calloc(json_array_size(list), sizeof *item->choice);
    if (item->choice == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    for (uint32_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);
        if (!json_is_string(text) || json_string_length(text) == 0)
            return wrong(in, "continuations", "strings that are not empty", text);
        struct tri_choice *choice = &item->choice[i];
        choice->text = json_string_value(text);
        choice->bytes = json_string_length(text);
        for (size_t k = 0; k < choice->bytes; k++)
            choice->characters += ((unsigned char)choice->text[k] & 0xc0) != 0x80;
        item->choices++;
    }
    return TRI_OK;
}

static enum tri_status read_item(const struct reader *in, json_t *line,
                                 struct tri_task_item *item) {
    if (!json_is_object(line)) return wrong(in, "line", "a JSON object", line);
    TRI_TRY(check_keys(in, line));
    const json_t *context = json_object_get(line, "context");
    if (!json_is_string(context)) return wrong(in, "context", "a string", context);
    item->context = json_string_value(context);
    item->context_bytes = json_string_length(context);
    TRI_TRY(read_choices(in, json_object_get(line, "continuations"), item));
    const json_t *delimiter = json_object_get(line, "delimiter");
    if (delimiter != NULL && !json_is_string(delimiter))
        return wrong(in, "delimiter", "a string", delimiter);
    item->delimiter = delimiter != NULL ? json_string_value(delimiter) : " ";
    const json_t *answer = json_object_get(line, "answer");
    char wanted[48];
    snprintf(wanted, sizeof wanted, "an index from 0 to %" PRIu32, item->choices - 1);
    if (!json_is_integer(answer) || json_integer_value(answer) < 0 ||
        json_integer_value(answer) >= (json_int_t)item->choices)
        return wrong(in, "answer", wanted, answer);
    item->answer = (uint32_t)json_integer_value(answer);
    item->line = in->line;
    return TRI_OK;
}

static enum tri_status add_line(struct reader *in, const char *text, size_t bytes,
                                struct tri_task *task) {
    json_error_t error;
    json_t *line = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (line == NULL)
        return tri_fail(TRI_E_FORMAT, "%s:%" PRIu32 ": wanted a JSON object, got: %s (column %d)",
                        in->path, in->line, error.text, error.column);
    if (json_array_append_new(task->json->lines, line) != 0)
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    if (task->count == task->room) {
        size_t room = 2 * task->room + 64;
        struct tri_task_item *more = realloc(task->item, room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
        task->item = more;
        task->room = room;
    }
    struct tri_task_item *item = &task->item[task->count++];
    memset(item, 0, sizeof *item);
    return read_item(in, line, item);
}

enum tri_status tri_task_read(const char *path, const char *text, size_t bytes,
                              struct tri_task *task) {
    struct reader in = {.path = path};
    memset(task, 0, sizeof *task);
    task->json = calloc(1, sizeof *task->json);
    if (task->json != NULL) task->json->lines = json_array();
    if (task->json == NULL || task->json->lines == NULL)
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    for (size_t at = 0; at < bytes;) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end == NULL ? bytes - at : (size_t)(end - text) - at;
        in.line++;
        size_t blank = 0;
        while (blank < length && memchr(" \t\r", text[at + blank], 3) != NULL) blank++;
        if (blank < length) TRI_TRY(add_line(&in, text + at, length, task));
        at += length + 1;
    }
    if (task->count > 0) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: wanted at least one item, got none", path);
}

void tri_task_free(struct tri_task *task) {
    for (size_t i = 0; i < task->count; i++) free(task->item[i].choice);
    free(task->item);
    if (task->json != NULL) json_decref(task->json->lines);
    free(task->json);
    memset(task, 0, sizeof *task);
}

uint32_t tri_task_best(const double *values, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (values[i] > values[best]) best = i;
    return best;
}

double tri_task_error(uint64_t ones, uint64_t n) {
    if (n < 2) return 0;
    double mean = (double)ones / (double)n;
    double variance = (double)n * mean * (1 - mean) / (double)(n - 1);
    return sqrt(variance / (double)n);
}
