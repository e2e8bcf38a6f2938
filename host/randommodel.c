/* SPDX-License-Identifier: Apache-2.0
 *
 * Every tensor has a generator of its own, seeded by what it is, so that none depends on the order
 * of asking. Magnitudes follow the published 2B4T model: norms around 0.017 (input), 1.3 (post) and
 * growing with the layer (sub-norms), some negative; four dead channels of each feed-forward block;
 * a few channels of embedding and norms far above the others. All float values are exact in bf16
 * and those of the embedding in f16 too, so that every form holds the same model.
 */
#include "host/randommodel.h"

#include <stdlib.h>
#include <string.h>

#include "ref/narrow.h"
#include "ref/random.h"

enum { TABLE = 1 << 16, DEAD = 45, DEAD_COUNT = 4 };
enum { STREAM_MATRIX = 1, STREAM_ROW, STREAM_NORM, STREAM_SCALE };

struct tri_random_model {
    const struct tri_config *config;
    uint64_t seed;
    uint8_t *codes;   /* the matrix last asked for */
    uint32_t layer;   /* of it */
    int which;        /* of it; -1: none */
    uint8_t *four;    /* [TABLE]: four codes from 16 random bits */
    uint16_t *normal; /* [TABLE]: bf16 values of a normal distribution, deviation 0.7 */
    uint16_t *rows;   /* [rows_room] */
    size_t rows_room;
    float *norm; /* [widest] */
};

static struct tri_random stream(const struct tri_random_model *model, uint64_t kind, uint64_t a,
                                uint64_t b) {
    struct tri_random random = {model->seed};
    random.state = tri_random_next(&random) ^ kind << 56 ^ a << 32 ^ b;
    random.state = tri_random_next(&random);
    return random;
}

/* About normal, mean 0, deviation 1: twelve uniform numbers added. Additions of doubles only. */
static double bell(struct tri_random *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += tri_random_unit(random);
    return sum;
}

static float rounded(double value) { return tri_bf16_to_float(tri_float_to_bf16((float)value)); }

static void fill_tables(struct tri_random_model *model) {
    /* Five sixteenths are -1, six are 0, five are 1; a code is that plus one. */
    for (uint32_t x = 0; x < TABLE; x++) {
        unsigned byte = 0;
        for (unsigned i = 0; i < 4; i++) {
            unsigned nibble = x >> 4 * i & 15;
            byte |= (nibble < 5 ? 0u : nibble < 11 ? 1u : 2u) << 2 * i;
        }
        model->four[x] = (uint8_t)byte;
    }
    struct tri_random random = {0}; /* the same table for every seed */
    for (uint32_t i = 0; i < TABLE; i++) {
        float value = rounded(0.7 * bell(&random));
        /* f16 holds every bf16 number of at least 2^-14. */
        model->normal[i] = value < 0x1p-14f && value > -0x1p-14f ? 0 : tri_float_to_bf16(value);
    }
}

static enum tri_status matrix_of(void *context, uint32_t layer, enum tri_matrix which,
                                 struct tri_ternary *matrix) {
    struct tri_random_model *model = context;
    const struct tri_config *c = model->config;
    const uint32_t wide = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const uint32_t rows[TRI_MATRICES] = {wide, kv, kv, c->hidden, c->ffn, c->ffn, c->hidden};
    const uint32_t cols = which == TRI_DOWN ? c->ffn : which == TRI_O ? wide : c->hidden;
    struct tri_random scale = stream(model, STREAM_SCALE, layer, which);
    *matrix = (struct tri_ternary){.rows = rows[which], .cols = cols};
    matrix->scale = rounded(0.5 + 1.5 * tri_random_unit(&scale));
    matrix->layout = TRI_LAYOUT_HF;
    matrix->packed = model->codes;
    matrix->name = tri_matrix_name(which);
    if (model->which == (int)which && model->layer == layer) return TRI_OK;
    struct tri_random random = stream(model, STREAM_MATRIX, layer, which);
    const size_t bytes = (size_t)rows[which] / 4 * cols;
    for (size_t i = 0; i < bytes; i += 4) { /* cols is even, and so is the room behind */
        uint64_t bits = tri_random_next(&random);
        for (size_t k = 0; k < 4; k++) model->codes[i + k] = model->four[bits >> 16 * k & 0xffff];
    }
    for (size_t r = 0; which == TRI_DOWN && r < rows[which] / 4; r++)
        memset(model->codes + r * cols + DEAD, 0x55, DEAD_COUNT); /* four codes of 1: zeros */
    model->which = (int)which;
    model->layer = layer;
    return TRI_OK;
}

static enum tri_status rows_of(void *context, bool head, uint32_t first, uint32_t count,
                               struct tri_table *rows) {
    struct tri_random_model *model = context;
    const uint32_t cols = model->config->hidden;
    const size_t room = (size_t)count * cols + 4;
    if (room > model->rows_room) {
        uint16_t *more = realloc(model->rows, room * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "synth: out of memory");
        model->rows = more;
        model->rows_room = room;
    }
    for (uint32_t r = 0; r < count; r++) {
        uint16_t *row = model->rows + (size_t)r * cols;
        struct tri_random random = stream(model, STREAM_ROW, head, first + r);
        for (uint32_t i = 0; i < cols; i += 4) { /* may run over the end: the next row is later */
            uint64_t bits = tri_random_next(&random);
            for (size_t k = 0; k < 4; k++) row[i + k] = model->normal[bits >> 16 * k & 0xffff];
        }
        /* One channel sixteen times as large as the others, as trained models have them. */
        uint16_t *outlier = &row[cols / 7 * 3];
        if ((*outlier & 0x7fff) != 0 && !head) *outlier = (uint16_t)(*outlier + (4 << 7));
    }
    *rows = (struct tri_table){.rows = count, .cols = cols, .type = TRI_BF16, .data = model->rows};
    return TRI_OK;
}

static enum tri_status norm_of(void *context, uint32_t layer, enum tri_norm_kind which,
                               const float **norm) {
    struct tri_random_model *model = context;
    const struct tri_config *c = model->config;
    static const double around[] = {0.017, 1.3, 0.4, 1.0, 0.1};
    static const double deviation[] = {0.002, 0.07, 0.05, 0.3, 0.02};
    const uint32_t n = which == TRI_FFN_NORM    ? c->ffn
                       : which == TRI_ATTN_NORM ? c->heads * c->head_dim
                                                : c->hidden;
    const bool grows = which == TRI_ATTN_NORM || which == TRI_FFN_NORM;
    struct tri_random random = stream(model, STREAM_NORM, layer, which);
    for (uint32_t i = 0; i < n; i++) {
        double value = around[which] * (grows ? layer + 1 : 1) + deviation[which] * bell(&random);
        model->norm[i] = rounded(value);
    }
    if (grows) model->norm[5] = -model->norm[5];
    if (which == TRI_POST_NORM) model->norm[n / 5 * 2] *= 16;
    for (int i = 0; which == TRI_FFN_NORM && i < DEAD_COUNT; i++)
        model->norm[DEAD + i] = rounded(1e-32);
    *norm = model->norm;
    return TRI_OK;
}

enum tri_status tri_random_model_create(const struct tri_config *config, uint64_t seed,
                                        struct tri_random_model **model) {
    struct tri_random_model *made = calloc(1, sizeof *made);
    *model = NULL;
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "synth: out of memory");
    made->config = config;
    made->seed = seed;
    made->which = -1;
    const size_t wide = (size_t)config->heads * config->head_dim;
    const size_t widest = config->ffn > wide ? config->ffn : wide;
    made->codes = malloc(widest * config->hidden / 4 + 4);
    made->four = malloc(TABLE);
    made->normal = malloc(TABLE * sizeof *made->normal);
    made->norm = malloc((widest > config->hidden ? widest : config->hidden) * sizeof *made->norm);
    if (made->codes == NULL || made->four == NULL || made->normal == NULL || made->norm == NULL) {
        tri_random_model_destroy(made);
        return tri_fail(TRI_E_MEMORY, "synth: out of memory");
    }
    fill_tables(made);
    *model = made;
    return TRI_OK;
}

void tri_random_model_destroy(struct tri_random_model *model) {
    if (model == NULL) return;
    free(model->codes);
    free(model->four);
    free(model->normal);
    free(model->rows);
    free(model->norm);
    free(model);
}

void tri_random_model_source(struct tri_random_model *model, struct tri_source *source) {
    source->config = model->config;
    source->context = model;
    source->matrix = matrix_of;
    source->rows = rows_of;
    source->norm = norm_of;
}
