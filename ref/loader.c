/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of loading that all kinds of files share: which tensors a model has, and their shapes.
 * Copies only norms; everything large is used in place.
 */
#include "ref/loader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/numerics.h"
#include "ref/rope.h"

bool tri_loader_want(struct tri_loader *in, const char *name, struct tri_entry *entry) {
    if (in->find(in, name, entry)) {
        in->used[entry->index] = 1;
        return true;
    }
    size_t used = strlen(in->missing);
    if (used + strlen(name) + 3 < sizeof in->missing) {
        (void)snprintf(in->missing + used, sizeof in->missing - used, "%s%s", used ? ", " : "",
                       name);
    }
    in->missing_count++;
    return false;
}

enum tri_status tri_loader_type(const struct tri_loader *in, const struct tri_entry *entry,
                                const char *wanted) {
    return tri_fail(TRI_E_FORMAT, "%s: tensor %s: dtype, wanted %s, got %s", in->path, entry->name,
                    wanted, entry->type);
}

enum tri_status tri_loader_shape(const struct tri_loader *in, const struct tri_entry *entry,
                                 uint64_t rows, uint64_t cols) {
    const uint32_t dims = cols != 0 ? 2 : 1;
    bool same = entry->dims == dims && entry->shape[0] == rows;
    if (dims == 2) same = same && entry->shape[1] == cols;
    if (same) return TRI_OK;
    char got[200] = "", wanted[64];
    for (uint32_t i = 0; i < entry->dims; i++) {
        size_t used = strlen(got);
        (void)snprintf(got + used, sizeof got - used, "%s%" PRIu64, i ? ", " : "", entry->shape[i]);
    }
    if (dims == 2)
        (void)snprintf(wanted, sizeof wanted, "%" PRIu64 ", %" PRIu64, rows, cols);
    else
        (void)snprintf(wanted, sizeof wanted, "%" PRIu64, rows);
    return tri_fail(TRI_E_FORMAT, "%s: tensor %s: shape, wanted [%s], got [%s]", in->path,
                    entry->name, wanted, got);
}

enum tri_status tri_loader_scale(const struct tri_loader *in, const char *name, float scale) {
    if (scale > 0 && tri_is_finite(scale)) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: tensor %s: scale, wanted a finite number above 0, got %g",
                    in->path, name, (double)scale);
}

static enum tri_status read_norm(struct tri_loader *in, unsigned role, uint32_t layer, uint32_t n,
                                 float **norm) {
    char name[128];
    struct tri_entry entry;
    in->name_of(role, layer, name);
    if (!tri_loader_want(in, name, &entry)) return TRI_OK;
    if (entry.kind != TRI_ENTRY_FLOAT) return tri_loader_type(in, &entry, "BF16, F16 or F32");
    TRI_TRY(tri_loader_shape(in, &entry, n, 0));
    *norm = malloc(n * sizeof **norm);
    if (*norm == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    const struct tri_table table = {1, n, entry.float_type, entry.data};
    tri_table_row(&table, 0, *norm);
    for (uint32_t i = 0; i < n; i++) {
        if (tri_is_finite((*norm)[i])) continue;
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: element %" PRIu32 ", wanted a finite number, got %f",
                        in->path, entry.name, i, (double)(*norm)[i]);
    }
    return TRI_OK;
}

static enum tri_status read_table(struct tri_loader *in, unsigned role, struct tri_table *table) {
    const struct tri_config *c = &in->model->config;
    char name[128];
    struct tri_entry entry;
    in->name_of(role, 0, name);
    if (!tri_loader_want(in, name, &entry)) return TRI_OK;
    if (entry.kind != TRI_ENTRY_FLOAT) return tri_loader_type(in, &entry, "BF16, F16 or F32");
    TRI_TRY(tri_loader_shape(in, &entry, c->vocab, c->hidden));
    *table = (struct tri_table){c->vocab, c->hidden, entry.float_type, entry.data};
    return TRI_OK;
}

static enum tri_status read_layer(struct tri_loader *in, uint32_t layer) {
    const struct tri_config *c = &in->model->config;
    struct tri_layer *l = &in->model->layers[layer];
    const uint32_t wide = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const uint32_t shapes[TRI_MATRICES][2] = {
        [TRI_Q] = {wide, c->hidden},      [TRI_K] = {kv, c->hidden},
        [TRI_V] = {kv, c->hidden},        [TRI_O] = {c->hidden, wide},
        [TRI_GATE] = {c->ffn, c->hidden}, [TRI_UP] = {c->ffn, c->hidden},
        [TRI_DOWN] = {c->hidden, c->ffn},
    };
    for (unsigned i = 0; i < TRI_MATRICES; i++) {
        char name[128];
        struct tri_entry entry;
        l->matrix[i].rows = shapes[i][0];
        l->matrix[i].cols = shapes[i][1];
        l->matrix[i].divides = in->divides;
        in->name_of(i, layer, name);
        if (tri_loader_want(in, name, &entry)) {
            l->matrix[i].name = entry.name;
            TRI_TRY(in->matrix(in, (enum tri_matrix)i, &entry, &l->matrix[i]));
        } else if (in->quantised) { /* its scale may be missing, too */
            (void)strncat(name, "_scale", sizeof name - strlen(name) - 1);
            (void)tri_loader_want(in, name, &entry);
        }
    }
    TRI_TRY(read_norm(in, TRI_ROLE_INPUT_NORM, layer, c->hidden, &l->input_norm));
    if (c->sub_norms) TRI_TRY(read_norm(in, TRI_ROLE_ATTN_NORM, layer, wide, &l->attn_norm));
    TRI_TRY(read_norm(in, TRI_ROLE_POST_NORM, layer, c->hidden, &l->post_norm));
    if (c->sub_norms) TRI_TRY(read_norm(in, TRI_ROLE_FFN_NORM, layer, c->ffn, &l->ffn_norm));
    return TRI_OK;
}

/* A tensor that nobody asked for would change the result: it is named. */
static enum tri_status check_unused(const struct tri_loader *in) {
    for (size_t i = 0; i < in->entry_count; i++) {
        struct tri_entry entry;
        if (in->used[i] || !in->at(in, i, &entry) || in->ignorable(in, entry.name)) continue;
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: tensor %s: not part of a model of this architecture and configuration",
                        in->path, entry.name);
    }
    return TRI_OK;
}

static enum tri_status read_weights(struct tri_loader *in) {
    struct tri_model *model = in->model;
    const struct tri_config *c = &model->config;
    model->layers = calloc(c->layers, sizeof *model->layers);
    model->rope_inv_freq = malloc(c->head_dim / 2 * sizeof *model->rope_inv_freq);
    in->used = calloc(in->entry_count + 1, 1);
    if (model->layers == NULL || model->rope_inv_freq == NULL || in->used == NULL) {
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", in->path);
    }
    tri_rope_frequencies(c->head_dim, c->rope_theta, model->rope_inv_freq);
    TRI_TRY(read_table(in, TRI_ROLE_EMBEDDING, &model->embedding));
    if (c->tied) {
        model->head = model->embedding;
    } else {
        TRI_TRY(read_table(in, TRI_ROLE_HEAD, &model->head));
    }
    TRI_TRY(read_norm(in, TRI_ROLE_FINAL_NORM, 0, c->hidden, &model->final_norm));
    for (uint32_t layer = 0; layer < c->layers; layer++) TRI_TRY(read_layer(in, layer));
    if (in->missing_count == 0) return check_unused(in);
    return tri_fail(TRI_E_FORMAT, "%s: %" PRIu32 " missing tensors: %s", in->path,
                    in->missing_count, in->missing);
}

enum tri_status tri_loader_run(struct tri_loader *in) {
    enum tri_status status = read_weights(in);
    free(in->used);
    in->used = NULL;
    return status;
}
