/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the space reader share: known parts, expressions, and the checks of a space.
 * For explore/space*.c and result_space.c only.
 */
#ifndef TRI_SPACE_PRIVATE_H
#define TRI_SPACE_PRIVATE_H

#include "base/yaml.h"
#include "explore/keys.h"
#include "explore/space.h"

/* ---- space_parts.c ---- */

/* A part by name, false if unknown. */
bool tri_part_find(const char *name, struct tri_space_part *part);
enum tri_status tri_part_read(const struct tri_yaml *yaml, tri_yaml_node node,
                              struct tri_space_part *part);
/* The numbers of a part by name, for reading, expressions, printing and JSON. */
enum { TRI_PART_NUMBERS = 10 };
extern const char *const tri_part_numbers[TRI_PART_NUMBERS];
double *tri_part_number(struct tri_space_part *part, uint32_t i);

/* ---- space_terms.c: names of expressions and their values ---- */

enum {
    TRI_TERM_KEYS = 0,
    TRI_TERM_PART = TRI_TERM_KEYS + TRI_KEYS,
    TRI_TERM_WORKLOAD = TRI_TERM_PART + TRI_PART_NUMBERS,
    TRI_TERM_FIGURES = TRI_TERM_WORKLOAD + 3,
    TRI_TERMS = TRI_TERM_FIGURES + TRI_FIGURE_COUNT,
};
_Static_assert(TRI_TERMS <= 64, "a set of terms is 64 bits");

/* Name of a term, as messages give it. */
const char *tri_term_name(uint32_t term);
/* Values of all terms; `figures` may be NULL, then and where absent they are not numbers. */
void tri_terms_fill(const struct tri_space *space, const struct tri_design *design,
                    const struct tri_figures *figures, double values[TRI_TERMS]);

/* An expression that was understood once and is evaluated often. Opaque. */
struct tri_expression;

/* Understands a comparison. *uses: the set of terms in it, bit by bit. Errors: FORMAT, with `where`
 * in front; MEMORY. */
enum tri_status tri_expression_create(const char *text, const char *where,
                                      struct tri_expression **expression, uint64_t *uses);
/* The left side less the right side of a comparison that was understood and is just one;
 * *difference is NULL if it is something else. Errors: MEMORY. */
enum tri_comparison { TRI_AT_MOST, TRI_AT_LEAST, TRI_EQUAL };
enum tri_status tri_expression_difference(const char *text, struct tri_expression **difference,
                                          enum tri_comparison *comparison);
void tri_expression_destroy(struct tri_expression *expression); /* NULL is fine */
/* NaN when it cannot be evaluated. */
double tri_expression_value(struct tri_expression *expression, const double values[TRI_TERMS]);

/* ---- space_read.c's helpers ---- */

enum tri_status tri_space_read_parameters(const struct tri_yaml *yaml, tri_yaml_node map,
                                          struct tri_space *space);
enum tri_status tri_space_read_constraints(const struct tri_yaml *yaml, tri_yaml_node list,
                                           struct tri_space *space);
/* A text that is printed as it is: printable ASCII. */
enum tri_status tri_space_text(const struct tri_yaml *yaml, tri_yaml_node node, const char *what,
                               char *out, size_t bytes);
uint32_t tri_yaml_line(const struct tri_yaml *yaml, tri_yaml_node node);

/* ---- space_points.c ---- */

/* The design of a point, legal or not. */
void tri_space_assemble(const struct tri_space *space, uint64_t index, struct tri_design *design);
/* The rules of base/design.c, and that the longest row of the workload fits. The failure says
 * which is broken. Errors: FORMAT. */
enum tri_status tri_space_legal(const struct tri_space *space, const struct tri_design *design);

/* ---- space_bounds.c ---- */

/* Finds late constraints that contradict each other at whatever point: bounds on one figure by
 * numbers of the part and workload alone. Errors: FORMAT naming both, MEMORY. */
enum tri_status tri_space_check_bounds(const struct tri_space *space);

/* ---- space_constraints.c ---- */

/* Whether any point is legal and meets the early constraints; the message says why not. */
enum tri_status tri_space_check_empty(const struct tri_space *space);

#endif
