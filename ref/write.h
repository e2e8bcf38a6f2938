/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a model in any of the file forms, tensor by tensor, to a stream: what is held in memory is
 * a few rows. Where the tensors come from (another model, a generator) is a tri_source; names,
 * folders and renaming are the caller's.
 */
#ifndef TRI_WRITE_H
#define TRI_WRITE_H

#include <stdio.h>

#include "ref/model.h"
#include "ref/tokenizer.h"

/* HF: safetensors beside a config.json. All others: GGUF v3, named by their matrices. */
enum tri_form {
    TRI_FORM_HF,
    TRI_FORM_I2S,
    TRI_FORM_I2S_ARM,
    TRI_FORM_TQ1_0,
    TRI_FORM_TQ2_0,
    TRI_FORM_F16,
    TRI_FORM_BF16,
    TRI_FORM_F32,
    TRI_FORMS
};

/* "hf", "i2_s", "i2_s-arm", "tq1_0", "tq2_0", "f16", "bf16", "f32". */
extern const char *const tri_form_names[TRI_FORMS];

enum tri_norm_kind { TRI_INPUT_NORM, TRI_POST_NORM, TRI_ATTN_NORM, TRI_FFN_NORM, TRI_FINAL_NORM };

struct tri_source {
    const struct tri_config *config;
    const char *name;                      /* general.name of a GGUF file */
    const struct tri_tokenizer *tokenizer; /* into a GGUF file; NULL: none */
    bool divides;                          /* every matrix's scale divides */
    void *context;
    /* Each result is valid until the next call of the same function. */
    enum tri_status (*matrix)(void *context, uint32_t layer, enum tri_matrix which,
                              struct tri_ternary *matrix);
    /* Rows first .. first + count - 1 of the embedding or the head. */
    enum tri_status (*rows)(void *context, bool head, uint32_t first, uint32_t count,
                            struct tri_table *rows);
    enum tri_status (*norm)(void *context, uint32_t layer, enum tri_norm_kind which,
                            const float **norm);
};

/* What the form could not hold to the last bit. All zero: the file holds the same model. */
struct tri_rounded {
    uint64_t scales, values; /* of matrices; of embeddings, heads and norms */
    uint64_t inverted;       /* scales that divided and now multiply */
};

struct tri_writing {
    FILE *out;
    const char *path; /* starts the messages */
    /* Called every few megabytes; a failure of it ends the writing. May be NULL. */
    enum tri_status (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
    uint64_t done, total; /* bytes of tensors */
    struct tri_rounded rounded;
};

/* Writes model.safetensors or the GGUF file to writing->out, from where the stream stands.
 * Errors: UNSUPPORTED (a shape or a value that the form cannot hold, by name), FORMAT (a code that
 * stands for nothing), IO, MEMORY, and those of source and progress. */
enum tri_status tri_write_safetensors(const struct tri_source *source, struct tri_writing *writing);
enum tri_status tri_write_gguf(const struct tri_source *source, enum tri_form form,
                               struct tri_writing *writing);

/* The config.json of a packed folder. Errors: IO, MEMORY. */
enum tri_status tri_write_config(const struct tri_source *source, struct tri_writing *writing);

/* A tokenizer as Hugging Face's tokenizer.json. Errors: IO, MEMORY. */
enum tri_status tri_write_tokenizer(const struct tri_tokenizer *tokenizer,
                                    struct tri_writing *writing);

#endif
