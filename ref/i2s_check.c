/* SPDX-License-Identifier: Apache-2.0
 *
 * The statistics that tell the three layouts of I2_S apart where they can: how well the columns of
 * matrices fit the norms and the matrices before them. Never changes how a model is read.
 */
#include <stdlib.h>
#include <string.h>

#include "ref/layout.h"
#include "ref/numerics.h"

enum { LAYERS = 4 };

static const enum tri_layout layouts[3] = {TRI_LAYOUT_I2S_X86, TRI_LAYOUT_I2S_ARM,
                                           TRI_LAYOUT_I2S_ROWS};

/* Room for one layer's counts; n is the widest vector. */
struct scratch {
    double *cols[TRI_MATRICES], *rows[TRI_MATRICES]; /* non-zero weights by column and by row */
    double *a, *b;
    struct ranked {
        double value;
        size_t index;
    } * order;
    int8_t *weights;
};

/* n r^2 / (1 - r^2): about 1 for vectors that have nothing to do with each other. */
static double relation(const double *a, const double *b, size_t n) {
    double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) mean_a += a[i], mean_b += b[i];
    mean_a /= (double)n, mean_b /= (double)n;
    for (size_t i = 0; i < n; i++) {
        const double x = a[i] - mean_a, y = b[i] - mean_b;
        aa += x * x, bb += y * y, ab += x * y;
    }
    if (!(aa > 0) || !(bb > 0)) return 0;
    const double r2 = ab * ab / (aa * bb), rest = 1 - r2;
    return (double)n * r2 / (rest > 1e-3 ? rest : 1e-3);
}

static int by_value(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* out = ranks of in; equal values share the middle of theirs. */
static void rank(const double *in, size_t n, struct ranked *order, double *out) {
    for (size_t i = 0; i < n; i++) order[i] = (struct ranked){in[i], i};
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && !(order[end].value > order[i].value);) end++;
        for (size_t k = i; k < end; k++) out[order[k].index] = (double)(i + end - 1) / 2;
    }
}

/* Both as they are and by rank: dead channels dominate one, everything else counts in the other. */
static double fits(const struct scratch *s, const double *columns, const float *norm, size_t n) {
    if (norm == NULL) return 0;
    double *ranks = s->b;
    for (size_t i = 0; i < n; i++) /* the bits of a magnitude are a rough logarithm */
        s->a[i] = (double)(tri_float_bits(norm[i]) & 0x7fffffffu);
    double sum = relation(columns, s->a, n);
    rank(s->a, n, s->order, ranks);
    memcpy(s->a, ranks, n * sizeof *ranks);
    rank(columns, n, s->order, ranks);
    return sum + relation(ranks, s->a, n);
}

static void count(const struct tri_ternary *matrix, enum tri_layout layout, const struct scratch *s,
                  unsigned which) {
    struct tri_ternary guess = *matrix;
    guess.layout = layout;
    memset(s->cols[which], 0, matrix->cols * sizeof *s->cols[which]);
    for (uint32_t r = 0; r < matrix->rows; r++) {
        (void)tri_layout_row(&guess, r, s->weights);
        uint32_t row = 0;
        for (uint32_t c = 0; c < matrix->cols; c++) {
            const int set = s->weights[c] != 0;
            row += (uint32_t)set;
            s->cols[which][c] += set;
        }
        s->rows[which][r] = row;
    }
}

static double score_layer(const struct tri_model *model, uint32_t layer, enum tri_layout layout,
                          const struct scratch *s) {
    const struct tri_layer *l = &model->layers[layer];
    const float *norms[TRI_MATRICES] = {
        [TRI_Q] = l->input_norm, [TRI_K] = l->input_norm,   [TRI_V] = l->input_norm,
        [TRI_O] = l->attn_norm,  [TRI_GATE] = l->post_norm, [TRI_UP] = l->post_norm,
        [TRI_DOWN] = l->ffn_norm};
    double sum = 0;
    for (unsigned m = 0; m < TRI_MATRICES; m++) {
        if (tri_layout_bytes(layout, l->matrix[m].rows, l->matrix[m].cols) == 0) return 0;
        count(&l->matrix[m], layout, s, m);
        sum += fits(s, s->cols[m], norms[m], l->matrix[m].cols);
    }
    const size_t ffn = model->config.ffn, hidden = model->config.hidden;
    sum += relation(s->cols[TRI_DOWN], s->rows[TRI_GATE], ffn);
    sum += relation(s->cols[TRI_DOWN], s->rows[TRI_UP], ffn);
    return sum + relation(s->cols[TRI_GATE], s->rows[TRI_DOWN], hidden);
}

static void free_scratch(struct scratch *s) {
    for (unsigned m = 0; m < TRI_MATRICES; m++) free(s->cols[m]), free(s->rows[m]);
    free(s->a);
    free(s->b);
    free(s->order);
    free(s->weights);
}

static bool make_scratch(const struct tri_layer *layer, struct scratch *s) {
    size_t widest = 0;
    bool made = true;
    for (unsigned m = 0; m < TRI_MATRICES; m++) {
        s->cols[m] = calloc(layer->matrix[m].cols, sizeof(double));
        s->rows[m] = calloc(layer->matrix[m].rows, sizeof(double));
        made = made && s->cols[m] != NULL && s->rows[m] != NULL;
        if (layer->matrix[m].cols > widest) widest = layer->matrix[m].cols;
    }
    s->a = calloc(widest, sizeof *s->a);
    s->b = calloc(widest, sizeof *s->b);
    s->order = calloc(widest, sizeof *s->order);
    s->weights = malloc(widest);
    return made && s->a != NULL && s->b != NULL && s->order != NULL && s->weights != NULL;
}

static bool is_i2s(const struct tri_model *model) {
    for (uint32_t l = 0; l < model->config.layers; l++)
        for (unsigned m = 0; m < TRI_MATRICES; m++) {
            const enum tri_layout layout = model->layers[l].matrix[m].layout;
            if (layout != layouts[0] && layout != layouts[1] && layout != layouts[2]) return false;
        }
    return true;
}

enum tri_status tri_model_i2s_check(const struct tri_model *model,
                                    struct tri_i2s_verdict *verdict) {
    *verdict = (struct tri_i2s_verdict){.best = TRI_LAYOUT_I2S_X86};
    if (!is_i2s(model)) return TRI_OK;
    struct scratch s = {0};
    if (!make_scratch(&model->layers[0], &s)) {
        free_scratch(&s);
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", model->path);
    }
    verdict->present = true;
    const uint32_t layers = model->config.layers, looks = layers < LAYERS ? layers : LAYERS;
    for (uint32_t i = 0; i < looks; i++)
        for (unsigned k = 0; k < 3; k++)
            verdict->score[k] += score_layer(model, layers * i / looks, layouts[k], &s);
    free_scratch(&s);
    verdict->nothing = (model->config.sub_norms ? 17.0 : 13.0) * looks;
    double second = 0;
    unsigned best = 0;
    for (unsigned k = 1; k < 3; k++)
        if (verdict->score[k] > verdict->score[best]) best = k;
    for (unsigned k = 0; k < 3; k++)
        if (k != best && verdict->score[k] > second) second = verdict->score[k];
    verdict->best = layouts[best];
    verdict->told =
        verdict->score[best] > 4 * verdict->nothing && verdict->score[best] > 2 * second;
    return tri_model_intact(model);
}
