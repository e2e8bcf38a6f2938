/* SPDX-License-Identifier: Apache-2.0
 *
 * A result in memory and as a file of JSON lines: points are found by index, the front is marked,
 * lines are written and flushed one by one. Not here: reading (result_read.c), joining
 * (result_merge.c), what a line says (result_json.c).
 */
#include "explore/result.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- points by index ---- */

enum tri_status tri_result_create(const struct tri_space *space, struct tri_result *result) {
    memset(result, 0, sizeof *result);
    result->model_error_median_pct = result->model_error_worst_pct = -1;
    result->shard = result->shards = 1;
    result->space_hash = tri_space_hash(space);
    return tri_space_copy(space, &result->space);
}

void tri_result_free(struct tri_result *result) {
    tri_space_free(&result->space);
    for (uint32_t i = 0; i < result->tool_count; i++) {
        free((char *)(uintptr_t)result->tools[i].name);
        free((char *)(uintptr_t)result->tools[i].package);
        free((char *)(uintptr_t)result->tools[i].gives);
    }
    free(result->tools);
    free(result->points);
    memset(result, 0, sizeof *result);
}

/* Where the point of this index is or belongs. */
static uint64_t place_of(const struct tri_result *result, uint64_t index) {
    uint64_t low = 0, high = result->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (result->points[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct tri_point *tri_result_find(const struct tri_result *result, uint64_t index) {
    uint64_t at = place_of(result, index);
    return at < result->count && result->points[at].index == index ? &result->points[at] : NULL;
}

enum tri_status tri_result_add(struct tri_result *result, const struct tri_point *point) {
    struct tri_point *known = tri_result_find(result, point->index);
    if (known != NULL) {
        *known = *point;
        return TRI_OK;
    }
    /* Room doubles: it is full when the count is a power of two. */
    if ((result->count & (result->count - 1)) == 0) {
        uint64_t room = result->count == 0 ? 1 : 2 * result->count;
        struct tri_point *more = room > SIZE_MAX / sizeof *more
                                     ? NULL
                                     : realloc(result->points, (size_t)room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "result: no memory for a point");
        result->points = more;
    }
    uint64_t at = place_of(result, point->index);
    memmove(&result->points[at + 1], &result->points[at],
            (size_t)(result->count - at) * sizeof *point);
    result->points[at] = *point;
    result->count++;
    return TRI_OK;
}

/* ---- front and error ---- */

bool tri_dominates(const struct tri_space *space, const struct tri_figures *a,
                   const struct tri_figures *b, bool *better) {
    *better = false;
    for (uint32_t i = 0; i < space->objective_count; i++) {
        const struct tri_space_objective *objective = &space->objectives[i];
        const struct tri_figure *x = &a->at[objective->figure], *y = &b->at[objective->figure];
        if (objective->better == TRI_NEITHER) continue;
        double sign = objective->better == TRI_LARGER ? -1 : 1;
        double left = x->origin == TRI_ABSENT ? INFINITY : sign * x->value;
        double right = y->origin == TRI_ABSENT ? INFINITY : sign * y->value;
        if (left > right) return false;
        if (left < right) *better = true;
    }
    return true;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Over the simulated points, each by the list of commands for which the formula is furthest off. */
static enum tri_status sum_up_error(struct tri_result *result) {
    result->model_error_median_pct = result->model_error_worst_pct = -1;
    double *errors = calloc((size_t)result->count + 1, sizeof *errors);
    size_t count = 0;
    if (errors == NULL) return tri_fail(TRI_E_MEMORY, "result: no memory for the model's error");
    for (uint64_t i = 0; i < result->count; i++) {
        const struct tri_figure *error = &result->points[i].figures.at[TRI_FIGURE_model_error];
        if (error->origin == TRI_SIMULATED) errors[count++] = fabs(error->value);
    }
    if (count > 0) {
        qsort(errors, count, sizeof *errors, by_value);
        result->model_error_median_pct = (errors[(count - 1) / 2] + errors[count / 2]) / 2;
        result->model_error_worst_pct = errors[count - 1];
    }
    free(errors);
    return TRI_OK;
}

/* Takes a point into the front so far, or not. front: [used], indices of points. */
static size_t take_in(const struct tri_result *result, uint64_t *front, size_t used, uint64_t at) {
    const struct tri_figures *figures = &result->points[at].figures;
    size_t kept = 0;
    bool better;
    for (size_t i = 0; i < used; i++)
        if (tri_dominates(&result->space, &result->points[front[i]].figures, figures, &better) &&
            better)
            return used;
    for (size_t i = 0; i < used; i++)
        if (!tri_dominates(&result->space, figures, &result->points[front[i]].figures, &better) ||
            !better)
            front[kept++] = front[i];
    front[kept++] = at;
    return kept;
}

enum tri_status tri_result_front(struct tri_result *result) {
    uint64_t *front = calloc((size_t)result->count + 1, sizeof *front);
    size_t used = 0;
    if (front == NULL) return tri_fail(TRI_E_MEMORY, "result: no memory for its front");
    for (uint64_t i = 0; i < result->count; i++) {
        result->points[i].front = false;
        if (result->points[i].state == TRI_POINT_DONE) used = take_in(result, front, used, i);
    }
    for (size_t i = 0; i < used; i++) result->points[front[i]].front = true;
    free(front);
    return sum_up_error(result);
}

/* ---- lines ---- */

static enum tri_status write_line(FILE *out, const char *path, json_t *json) {
    char *text = json == NULL
                     ? NULL
                     : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(TRI_RESULT_DIGITS));
    json_decref(json);
    if (text == NULL) return tri_fail(TRI_E_MEMORY, "%s: no memory for a line", path);
    errno = 0;
    bool bad = fputs(text, out) == EOF || fputc('\n', out) == EOF || fflush(out) != 0;
    int reason = errno;
    free(text);
    if (bad)
        return tri_fail(TRI_E_IO, "%s: not written: %s", path,
                        reason != 0 ? strerror(reason) : "a write failed");
    return TRI_OK;
}

enum tri_status tri_result_write_header(FILE *out, const char *path,
                                        const struct tri_result *result) {
    json_t *json = json_pack("{s:i, s:[I, I], s:o, s:o}", "tritium_explore", TRI_RESULT_VERSION,
                             "shard", (json_int_t)result->shard, (json_int_t)result->shards,
                             "space", tri_space_to_json(&result->space), "tools",
                             tri_tools_to_json(result->tools, result->tool_count));
    if (json != NULL && result->command[0] != '\0')
        (void)json_object_set_new(json, "command", json_string(result->command));
    return write_line(out, path, json);
}

enum tri_status tri_result_write_point(FILE *out, const char *path, const struct tri_result *result,
                                       const struct tri_point *point) {
    return write_line(out, path, tri_point_to_json(&result->space, point));
}

enum tri_status tri_result_write_end(FILE *out, const char *path, const struct tri_result *result) {
    json_t *json = json_pack("{s:f}", "sweep_seconds", result->seconds);
    if (json != NULL && result->unfinished.by != TRI_CUT_NONE)
        (void)json_object_set_new(json, "unfinished", tri_unfinished_to_json(result));
    return write_line(out, path, json);
}

static enum tri_status write_all(FILE *out, const char *path, const struct tri_result *result) {
    TRI_TRY(tri_result_write_header(out, path, result));
    for (uint64_t i = 0; i < result->count; i++)
        TRI_TRY(tri_result_write_point(out, path, result, &result->points[i]));
    TRI_TRY(tri_result_write_end(out, path, result));
    if (fsync(fileno(out)) != 0 && errno != EINVAL && errno != ENOTSUP)
        return tri_fail(TRI_E_IO, "%s: not written: %s", path, strerror(errno));
    return TRI_OK;
}

enum tri_status tri_result_write(const char *path, const struct tri_result *result) {
    char beside[4200];
    if (strlen(path) >= sizeof beside - 40)
        return tri_fail(TRI_E_IO, "result: wanted a path of at most %zu bytes, got %zu",
                        sizeof beside - 41, strlen(path));
    (void)snprintf(beside, sizeof beside, "%s.part-%ld", path, (long)getpid());
    FILE *out = fopen(beside, "wb");
    if (out == NULL) return tri_fail(TRI_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    enum tri_status status = write_all(out, path, result);
    if (fclose(out) != 0 && status == TRI_OK)
        status = tri_fail(TRI_E_IO, "%s: not written: %s", path, strerror(errno));
    if (status == TRI_OK && rename(beside, path) != 0)
        status = tri_fail(TRI_E_IO, "%s: not written: %s", path, strerror(errno));
    if (status != TRI_OK) (void)remove(beside);
    return status;
}
