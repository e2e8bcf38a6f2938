/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be counted in a model: zeros, scales, bytes, dead channels, and remarks on what looks
 * odd. Reads every ternary weight once; prints nothing.
 */
#ifndef TRI_HOST_SURVEY_H
#define TRI_HOST_SURVEY_H

#include "host/progress.h"
#include "ref/model.h"

struct tri_share {
    uint64_t zeros, weights;
};

enum { TRI_REMARKS = 32, TRI_REMARK_BYTES = 160 };

struct tri_survey {
    struct tri_share *layer; /* [layers], owned */
    struct tri_share matrix[TRI_MATRICES], all;
    float scale_least, scale_most, scale_median;
    uint64_t scales_bf16;  /* how many of them bf16 holds */
    uint64_t dead_columns; /* of matrices: zero in every row, so that their input has no effect */
    uint64_t dead_rows;    /* zero in every column, so that the output is always 0 */
    uint64_t dead_norms;   /* norm weights below 1e-20 */
    uint64_t ternary_bytes, embedding_bytes, head_bytes, norm_bytes; /* as in the file */
    uint64_t cache_bytes; /* of keys and values, one token */
    uint32_t remarks;
    char remark[TRI_REMARKS][TRI_REMARK_BYTES];
    char i2s[TRI_REMARK_BYTES]; /* what the statistics say of an I2_S file's layout, or "" */
};

/* progress may be NULL. Free also after a failure. Errors: MEMORY, FORMAT, IO, INTERRUPTED. */
enum tri_status tri_survey_make(const struct tri_model *model, struct tri_progress *progress,
                                struct tri_survey *survey);
void tri_survey_free(struct tri_survey *survey);

/* "HF", "I2_S (x86)", ... */
const char *tri_layout_name(enum tri_layout layout);

#endif
