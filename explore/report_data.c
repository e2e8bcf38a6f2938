/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of a report: a sweep's document made short. A point's figures become an array of values
 * and a string of origins, its design only what differs from the others. Writes no file.
 */
#include <stdbool.h>
#include <string.h>

#include "explore/report.h"

/* What a report that would be too long loses, first to last; of done points those off the front. */
enum { LEFT_KINDS = 4 };
static const char *const left_names[LEFT_KINDS] = {"pruned", "refused", "done", "failed"};

static enum tri_status no_memory(void) { return tri_fail(TRI_E_MEMORY, "report: out of memory"); }

/* Adds the numbers and words of `object` to `flat` as "prefix.key". False: out of memory. */
static bool flatten(const char *prefix, const json_t *object, json_t *flat) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
        if (json_is_object(value)) {
            if (!flatten(name, value, flat)) return false;
        } else if (json_object_set(flat, name, value) != 0) {
            return false;
        }
    }
    return true;
}

/* values: of the figures in their order, null where absent; origins: one letter each. */
static bool shorten_figures(const json_t *names, const json_t *figures, json_t *point) {
    char origins[TRI_FIGURE_COUNT + 1];
    size_t count = json_array_size(names);
    if (count > TRI_FIGURE_COUNT) count = TRI_FIGURE_COUNT;
    json_t *values = json_array();
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(names, i), "name"));
        const json_t *pair = name != NULL ? json_object_get(figures, name) : NULL;
        const json_t *value = json_array_get(pair, 0);
        const char *origin = json_string_value(json_array_get(pair, 1));
        bool known = json_is_number(value) && origin != NULL;
        enum tri_origin found = known ? tri_origin_find(origin) : TRI_ABSENT;
        origins[i] = (char)('0' + (int)found);
        bad |= json_array_append_new(values,
                                     known ? json_real(json_number_value(value)) : json_null());
    }
    origins[count] = '\0';
    bad |= json_object_set_new(point, "values", values);
    bad |= json_object_set_new(point, "origins", json_string(origins));
    return bad == 0;
}

/* Counters by name as an array in the page's order, null when only modelled. */
static json_t *shorten_counters(const json_t *counters) {
    static const char *const names[] = {"active",           "steps",        "wait_weights",
                                        "wait_activations", "wait_command", "wait_results"};
    if (!json_is_object(counters)) return json_null();
    json_t *values = json_array();
    int bad = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = json_object_get(counters, names[i]);
        bad |= json_array_append_new(values, value != NULL ? json_incref(value) : json_integer(0));
    }
    if (bad == 0) return values;
    json_decref(values);
    return NULL;
}

/* A point without its figures by name; the design flat, still whole. */
static json_t *shorten(const json_t *names, const json_t *from) {
    static const char *const kept[] = {"index", "state", "effort", "front",     "seconds",
                                       "why",   "log",   "wall",   "parameters"};
    json_t *point = json_object(), *design = json_object();
    int bad = 0;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(from, kept[i]);
        const char *text = json_string_value(value);
        if (value == NULL || json_is_null(value) || (text != NULL && text[0] == '\0')) continue;
        bad |= json_object_set(point, kept[i], value);
    }
    if (!flatten("", json_object_get(from, "design"), design)) bad = -1;
    bad |= json_object_set_new(point, "design", design);
    bad |= json_object_set_new(point, "prefill",
                               shorten_counters(json_object_get(from, "prefill_counters")));
    bad |= json_object_set_new(point, "decode",
                               shorten_counters(json_object_get(from, "decode_counters")));
    if (bad == 0 && shorten_figures(names, json_object_get(from, "figures"), point)) return point;
    json_decref(point);
    return NULL;
}

/* Moves what all points' designs share to a new object. NULL: out of memory. */
static json_t *take_common(json_t *points) {
    json_t *common = json_copy(json_object_get(json_array_get(points, 0), "design"));
    if (common == NULL) common = json_object();
    size_t i;
    json_t *point, *value;
    const char *key;
    void *next;
    json_array_foreach(points, i, point) {
        json_object_foreach_safe(common, next, key, value) {
            json_t *own = json_object_get(json_object_get(point, "design"), key);
            if (!json_equal(own, value)) (void)json_object_del(common, key);
        }
    }
    json_array_foreach(points, i, point) {
        json_object_foreach(common, key, value) {
            (void)json_object_del(json_object_get(point, "design"), key);
        }
    }
    return common;
}

/* Which of the states that may be left out a point is in; LEFT_KINDS: none. */
static int left_kind(const json_t *point) {
    const char *state = json_string_value(json_object_get(point, "state"));
    if (state == NULL) return LEFT_KINDS;
    if (strcmp(state, "done") == 0 && json_is_true(json_object_get(point, "front"))) {
        return LEFT_KINDS;
    }
    int kind = 0;
    while (kind < LEFT_KINDS && strcmp(state, left_names[kind]) != 0) kind++;
    return kind;
}

enum tri_status tri_report_data(const json_t *document, unsigned left_out, json_t **data) {
    const json_t *names = json_object_get(document, "figures");
    const json_t *from = json_object_get(document, "points");
    *data = NULL;
    if (!json_is_array(names) || !json_is_array(from)) {
        return tri_fail(TRI_E_FORMAT, "report: wanted a sweep with figures and points");
    }
    json_t *out = json_copy((json_t *)document), *points = json_array(), *origins = json_array();
    json_int_t left[LEFT_KINDS + 1] = {0};
    int bad = out == NULL || points == NULL || origins == NULL;
    size_t i;
    json_t *point;
    json_array_foreach((json_t *)from, i, point) {
        int kind = left_kind(point);
        if ((left_out >> kind & 1u) != 0) {
            left[kind]++;
            continue;
        }
        if (!bad) bad |= json_array_append_new(points, shorten(names, point));
    }
    for (int o = 0; o <= (int)TRI_ABSENT && !bad; o++) {
        bad |= json_array_append_new(origins, json_string(tri_origin_name((enum tri_origin)o)));
    }
    if (!bad) bad |= json_object_set_new(out, "common", take_common(points));
    if (!bad) bad |= json_object_set(out, "points", points);
    if (!bad) bad |= json_object_set(out, "origins", origins);
    if (!bad) {
        json_t *counts = json_object();
        for (int k = 0; k < LEFT_KINDS; k++) {
            bad |= json_object_set_new(counts, left_names[k], json_integer(left[k]));
        }
        bad |= json_object_set_new(out, "left_out", counts);
    }
    json_decref(points);
    json_decref(origins);
    if (bad) {
        json_decref(out);
        return no_memory();
    }
    *data = out;
    return TRI_OK;
}
