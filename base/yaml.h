/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading small YAML files strictly, on top of libyaml: every key is known, given once and in
 * range, or the error names file, line and the nearest known word. Not here: what the keys mean.
 */
#ifndef TRI_YAML_H
#define TRI_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct tri_yaml;

/* A node of an open file; 0 is no node. Valid until the file is closed. */
typedef int tri_yaml_node;

/* Reads a file with exactly one document whose root is a map. Errors: IO, FORMAT, MEMORY.
 * Every other function's errors are FORMAT with "file:line: ...". */
enum tri_status tri_yaml_open(const char *path, struct tri_yaml **yaml);
/* The same from an open stream, which stays open; `name` stands for the path in messages. */
enum tri_status tri_yaml_read(FILE *stream, const char *name, struct tri_yaml **yaml);
void tri_yaml_close(struct tri_yaml *yaml); /* NULL is fine */
tri_yaml_node tri_yaml_root(const struct tri_yaml *yaml);

/* "file:line" of a node, for messages. out: TRI_YAML_WHERE bytes; a longer path loses its start. */
enum { TRI_YAML_WHERE = 512 };
void tri_yaml_where(const struct tri_yaml *yaml, tri_yaml_node node, char *out);

/* What a node is, where a file may say a thing in more than one form. */
enum tri_yaml_kind { TRI_YAML_NOTHING, TRI_YAML_VALUE, TRI_YAML_LIST, TRI_YAML_MAP };
enum tri_yaml_kind tri_yaml_kind(const struct tri_yaml *yaml, tri_yaml_node node);

/* Checks that `map` is a map whose keys are all among known[count] and differ from each other. */
enum tri_status tri_yaml_keys(const struct tri_yaml *yaml, tri_yaml_node map,
                              const char *const *known, size_t count);
/* The value of a key, or 0 if there is none. */
tri_yaml_node tri_yaml_find(const struct tri_yaml *yaml, tri_yaml_node map, const char *key);
/* The value of a key that must be there. */
enum tri_status tri_yaml_need(const struct tri_yaml *yaml, tri_yaml_node map, const char *key,
                              tri_yaml_node *node);

/* Items of a list. */
enum tri_status tri_yaml_count(const struct tri_yaml *yaml, tri_yaml_node list, uint32_t *count);
tri_yaml_node tri_yaml_item(const struct tri_yaml *yaml, tri_yaml_node list, uint32_t i);

/* Scalars. `what` names the value in messages. */
enum tri_status tri_yaml_text(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                              char *out, size_t bytes);
/* Decimal or 0x hexadecimal, from min to max. */
enum tri_status tri_yaml_integer(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                 uint64_t min, uint64_t max, uint64_t *out);
enum tri_status tri_yaml_number(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                double min, double max, double *out);
enum tri_status tri_yaml_bool(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                              bool *out);
/* One of words[count]; *out is its index. */
enum tri_status tri_yaml_choice(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                                const char *const *words, size_t count, uint32_t *out);

/* The word of words[count] (count > 0) that is fewest edits away from `word`. */
const char *tri_nearest(const char *word, const char *const *words, size_t count);

#endif
