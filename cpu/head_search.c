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

/* The rows that are not exact and may reach the floor. Returns how many; *reached counts the exact
 * ones, too. */
static uint32_t reaching(const struct tri_head *head, struct tri_head_view *v, float floor_score,
                         uint32_t *reached) {
    uint32_t count = 0, exact = 0;
    for (uint32_t row = 0; row < head->vocab; row += BLOCK) {
        const uint32_t end = head->vocab - row < BLOCK ? head->vocab : row + BLOCK;
        if (!any_from(v->most + row, floor_score)) continue;
        for (uint32_t i = row; i < end; i++) {
            if (v->most[i] < floor_score) continue;
            if (v->stage[i] == TRI_HEAD_EXACT)
                exact++;
            else
                v->ids[count++] = i;
        }
    }
    *reached = count + exact;
    return count;
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

/* The `room` rows with the largest estimates. Uses v->found. */
static struct best largest(const struct tri_head *head, struct tri_head_view *v, uint32_t room) {
    struct best b = {.heap = v->found, .room = room};
    for (uint32_t row = 0; row < head->vocab; row += BLOCK) {
        const uint32_t end = head->vocab - row < BLOCK ? head->vocab : row + BLOCK;
        if (b.count == room && !any_from(v->estimate + row, b.heap[0].value)) continue;
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

/* Computes the rows that look best, so that a floor is near what it will be. */
static void look_at_best(struct tri_head *head, struct tri_head_view *v, uint32_t room) {
    const struct best b = largest(head, v, room < head->vocab ? room : head->vocab);
    uint32_t count = 0;
    for (uint32_t i = 0; i < b.count; i++) {
        if (v->stage[b.heap[i].id] != TRI_HEAD_EXACT) v->ids[count++] = b.heap[i].id;
    }
    tri_head_step(head, v, count, TRI_HEAD_EXACT);
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

/* Reads until every row that may reach the floor is exact. Returns the floor; v->found[*found]:
 * those that reach it. */
static float search(struct tri_head *head, struct tri_head_view *v, const struct goal *goal,
                    uint32_t *found) {
    const bool ranks = !goal->need.mass && goal->need.count < head->vocab;
    const uint32_t looked = (ranks ? goal->need.count : 1) + SPARE;
    float floor_score = 0;
    look_at_best(head, v, looked);
    if (v->deep) v->counts.survivors[0] = head->vocab;
    for (unsigned plane = v->deep ? 2 : 1; plane <= TRI_HEAD_EXACT; plane++) {
        floor_score = floor_of(head, v, goal);
        const uint32_t count = reaching(head, v, floor_score, &v->counts.survivors[plane - 1]);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++) { /* those of which all planes before were read */
            const uint32_t row = v->ids[i];
            if (plane == TRI_HEAD_EXACT || v->stage[row] == plane - 1) v->ids[kept++] = row;
        }
        tri_head_step(head, v, kept, plane);
        if (plane < TRI_HEAD_EXACT && kept > looked) look_at_best(head, v, looked);
    }
    *found = 0;
    for (uint32_t i = 0; i < v->exact_count; i++) {
        const uint32_t row = v->exact[i];
        if (v->most[row] < floor_score) continue;
        v->found[(*found)++] = (struct tri_logit){row, v->base[row]};
    }
    v->counts.survivors[TRI_HEAD_EXACT] = *found;
    return floor_score;
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

/* All logits: where bounds do not decide. */
static enum tri_status choose_all(struct tri_head *head, struct tri_head_view *v,
                                  struct tri_sampler *sampler, uint32_t *id) {
    TRI_TRY(tri_head_all(head, v->x, v->base));
    v->counts.bytes +=
        (uint64_t)head->vocab * head->model->head.cols * tri_float_bytes(head->model->head.type);
    v->counts.exact = head->vocab;
    return tri_sampler_next(sampler, v->base, id);
}

/* Sets the weight that may stay unknown: a part of what all weigh by the estimates. True if so many
 * rows matter then that computing all is no dearer. */
static bool is_hopeless(const struct tri_head *head, struct tri_head_view *v, struct goal *goal,
                        double part) {
    uint32_t rows = goal->need.count < head->vocab ? goal->need.count : 0;
    if (goal->need.mass) {
        const float best = largest(head, v, 1).heap[0].value;
        struct bins bins;
        double sum = 0;
        fill_bins(head, v->estimate, best, goal->need.temperature, (float)INFINITY, &bins);
        for (int bin = 0; bin < BINS; bin++) sum += weight_of(&bins, bin);
        goal->most = part * sum;
        const float limit = best - cut_of(&bins, goal->most, &rows) * goal->need.temperature;
        /* and as the bounds will be when all planes are read */
        rows = 0;
        for (uint32_t row = 0; row < head->vocab; row++) {
            const float distance = v->most[row] - v->estimate[row];
            rows += v->estimate[row] + head->finest[v->stage[row]] * distance >= limit;
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

enum tri_status tri_head_choose(struct tri_head *head, struct tri_head_view *v,
                                struct tri_sampler *sampler, uint32_t *id) {
    static const double unknown[] = {0x1p-6, 0x1p-10, 0x1p-15};
    struct goal goal;
    tri_sampler_needs(sampler, &goal.need);
    bool decided = false, deep = false;
    for (int turn = 0; v->screened && turn < 3 && !decided; turn++) {
        uint32_t found = 0;
        if (is_hopeless(head, v, &goal, unknown[turn])) break;
        const float floor_score = search(head, v, &goal, &found);
        deep = wants_deep(head, v, floor_score);
        const struct tri_rest rest = rest_of(head, v, &goal, floor_score);
        TRI_TRY(tri_sampler_next_of(sampler, v->found, found, rest, id, &decided));
        if (!goal.need.mass) break; /* what was needed is there; another turn finds no more */
    }
    v->deep = deep;
    if (!decided) TRI_TRY(choose_all(head, v, sampler, id));
    return tri_model_intact(head->model);
}
