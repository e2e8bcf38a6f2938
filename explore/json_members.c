/* SPDX-License-Identifier: Apache-2.0
 *
 * A walk over a table of members, once in each direction.
 */
#include "explore/json_members.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

json_t *tri_json_number(double value) {
    bool whole = fabs(value) < 1e15 && value >= floor(value) && value <= floor(value);
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

const char *tri_json_short(const json_t *value, char *out) {
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)snprintf(out, 48, "%.40s", text == NULL ? "nothing" : text);
    free(text);
    return out;
}

static json_t *member_to_json(const char *at, const struct tri_member *member) {
    switch (member->kind) {
    case TRI_MEMBER_TEXT: return json_string(at);
    case TRI_MEMBER_NUMBER: {
        double number;
        memcpy(&number, at, sizeof number);
        return tri_json_number(number);
    }
    case TRI_MEMBER_COUNT: break;
    }
    uint32_t count;
    memcpy(&count, at, sizeof count);
    return json_integer(count);
}

json_t *tri_members_to_json(const void *from, const struct tri_member *members, size_t count) {
    json_t *json = json_object();
    for (size_t i = 0; i < count && json != NULL; i++)
        (void)json_object_set_new(
            json, members[i].name,
            member_to_json((const char *)from + members[i].offset, &members[i]));
    return json;
}

static enum tri_status wrong(const char *where, const char *name, const char *wanted,
                             const json_t *got) {
    char text[48];
    return tri_fail(TRI_E_FORMAT, "%s: %s: wanted %s, got %s", where, name, wanted,
                    tri_json_short(got, text));
}

static enum tri_status member_from_json(const json_t *value, const char *where,
                                        const struct tri_member *member, char *at) {
    const char *text = json_string_value(value);
    switch (member->kind) {
    case TRI_MEMBER_TEXT:
        if (text == NULL || strlen(text) >= member->size)
            return wrong(where, member->name, "a short text", value);
        memcpy(at, text, strlen(text) + 1);
        return TRI_OK;
    case TRI_MEMBER_NUMBER: {
        double number = json_number_value(value);
        if (!json_is_number(value)) return wrong(where, member->name, "a number", value);
        memcpy(at, &number, sizeof number);
        return TRI_OK;
    }
    case TRI_MEMBER_COUNT: break;
    }
    json_int_t whole = json_integer_value(value);
    uint32_t count = (uint32_t)whole;
    if (!json_is_integer(value) || whole < 0 || whole > (json_int_t)UINT32_MAX)
        return wrong(where, member->name, "a whole number of 32 bits", value);
    memcpy(at, &count, sizeof count);
    return TRI_OK;
}

enum tri_status tri_members_from_json(const json_t *json, const char *where,
                                      const struct tri_member *members, size_t count, void *to) {
    for (size_t i = 0; i < count; i++)
        TRI_TRY(member_from_json(json_object_get(json, members[i].name), where, &members[i],
                                 (char *)to + members[i].offset));
    return TRI_OK;
}
