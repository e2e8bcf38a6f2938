/* SPDX-License-Identifier: Apache-2.0
 *
 * Late constraints that contradict each other whatever the design is: `lut <= 1000` beside
 * `lut / part.lut >= 0.5`. Only comparisons linear in one figure, with numbers of the part and the
 * workload, are understood here; the others show after a sweep (tri_space_blame).
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "explore/space_private.h"

struct bound {
    uint32_t figure;  /* term; TRI_TERMS: none found */
    double low, high; /* the figure lies between, */
    bool open;        /* ends not included */
};

/* The only figure among the terms, TRI_TERMS if there are more, or a key of the design. */
static uint32_t only_figure(uint64_t uses) {
    const uint64_t figures = uses >> TRI_TERM_FIGURES;
    if (figures == 0 || (figures & (figures - 1)) != 0) return TRI_TERMS;
    if ((uses & ((UINT64_C(1) << TRI_TERM_PART) - 1)) != 0) return TRI_TERMS;
    uint32_t term = TRI_TERM_FIGURES;
    while ((uses >> term & 1) == 0) term++;
    return term;
}

/* The difference of both sides as a + b f, if it is that at three other places too. */
static bool linear(struct tri_expression *difference, double values[TRI_TERMS], uint32_t figure,
                   double *a, double *b) {
    static const double places[] = {0.5, 1e3, 3e9};
    values[figure] = 0.0;
    *a = tri_expression_value(difference, values);
    values[figure] = 1e6;
    *b = (tri_expression_value(difference, values) - *a) / 1e6;
    if (!isfinite(*a) || !isfinite(*b) || !(fabs(*b) > 0.0)) return false;
    for (int i = 0; i < 3; i++) {
        values[figure] = places[i];
        const double is = tri_expression_value(difference, values), line = *a + *b * places[i];
        if (!(fabs(is - line) <= 1e-9 * (fabs(*a) + fabs(*b) * places[i]))) return false;
    }
    return true;
}

static enum tri_status find_bound(const struct tri_space *space,
                                  const struct tri_space_constraint *c, struct bound *bound) {
    struct tri_expression *difference = NULL;
    enum tri_comparison comparison = TRI_EQUAL;
    double values[TRI_TERMS], a, b;
    const uint32_t figure = only_figure(c->uses);
    bound->figure = TRI_TERMS;
    if (figure == TRI_TERMS) return TRI_OK;
    TRI_TRY(tri_expression_difference(c->text, &difference, &comparison));
    if (difference == NULL) return TRI_OK;
    tri_terms_fill(space, &space->base, NULL, values);
    if (linear(difference, values, figure, &a, &b)) {
        const double root = -a / b;
        const bool most = comparison == (b > 0.0 ? TRI_AT_MOST : TRI_AT_LEAST);
        bound->figure = figure;
        bound->low = most ? -INFINITY : root;
        bound->high = most || comparison == TRI_EQUAL ? root : INFINITY;
        bound->open = comparison != TRI_EQUAL && strchr(c->text, '=') == NULL;
    }
    tri_expression_destroy(difference);
    return TRI_OK;
}

enum tri_status tri_space_check_bounds(const struct tri_space *space) {
    struct bound bounds[TRI_SPACE_CONSTRAINTS];
    for (uint32_t i = 0; i < space->constraint_count; i++) {
        const struct tri_space_constraint *c = &space->constraints[i];
        const struct bound *b = &bounds[i];
        TRI_TRY(find_bound(space, c, &bounds[i]));
        if (b->figure == TRI_TERMS) continue;
        if (b->high < 0.0 || (b->open && !(b->high > 0.0)))
            return tri_fail(TRI_E_FORMAT,
                            "%s:%" PRIu32 ": empty space: constraint \"%s\" wants %s below zero",
                            space->path, c->line, c->text, tri_term_name(b->figure));
        for (uint32_t j = 0; j < i; j++) {
            const struct bound *d = &bounds[j];
            if (d->figure != b->figure) continue;
            const double low = fmax(b->low, d->low), high = fmin(b->high, d->high);
            const double slack = 1e-9 * fmax(fabs(low), fabs(high));
            if (low < high - slack || (low <= high + slack && !b->open && !d->open)) continue;
            return tri_fail(TRI_E_FORMAT,
                            "%s:%" PRIu32 ": empty space: constraints \"%s\" and \"%s\" (line "
                            "%" PRIu32 ") exclude each other, whatever %s is",
                            space->path, c->line, c->text, space->constraints[j].text,
                            space->constraints[j].line, tri_term_name(b->figure));
        }
    }
    return TRI_OK;
}
