/* SPDX-License-Identifier: Apache-2.0
 *
 * Ternary matrices: names, groups, and their rows as -1, 0, 1. Not here: how they are packed
 * (layout.c) and where they come from (hf_model.c, gguf_model.c).
 */
#include <inttypes.h>

#include "ref/layout.h"

const char *tri_matrix_name(enum tri_matrix matrix) {
    static const char *const names[TRI_MATRICES] = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                                    "gate_proj", "up_proj", "down_proj"};
    return (unsigned)matrix < TRI_MATRICES ? names[matrix] : "unknown";
}

const char *tri_group_name(enum tri_group group) {
    static const char *const names[TRI_GROUPS] = {"q|k|v", "o", "gate|up", "down"};
    return (unsigned)group < TRI_GROUPS ? names[group] : "unknown";
}

enum tri_matrix tri_group_first(enum tri_group group) {
    static const enum tri_matrix first[TRI_GROUPS] = {TRI_Q, TRI_O, TRI_GATE, TRI_DOWN};
    return first[group];
}

uint32_t tri_group_count(enum tri_group group) {
    static const uint32_t count[TRI_GROUPS] = {3, 1, 2, 1};
    return count[group];
}

uint32_t tri_group_rows(const struct tri_model *model, enum tri_group group) {
    uint32_t rows = 0;
    for (uint32_t i = 0; i < tri_group_count(group); i++) {
        rows += model->layers[0].matrix[tri_group_first(group) + i].rows;
    }
    return rows;
}

uint32_t tri_group_cols(const struct tri_model *model, enum tri_group group) {
    return model->layers[0].matrix[tri_group_first(group)].cols;
}

bool tri_ternary_row(const struct tri_ternary *matrix, uint32_t row, int8_t *out) {
    return tri_layout_row(matrix, row, out) == TRI_ROW_OK;
}

enum tri_status tri_group_row(const struct tri_model *model, uint32_t layer, enum tri_group group,
                              uint32_t row, int8_t *out) {
    const struct tri_ternary *matrix = &model->layers[layer].matrix[tri_group_first(group)];
    while (row >= matrix->rows) row -= matrix->rows, matrix++;
    const char *name = matrix->name != NULL ? matrix->name : "(unnamed)";
    switch (tri_layout_row(matrix, row, out)) {
    case TRI_ROW_CODE:
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor %s: row %" PRIu32 ", wanted codes 0, 1 or 2, got a 3",
                        model->path, name, row);
    case TRI_ROW_SCALE:
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: tensor %s: row %" PRIu32
                        ", wanted one scale for the whole matrix (%g), got a block with another: "
                        "group scales",
                        model->path, name, row, (double)matrix->scale);
    case TRI_ROW_OK: break;
    }
    return TRI_OK;
}
