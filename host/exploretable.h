/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep's points as text: a table for a terminal, CSV, JSON lines. Not here: where they come from
 * (explore/result.h), pages and pictures (explore/report.h).
 */
#ifndef TRI_HOST_EXPLORETABLE_H
#define TRI_HOST_EXPLORETABLE_H

#include <stdio.h>

#include "explore/result.h"

/* Front first, then done, refused, pruned and failed points, each by the first objective. rows: at
 * most so many (0: all). figures: [count] besides the objectives. */
enum tri_status tri_explore_table(const struct tri_result *result, uint64_t rows,
                                  const enum tri_figure_id *figures, size_t count, FILE *out);

/* Every point, every figure with its origin beside it. */
void tri_explore_csv(const struct tri_result *result, FILE *out);

/* Every point as one line of JSON, as in the result file. Errors: MEMORY. */
enum tri_status tri_explore_jsonl(const struct tri_result *result, FILE *out);

/* What came of a sweep, in two to five lines. */
void tri_explore_summary(const struct tri_result *result, FILE *out);

/* One line for each tool that is missing: which figures are absent, which package brings it.
 * Returns how many. */
uint32_t tri_explore_missing(const struct tri_tool *tools, uint32_t count, FILE *out);

#endif
