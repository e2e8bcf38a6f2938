/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens and closes models: a folder is Hugging Face's, a file is a GGUF; and reads one through on
 * request. The loading is in hf_model.c, gguf_model.c and loader.c.
 */
#include "ref/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ref/loader.h"
#include "ref/numerics.h"

static enum tri_status open_model(const char *path, const struct tri_model_options *options,
                                  struct tri_model *model) {
    int length = snprintf(model->path, sizeof model->path, "%s", path);
    if (length < 0 || (size_t)length >= sizeof model->path - 128) {
        return tri_fail(TRI_E_ARGUMENT, "model: path, wanted less than %zu bytes, got %d",
                        sizeof model->path - 128, length);
    }
    struct stat status;
    if (stat(path, &status) != 0)
        return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    enum tri_status opened = S_ISDIR(status.st_mode) ? tri_model_open_hf(path, model)
                                                     : tri_model_open_gguf(path, options, model);
    /* A file that shrank while it was read looks damaged; say what it is instead. */
    enum tri_status intact = tri_model_intact(model);
    return intact != TRI_OK ? intact : opened;
}

enum tri_status tri_model_open(const char *path, const struct tri_model_options *options,
                               struct tri_model **model) {
    *model = NULL;
    struct tri_model *opened = calloc(1, sizeof *opened);
    if (opened != NULL) opened->files = calloc(1, sizeof *opened->files);
    enum tri_status status = TRI_OK;
    if (opened == NULL || opened->files == NULL) {
        status = tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    } else {
        status = open_model(path, options, opened);
    }
    if (status != TRI_OK) {
        tri_model_close(opened);
        return status;
    }
    *model = opened;
    return TRI_OK;
}

static void close_files(struct tri_model_files *files) {
    if (files == NULL) return;
    for (size_t i = 0; i < files->shard_count; i++) tri_safetensors_close(files->shards[i]);
    for (size_t i = 0; i < files->owned_count; i++) free(files->owned[i]);
    tri_gguf_close(files->gguf);
    free(files->shards);
    free(files->owned);
    free(files->maps);
    free(files);
}

void tri_model_close(struct tri_model *model) {
    if (model == NULL) return;
    for (uint32_t i = 0; model->layers != NULL && i < model->config.layers; i++) {
        free(model->layers[i].input_norm);
        free(model->layers[i].attn_norm);
        free(model->layers[i].post_norm);
        free(model->layers[i].ffn_norm);
    }
    free(model->layers);
    free(model->final_norm);
    free(model->rope_inv_freq);
    close_files(model->files);
    free(model);
}

static enum tri_status verify_table(const struct tri_model *model, const char *what,
                                    const struct tri_table *table) {
    float *row = malloc(table->cols * sizeof *row);
    if (row == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", model->path);
    enum tri_status status = TRI_OK;
    for (uint32_t r = 0; r < table->rows && status == TRI_OK; r++) {
        tri_table_row(table, r, row);
        for (uint32_t c = 0; c < table->cols && status == TRI_OK; c++) {
            if (tri_is_finite(row[c])) continue;
            status = tri_fail(TRI_E_FORMAT,
                              "%s: %s: row %" PRIu32 ", column %" PRIu32
                              ", wanted a finite number, got %f",
                              model->path, what, r, c, (double)row[c]);
        }
    }
    free(row);
    return status;
}

static enum tri_status verify_group(const struct tri_model *model, uint32_t layer,
                                    enum tri_group group) {
    int8_t *row = malloc(tri_group_cols(model, group));
    if (row == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", model->path);
    enum tri_status status = TRI_OK;
    const uint32_t rows = tri_group_rows(model, group);
    for (uint32_t r = 0; r < rows && status == TRI_OK; r++)
        status = tri_group_row(model, layer, group, r, row);
    free(row);
    return status;
}

enum tri_status tri_model_verify(const struct tri_model *model) {
    TRI_TRY(verify_table(model, "embedding", &model->embedding));
    if (!model->config.tied) TRI_TRY(verify_table(model, "output head", &model->head));
    for (uint32_t layer = 0; layer < model->config.layers; layer++)
        for (int group = 0; group < TRI_GROUPS; group++)
            TRI_TRY(verify_group(model, layer, (enum tri_group)group));
    return tri_model_intact(model);
}
