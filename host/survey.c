/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over the rows; the layout of an I2_S file is judged by ref/i2s_check.c.
 */
#include "host/survey.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/interrupt.h"
#include "ref/elementary.h"

#define DEAD_NORM 1e-20f

const char *tri_layout_name(enum tri_layout layout) {
    static const char *const names[] = {"HF",
                                        "I2_S (x86)",
                                        "I2_S (arm)",
                                        "I2_S (rows)",
                                        "TQ1_0",
                                        "TQ2_0",
                                        "float, quantised when opened"};
    return names[layout];
}

__attribute__((format(printf, 2, 3))) static void remark(struct tri_survey *survey,
                                                         const char *format, ...) {
    if (survey->remarks == TRI_REMARKS) return;
    va_list list;
    va_start(list, format);
    vsnprintf(survey->remark[survey->remarks++], TRI_REMARK_BYTES, format, list);
    va_end(list);
}

static float size_of(float x) { return x < 0 ? -x : x; }

struct scratch {
    int8_t *row;    /* [widest] */
    uint8_t *alive; /* [widest]: not 0 where a column has a weight */
    float *scales;  /* [layers * TRI_MATRICES] */
};

static uint32_t zeros_of(const int8_t *row, uint8_t *alive, uint32_t n) {
    uint32_t zeros = 0;
    for (uint32_t k = 0; k < n; k++) {
        zeros += row[k] == 0;
        alive[k] |= (uint8_t)row[k];
    }
    return zeros;
}

static enum tri_status read_matrix(const struct tri_ternary *matrix, const struct scratch *s,
                                   struct tri_share *share, uint64_t *dead_rows) {
    memset(s->alive, 0, matrix->cols);
    for (uint32_t r = 0; r < matrix->rows; r++) {
        if (!tri_ternary_row(matrix, r, s->row))
            return tri_fail(TRI_E_FORMAT,
                            "%s: row %" PRIu32 ": wanted codes of -1, 0 and 1 and one scale, got "
                            "others",
                            matrix->name != NULL ? matrix->name : "matrix", r);
        uint32_t zeros = zeros_of(s->row, s->alive, matrix->cols);
        share->zeros += zeros;
        *dead_rows += zeros == matrix->cols;
    }
    share->weights = (uint64_t)matrix->rows * matrix->cols;
    return TRI_OK;
}

static void add(struct tri_share *to, const struct tri_share *more) {
    to->zeros += more->zeros;
    to->weights += more->weights;
}

static uint64_t packed_bytes(const struct tri_ternary *matrix) {
    const uint64_t elements = (uint64_t)matrix->rows * matrix->cols;
    switch (matrix->layout) {
    case TRI_LAYOUT_TQ1_0: return elements / 256 * 54;
    case TRI_LAYOUT_TQ2_0: return elements / 256 * 66;
    case TRI_LAYOUT_I2S_X86:
    case TRI_LAYOUT_I2S_ARM:
    case TRI_LAYOUT_I2S_ROWS: return elements / 4 + 32;
    case TRI_LAYOUT_ROWS: return (uint64_t)matrix->rows * ((matrix->cols + 3) / 4);
    case TRI_LAYOUT_HF: break;
    }
    return elements / 4 + 2; /* and the scale */
}

static uint32_t dead_in(const float *norm, uint32_t n) {
    uint32_t dead = 0;
    for (uint32_t i = 0; norm != NULL && i < n; i++) dead += size_of(norm[i]) < DEAD_NORM;
    return dead;
}

static enum tri_status read_layer(const struct tri_model *model, uint32_t l,
                                  const struct scratch *s, struct tri_survey *v) {
    const struct tri_config *c = &model->config;
    const struct tri_layer *layer = &model->layers[l];
    for (int m = 0; m < TRI_MATRICES; m++) {
        const struct tri_ternary *matrix = &layer->matrix[m];
        struct tri_share share = {0, 0};
        uint64_t dead_rows = 0, dead_columns = 0;
        if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
        TRI_TRY(read_matrix(matrix, s, &share, &dead_rows));
        for (uint32_t k = 0; k < matrix->cols; k++) dead_columns += s->alive[k] == 0;
        add(&v->layer[l], &share);
        add(&v->matrix[m], &share);
        add(&v->all, &share);
        v->dead_rows += dead_rows;
        v->dead_columns += dead_columns;
        v->ternary_bytes += packed_bytes(matrix);
        s->scales[(size_t)l * TRI_MATRICES + (size_t)m] = matrix->scale;
        v->scales_bf16 += (tri_float_bits(matrix->scale) & 0xffffu) == 0;
        double part = (double)share.zeros / (double)share.weights;
        const char *name = tri_matrix_name((enum tri_matrix)m);
        if (part < 0.15 || part > 0.75)
            remark(v, "layer %" PRIu32 " %s: %.1f %% of its weights are zero", l, name, 100 * part);
        if (dead_columns > 0 || dead_rows > 0)
            remark(v, "layer %" PRIu32 " %s: %" PRIu64 " columns and %" PRIu64 " rows of zeros", l,
                   name, dead_columns, dead_rows);
    }
    const uint32_t wide = c->heads * c->head_dim;
    uint32_t dead = dead_in(layer->input_norm, c->hidden) + dead_in(layer->post_norm, c->hidden) +
                    dead_in(layer->attn_norm, wide) + dead_in(layer->ffn_norm, c->ffn);
    if (dead > 0)
        remark(v, "layer %" PRIu32 ": %" PRIu32 " dead norm weights (below 1e-20)", l, dead);
    v->dead_norms += dead;
    return TRI_OK;
}

static const char *i2s_word(enum tri_layout layout) {
    return layout == TRI_LAYOUT_I2S_ARM ? "arm" : layout == TRI_LAYOUT_I2S_ROWS ? "rows" : "x86";
}

static enum tri_status judge_i2s(const struct tri_model *model, struct tri_survey *v) {
    struct tri_i2s_verdict verdict;
    TRI_TRY(tri_model_i2s_check(model, &verdict));
    if (!verdict.present) return TRI_OK;
    const enum tri_layout now = model->layers[0].matrix[TRI_DOWN].layout;
    const double *score = verdict.score;
    snprintf(v->i2s, sizeof v->i2s,
             "read as %s%s%s (fit: x86 %.1f, arm %.1f, rows %.1f; by chance %.1f)", i2s_word(now),
             verdict.told ? ", looks like " : "; the weights cannot tell",
             verdict.told ? i2s_word(verdict.best) : "", score[0], score[1], score[2],
             verdict.nothing);
    if (verdict.told && verdict.best != now)
        remark(v, "I2_S layout: this looks like --i2s %s", i2s_word(verdict.best));
    return TRI_OK;
}

static int compare_floats(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static void judge_scales(const struct tri_model *model, const struct scratch *s,
                         struct tri_survey *v) {
    const size_t n = (size_t)model->config.layers * TRI_MATRICES;
    qsort(s->scales, n, sizeof *s->scales, compare_floats);
    v->scale_least = s->scales[0];
    v->scale_most = s->scales[n - 1];
    v->scale_median = s->scales[n / 2];
    uint32_t odd = 0, shown = 0;
    for (uint32_t l = 0; l < model->config.layers; l++)
        for (int m = 0; m < TRI_MATRICES; m++) {
            float scale = model->layers[l].matrix[m].scale;
            if (scale < 32 * v->scale_median && scale * 32 > v->scale_median) continue;
            odd++;
            if (shown++ < 4)
                remark(v, "layer %" PRIu32 " %s: scale %g is far from the median %g", l,
                       tri_matrix_name((enum tri_matrix)m), (double)scale, (double)v->scale_median);
        }
    if (odd > shown) remark(v, "%" PRIu32 " more scales are far from the median", odd - shown);
    if (model->layers[0].matrix[0].divides)
        remark(v, "scales divide (linear_class bitlinear): they are inverses of the usual ones");
}

static enum tri_status read_all(const struct tri_model *model, struct tri_progress *progress,
                                const struct scratch *s, struct tri_survey *v) {
    const struct tri_config *c = &model->config;
    for (uint32_t l = 0; l < c->layers; l++) {
        TRI_TRY(read_layer(model, l, s, v));
        if (progress != NULL)
            tri_progress_update(progress, v->ternary_bytes, v->ternary_bytes / (l + 1) * c->layers);
    }
    judge_scales(model, s, v);
    TRI_TRY(judge_i2s(model, v));
    return tri_model_intact(model);
}

enum tri_status tri_survey_make(const struct tri_model *model, struct tri_progress *progress,
                                struct tri_survey *v) {
    const struct tri_config *c = &model->config;
    const uint32_t wide = c->heads * c->head_dim;
    uint32_t widest = c->hidden > c->ffn ? c->hidden : c->ffn;
    if (wide > widest) widest = wide;
    memset(v, 0, sizeof *v);
    struct scratch s = {malloc(widest), malloc(widest),
                        malloc((size_t)c->layers * TRI_MATRICES * sizeof(float))};
    v->layer = calloc(c->layers, sizeof *v->layer);
    enum tri_status status = tri_fail(TRI_E_MEMORY, "info: out of memory");
    if (s.row != NULL && s.alive != NULL && s.scales != NULL && v->layer != NULL)
        status = read_all(model, progress, &s, v);
    free(s.row);
    free(s.alive);
    free(s.scales);
    const uint64_t table = (uint64_t)c->vocab * c->hidden;
    v->embedding_bytes = table * tri_float_bytes(model->embedding.type);
    v->head_bytes = c->tied ? 0 : table * tri_float_bytes(model->head.type);
    uint64_t norms = (uint64_t)c->hidden * (2 * (uint64_t)c->layers + 1);
    if (c->sub_norms) norms += (uint64_t)c->layers * ((uint64_t)wide + c->ffn);
    v->norm_bytes = norms * (tri_model_gguf(model) != NULL ? 4 : 2);
    v->cache_bytes = 2 * (uint64_t)c->layers * c->kv_heads * c->head_dim * sizeof(float);
    return status;
}

void tri_survey_free(struct tri_survey *survey) {
    free(survey->layer);
    survey->layer = NULL;
}
