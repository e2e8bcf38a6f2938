/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a model on the plain reference and writes every product (codes in, sums out) and all logits
 * to a file, for tests/tools/np_model.py to compare.
 * usage: dump_model MODEL x86|arm|rows|none DUMP ID...
 * File, little endian: u32 tokens, u32 vocabulary, ids; per product u32 layer, group, tokens, rows,
 * columns, the codes, the sums; then the logits as float32.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/forward.h"

struct dump {
    struct tri_model *model;
    FILE *file;
};

static enum tri_status put(FILE *file, const void *data, size_t bytes) {
    return fwrite(data, 1, bytes, file) == bytes ? TRI_OK : tri_fail(TRI_E_IO, "cannot write");
}

static enum tri_status product(void *context, uint32_t layer, enum tri_group group, uint32_t tokens,
                               const int8_t *codes, int32_t *sums) {
    struct dump *d = context;
    const uint32_t rows = tri_group_rows(d->model, group), cols = tri_group_cols(d->model, group);
    const uint32_t head[5] = {layer, (uint32_t)group, tokens, rows, cols};
    TRI_TRY(tri_product_ref(d->model, layer, group, tokens, codes, sums));
    TRI_TRY(put(d->file, head, sizeof head));
    TRI_TRY(put(d->file, codes, (size_t)tokens * cols));
    return put(d->file, sums, (size_t)tokens * rows * sizeof *sums);
}

static enum tri_status run(struct dump *d, char **words, uint32_t count) {
    struct tri_session *session = NULL;
    const uint32_t head[2] = {count, d->model->config.vocab};
    uint32_t *ids = calloc(count, sizeof *ids);
    float *logits = calloc((size_t)count * head[1], sizeof *logits);
    enum tri_status status = ids != NULL && logits != NULL ? TRI_OK : TRI_E_MEMORY;
    for (uint32_t i = 0; i < count && status == TRI_OK; i++)
        ids[i] = (uint32_t)strtoul(words[i], NULL, 10);
    if (status == TRI_OK) status = put(d->file, head, sizeof head);
    if (status == TRI_OK) status = put(d->file, ids, count * sizeof *ids);
    if (status == TRI_OK) status = tri_session_create(d->model, count, &session);
    if (status == TRI_OK) status = tri_session_run(session, ids, count, product, d, true, logits);
    if (status == TRI_OK) status = put(d->file, logits, (size_t)count * head[1] * sizeof *logits);
    tri_session_destroy(session);
    free(ids);
    free(logits);
    return status;
}

int main(int argc, char **argv) {
    static const char *const names[] = {"x86", "arm", "rows"};
    static const enum tri_layout layouts[] = {TRI_LAYOUT_I2S_X86, TRI_LAYOUT_I2S_ARM,
                                              TRI_LAYOUT_I2S_ROWS};
    struct tri_model_options options = {TRI_LAYOUT_I2S_X86, false};
    struct dump d = {NULL, NULL};
    if (argc < 5) return 2;
    for (int i = 0; i < 3; i++)
        if (strcmp(argv[2], names[i]) == 0) options = (struct tri_model_options){layouts[i], true};
    enum tri_status status = tri_model_open(argv[1], &options, &d.model);
    if (status == TRI_OK) {
        d.file = fopen(argv[3], "wb");
        status = d.file != NULL ? run(&d, argv + 4, (uint32_t)(argc - 4)) : TRI_E_IO;
    }
    if (d.file != NULL && fclose(d.file) != 0) status = TRI_E_IO;
    if (status != TRI_OK) fprintf(stderr, "dump_model: %s: %s\n", argv[1], tri_error());
    tri_model_close(d.model);
    return status == TRI_OK ? 0 : 1;
}
