/* SPDX-License-Identifier: Apache-2.0
 *
 * One image matrix per layer and group, in that order, so that its index is layer * groups + group.
 */
#include "host/product.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/interrupt.h"

struct source {
    const struct tri_model *model;
    enum tri_status status; /* of the first row that could not be read */
};

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    const struct tri_model *model = ((struct source *)context)->model;
    enum tri_group group = (enum tri_group)(i % TRI_GROUPS);
    snprintf(name, 48, "layer %u %s", i / TRI_GROUPS, tri_group_name(group));
    *rows = tri_group_rows(model, group);
    *cols = tri_group_cols(model, group);
}

static void row_of(void *context, uint32_t i, uint32_t row, int8_t *out) {
    struct source *source = context;
    if (source->status != TRI_OK) return;
    source->status =
        tri_group_row(source->model, i / TRI_GROUPS, (enum tri_group)(i % TRI_GROUPS), row, out);
}

enum tri_status tri_products_open(struct tri_products *products, const struct tri_model *model,
                                  const char *uri, const struct tri_device_options *options) {
    memset(products, 0, sizeof *products);
    products->model = model;
    if (strcmp(uri, "ref") == 0 || strcmp(uri, "cpu") == 0 || strncmp(uri, "cpu:", 4) == 0)
        return TRI_OK;
    TRI_TRY(tri_device_open(uri, options, &products->device));
    struct source context = {model, TRI_OK};
    struct tri_matrix_source source = {.context = &context,
                                       .count = model->config.layers * TRI_GROUPS,
                                       .describe = describe,
                                       .row = row_of};
    const struct tri_device_info *info = tri_device_info(products->device);
    TRI_TRY(tri_image_build(&info->design.geometry, &source, &products->image));
    TRI_TRY(context.status);
    TRI_TRY(tri_model_intact(model));
    return tri_device_load(products->device, products->image);
}

void tri_products_close(struct tri_products *products) {
    tri_device_close(products->device);
    tri_image_destroy(products->image);
    free(products->wanted);
    products->device = NULL;
    products->image = NULL;
    products->wanted = NULL;
    products->wanted_room = 0;
}

static uint32_t position_of(const struct tri_products *p, uint32_t token) {
    uint32_t request, position;
    if (p->cpu == NULL) return p->position + token;
    tri_cpu_place(p->cpu, token, &request, &position);
    return position;
}

/* Cuts the failing command out of a call: codes and wanted as in `check`, sum `token`, `row`
 * differs. */
static enum tri_status capture(struct tri_products *p, uint32_t tokens, const int8_t *codes,
                               uint32_t token, uint32_t row) {
    struct tri_replay *r = p->replay;
    const struct tri_difference *d = &p->difference;
    const struct tri_device_info *info = tri_device_info(p->device);
    const uint32_t t_max = info->design.geometry.t_max;
    const uint32_t first = token - token % t_max; /* the driver cuts calls into commands of t_max */
    r->geometry = info->design.geometry;
    r->design_hash = info->design_hash;
    r->layer = d->layer;
    r->group = (uint32_t)d->group;
    r->position = position_of(p, first);
    r->rows = tri_group_rows(p->model, d->group);
    r->cols = tri_group_cols(p->model, d->group);
    r->tokens = tokens - first < t_max ? tokens - first : t_max;
    r->row = row;
    r->token = token - first;
    r->wanted_sum = d->wanted;
    r->got_sum = d->got;
    r->matrix_row0 = row - d->row;
    snprintf(r->uri, sizeof r->uri, "%s", info->uri);
    snprintf(r->name, sizeof r->name, "layer %u %s", d->layer, tri_group_name(d->group));
    TRI_TRY(tri_replay_allocate(r, "replay"));
    for (uint32_t m = 0; m < r->rows; m++)
        TRI_TRY(tri_group_row(p->model, d->layer, d->group, m, r->weights + (size_t)m * r->cols));
    memcpy(r->codes, codes + (size_t)first * r->cols, (size_t)r->tokens * r->cols);
    memcpy(r->wanted, p->wanted + (size_t)first * r->rows,
           (size_t)r->tokens * r->rows * sizeof *r->wanted);
    return TRI_OK;
}

static enum tri_status differ(struct tri_products *p, uint32_t layer, enum tri_group group,
                              uint32_t tokens, uint32_t token, uint32_t row, const int8_t *codes,
                              int32_t wanted, int32_t got) {
    struct tri_difference *d = &p->difference;
    d->found = true;
    d->layer = layer;
    d->group = group;
    d->matrix = tri_group_first(group);
    d->row = row;
    d->position = position_of(p, token);
    d->wanted = wanted;
    d->got = got;
    while (d->row >= p->model->layers[layer].matrix[d->matrix].rows)
        d->row -= p->model->layers[layer].matrix[d->matrix++].rows;
    if (p->replay != NULL && p->device != NULL) TRI_TRY(capture(p, tokens, codes, token, row));
    return tri_fail(TRI_E_MISMATCH, "layer %u, %s, row %u, token %u: wanted %d, got %d", layer,
                    tri_matrix_name(d->matrix), d->row, d->position, wanted, got);
}

static enum tri_status check(struct tri_products *p, uint32_t layer, enum tri_group group,
                             uint32_t tokens, const int8_t *codes, const int32_t *sums) {
    const size_t rows = tri_group_rows(p->model, group);
    const size_t count = rows * tokens;
    if (count > p->wanted_room) {
        int32_t *more = realloc(p->wanted, count * sizeof *more);
        if (more == NULL) return tri_fail(TRI_E_MEMORY, "check: out of memory");
        p->wanted = more;
        p->wanted_room = count;
    }
    TRI_TRY(tri_product_ref((void *)(uintptr_t)p->model, layer, group, tokens, codes, p->wanted));
    for (uint32_t t = 0; t < tokens; t++) {
        const int32_t *wanted = p->wanted + t * rows, *got = sums + t * rows;
        p->checked++;
        p->sums_checked += rows;
        for (uint32_t m = 0; m < rows; m++)
            if (wanted[m] != got[m])
                return differ(p, layer, group, tokens, t, m, codes, wanted[m], got[m]);
        p->equal++;
    }
    return TRI_OK;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static enum tri_status multiply(struct tri_products *p, uint32_t layer, enum tri_group group,
                                uint32_t tokens, const int8_t *codes, int32_t *sums) {
    if (p->device == NULL && p->cpu == NULL)
        return tri_product_ref((void *)(uintptr_t)p->model, layer, group, tokens, codes, sums);
    if (p->device == NULL) return tri_cpu_product(p->cpu, layer, group, tokens, codes, sums);
    const struct tri_job job = {.matrix = layer * TRI_GROUPS + (uint32_t)group,
                                .tokens = tokens,
                                .codes = codes,
                                .sums = sums};
    TRI_TRY(tri_device_submit(p->device, &job, 1));
    return tri_device_wait(p->device, 0);
}

enum tri_status tri_products_run(void *context, uint32_t layer, enum tri_group group,
                                 uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct tri_products *p = context;
    if (tri_interrupted() != 0) return tri_fail(TRI_E_INTERRUPTED, "interrupted");
    if (p->trace != NULL) tri_trace_product_begins(p->trace, layer, group, tokens);
    const double began = now();
    enum tri_status status = multiply(p, layer, group, tokens, codes, sums);
    const double multiplied = now();
    p->seconds += multiplied - began;
    if (status == TRI_OK && p->check && (p->device != NULL || p->cpu != NULL)) {
        status = check(p, layer, group, tokens, codes, sums);
        p->seconds_checking += now() - multiplied;
    }
    if (p->trace != NULL) tri_trace_product_ends(p->trace, multiplied - began);
    return status;
}
