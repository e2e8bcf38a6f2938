/* SPDX-License-Identifier: Apache-2.0
 *
 * Widths first, then rows. A letter behind a number says where it comes from.
 */
#include "host/exploretable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = TRI_SPACE_PARAMETERS + TRI_FIGURE_COUNT + 4, CELL = 48 };

static const char letters[] = {'s', 'r', 'y', 'c', 'm', 'a', 'q', '-'};

struct table {
    const struct tri_result *result;
    enum tri_figure_id figures[TRI_FIGURE_COUNT];
    size_t figure_count;
    uint64_t *order; /* [result->count] */
    size_t width[COLUMNS];
    bool used[sizeof letters]; /* origins that the legend names */
    const char *note;
};

/* ---- order ---- */

struct place {
    int group;
    double value;
    uint64_t at;
};

static int by_place(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->group != y->group) return x->group - y->group;
    if (x->value < y->value || x->value > y->value) return x->value < y->value ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static enum tri_status put_in_order(struct table *table) {
    const struct tri_result *result = table->result;
    struct place *places = calloc((size_t)result->count + 1, sizeof *places);
    table->order = calloc((size_t)result->count + 1, sizeof *table->order);
    if (places == NULL || table->order == NULL) {
        free(places);
        return tri_fail(TRI_E_MEMORY, "show: no memory for a table");
    }
    for (uint64_t i = 0; i < result->count; i++) {
        const struct tri_point *point = &result->points[i];
        places[i].at = i;
        places[i].group = point->front ? -1 : (int)point->state;
        if (result->space.objective_count == 0) continue;
        const struct tri_space_objective *first = &result->space.objectives[0];
        places[i].value =
            (first->better == TRI_LARGER ? -1 : 1) * point->figures.at[first->figure].value;
    }
    qsort(places, (size_t)result->count, sizeof *places, by_place);
    for (uint64_t i = 0; i < result->count; i++) table->order[i] = places[i].at;
    free(places);
    return TRI_OK;
}

/* ---- cells ---- */

/* The value of a parameter as text; NULL document: "". */
static void parameter_text(const json_t *point, const char *name, char *out) {
    const json_t *value = json_object_get(json_object_get(point, "parameters"), name);
    if (json_is_string(value))
        (void)snprintf(out, CELL, "%s", json_string_value(value));
    else if (json_is_number(value))
        (void)snprintf(out, CELL, "%.6g", json_number_value(value));
    else
        out[0] = '\0';
}

static void figure_text(struct table *table, const struct tri_figure *figure, char *out) {
    table->used[figure->origin] = true;
    if (figure->origin == TRI_ABSENT)
        (void)snprintf(out, CELL, "-");
    else if (figure->value >= 1000 && figure->value < 1e9)
        (void)snprintf(out, CELL, "%.0f %c", figure->value, letters[figure->origin]);
    else
        (void)snprintf(out, CELL, "%.4g %c", figure->value, letters[figure->origin]);
}

/* All cells of a row; at NULL: the heads. Returns how many. */
static size_t cells_of(struct table *table, const struct tri_point *point,
                       char cells[COLUMNS][CELL]) {
    const struct tri_space *space = &table->result->space;
    size_t n = 0;
    json_t *json = point == NULL ? NULL : tri_point_to_json(space, point);
    if (point == NULL)
        (void)snprintf(cells[n++], CELL, "point");
    else
        (void)snprintf(cells[n++], CELL, "%s%" PRIu64, point->front ? "* " : "", point->index);
    for (uint32_t i = 0; i < space->parameter_count; i++) {
        const char *dot = strchr(space->parameters[i].name, '.');
        if (point == NULL)
            (void)snprintf(cells[n], CELL, "%s", dot == NULL ? space->parameters[i].name : dot + 1);
        else
            parameter_text(json, space->parameters[i].name, cells[n]);
        n++;
    }
    for (size_t i = 0; i < table->figure_count; i++, n++) {
        if (point == NULL)
            (void)snprintf(cells[n], CELL, "%s", tri_figure_info(table->figures[i])->name);
        else
            figure_text(table, &point->figures.at[table->figures[i]], cells[n]);
    }
    if (point == NULL)
        (void)snprintf(cells[n], CELL, "wall");
    else
        (void)snprintf(cells[n], CELL, "%s", tri_wall_name(point->figures.wall));
    n++;
    if (point == NULL)
        (void)snprintf(cells[n], CELL, "effort");
    else
        (void)snprintf(cells[n], CELL, "%s",
                       point->state == TRI_POINT_DONE ? tri_effort_name(point->effort)
                                                      : tri_point_state_name(point->state));
    n++;
    json_decref(json);
    return n;
}

static void print_row(const struct table *table, char cells[COLUMNS][CELL], size_t count,
                      FILE *out) {
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        if (last || i + 2 == count)
            fprintf(out, "%-*s%s", last ? 0 : (int)table->width[i], cells[i], last ? "\n" : "  ");
        else
            fprintf(out, "%*s  ", (int)table->width[i], cells[i]);
    }
}

static void print_legend(const struct table *table, FILE *out) {
    const char *comma = "";
    if (table->result->count > 0) fprintf(out, "* on the front.");
    for (size_t i = 0; i + 1 < sizeof letters; i++) {
        if (!table->used[i]) continue;
        fprintf(out, "%s %c %s", comma, letters[i], tri_origin_name((enum tri_origin)i));
        comma = ",";
    }
    fprintf(out, "%s", table->used[TRI_ABSENT] ? ", - absent\n" : "\n");
}

static void print_rows(struct table *table, uint64_t rows, FILE *out) {
    const struct tri_result *result = table->result;
    char cells[COLUMNS][CELL];
    for (uint64_t i = 0; i <= rows; i++) {
        size_t count = cells_of(table, i == 0 ? NULL : &result->points[table->order[i - 1]], cells);
        for (size_t c = 0; c < count; c++)
            if (strlen(cells[c]) > table->width[c]) table->width[c] = strlen(cells[c]);
    }
    for (uint64_t i = 0; i <= rows; i++) {
        const struct tri_point *point = i == 0 ? NULL : &result->points[table->order[i - 1]];
        size_t count = cells_of(table, point, cells);
        print_row(table, cells, count, out);
        /* What a point that is done has to say is said once for all, unless it left a log. */
        bool own = point != NULL && (point->state != TRI_POINT_DONE || point->log[0] != '\0');
        if (point != NULL && !own && table->note[0] == '\0') table->note = point->why;
        if (own && point->why[0] != '\0')
            fprintf(out, "    %s%s%s\n", point->why, point->log[0] != '\0' ? "; log: " : "",
                    point->log);
    }
}

enum tri_status tri_explore_table(const struct tri_result *result, uint64_t rows,
                                  const enum tri_figure_id *figures, size_t count, FILE *out) {
    struct table table;
    memset(&table, 0, sizeof table);
    table.result = result;
    table.note = "";
    for (uint32_t i = 0; i < result->space.objective_count; i++)
        table.figures[table.figure_count++] = result->space.objectives[i].figure;
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t j = 0; j < table.figure_count; j++)
            there = there || table.figures[j] == figures[i];
        if (!there) table.figures[table.figure_count++] = figures[i];
    }
    enum tri_status status = put_in_order(&table);
    if (rows == 0 || rows > result->count) rows = result->count;
    if (status == TRI_OK) {
        print_rows(&table, rows, out);
        print_legend(&table, out);
        if (table.note[0] != '\0') fprintf(out, "note: %s\n", table.note);
        if (rows < result->count)
            fprintf(out, "%" PRIu64 " more: --rows 0 shows all.\n", result->count - rows);
    }
    free(table.order);
    return status;
}

/* ---- the other forms ---- */

static void csv_text(const char *text, FILE *out) {
    bool plain = strpbrk(text, ",\"\n") == NULL;
    if (!plain) (void)fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') (void)fputc('"', out);
        (void)fputc(*c, out);
    }
    if (!plain) (void)fputc('"', out);
}

static void csv_point(const struct tri_result *result, const struct tri_point *point, FILE *out) {
    json_t *json = tri_point_to_json(&result->space, point);
    fprintf(out, "%" PRIu64 ",%s,%s,%d", point->index, tri_point_state_name(point->state),
            tri_effort_name(point->effort), point->front);
    for (uint32_t i = 0; i < result->space.parameter_count; i++) {
        char text[CELL];
        parameter_text(json, result->space.parameters[i].name, text);
        fprintf(out, ",%s", text);
    }
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) {
        const struct tri_figure *figure = &point->figures.at[i];
        if (figure->origin == TRI_ABSENT)
            fprintf(out, ",,absent");
        else
            fprintf(out, ",%.12g,%s", figure->value, tri_origin_name(figure->origin));
    }
    fprintf(out, ",%s,%.12g,", tri_wall_name(point->figures.wall), point->seconds);
    csv_text(point->why, out);
    (void)fputc('\n', out);
    json_decref(json);
}

void tri_explore_csv(const struct tri_result *result, FILE *out) {
    fprintf(out, "point,state,effort,front");
    for (uint32_t i = 0; i < result->space.parameter_count; i++)
        fprintf(out, ",%s", result->space.parameters[i].name);
    for (int i = 0; i < TRI_FIGURE_COUNT; i++) {
        const char *name = tri_figure_info((enum tri_figure_id)i)->name;
        fprintf(out, ",%s,%s_origin", name, name);
    }
    fprintf(out, ",wall,seconds,why\n");
    for (uint64_t i = 0; i < result->count; i++) csv_point(result, &result->points[i], out);
}

enum tri_status tri_explore_jsonl(const struct tri_result *result, FILE *out) {
    for (uint64_t i = 0; i < result->count; i++)
        TRI_TRY(tri_result_write_point(out, "standard output", result, &result->points[i]));
    return TRI_OK;
}

void tri_explore_summary(const struct tri_result *result, FILE *out) {
    uint64_t states[4] = {0}, origins[TRI_ABSENT + 1] = {0}, front = 0, simulated = 0;
    for (uint64_t i = 0; i < result->count; i++) {
        const struct tri_point *point = &result->points[i];
        states[point->state]++;
        front += point->front;
        if (point->state != TRI_POINT_DONE && point->state != TRI_POINT_REFUSED) continue;
        const struct tri_figure *lut = &point->figures.at[TRI_FIGURE_lut];
        const struct tri_figure *gates = &point->figures.at[TRI_FIGURE_gates];
        origins[lut->origin != TRI_ABSENT ? lut->origin : gates->origin]++;
        simulated += point->figures.at[TRI_FIGURE_decode_cycles].origin == TRI_SIMULATED;
    }
    fprintf(out,
            "%s: %" PRIu64 " points: %" PRIu64 " done, %" PRIu64
            " refused by a constraint, %" PRIu64 " pruned, %" PRIu64 " failed; %" PRIu64
            " on the front\n",
            result->space.name, result->count, states[0], states[1], states[2], states[3], front);
    fprintf(out,
            "%" PRIu64 " simulated; areas: %" PRIu64 " synthesised whole, %" PRIu64
            " composed of modules, %" PRIu64 " absent; %.1f s\n",
            simulated, origins[TRI_SYNTHESISED] + origins[TRI_ROUTED], origins[TRI_COMPOSED],
            origins[TRI_ABSENT], result->seconds);
    char why[512];
    if (tri_result_unfinished(result, why, sizeof why)) fprintf(out, "unfinished, %s\n", why);
    if (tri_result_blame(result, why, sizeof why)) fprintf(out, "nothing is left: %s\n", why);
    if (result->model_error_median_pct >= 0)
        fprintf(out, "formula against simulated cycles: off by %.2f %% (median), %.2f %% (worst)\n",
                result->model_error_median_pct, result->model_error_worst_pct);
}

uint32_t tri_explore_missing(const struct tri_tool *tools, uint32_t count, FILE *out) {
    uint32_t missing = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (tools[i].version[0] != '\0') continue;
        missing++;
        fprintf(out, "missing: %s, so no %s; install %s (make explore does)\n", tools[i].name,
                tools[i].gives, tools[i].package);
    }
    return missing;
}
