/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounds of a candidate, kept up to date with each point that was evaluated: figures that a
 * formula gives, widened by how far it was off; areas from below, as no part of the kernel shrinks
 * when a number of its geometry grows, corrected by how far that was untrue.
 */
#include "explore/guide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = TRI_SPACE_OBJECTIVES };

/* A formula that was exact so far may be so because it is the same formula; if the evaluation went
 * another way, it is taken to be off by at least this much. */
static const double LEAST_ERROR = 0.002, SAFETY = 1.25;

enum state { OPEN, TAKEN, PRUNED };

struct candidate {
    enum state state;
    uint64_t by;         /* that prunes it */
    uint64_t rank;       /* how many others the prediction puts before it in everything */
    double least[MOST];  /* area from below, of those objectives that need it */
    double actual[MOST]; /* signed so that smaller is better; NaN: not known */
    bool feasible;
};

struct tri_guide {
    const struct tri_space *space;
    const struct tri_design *designs;
    const struct tri_figures *predicted;
    uint64_t count, learned;
    struct candidate *candidate;
    uint64_t *order;    /* [count], by rank */
    uint64_t *learnt;   /* [learned], candidates with figures */
    double error[MOST]; /* of the prediction */
    double slack[MOST]; /* of "no area shrinks" */
    bool known[MOST];   /* an evaluation gave it; else it is absent for all, and decides nothing */
};

/* ---- objectives ---- */

static double sign_of(const struct tri_guide *guide, uint32_t i) {
    return guide->space->objectives[i].better == TRI_LARGER ? -1 : 1;
}

static bool is_area(enum tri_figure_id id) {
    /* Not ram_kbit. rtl/activation_buffer.sv leaves it to the tool what its memories become, and
     * they are TOKENS times as many of a TOKENS-th of the depth: shallow ones become LUTs. xcup,
     * 1 x 128, b2, K_MAX 1024, T_MAX 8, composed: 1,008, 1,368, 918, 1,206 Kbit with TOKENS 1, 2,
     * 4, 8. */
    return id == TRI_FIGURE_lut || id == TRI_FIGURE_ff || id == TRI_FIGURE_dsp ||
           id == TRI_FIGURE_gates || id == TRI_FIGURE_lut_per_mac;
}

/* Bounds of area hold for the figure itself; lut_per_mac is brought back to lut. */
static double to_area(const struct tri_guide *guide, uint32_t i, uint64_t at, double value) {
    if (guide->space->objectives[i].figure != TRI_FIGURE_lut_per_mac) return value;
    return value * guide->predicted[at].at[TRI_FIGURE_macs].value;
}

static double from_area(const struct tri_guide *guide, uint32_t i, uint64_t at, double value) {
    if (guide->space->objectives[i].figure != TRI_FIGURE_lut_per_mac) return value;
    double macs = guide->predicted[at].at[TRI_FIGURE_macs].value;
    return macs > 0 ? value / macs : 0;
}

/* Only for the order in which candidates come: roughly as area grows. */
static double area_guess(enum tri_figure_id id, const struct tri_geometry *g) {
    double streams = (double)g->ports * g->beat_bits;
    double macs = (double)g->ports * tri_weights_per_beat(g) * g->tokens;
    double area = 10 * macs + 8 * streams + log2((double)g->k_max * g->t_max * g->prefetch);
    return id == TRI_FIGURE_lut_per_mac ? area / macs : area;
}

/* The prediction, signed; a guess where there is none. */
static double expected(const struct tri_guide *guide, uint32_t i, uint64_t at) {
    enum tri_figure_id id = guide->space->objectives[i].figure;
    const struct tri_figure *figure = &guide->predicted[at].at[id];
    if (figure->origin != TRI_ABSENT) return sign_of(guide, i) * figure->value;
    return is_area(id) ? sign_of(guide, i) * area_guess(id, &guide->designs[at].geometry) : 0;
}

/* The best that a candidate's objective can be, signed. */
static double favourable(const struct tri_guide *guide, uint32_t i, uint64_t at) {
    enum tri_figure_id id = guide->space->objectives[i].figure;
    const struct tri_figure *figure = &guide->predicted[at].at[id];
    double sign = sign_of(guide, i);
    if (!guide->known[i]) return 0;
    if (figure->origin != TRI_ABSENT) {
        double margin = guide->error[i] * SAFETY * fabs(figure->value);
        return sign * figure->value - margin;
    }
    if (!is_area(id) || sign < 0) return -INFINITY;
    return from_area(guide, i, at, guide->candidate[at].least[i] / (1 + guide->slack[i]));
}

/* ---- rank ---- */

static bool expected_before(const struct tri_guide *guide, const double *values, uint64_t a,
                            uint64_t b) {
    uint32_t objectives = guide->space->objective_count;
    bool better = false;
    for (uint32_t i = 0; i < objectives; i++) {
        double x = values[a * objectives + i], y = values[b * objectives + i];
        if (x > y) return false;
        if (x < y) better = true;
    }
    return better;
}

struct ranked {
    uint64_t rank, at;
};

static int by_rank(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool put_in_order(struct tri_guide *guide) {
    uint32_t objectives = guide->space->objective_count;
    double *values = calloc((size_t)guide->count * objectives + 1, sizeof *values);
    struct ranked *ranked = calloc((size_t)guide->count + 1, sizeof *ranked);
    bool good = values != NULL && ranked != NULL;
    for (uint64_t at = 0; good && at < guide->count; at++)
        for (uint32_t i = 0; i < objectives; i++)
            values[at * objectives + i] = expected(guide, i, at);
    for (uint64_t a = 0; good && a < guide->count; a++) {
        ranked[a].at = a;
        for (uint64_t b = 0; b < guide->count; b++)
            ranked[a].rank += expected_before(guide, values, b, a);
    }
    if (good) qsort(ranked, (size_t)guide->count, sizeof *ranked, by_rank);
    for (uint64_t i = 0; good && i < guide->count; i++) guide->order[i] = ranked[i].at;
    free(values);
    free(ranked);
    return good;
}

enum tri_status tri_guide_create(const struct tri_space *space, const struct tri_design *designs,
                                 const struct tri_figures *predicted, uint64_t count,
                                 struct tri_guide **guide) {
    struct tri_guide *made = calloc(1, sizeof *made);
    *guide = NULL;
    if (made != NULL) {
        made->space = space;
        made->designs = designs;
        made->predicted = predicted;
        made->count = count;
        made->candidate = calloc((size_t)count + 1, sizeof *made->candidate);
        made->order = calloc((size_t)count + 1, sizeof *made->order);
        made->learnt = calloc((size_t)count + 1, sizeof *made->learnt);
    }
    if (made == NULL || made->candidate == NULL || made->order == NULL || made->learnt == NULL ||
        !put_in_order(made)) {
        tri_guide_destroy(made);
        return tri_fail(TRI_E_MEMORY, "search: no memory for a guided search");
    }
    *guide = made;
    return TRI_OK;
}

void tri_guide_destroy(struct tri_guide *guide) {
    if (guide == NULL) return;
    free(guide->candidate);
    free(guide->order);
    free(guide->learnt);
    free(guide);
}

/* ---- what evaluations teach ---- */

/* Whether no number of geometry a is larger than b's. Those that make memories deeper must be
 * equal, because LUTs fall where a memory becomes block RAM: 3,562 LUT with T_MAX 2 and 2,966 with
 * T_MAX 4 (the design above, TOKENS 1); so must prefetch, whose cost is within the noise of
 * synthesis: 7,579 LUT at 256 beats where 128 took 7,596, in tests/explore/front.yaml. Encodings
 * are different kernels. */
static bool within(const struct tri_geometry *a, const struct tri_geometry *b) {
    return a->encoding == b->encoding && a->k_max == b->k_max && a->t_max == b->t_max &&
           a->prefetch == b->prefetch && a->ports <= b->ports && a->beat_bits <= b->beat_bits &&
           a->tokens <= b->tokens;
}

/* Everything pruned so far is looked at again: a bound was too narrow. */
static void reopen(struct tri_guide *guide) {
    for (uint64_t at = 0; at < guide->count; at++)
        if (guide->candidate[at].state == PRUNED) guide->candidate[at].state = OPEN;
}

static void widen(struct tri_guide *guide, double *bound, double seen) {
    if (!(seen > *bound)) return;
    *bound = seen;
    reopen(guide);
}

static void learn_error(struct tri_guide *guide, uint32_t i, uint64_t at,
                        const struct tri_figure *actual) {
    const struct tri_figure *was = &guide->predicted[at].at[guide->space->objectives[i].figure];
    double off = fabs(actual->value - was->value);
    /* By what the bound is taken of, so that the bound of this point would have held. */
    double seen = off > 0 ? off / fmax(fabs(was->value), 1e-300) : 0;
    if (actual->origin != was->origin && seen < LEAST_ERROR) seen = LEAST_ERROR;
    widen(guide, &guide->error[i], seen);
}

static void learn_area(struct tri_guide *guide, uint32_t i, uint64_t at, double value) {
    const struct tri_geometry *geometry = &guide->designs[at].geometry;
    double area = to_area(guide, i, at, value);
    for (uint64_t l = 0; l < guide->learned; l++) {
        uint64_t other = guide->learnt[l];
        double theirs = to_area(guide, i, other, guide->candidate[other].actual[i]);
        if (isnan(theirs)) continue;
        if (within(geometry, &guide->designs[other].geometry) && area > theirs && theirs > 0)
            widen(guide, &guide->slack[i], area / theirs - 1);
        if (within(&guide->designs[other].geometry, geometry) && theirs > area && area > 0)
            widen(guide, &guide->slack[i], theirs / area - 1);
    }
    for (uint64_t c = 0; c < guide->count; c++)
        if (area > guide->candidate[c].least[i] && within(geometry, &guide->designs[c].geometry))
            guide->candidate[c].least[i] = area;
}

enum tri_status tri_guide_learn(struct tri_guide *guide, uint64_t at,
                                const struct tri_figures *figures, bool feasible) {
    if (at >= guide->count) return tri_fail(TRI_E_ARGUMENT, "guide: no such candidate");
    struct candidate *candidate = &guide->candidate[at];
    candidate->state = TAKEN;
    if (figures == NULL) return TRI_OK;
    for (uint32_t i = 0; i < guide->space->objective_count; i++) {
        enum tri_figure_id id = guide->space->objectives[i].figure;
        const struct tri_figure *actual = &figures->at[id];
        candidate->actual[i] = NAN;
        if (actual->origin == TRI_ABSENT) continue;
        if (!guide->known[i]) reopen(guide);
        guide->known[i] = true;
        if (guide->predicted[at].at[id].origin != TRI_ABSENT)
            learn_error(guide, i, at, actual);
        else if (is_area(id))
            learn_area(guide, i, at, actual->value);
        candidate->actual[i] = sign_of(guide, i) * actual->value;
    }
    candidate->feasible = feasible;
    guide->learnt[guide->learned++] = at;
    return TRI_OK;
}

/* ---- choice ---- */

/* Whether an evaluated point is at least as good as the best that a candidate can be. */
static bool beaten_by(const struct tri_guide *guide, const double *best, uint64_t other) {
    if (!guide->candidate[other].feasible) return false;
    for (uint32_t i = 0; i < guide->space->objective_count; i++)
        if (guide->known[i] && !(guide->candidate[other].actual[i] <= best[i])) return false;
    return true;
}

static bool prune(struct tri_guide *guide, uint64_t at) {
    double best[MOST];
    for (uint32_t i = 0; i < guide->space->objective_count; i++) best[i] = favourable(guide, i, at);
    for (uint64_t l = 0; l < guide->learned; l++) {
        if (!beaten_by(guide, best, guide->learnt[l])) continue;
        guide->candidate[at].state = PRUNED;
        guide->candidate[at].by = guide->learnt[l];
        return true;
    }
    return false;
}

bool tri_guide_next(struct tri_guide *guide, uint64_t *at) {
    for (uint64_t i = 0; i < guide->count; i++) {
        uint64_t candidate = guide->order[i];
        if (guide->candidate[candidate].state != OPEN || prune(guide, candidate)) continue;
        guide->candidate[candidate].state = TAKEN;
        *at = candidate;
        return true;
    }
    return false;
}

void tri_guide_end(struct tri_guide *guide) {
    for (uint64_t at = 0; at < guide->count; at++)
        if (guide->candidate[at].state == OPEN) (void)prune(guide, at);
}

bool tri_guide_pruned(const struct tri_guide *guide, uint64_t at, uint64_t *by) {
    if (guide->candidate[at].state != PRUNED) return false;
    *by = guide->candidate[at].by;
    return true;
}

double tri_guide_error(const struct tri_guide *guide, uint32_t objective) {
    return guide->error[objective];
}
