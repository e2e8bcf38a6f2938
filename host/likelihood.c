/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the tokens of the last text beside the session, rewinds to where the next one differs. The
 * logarithms are doubles of the C library, for reports; no token is chosen by them.
 */
#include "host/likelihood.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/interrupt.h"

enum { PIECE = 64 }; /* tokens whose logits are kept at once */

double tri_log_softmax(const float *logits, uint32_t vocab, uint32_t id, bool *likeliest) {
    float most = logits[0];
    uint32_t first = 0;
    bool finite = true;
    for (uint32_t i = 0; i < vocab; i++) {
        finite = finite && isfinite(logits[i]);
        if (logits[i] > most) most = logits[i], first = i;
    }
    *likeliest = first == id;
    if (!finite) return NAN;
    double sum = 0;
    for (uint32_t i = 0; i < vocab; i++) sum += exp((double)logits[i] - (double)most);
    return (double)logits[id] - (double)most - log(sum);
}

enum tri_status tri_likelihood_create(struct tri_engine *engine, uint32_t positions,
                                      struct tri_likelihood *likelihood) {
    memset(likelihood, 0, sizeof *likelihood);
    likelihood->engine = engine;
    likelihood->room = positions;
    likelihood->cached = malloc(positions * sizeof *likelihood->cached);
    likelihood->logits =
        malloc((size_t)PIECE * engine->model->config.vocab * sizeof *likelihood->logits);
    if (likelihood->cached != NULL && likelihood->logits != NULL) return TRI_OK;
    return tri_fail(TRI_E_MEMORY, "logits: out of memory");
}

void tri_likelihood_free(struct tri_likelihood *likelihood) {
    free(likelihood->cached);
    free(likelihood->logits);
    memset(likelihood, 0, sizeof *likelihood);
}

/* Runs ids[count - left ...] in pieces up to `until`, remembering what is cached. */
static enum tri_status run_piece(struct tri_likelihood *l, const uint32_t *ids, uint32_t count,
                                 bool all) {
    if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
    TRI_TRY(tri_engine_run(l->engine, &l->engine->stats.prefill, ids, count, all, l->logits));
    memcpy(l->cached + l->count, ids, count * sizeof *ids);
    l->count += count;
    l->tokens += count;
    return TRI_OK;
}

enum tri_status tri_likelihood_run(struct tri_likelihood *l, const uint32_t *ids, uint32_t count,
                                   uint32_t last, double *logs, bool *greedy) {
    const uint32_t vocab = l->engine->model->config.vocab;
    const uint32_t judged = count - last - 1; /* the first token whose logits are needed */
    uint32_t same = 0;
    while (same < l->count && same < judged && l->cached[same] == ids[same]) same++;
    tri_engine_rewind(l->engine, same);
    l->count = same;
    if (greedy != NULL) *greedy = true;
    while (l->count < judged) {
        uint32_t left = judged - l->count;
        uint32_t piece = left < TRI_CPU_CHUNK ? left : TRI_CPU_CHUNK;
        TRI_TRY(run_piece(l, ids + l->count, piece, false));
    }
    while (l->count < count - 1) {
        uint32_t first = l->count, left = count - 1 - first;
        uint32_t piece = left < PIECE ? left : PIECE;
        TRI_TRY(run_piece(l, ids + first, piece, true));
        for (uint32_t i = 0; i < piece; i++) {
            bool likeliest;
            double log = tri_log_softmax(l->logits + (size_t)i * vocab, vocab, ids[first + i + 1],
                                         &likeliest);
            if (isnan(log))
                return tri_fail(TRI_E_FORMAT,
                                "logits of position %u: wanted finite numbers, got one "
                                "that is not",
                                first + i);
            logs[first + i - judged] = log;
            if (greedy != NULL) *greedy = *greedy && likeliest;
        }
    }
    return TRI_OK;
}
