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

enum { STEP_TILES = 8, STEP_IDS = 64, SPARE = 3, GIVE_UP = 6 };

/* The first plane, all rows, for the views that can be screened. */
struct screen {
    struct tri_head *head;
    uint32_t count;
};

static void screen_part(void *context, uint32_t part, uint32_t thread) {
    (void)thread;
    const struct screen *s = context;
    const struct tri_head *head = s->head;
    const size_t bytes = tri_head_plane_bytes(&head->shape, 0);
    const uint32_t tiles = head->rows / TRI_HEAD_TILE, first = part * STEP_TILES;
    for (uint32_t t = first; t < tiles && t < first + STEP_TILES; t++) {
        const size_t row = (size_t)t * TRI_HEAD_TILE;
        for (uint32_t i = 0; i < s->count; i++) {
            struct tri_head_view *v = &s->head->view[i];
            if (!v->screened) continue;
            head->kernels->tile(head->plane[0] + row * bytes, &head->shape, v->state.high,
                                v->state.low, v->sums + row);
            const struct tri_head_tile tile = {.scale = head->scale[0] + row,
                                               .residual = head->residual[0] + row,
                                               .norm = head->norm + row,
                                               .step = head->step + row,
                                               .coefficients = head->coefficients +
                                                               row * head->shape.directions,
                                               .sums = v->sums + row,
                                               .base = v->base + row,
                                               .estimate = v->estimate + row,
                                               .most = v->most + row};
            head->kernels->judge(&head->shape, &v->state, &tile);
        }
    }
}

/* Bytes of what a plane's step reads for a row: codes, scale, residual, norm. */
static uint64_t row_bytes(const struct tri_head *head, unsigned plane) {
    const uint64_t first = plane == 0 ? 4 + 2 * (uint64_t)head->shape.directions : 0;
    return tri_head_plane_bytes(&head->shape, plane) + 12 + first;
}

void tri_head_screen(struct tri_head *head, uint32_t count) {
    struct screen s = {.head = head, .count = count};
    const uint32_t tiles = head->rows / TRI_HEAD_TILE;
    tri_pool_run(head->pool, (tiles + STEP_TILES - 1) / STEP_TILES, screen_part, &s);
    for (uint32_t i = 0; i < count; i++) {
        struct tri_head_view *v = &head->view[i];
        if (!v->screened) continue;
        memset(v->stage, 0, head->rows);
        const unsigned char *penalised = tri_sampler_penalised(v->sampler);
        for (uint32_t row = 0; penalised != NULL && row < head->vocab; row++) {
            if (!penalised[row]) continue;
            v->estimate[row] = tri_sampler_score(v->sampler, row, v->estimate[row]);
            v->most[row] = tri_sampler_score(v->sampler, row, v->most[row]);
        }
    }
    head->counts.bytes += head->vocab * row_bytes(head, 0);
}

/* Rows whose numbers a step reads: ids[0..count). */
struct step {
    struct tri_head *head;
    struct tri_head_view *view;
    uint32_t count;
    unsigned plane; /* TRI_HEAD_EXACT: the model's own rows */
};

/* Reads the second or third plane of rows that follow each other. */
static void refine(const struct step *s, uint32_t row, uint32_t rows) {
    const struct tri_head *head = s->head;
    struct tri_head_view *v = s->view;
    const unsigned p = s->plane;
    int32_t sums[STEP_IDS];
    const uint8_t *plane = head->plane[p] + (size_t)row * tri_head_plane_bytes(&head->shape, p);
    (p == 1 ? head->kernels->dot2 : head->kernels->dot3)(plane, rows, &head->shape, v->state.high,
                                                         v->state.low, sums);
    for (uint32_t i = 0; i < rows; i++, row++) {
        /* Exact in double; as an integer it may need 37 bits. */
        const double first = v->sums[row], second = p == 1 ? sums[i] : v->second[row];
        const double total = v->state.total;
        const double codes = p == 1 ? 2 * (4 * first + second) - 31 * total
                                    : 2 * (32 * first + 8 * second + sums[i]) - 255 * total;
        const double estimate =
            (double)v->base[row] + (double)head->scale[p][row] * v->state.step * codes;
        double most = estimate + v->state.length * (double)head->residual[p][row] +
                      v->state.slack * (double)head->norm[row];
        most += fabs(most) * 0x1p-22 + 1e-40; /* upward through the narrowing */
        if (p == 1) v->second[row] = sums[i];
        v->estimate[row] = tri_sampler_score(v->sampler, row, (float)estimate);
        v->most[row] = tri_sampler_score(v->sampler, row, (float)most);
        v->stage[row] = (uint8_t)p;
    }
}

static void step_part(void *context, uint32_t part, uint32_t thread) {
    const struct step *s = context;
    struct tri_head *head = s->head;
    struct tri_head_view *v = s->view;
    const uint32_t first = part * STEP_IDS;
    const uint32_t end = s->count - first < STEP_IDS ? s->count : first + STEP_IDS;
    float *weights = head->row + (size_t)thread * head->shape.padded;
    for (uint32_t i = first; i < end;) {
        const uint32_t row = v->ids[i];
        if (s->plane == TRI_HEAD_EXACT) {
            v->base[row] = tri_head_logit(head, v->x, row, weights);
            v->estimate[row] = v->most[row] = tri_sampler_score(v->sampler, row, v->base[row]);
            v->stage[row] = TRI_HEAD_EXACT;
            i++;
            continue;
        }
        uint32_t rows = 1;
        while (i + rows < end && v->ids[i + rows] == row + rows) rows++;
        refine(s, row, rows);
        i += rows;
    }
}

static void take_step(struct tri_head *head, struct tri_head_view *v, uint32_t count,
                      unsigned plane) {
    struct step s = {.head = head, .view = v, .count = count, .plane = plane};
    if (count == 0) return;
    tri_pool_run(head->pool, (count + STEP_IDS - 1) / STEP_IDS, step_part, &s);
    const uint64_t exact =
        (uint64_t)head->model->head.cols * tri_float_bytes(head->model->head.type);
    v->counts.bytes += count * (plane == TRI_HEAD_EXACT ? exact : row_bytes(head, plane));
    if (plane == TRI_HEAD_EXACT) v->counts.exact += count;
}

/* The rows that are not exact and may reach the floor. Returns how many; *reached counts the exact
 * ones, too. */
static uint32_t reaching(const struct tri_head *head, struct tri_head_view *v, float floor_score,
                         uint32_t *reached) {
    uint32_t count = 0, exact = 0;
    for (uint32_t row = 0; row < head->vocab; row += 16) {
        const uint32_t end = head->vocab - row < 16 ? head->vocab : row + 16;
        float most = v->most[row];
        for (uint32_t i = row + 1; i < end; i++) most = v->most[i] > most ? v->most[i] : most;
        if (most < floor_score) continue;
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

/* The `room` rows with the largest estimates, among exact ones only or all. Uses v->found. */
static struct best largest(const struct tri_head *head, struct tri_head_view *v, uint32_t room,
                           bool exact) {
    struct best b = {.heap = v->found, .room = room};
    for (uint32_t row = 0; row < head->vocab; row += 16) {
        const uint32_t end = head->vocab - row < 16 ? head->vocab : row + 16;
        float most = v->estimate[row];
        for (uint32_t i = row + 1; i < end; i++)
            most = v->estimate[i] > most ? v->estimate[i] : most;
        if (b.count == room && !(most > b.heap[0].value)) continue;
        for (uint32_t i = row; i < end; i++) {
            if (exact && v->stage[i] != TRI_HEAD_EXACT) continue;
            if (b.count < room || v->estimate[i] > b.heap[0].value) offer(&b, i, v->estimate[i]);
        }
    }
    return b;
}

/* Computes the rows that look best, so that a floor is near what it will be. */
static void look_at_best(struct tri_head *head, struct tri_head_view *v, uint32_t room) {
    const struct best b = largest(head, v, room < head->vocab ? room : head->vocab, false);
    uint32_t count = 0;
    for (uint32_t i = 0; i < b.count; i++) {
        if (v->stage[b.heap[i].id] != TRI_HEAD_EXACT) v->ids[count++] = b.heap[i].id;
    }
    take_step(head, v, count, TRI_HEAD_EXACT);
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
        const float best = largest(head, v, 1, true).heap[0].value;
        struct bins bins;
        uint32_t rows;
        fill_bins(head, v->most, best, goal->need.temperature, infinity, &bins);
        return best - cut_of(&bins, goal->most, &rows) * goal->need.temperature;
    }
    const uint32_t count = goal->need.count < head->vocab ? goal->need.count : 1;
    const struct best b = largest(head, v, count, true);
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
    for (unsigned plane = 1; plane <= TRI_HEAD_EXACT; plane++) {
        floor_score = floor_of(head, v, goal);
        const uint32_t count = reaching(head, v, floor_score, &v->counts.survivors[plane - 1]);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++) { /* those of which all planes before were read */
            const uint32_t row = v->ids[i];
            if (plane == TRI_HEAD_EXACT || v->stage[row] == plane - 1) v->ids[kept++] = row;
        }
        take_step(head, v, kept, plane);
        if (plane < TRI_HEAD_EXACT && kept > looked) look_at_best(head, v, looked);
    }
    *found = 0;
    for (uint32_t row = 0; row < head->vocab; row++) {
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
    for (uint32_t row = 0; row < head->vocab; row++) {
        if (v->stage[row] == TRI_HEAD_EXACT && v->most[row] > best) best = v->most[row];
    }
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
        const float best = largest(head, v, 1, false).heap[0].value;
        struct bins bins;
        double sum = 0;
        fill_bins(head, v->estimate, best, goal->need.temperature, (float)INFINITY, &bins);
        for (int bin = 0; bin < BINS; bin++) sum += weight_of(&bins, bin);
        goal->most = part * sum;
        const float limit = best - cut_of(&bins, goal->most, &rows) * goal->need.temperature;
        /* and as the bounds will be when all planes are read */
        const float finest = (float)head->finest;
        rows = 0;
        for (uint32_t row = 0; row < head->vocab; row++) {
            const float distance = v->most[row] - v->estimate[row];
            rows += v->estimate[row] + (v->stage[row] == 0 ? finest : 1) * distance >= limit;
        }
    }
    return rows > head->vocab / GIVE_UP;
}

enum tri_status tri_head_choose(struct tri_head *head, struct tri_head_view *v,
                                struct tri_sampler *sampler, uint32_t *id) {
    static const double unknown[] = {0x1p-6, 0x1p-10, 0x1p-15};
    struct goal goal;
    tri_sampler_needs(sampler, &goal.need);
    bool decided = false;
    for (int turn = 0; v->screened && turn < 3 && !decided; turn++) {
        uint32_t found = 0;
        if (is_hopeless(head, v, &goal, unknown[turn])) break;
        const float floor_score = search(head, v, &goal, &found);
        const struct tri_rest rest = rest_of(head, v, &goal, floor_score);
        TRI_TRY(tri_sampler_next_of(sampler, v->found, found, rest, id, &decided));
        if (!goal.need.mass) break; /* what was needed is there; another turn finds no more */
    }
    if (!decided) TRI_TRY(choose_all(head, v, sampler, id));
    return tri_model_intact(head->model);
}

void tri_head_refine_all(struct tri_head *head, struct tri_head_view *v, unsigned plane) {
    for (uint32_t row = 0; row < head->vocab; row++) v->ids[row] = row;
    take_step(head, v, head->vocab, plane);
}
