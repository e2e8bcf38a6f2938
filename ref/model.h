/* SPDX-License-Identifier: Apache-2.0
 *
 * A model as it lies in its files: configuration, ternary matrices, norms and embeddings. Opened
 * read-only; large tensors stay mapped and are used in place. Not here: any arithmetic on
 * activations (forward.h) and text (tokenizer.h).
 */
#ifndef TRI_MODEL_H
#define TRI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { TRI_EOS_MAX = 8 };
enum tri_activation { TRI_RELU2, TRI_SILU };
enum tri_architecture { TRI_BITNET, TRI_LLAMA };

struct tri_config {
    uint32_t layers, hidden, ffn, heads, kv_heads, head_dim, vocab;
    uint32_t context; /* max_position_embeddings */
    float eps;        /* of every norm */
    double rope_theta;
    uint32_t bos;
    uint32_t eos[TRI_EOS_MAX]; /* any of these ends a reply */
    uint32_t eos_count;
    bool tied;                          /* the output head is the embedding matrix */
    bool sub_norms;                     /* attn_sub_norm and ffn_sub_norm exist */
    enum tri_activation activation;     /* of the gate */
    enum tri_architecture architecture; /* for files: names and defaults */
};

/* The seven matrices of a layer, and the four groups of them that share one input. */
enum tri_matrix { TRI_Q, TRI_K, TRI_V, TRI_O, TRI_GATE, TRI_UP, TRI_DOWN, TRI_MATRICES };
enum tri_group { TRI_GROUP_QKV, TRI_GROUP_O, TRI_GROUP_GATE_UP, TRI_GROUP_DOWN, TRI_GROUPS };

/* "q_proj" ... "down_proj"; "q|k|v", "o", "gate|up", "down". */
const char *tri_matrix_name(enum tri_matrix matrix);
const char *tri_group_name(enum tri_group group);
/* First matrix of a group, and how many follow each other in it. */
enum tri_matrix tri_group_first(enum tri_group group);
uint32_t tri_group_count(enum tri_group group);

/* How a ternary matrix lies in its file; docs/model-files.md has the bytes. */
enum tri_layout {
    TRI_LAYOUT_HF,       /* Hugging Face: [rows/4][cols], four row blocks in one byte */
    TRI_LAYOUT_I2S_X86,  /* I2_S, blocks of 128 elements, first ones in the top bits */
    TRI_LAYOUT_I2S_ARM,  /* I2_S, blocks of 64 */
    TRI_LAYOUT_I2S_ROWS, /* I2_S without ACT_PARALLEL: four rows in one byte */
    TRI_LAYOUT_TQ1_0,    /* llama.cpp, 256 elements in 54 bytes */
    TRI_LAYOUT_TQ2_0,    /* llama.cpp, 256 elements in 66 bytes */
    TRI_LAYOUT_ROWS, /* Tritium's own, made when master weights are quantised: [rows][(cols+3)/4],
                        element c in bits 2(c%4)+1..2(c%4) of byte c/4, plus one */
};

/* One ternary matrix [rows][cols] with the scale its product is multiplied by. */
struct tri_ternary {
    uint32_t rows, cols;
    float scale;
    bool divides; /* linear_class bitlinear: the scale divides instead (HF's BitLinear order) */
    enum tri_layout layout;
    uint32_t paired; /* head_dim if the rows of each head lie as llama.cpp's "llama" has them (row
                        i of the first half, row i of the second, i + 1 ...), else 0 */
    const uint8_t *packed;
    const char *name; /* of its tensor in the file, for messages */
};

/* Unpacks row `row` to -1, 0, 1. out: [cols]. Returns false if a code stands for nothing (out is 0
 * there) or a block has another scale than the matrix. */
bool tri_ternary_row(const struct tri_ternary *matrix, uint32_t row, int8_t *out);

/* A float matrix in its file's type, used in place. */
enum tri_float { TRI_BF16, TRI_F16, TRI_F32 };
struct tri_table {
    uint32_t rows, cols;
    enum tri_float type;
    const void *data; /* [rows][cols], any alignment */
};
/* Bytes of one element, and "BF16", "F16", "F32". */
uint32_t tri_float_bytes(enum tri_float type);
const char *tri_float_name(enum tri_float type);
/* Row `row` as float32, exact. out: [cols]. */
void tri_table_row(const struct tri_table *table, uint32_t row, float *out);

struct tri_layer {
    struct tri_ternary matrix[TRI_MATRICES];
    float *input_norm; /* [hidden] */
    float *attn_norm;  /* attn_sub_norm [heads * head_dim], NULL without sub-norms */
    float *post_norm;  /* post_attention_layernorm [hidden] */
    float *ffn_norm;   /* ffn_sub_norm [ffn], NULL without sub-norms */
};

struct tri_model {
    struct tri_config config;
    struct tri_layer *layers;      /* [config.layers] */
    struct tri_table embedding;    /* [vocab][hidden] */
    struct tri_table head;         /* [vocab][hidden], equal to embedding when tied */
    float *final_norm;             /* [hidden] */
    float *rope_inv_freq;          /* [head_dim / 2] */
    char path[4096];               /* the folder or file it was opened from */
    struct tri_model_files *files; /* private: the maps */
};

struct tri_model_options {
    enum tri_layout i2s; /* which of the three layouts type I2_S has: nothing in the file says it */
    bool i2s_given;      /* false: X86 */
};

/* Opens a Hugging Face folder (packed or master, one file or sharded) or a GGUF file. Packed
 * weights are not read yet: tri_group_row finds a code that stands for nothing, tri_model_verify
 * all of them. options may be NULL. Errors: IO, FORMAT (file, what, wanted, got; all missing
 * tensors named at once), UNSUPPORTED (what cannot be computed exactly, by name), MEMORY. The
 * caller closes with tri_model_close. */
enum tri_status tri_model_open(const char *path, const struct tri_model_options *options,
                               struct tri_model **model);
void tri_model_close(struct tri_model *model); /* NULL is fine */

/* Reads all weights once: every ternary code and block scale, every embedding finite.
 * Errors: FORMAT, UNSUPPORTED (group scales), IO. */
enum tri_status tri_model_verify(const struct tri_model *model);

/* Errors: IO when a mapped file has shrunk since it was opened (ref/map.h). tri_session_run and
 * tri_product_ref ask it themselves; whoever reads rows asks it after the last one. */
enum tri_status tri_model_intact(const struct tri_model *model);

/* Which layout the I2_S matrices look like. In a trained model a column with few weights belongs to
 * a small norm weight, and to a row with few weights in the matrix that computes it; read in a
 * wrong layout, columns change places and that is gone. Random weights say nothing. */
struct tri_i2s_verdict {
    bool present;         /* the model has I2_S matrices; else nothing below means anything */
    bool told;            /* the best is clear of the others */
    enum tri_layout best; /* of X86, ARM, ROWS */
    double score[3],
        nothing; /* of X86, ARM, ROWS; and what a score without any relation is about */
};
/* Reads up to four layers three times. Errors: MEMORY, IO. */
enum tri_status tri_model_i2s_check(const struct tri_model *model, struct tri_i2s_verdict *verdict);

/* The GGUF file the model was opened from (ref/gguf.h), NULL if it is a folder. */
struct tri_gguf;
const struct tri_gguf *tri_model_gguf(const struct tri_model *model);

/* Rows of a whole group (its matrices one below the other) and its columns. */
uint32_t tri_group_rows(const struct tri_model *model, enum tri_group group);
uint32_t tri_group_cols(const struct tri_model *model, enum tri_group group);
/* Row `row` of a group of layer `layer` as -1, 0, 1. out: [cols]. Errors: FORMAT (a code that
 * stands for nothing; names the tensor), UNSUPPORTED (scales that differ inside a matrix). */
enum tri_status tri_group_row(const struct tri_model *model, uint32_t layer, enum tri_group group,
                              uint32_t row, int8_t *out);

/* True if `id` is one of the ids that end a reply. */
static inline bool tri_config_ends(const struct tri_config *config, uint32_t id) {
    for (uint32_t i = 0; i < config->eos_count; i++) {
        if (config->eos[i] == id) return true;
    }
    return false;
}

#endif
