/* SPDX-License-Identifier: Apache-2.0
 *
 * What an open model holds besides its numbers: maps that may shrink, and memory of its own.
 */
#include <stdlib.h>

#include "ref/loader.h"

enum tri_status tri_model_intact(const struct tri_model *model) {
    if (model->files == NULL) return TRI_OK; /* made in memory */
    for (size_t i = 0; i < model->files->map_count; i++)
        TRI_TRY(tri_map_intact(model->files->maps[i]));
    return TRI_OK;
}

const struct tri_gguf *tri_model_gguf(const struct tri_model *model) {
    return model->files == NULL ? NULL : model->files->gguf;
}

enum tri_status tri_files_own(struct tri_model_files *files, const char *path, void *memory) {
    void **more = NULL;
    if (memory != NULL)
        more = realloc(files->owned, (files->owned_count + 1) * sizeof *files->owned);
    if (more == NULL) {
        free(memory);
        return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    }
    files->owned = more;
    files->owned[files->owned_count++] = memory;
    return TRI_OK;
}

enum tri_status tri_files_map(struct tri_model_files *files, const char *path,
                              const struct tri_map *map) {
    const struct tri_map **more =
        realloc(files->maps, (files->map_count + 1) * sizeof *files->maps);
    if (more == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    files->maps = more;
    files->maps[files->map_count++] = map;
    return TRI_OK;
}
