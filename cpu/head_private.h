/* SPDX-License-Identifier: Apache-2.0
 *
 * What a head holds: the narrow rows and, for each state of a pass, what is known so far of every
 * row's logit. Private to cpu/head*.c.
 */
#ifndef TRI_CPU_HEAD_PRIVATE_H
#define TRI_CPU_HEAD_PRIVATE_H

#include "cpu/head.h"
#include "cpu/head_narrow.h"

/* The vocabulary as one state sees it. Scores are logits after the sampler's penalty. */
struct tri_head_view {
    const float *x;
    const struct tri_sampler *sampler;
    struct tri_head_state state;
    bool screened; /* false: bounds say nothing, all logits are computed */
    bool deep;     /* the pass reads two planes at once; learnt from the state before */
    const unsigned char *penalised; /* as tri_sampler_penalised says */
    int32_t *sums;                  /* [rows]: of the first codes a; deep: of 4 a + b - 16 */
    int64_t *codes;      /* [rows]: X times 2 code - last, where more planes were read than by the
                            pass */
    float *base;         /* [rows]: the directions' part of the estimate; the logit once exact */
    float *estimate;     /* [rows]: score, about; exact once computed */
    float *most;         /* [rows]: score, at most; exact once computed */
    float *tile_largest; /* [tiles]: the largest estimate after the pass */
    float *tile_most;    /* [tiles]: nothing of the tile was more then */
    uint8_t *stage;      /* [rows]: planes read beyond the first, EXACT */
    uint32_t *ids;       /* [rows]: the rows that may still matter */
    uint32_t *exact;     /* [rows]: the exact rows, in the order in which they were computed */
    uint32_t exact_count;
    struct tri_logit *found;   /* [rows] */
    uint32_t given_up, spared; /* states in a row that took all logits; that were not screened */
    struct tri_head_counts counts;
};
enum { TRI_HEAD_EXACT = TRI_HEAD_PLANES };

struct tri_head {
    const struct tri_model *model;
    struct tri_pool *pool;
    const struct tri_operators *operators;
    const struct tri_head_kernels *kernels;
    struct tri_head_shape shape;
    uint32_t vocab, rows; /* rows: vocab up to whole tiles */
    bool narrow;          /* false: this head cannot be screened */
    uint8_t *plane[TRI_HEAD_PLANES];
    float *scale[TRI_HEAD_PLANES], *residual[TRI_HEAD_PLANES]; /* [rows] */
    float *norm, *step;                                        /* [rows] */
    int16_t *coefficients;                                     /* [tiles][directions][TILE] */
    double largest;                                            /* of norm */
    double left[TRI_HEAD_PLANES]; /* residual after a plane to the first one's, for most rows */
    uint64_t bytes;
    float *row; /* [threads][padded]: a row of the model as floats */
    struct tri_head_view view[TRI_HEAD_TOGETHER];
    struct tri_head_counts counts;
};

/* head_build.c. Errors: MEMORY, FORMAT. */
enum tri_status tri_head_build(struct tri_head *head);

/* head_state.c: splits x. False if nothing can be said about some row's logit being finite. */
bool tri_head_look(const struct tri_head *head, const float *x, float growth,
                   struct tri_head_state *state);

/* One logit as the reference computes it; weights: scratch [padded]. */
float tri_head_logit(const struct tri_head *head, const float *x, uint32_t row, float *weights);

/* head_read.c: the first plane, or two, for `count` views. */
void tri_head_screen(struct tri_head *head, uint32_t count);
/* Whether a view may be deep: whether sums of two planes' codes fit. */
bool tri_head_can_deepen(const struct tri_head *head);
/* Reads a further plane (or EXACT) of rows of which all planes before were read. EXACT: adds them
 * to view->exact, where ids may already be. */
void tri_head_step(struct tri_head *head, struct tri_head_view *view, const uint32_t *ids,
                   uint32_t count, unsigned plane);
uint64_t tri_head_step_bytes(const struct tri_head *head, unsigned plane); /* for a row */
/* Computes every logit that is not yet exact, into view->base. Errors: FORMAT. */
enum tri_status tri_head_complete(struct tri_head *head, struct tri_head_view *view);
/* Reads a plane of all rows, whatever their bounds: for tests of these. */
void tri_head_refine_all(struct tri_head *head, struct tri_head_view *view, unsigned plane);
/* head_search.c: whether screening is left out because it did not pay lately. */
bool tri_head_spares(struct tri_head_view *view);
/* One view's token. */
enum tri_status tri_head_choose(struct tri_head *head, struct tri_head_view *view,
                                struct tri_sampler *sampler, uint32_t *id);

/* Zeroed, on a cache line; NULL if there is no room or the size is not a number. */
void *tri_head_take(uint64_t count, uint64_t size);

#endif
