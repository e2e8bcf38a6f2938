/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of a C struct as members of a JSON object, by a table: the same names out and back. Not
 * here: which structs (result_json.c, result_space.c).
 */
#ifndef TRI_JSON_MEMBERS_H
#define TRI_JSON_MEMBERS_H

#include <jansson.h>
#include <stddef.h>

#include "base/status.h"

/* TEXT: a char array of `size` bytes; NUMBER: double, finite; COUNT: uint32_t. */
enum tri_member_kind { TRI_MEMBER_TEXT, TRI_MEMBER_NUMBER, TRI_MEMBER_COUNT };

struct tri_member {
    const char *name;
    enum tri_member_kind kind;
    size_t offset, size;
};
#define TRI_MEMBER(kind, type, name)                                                               \
    { #name, TRI_MEMBER_##kind, offsetof(type, name), sizeof(((type *)NULL)->name) }

/* A new object; NULL without memory. */
json_t *tri_members_to_json(const void *from, const struct tri_member *members, size_t count);

/* Every member must be there. Errors: FORMAT, "where: name: wanted ..., got ...". */
enum tri_status tri_members_from_json(const json_t *json, const char *where,
                                      const struct tri_member *members, size_t count, void *to);

/* A whole number as one, anything else as a real. */
json_t *tri_json_number(double value);
/* What a value is, in a few characters, for messages. out: [48] */
const char *tri_json_short(const json_t *value, char *out);

#endif
