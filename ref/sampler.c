/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses tokens: repetition penalty, then temperature, top-k, top-p and min-p as in transformers,
 * then one draw. Candidates are ranked by logit, equal ones by id; weights are e^((logit - max) /
 * T), added up in double in the order of rank (or of id, where nothing is cut off).
 */
#include "ref/sampler.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "ref/elementary.h"
#include "ref/random.h"

struct tri_sampler {
    struct tri_sampling sampling;
    struct tri_random random;
    uint32_t vocab;
    unsigned char *seen; /* [vocab]: 1 if the token is in the text */
    float *score;        /* [vocab]: logits after the penalty */
    uint32_t *heap;      /* [vocab]: ids; the best of those left on top, those taken behind */
    uint32_t ranks;      /* ids that were put into the heap: all, or the few found */
    uint32_t left;       /* in the heap */
};

static enum tri_status check(const struct tri_sampling *s) {
    if (!tri_is_finite(s->temperature) || s->temperature < 0) {
        return tri_fail(TRI_E_ARGUMENT, "temperature, wanted a finite number from 0, got %g",
                        (double)s->temperature);
    }
    if (!(s->top_p > 0 && s->top_p <= 1)) {
        return tri_fail(TRI_E_ARGUMENT, "top_p, wanted above 0 and at most 1, got %g",
                        (double)s->top_p);
    }
    if (!(s->min_p >= 0 && s->min_p <= 1)) {
        return tri_fail(TRI_E_ARGUMENT, "min_p, wanted 0..1, got %g", (double)s->min_p);
    }
    if (!tri_is_finite(s->repetition_penalty) || s->repetition_penalty <= 0) {
        return tri_fail(TRI_E_ARGUMENT,
                        "repetition_penalty, wanted a finite number above 0, got %g",
                        (double)s->repetition_penalty);
    }
    return TRI_OK;
}

enum tri_status tri_sampler_create(const struct tri_sampling *sampling, uint32_t vocab,
                                   struct tri_sampler **sampler) {
    *sampler = NULL;
    TRI_TRY(check(sampling));
    if (vocab == 0) return tri_fail(TRI_E_ARGUMENT, "vocab, wanted at least 1, got 0");
    struct tri_sampler *s = calloc(1, sizeof *s);
    if (s == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for a sampler");
    s->sampling = *sampling;
    s->random.state = sampling->seed;
    s->vocab = vocab;
    s->seen = calloc(vocab, sizeof *s->seen);
    s->score = calloc(vocab, sizeof *s->score);
    s->heap = calloc(vocab, sizeof *s->heap);
    if (s->seen == NULL || s->score == NULL || s->heap == NULL) {
        tri_sampler_destroy(s);
        return tri_fail(TRI_E_MEMORY, "out of memory for a sampler of %" PRIu32 " tokens", vocab);
    }
    *sampler = s;
    return TRI_OK;
}

void tri_sampler_destroy(struct tri_sampler *sampler) {
    if (sampler == NULL) return;
    free(sampler->seen);
    free(sampler->score);
    free(sampler->heap);
    free(sampler);
}

void tri_sampler_accept(struct tri_sampler *sampler, uint32_t id) {
    if (id < sampler->vocab) sampler->seen[id] = 1;
}

/* True if a ranks before b: higher score, or the same and a lower id. */
static bool before(const struct tri_sampler *s, uint32_t a, uint32_t b) {
    if (s->score[a] > s->score[b]) return true;
    return !(s->score[a] < s->score[b]) && a < b;
}

static void sink(struct tri_sampler *s, uint32_t at) {
    const uint32_t id = s->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < s->left; at = child) {
        if (child + 1 < s->left && before(s, s->heap[child + 1], s->heap[child])) child++;
        if (!before(s, s->heap[child], id)) break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = id;
}

/* Makes a heap of the ids in s->heap. */
static void order(struct tri_sampler *s, uint32_t ranks) {
    s->ranks = s->left = ranks;
    for (uint32_t i = ranks / 2; i-- > 0;) sink(s, i);
}

/* The id of a rank. Takes as many from the heap as needed: a draw rarely needs many. */
static uint32_t ranked(struct tri_sampler *s, uint32_t rank) {
    while (s->ranks - s->left <= rank) {
        uint32_t best = s->heap[0];
        s->left--;
        s->heap[0] = s->heap[s->left];
        s->heap[s->left] = best;
        if (s->left > 1) sink(s, 0);
    }
    return s->heap[s->ranks - 1 - rank];
}

static float weight(const struct tri_sampler *s, float best, uint32_t id) {
    return tri_exp((s->score[id] - best) / s->sampling.temperature);
}

/* Ranks that top_k leaves. */
static uint32_t limit_of(const struct tri_sampler *s) {
    const uint32_t k = s->sampling.top_k;
    return k == 0 || k > s->vocab ? s->vocab : k;
}

static bool cuts(const struct tri_sampling *o) { return o->top_p < 1 || o->min_p > 0; }

#define UNKNOWN UINT32_MAX
static const struct tri_rest nothing = {.mass = 0};

/* How many of the first ranks remain candidates where all weights add up to `total`, and the weight
 * of those together. UNKNOWN where ranks that were not found count. */
static uint32_t cut(struct tri_sampler *s, float best, double total, struct tri_rest rest,
                    double *mass) {
    const struct tri_sampling *o = &s->sampling;
    const uint32_t limit = limit_of(s);
    double sum = 0;
    uint32_t kept = 0;
    while (kept < limit) {
        if (kept == s->ranks) {
            if (!(tri_sampler_weight_at_most(s, best, rest.score) < (double)o->min_p))
                return UNKNOWN;
            break;
        }
        float w = weight(s, best, ranked(s, kept));
        if (kept > 0 && w < o->min_p) break; /* the best one's weight is 1 */
        sum += (double)w;
        kept++;
        if (o->top_p < 1 && sum >= (double)o->top_p * total) break;
    }
    *mass = sum;
    return kept;
}

/* The first of the ranks below `kept` where the sum of weights exceeds the target. UNKNOWN as
 * above. A larger target, and a larger `kept`, never give a lower rank. */
static uint32_t reach(struct tri_sampler *s, float best, uint32_t kept, double target) {
    double sum = 0;
    uint32_t chosen = 0;
    for (uint32_t rank = 0; rank < kept; rank++) {
        if (rank == s->ranks) return UNKNOWN;
        float w = weight(s, best, ranked(s, rank));
        if (!(w > 0))
            break; /* rounding of the sums may leave a rest; what weighs nothing never wins */
        chosen = rank;
        sum += (double)w;
        if (sum > target) break;
    }
    return chosen;
}

static uint32_t draw(struct tri_sampler *s, float best) {
    const uint32_t limit = limit_of(s);
    for (uint32_t i = 0; i < s->vocab; i++) s->heap[i] = i;
    order(s, s->vocab);
    double mass = 0;
    if (limit == s->vocab) {
        for (uint32_t id = 0; id < s->vocab; id++) mass += (double)weight(s, best, id);
    } else {
        for (uint32_t i = 0; i < limit; i++) mass += (double)weight(s, best, ranked(s, i));
    }
    const uint32_t kept = cuts(&s->sampling) ? cut(s, best, mass, nothing, &mass) : limit;
    const double target = tri_random_unit(&s->random) * mass;
    return ranked(s, reach(s, best, kept, target));
}

float tri_sampler_score(const struct tri_sampler *s, uint32_t id, float logit) {
    const float penalty = s->sampling.repetition_penalty;
    if (!s->seen[id]) return logit;
    return logit < 0 ? logit * penalty : logit / penalty;
}

static enum tri_status not_finite(uint32_t id, float score) {
    return tri_fail(TRI_E_FORMAT, "logit of token %" PRIu32 ", wanted a finite number, got %g", id,
                    (double)score);
}

enum tri_status tri_sampler_next(struct tri_sampler *sampler, const float *logits, uint32_t *id) {
    struct tri_sampler *s = sampler;
    uint32_t best = 0;
    for (uint32_t i = 0; i < s->vocab; i++) {
        float score = tri_sampler_score(s, i, logits[i]);
        if (!tri_is_finite(score)) return not_finite(i, score);
        s->score[i] = score;
        if (score > s->score[best]) best = i; /* not on equality: the lowest id stays */
    }
    *id = s->sampling.temperature > 0 ? draw(s, s->score[best]) : best;
    return TRI_OK;
}

const unsigned char *tri_sampler_penalised(const struct tri_sampler *s) {
    const float penalty = s->sampling.repetition_penalty;
    return penalty < 1 || penalty > 1 ? s->seen : NULL;
}

uint32_t tri_sampler_vocab(const struct tri_sampler *s) { return s->vocab; }

float tri_sampler_growth(const struct tri_sampler *s) {
    const float penalty = s->sampling.repetition_penalty;
    return penalty < 1 ? 1 / penalty : penalty;
}

double tri_sampler_weight_at_most(const struct tri_sampler *s, float best, float score) {
    /* tri_exp is within 2^-23 of e^x or 0, and the rounded quotient grows with the score. */
    return (double)tri_exp((score - best) / s->sampling.temperature) * (1 + 0x1p-20);
}

void tri_sampler_needs(const struct tri_sampler *s, struct tri_sampler_need *need) {
    const struct tri_sampling *o = &s->sampling;
    *need = (struct tri_sampler_need){.count = limit_of(s),
                                      .below = tri_float_from_bits(0x7f800000u), /* infinity */
                                      .temperature = o->temperature};
    if (!(o->temperature > 0)) {
        need->count = 1;
        return;
    }
    const bool all = need->count == s->vocab;
    need->mass = all && (o->top_p < 1 || !(o->min_p > 0));
    if (!(o->min_p > 0) || (!all && o->top_p < 1)) return;
    float low = 0, high = 128; /* of (best - score) / T: e^-128 is 0 here */
    for (int i = 0; i < 24; i++) {
        const float middle = (low + high) / 2;
        if ((double)tri_exp(-middle) * (1 + 0x1p-16) < (double)o->min_p)
            high = middle;
        else
            low = middle;
    }
    need->below = high * o->temperature * 1.0001f;
}

enum tri_status tri_sampler_next_of(struct tri_sampler *sampler, const struct tri_logit *found,
                                    uint32_t count, struct tri_rest rest, uint32_t *id,
                                    bool *decided) {
    struct tri_sampler *s = sampler;
    *decided = true;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = found[i].id;
        float score = tri_sampler_score(s, at, found[i].value);
        if (!tri_is_finite(score)) return not_finite(at, score);
        s->score[at] = score;
        s->heap[i] = at;
    }
    order(s, count);
    *id = ranked(s, 0);
    if (!(s->sampling.temperature > 0)) return TRI_OK;
    const float best = s->score[*id];
    if (count == s->vocab) {
        *id = draw(s, best);
        return TRI_OK;
    }
    const uint32_t limit = limit_of(s);
    double low = 0, high = 0; /* of the sum of all weights, in the order in which draw adds them */
    if (limit < s->vocab) {
        const uint32_t there = count < limit ? count : limit;
        for (uint32_t i = 0; i < there; i++) low += (double)weight(s, best, ranked(s, i));
        high = low; /* exact; if ranks are missing, cut says so unless min_p ends before them */
        if (there < limit && (s->sampling.top_p < 1 || !(s->sampling.min_p > 0))) *decided = false;
    } else {
        for (uint32_t i = 0; i < count; i++) low += (double)weight(s, best, ranked(s, i));
        /* Any order of 2^32 additions in double differs from any other by less than 2^-20. */
        high = (low + rest.mass) * (1 + 0x1p-20);
        low = low * (1 - 0x1p-20);
    }
    uint32_t least = limit, most = limit;
    if (*decided && cuts(&s->sampling)) {
        least = cut(s, best, low, rest, &low);
        most = cut(s, best, high, rest, &high);
        *decided = least != UNKNOWN && most != UNKNOWN;
    }
    if (!*decided) return TRI_OK;
    struct tri_random random = s->random;
    const double unit = tri_random_unit(&random);
    /* Both grow with the total, so what is equal at both ends is the choice. */
    const uint32_t first = reach(s, best, least, unit * low);
    const uint32_t last = reach(s, best, most, unit * high);
    *decided = first == last && first != UNKNOWN;
    if (!*decided) return TRI_OK;
    s->random = random;
    *id = ranked(s, first);
    return TRI_OK;
}
