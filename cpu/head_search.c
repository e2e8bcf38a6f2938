/* SPDX-License-Identifier: Apache-2.0
 *
 * From bounds to a token: rows whose score can reach a floor are read plane by plane and at last
 * computed exactly, the floor follows from exact scores, and the sampler says whether what is known
 * decides. Where it does not, more is read; in the end all.
 */
#include <math.h>
#include <string.h>

#include "cpu/head_private.h"
#include "ref/elementary.h"

enum { SPARE = 3, GIVE_UP = 6, BLOCK = TRI_HEAD_TILE };

/* True if one of BLOCK rows may be needed; those after the vocabulary's end may say so, too. */
static bool any_from(const float *score, float from) {
    int any = 0;
    for (int i = 0; i < BLOCK; i++) any |= score[i] >= from;
    return any;
}

/* How many exact rows reach the floor. */
static uint32_t exact_reaching(const struct tri_head_view *v, float floor_score) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->exact_count; i++) count += v->most[v->exact[i]] >= floor_score;
    return count;
}

/* The rows that are not exact and may reach the floor, into v->ids. fresh: nothing was read since
 * the pass but rows computed exactly. Returns how many. */
static uint32_t reaching(const struct tri_head *head, struct tri_head_view *v, float floor_score,
                         bool fresh) {
    uint32_t count = 0;
    for (uint32_t row = 0; row < head->vocab; row += BLOCK) {
        const uint32_t end = head->vocab - row < BLOCK ? head->vocab : row + BLOCK;
        if (fresh ? v->tile_most[row / BLOCK] < floor_score : !any_from(v->most + row, floor_score))
            continue;
        for (uint32_t i = row; i < end; i++) { /* without a branch: which ones is not foreseeable */
            v->ids[count] = i;
            count += (v->most[i] >= floor_score) & (v->stage[i] != TRI_HEAD_EXACT);
        }
    }
    return count;
}

/* Those of v->ids that still are so. */
static uint32_t staying(struct tri_head_view *v, uint32_t count, float floor_score) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t row = v->ids[i];
        v->ids[kept] = row;
        kept += (v->most[row] >= floor_score) & (v->stage[row] != TRI_HEAD_EXACT);
    }
    return kept;
}

/* A heap of the largest scores seen, the least of them on top. */
struct best {
    struct tri_logit *heap; /* [room] */
    uint32_t room, count;
};

static void offer(struct best *b, uint32_t id, float score) {
    uint32_t at;
    if (b->count < b->room) {
        for (at = b->count++; at > 0 && b->heap[(at - 1) / 2].value > score; at = (at - 1) / 2)
            b->heap[at] = b->heap[(at - 1) / 2];
    } else {
        at = 0;
        for (uint32_t child; (child = 2 * at + 1) < b->room; at = child) {
            if (child + 1 < b->room && b->heap[child + 1].value < b->heap[child].value) child++;
            if (!(b->heap[child].value < score)) break;
            b->heap[at] = b->heap[child];
        }
    }
    b->heap[at] = (struct tri_logit){id, score};
}

/* The `room` rows with the largest estimates after the pass. Uses v->found. */
static struct best largest(const struct tri_head *head, struct tri_head_view *v, uint32_t room) {
    struct best b = {.heap = v->found, .room = room};
    for (uint32_t row = 0; row < head->vocab; row += BLOCK) {
        const uint32_t end = head->vocab - row < BLOCK ? head->vocab : row + BLOCK;
        if (b.count == room && v->tile_largest[row / BLOCK] <= b.heap[0].value) continue;
        for (uint32_t i = row; i < end; i++) {
            if (b.count < room || v->estimate[i] > b.heap[0].value) offer(&b, i, v->estimate[i]);
        }
    }
    return b;
}

/* The same among the exact ones. */
static struct best largest_exact(struct tri_head_view *v, uint32_t room) {
    struct best b = {.heap = v->found, .room = room};
    for (uint32_t i = 0; i < v->exact_count; i++) {
        const uint32_t row = v->exact[i];
        if (b.count < room || v->estimate[row] > b.heap[0].value) offer(&b, row, v->estimate[row]);
    }
    return b;
}

/* The same of v->ids. */
static struct best largest_of(struct tri_head_view *v, uint32_t count, uint32_t room) {
    struct best b = {.heap = v->found, .room = room};
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t row = v->ids[i];
        if (b.count < room || v->estimate[row] > b.heap[0].value) offer(&b, row, v->estimate[row]);
    }
    return b;
}

/* Computes rows that look best, so that a floor is near what it will be. */
static void compute(struct tri_head *head, struct tri_head_view *v, const struct best *b) {
    uint32_t *ids = v->exact + v->exact_count, count = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        if (v->stage[b->heap[i].id] != TRI_HEAD_EXACT) ids[count++] = b->heap[i].id;
    }
    tri_head_step(head, v, ids, count, TRI_HEAD_EXACT);
}

/* Weights e^((score - best) / T) of the rows below a floor, added up in bins of their bounds. */
enum { BINS = 96 * 16 };
struct bins {
    uint32_t rows[BINS];
};

/* Of the scores below `limit`. Distances are rounded as the sampler's are, so none is too far. */
static void fill_bins(const struct tri_head *head, const float *score, float best,
                      float temperature, float limit, struct bins *bins) {
    memset(bins, 0, sizeof *bins);
    for (uint32_t row = 0; row < head->vocab; row++) {
        if (!(score[row] < limit)) continue;
        const float at = (best - score[row]) / temperature * 16;
        if (at < (float)BINS) bins->rows[at > 0 ? (int)at : 0]++;
    }
}

/* The weight of a bin's rows at most. What tri_exp gives below its range is far too little to
 * matter in what tri_sampler_next_of allows for its sums. */
static double weight_of(const struct bins *bins, int bin) {
    return bins->rows[bin] * (double)tri_exp(-(float)bin / 16) * 1.001;
}

/* The distance from the best, in temperatures, beyond which rows weigh no more than `most`; *rows
 * counts those within. */
static float cut_of(const struct bins *bins, double most, uint32_t *rows) {
    double sum = 0;
    int bin = BINS;
    while (bin > 0 && sum + weight_of(bins, bin - 1) <= most) sum += weight_of(bins, --bin);
    *rows = 0;
    for (int i = 0; i < bin; i++) *rows += bins->rows[i];
    return (float)bin / 16;
}

/* What a floor follows from. */
struct goal {
    struct tri_sampler_need need;
    double most; /* weight that may stay unknown, the best one's being 1 */
    float limit; /* the floor will be about as high, by the estimates */
};

/* The floor that what is exact so far sets: rows whose score is certainly below are not needed. */
static float floor_of(const struct tri_head *head, struct tri_head_view *v,
                      const struct goal *goal) {
    const float infinity = (float)INFINITY;
    if (goal->need.mass) {
        const float best = largest_exact(v, 1).heap[0].value;
        struct bins bins;
        uint32_t rows;
        fill_bins(head, v->most, best, goal->need.temperature, infinity, &bins);
        return best - cut_of(&bins, goal->most, &rows) * goal->need.temperature;
    }
    const uint32_t count = goal->need.count < head->vocab ? goal->need.count : 1;
    const struct best b = largest_exact(v, count);
    float top = b.heap[0].value;
    for (uint32_t i = 1; i < b.count; i++) top = b.heap[i].value > top ? b.heap[i].value : top;
    const float below = top - goal->need.below;
    const float rank = b.count == goal->need.count ? b.heap[0].value : -infinity;
    return rank > below ? rank : below;
}

/* What a further plane leaves of a bound's distance from the estimate, about. */
static double rest_after(const struct tri_head *head, unsigned plane, unsigned further) {
    return head->left[plane] > 0 ? head->left[further] / head->left[plane] : 1;
}

/* True if it looks cheaper to compute all logits than to go on from v->ids: by the estimates and
 * what further planes leave of their distance from the bounds, of some rows. Only speed depends on
 * it. */
static bool is_dear(const struct tri_head *head, const struct tri_head_view *v, uint32_t count,
                    float floor_score, unsigned plane) {
    enum { SAMPLE = 2048 };
    const uint32_t step = count / SAMPLE + 1;
    uint32_t stay[TRI_HEAD_EXACT + 1] = {0};
    double rest[TRI_HEAD_EXACT + 1];
    for (unsigned p = plane; p <= TRI_HEAD_EXACT; p++) rest[p] = rest_after(head, plane - 1, p - 1);
    for (uint32_t i = 0; i < count; i += step) {
        const uint32_t row = v->ids[i];
        const double short_of = (double)floor_score - (double)v->estimate[row];
        const double distance = (double)v->most[row] - (double)v->estimate[row];
        for (unsigned p = plane; p <= TRI_HEAD_EXACT; p++)
            stay[p] += distance * rest[p] >= short_of;
    }
    double bytes = 0;
    for (unsigned p = plane; p <= TRI_HEAD_EXACT; p++)
        bytes += (double)tri_head_step_bytes(head, p) * stay[p];
    const double all = (double)tri_head_step_bytes(head, TRI_HEAD_EXACT) * head->vocab;
    return bytes * step > all - all / GIVE_UP;
}

/* Reads until every row that may reach the floor is exact; false if all might as well be. The
 * floor is in *floor_score, those that reach it in v->found[*found]. */
static bool search(struct tri_head *head, struct tri_head_view *v, const struct goal *goal,
                   bool first, float *floor_score, uint32_t *found) {
    const bool ranks = !goal->need.mass && goal->need.count < head->vocab;
    const uint32_t looked = (ranks ? goal->need.count : 1) + SPARE;
    const uint32_t room = looked < head->vocab ? looked : head->vocab;
    const unsigned from = v->deep ? 2 : 1;
    uint32_t count = 0;
    if (first) {
        const struct best b = largest(head, v, room);
        compute(head, v, &b);
    }
    if (v->deep) v->counts.survivors[0] = head->vocab;
    for (unsigned plane = from; plane <= TRI_HEAD_EXACT; plane++) {
        *floor_score = floor_of(head, v, goal);
        count = plane == from ? reaching(head, v, *floor_score, first)
                              : staying(v, count, *floor_score);
        v->counts.survivors[plane - 1] = count + exact_reaching(v, *floor_score);
        const float likely = *floor_score > goal->limit ? *floor_score : goal->limit;
        if (first && is_dear(head, v, count, likely, plane)) return false;
        uint32_t ready = 0; /* those of which all planes before were read come first */
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t row = v->ids[i];
            if (plane < TRI_HEAD_EXACT && v->stage[row] != plane - 1) continue;
            v->ids[i] = v->ids[ready];
            v->ids[ready++] = row;
        }
        tri_head_step(head, v, v->ids, ready, plane);
        if (plane < TRI_HEAD_EXACT && ready > looked) {
            const struct best b = largest_of(v, count, room);
            compute(head, v, &b);
        }
    }
    *found = 0;
    for (uint32_t i = 0; i < v->exact_count; i++) {
        const uint32_t row = v->exact[i];
        if (v->most[row] < *floor_score) continue;
        v->found[(*found)++] = (struct tri_logit){row, v->base[row]};
    }
    v->counts.survivors[TRI_HEAD_EXACT] = *found;
    return true;
}

/* What is known of the rows below the floor. */
static struct tri_rest rest_of(const struct tri_head *head, struct tri_head_view *v,
                               const struct goal *goal, float floor_score) {
    struct tri_rest rest = {.score = floor_score, .mass = (double)INFINITY};
    if (!goal->need.mass) return rest;
    float best = floor_score;
    for (uint32_t i = 0; i < v->exact_count; i++)
        best = v->most[v->exact[i]] > best ? v->most[v->exact[i]] : best;
    struct bins bins;
    fill_bins(head, v->most, best, goal->need.temperature, floor_score, &bins);
    rest.mass = 0;
    for (int bin = 0; bin < BINS; bin++) rest.mass += weight_of(&bins, bin);
    return rest;
}

/* Sets the weight that may stay unknown: a part of what all weigh by the estimates. *typical: what
 * a token that is drawn weighs, likewise. True if so many rows matter then that computing all is no
 * dearer. */
static bool is_hopeless(const struct tri_head *head, struct tri_head_view *v, struct goal *goal,
                        double part, double *typical) {
    *typical = 1;
    goal->limit = -(float)INFINITY;
    uint32_t rows = goal->need.count < head->vocab ? goal->need.count : 0;
    if (goal->need.mass) {
        const float best = largest(head, v, 1).heap[0].value;
        struct bins bins;
        double sum = 0, squares = 0;
        fill_bins(head, v->estimate, best, goal->need.temperature, (float)INFINITY, &bins);
        for (int bin = 0; bin < BINS; bin++) {
            sum += weight_of(&bins, bin);
            squares += weight_of(&bins, bin) * (double)tri_exp(-(float)bin / 16);
        }
        *typical = squares / (sum * sum);
        goal->most = part * sum;
        goal->limit = best - cut_of(&bins, goal->most, &rows) * goal->need.temperature;
        /* and as the bounds will be when all planes are read */
        float finest[TRI_HEAD_EXACT + 1];
        for (unsigned p = 0; p < TRI_HEAD_PLANES; p++)
            finest[p] = (float)rest_after(head, p, TRI_HEAD_PLANES - 1);
        finest[TRI_HEAD_EXACT] = 1;
        rows = 0;
        for (uint32_t row = 0; row < head->vocab; row++) {
            const float distance = v->most[row] - v->estimate[row];
            rows += v->estimate[row] + finest[v->stage[row]] * distance >= goal->limit;
        }
    }
    return rows > head->vocab / GIVE_UP;
}

/* Whether the next pass of a view reads two planes at once: where the first leaves most rows, that
 * is faster than to come back for the second. Only speed depends on it. */
static bool wants_deep(const struct tri_head *head, const struct tri_head_view *v,
                       float floor_score) {
    enum { SAMPLE = 16 * TRI_HEAD_TILE };
    if (!tri_head_can_deepen(head)) return false;
    if (!v->deep) return v->counts.survivors[0] > head->vocab / 2;
    /* What the first plane would have left: of some tiles, about. */
    uint32_t looked = 0, left = 0;
    for (uint32_t first = 0; first < head->vocab; first += SAMPLE) {
        for (uint32_t i = first; i < first + TRI_HEAD_TILE && i < head->vocab; i++, looked++) {
            const double distance = v->state.length * (double)head->residual[0][i] +
                                    v->state.slack * (double)head->norm[i];
            left += (double)v->estimate[i] + distance >= (double)floor_score;
        }
    }
    return left > looked / 5 * 2;
}

/* After several states in a row for which screening was for nothing, some are not screened. */
bool tri_head_spares(struct tri_head_view *v) {
    enum { PATIENCE = 3, MOST = 8 };
    if (v->given_up < PATIENCE || v->spared == MOST) {
        v->spared = 0;
        return false;
    }
    v->spared++;
    return true;
}

enum tri_status tri_head_choose(struct tri_head *head, struct tri_head_view *v,
                                struct tri_sampler *sampler, uint32_t *id) {
    static const double unknown[] = {0x1p-6, 0x1p-10, 0x1p-15};
    struct goal goal;
    tri_sampler_needs(sampler, &goal.need);
    bool decided = false, deep = false, first = true;
    for (int turn = 0; v->screened && turn < 3 && !decided; turn++) {
        uint32_t found = 0;
        float floor_score = 0;
        double typical;
        if (is_hopeless(head, v, &goal, unknown[turn], &typical)) break;
        /* What is not known moves where tokens end: it must be little beside one of them. */
        if (goal.need.mass && turn < 2 && unknown[turn] > typical / 4) continue;
        if (!search(head, v, &goal, first, &floor_score, &found)) break;
        first = false;
        deep = wants_deep(head, v, floor_score);
        const struct tri_rest rest = rest_of(head, v, &goal, floor_score);
        TRI_TRY(tri_sampler_next_of(sampler, v->found, found, rest, id, &decided));
        if (!goal.need.mass) break; /* what was needed is there; another turn finds no more */
    }
    if (v->screened) {
        v->deep = decided && deep;
        v->given_up = decided ? 0 : v->given_up + 1;
    }
    if (!decided) { /* where bounds do not decide */
        TRI_TRY(tri_head_complete(head, v));
        TRI_TRY(tri_sampler_next(sampler, v->base, id));
    }
    return tri_model_intact(head->model);
}
