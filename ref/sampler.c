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

static void fill_heap(struct tri_sampler *s) {
    s->left = s->vocab;
    for (uint32_t i = 0; i < s->vocab; i++) s->heap[i] = i;
    for (uint32_t i = s->vocab / 2; i-- > 0;) sink(s, i);
}

/* The id of a rank. Takes as many from the heap as needed: a draw rarely needs many. */
static uint32_t ranked(struct tri_sampler *s, uint32_t rank) {
    while (s->vocab - s->left <= rank) {
        uint32_t best = s->heap[0];
        s->left--;
        s->heap[0] = s->heap[s->left];
        s->heap[s->left] = best;
        if (s->left > 1) sink(s, 0);
    }
    return s->heap[s->vocab - 1 - rank];
}

static float weight(const struct tri_sampler *s, float best, uint32_t id) {
    return tri_exp((s->score[id] - best) / s->sampling.temperature);
}

/* How many of the first ranks remain candidates, and their weight together. */
static uint32_t cut(struct tri_sampler *s, float best, double *mass) {
    const struct tri_sampling *o = &s->sampling;
    uint32_t limit = o->top_k == 0 || o->top_k > s->vocab ? s->vocab : o->top_k;
    double total = 0;
    if (limit == s->vocab) {
        for (uint32_t id = 0; id < s->vocab; id++) total += (double)weight(s, best, id);
    } else {
        for (uint32_t i = 0; i < limit; i++) total += (double)weight(s, best, ranked(s, i));
    }
    *mass = total;
    if (o->top_p >= 1 && o->min_p <= 0) return limit;
    double sum = 0;
    uint32_t kept = 0;
    while (kept < limit) {
        float w = weight(s, best, ranked(s, kept));
        if (kept > 0 && w < o->min_p) break; /* the best one's weight is 1 */
        sum += (double)w;
        kept++;
        if (o->top_p < 1 && sum >= (double)o->top_p * total) break;
    }
    *mass = sum;
    return kept;
}

static uint32_t draw(struct tri_sampler *s, float best) {
    double mass = 0, sum = 0;
    fill_heap(s);
    uint32_t kept = cut(s, best, &mass);
    double target = tri_random_unit(&s->random) * mass;
    uint32_t chosen = ranked(s, 0);
    for (uint32_t rank = 0; rank < kept; rank++) {
        uint32_t id = ranked(s, rank);
        float w = weight(s, best, id);
        if (!(w > 0))
            break; /* rounding of the sums may leave a rest; what weighs nothing never wins */
        chosen = id;
        sum += (double)w;
        if (sum > target) break;
    }
    return chosen;
}

enum tri_status tri_sampler_next(struct tri_sampler *sampler, const float *logits, uint32_t *id) {
    struct tri_sampler *s = sampler;
    const float penalty = s->sampling.repetition_penalty;
    uint32_t best = 0;
    for (uint32_t i = 0; i < s->vocab; i++) {
        float score = logits[i];
        if (s->seen[i]) score = score < 0 ? score * penalty : score / penalty;
        if (!tri_is_finite(score)) {
            return tri_fail(TRI_E_FORMAT,
                            "logit of token %" PRIu32 ", wanted a finite number, got %g", i,
                            (double)score);
        }
        s->score[i] = score;
        if (score > s->score[best]) best = i; /* not on equality: the lowest id stays */
    }
    *id = s->sampling.temperature > 0 ? draw(s, s->score[best]) : best;
    return TRI_OK;
}
