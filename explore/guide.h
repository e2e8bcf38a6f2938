/* SPDX-License-Identifier: Apache-2.0
 *
 * Guided search: which point next, and which need none because even their most favourable figures
 * are no better than those of a point that was evaluated. The rule, with what it takes for granted,
 * is in docs/exploring.md. Evaluates nothing.
 */
#ifndef TRI_GUIDE_H
#define TRI_GUIDE_H

#include "explore/space.h"

struct tri_guide; /* opaque */

/* designs, predicted: [count], what is known without evaluation; outlive the guide. Errors: MEMORY.
 */
enum tri_status tri_guide_create(const struct tri_space *space, const struct tri_design *designs,
                                 const struct tri_figures *predicted, uint64_t count,
                                 struct tri_guide **guide);
void tri_guide_destroy(struct tri_guide *guide);

/* The next candidate to evaluate, by rising rank; false: all others are evaluated or pruned. */
bool tri_guide_next(struct tri_guide *guide, uint64_t *at);

/* What evaluating a candidate gave. feasible: it meets all constraints. NULL: it failed. */
enum tri_status tri_guide_learn(struct tri_guide *guide, uint64_t at,
                                const struct tri_figures *figures, bool feasible);

/* Prunes what can be pruned now, for a search that ends before tri_guide_next is false. */
void tri_guide_end(struct tri_guide *guide);

/* Whether a candidate is pruned, and the candidate that prunes it. */
bool tri_guide_pruned(const struct tri_guide *guide, uint64_t at, uint64_t *by);

/* How far the prediction of an objective was off so far, as a share; the bound adds a quarter. */
double tri_guide_error(const struct tri_guide *guide, uint32_t objective);

#endif
