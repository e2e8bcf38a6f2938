/* SPDX-License-Identifier: Apache-2.0
 *
 * What loading a model needs whatever its files are: tensors by name, checks of type and shape, the
 * list of everything that is missing, and what an open model owns. Private to ref/.
 */
#ifndef TRI_LOADER_H
#define TRI_LOADER_H

#include "ref/gguf.h"
#include "ref/layout.h"
#include "ref/map.h"
#include "ref/safetensors.h"

struct tri_model_files {
    const struct tri_map **maps; /* [map_count], borrowed from the files below */
    size_t map_count;
    struct tri_safetensors **shards; /* [shard_count] */
    size_t shard_count;
    struct tri_gguf *gguf;
    void **owned; /* [owned_count]: quantised masters */
    size_t owned_count;
};

enum tri_entry_kind {
    TRI_ENTRY_FLOAT, /* of float_type */
    TRI_ENTRY_U8,
    TRI_ENTRY_I2S,
    TRI_ENTRY_TQ1,
    TRI_ENTRY_TQ2,
    TRI_ENTRY_OTHER,
};

/* A tensor of any file. shape: outermost first. */
struct tri_entry {
    const char *name, *type; /* owned by the file */
    enum tri_entry_kind kind;
    enum tri_float float_type;
    uint32_t dims;
    uint64_t shape[TRI_TENSOR_DIMS];
    const unsigned char *data;
    uint64_t bytes;
    size_t index; /* counts all tensors of all files */
};

/* The tensors of a layer behind its seven matrices, and those of the whole model. */
enum tri_role {
    TRI_ROLE_INPUT_NORM = TRI_MATRICES,
    TRI_ROLE_ATTN_NORM,
    TRI_ROLE_POST_NORM,
    TRI_ROLE_FFN_NORM,
    TRI_ROLE_EMBEDDING,
    TRI_ROLE_HEAD,
    TRI_ROLE_FINAL_NORM,
};

struct tri_loader {
    const char *path; /* starts the messages */
    struct tri_model *model;
    const struct tri_model_options *options;
    bool masters;   /* float matrices that are not ternary are quantised (absmean) */
    bool quantised; /* Hugging Face: packed uint8 with a scale, not floats */
    bool online;    /* Hugging Face's own mode "online": absmean whatever the weights are */
    bool divides;   /* Hugging Face: see struct tri_ternary */

    /* The tensor's name in this kind of file. name: 128 bytes. layer is ignored where it must. */
    void (*name_of)(unsigned role, uint32_t layer, char *name);
    /* Returns false if there is none. */
    bool (*find)(const struct tri_loader *in, const char *name, struct tri_entry *entry);
    /* Entry `index` of all; for naming those that nobody asked for. */
    bool (*at)(const struct tri_loader *in, size_t index, struct tri_entry *entry);
    bool (*ignorable)(const struct tri_loader *in, const char *name);
    /* Fills a matrix whose rows, cols, name and divides are set. */
    enum tri_status (*matrix)(struct tri_loader *in, enum tri_matrix which,
                              const struct tri_entry *entry, struct tri_ternary *matrix);

    size_t entry_count;
    unsigned char *used; /* [entry_count] */
    char missing[3072];  /* names so far */
    uint32_t missing_count;
};

/* Marks and returns a tensor; a missing one is noted and gives false. */
bool tri_loader_want(struct tri_loader *in, const char *name, struct tri_entry *entry);
/* Errors: FORMAT naming wanted and got. cols 0: one dimension. */
enum tri_status tri_loader_shape(const struct tri_loader *in, const struct tri_entry *entry,
                                 uint64_t rows, uint64_t cols);
enum tri_status tri_loader_type(const struct tri_loader *in, const struct tri_entry *entry,
                                const char *wanted);
/* Errors: FORMAT unless the scale is finite and above 0. */
enum tri_status tri_loader_scale(const struct tri_loader *in, const char *name, float scale);
/* Reads everything; model->config is filled. Errors: FORMAT, UNSUPPORTED, MEMORY. */
enum tri_status tri_loader_run(struct tri_loader *in);

/* Keeps memory (NULL: returns MEMORY) until the model is closed. */
enum tri_status tri_files_own(struct tri_model_files *files, const char *path, void *memory);
enum tri_status tri_files_map(struct tri_model_files *files, const char *path,
                              const struct tri_map *map);

/* Quantises a float matrix into TRI_LAYOUT_ROWS; matrix->rows, cols and name are set. *owned: what
 * the caller frees after the matrix. Already ternary (one magnitude): signs and that magnitude,
 * unless `always`; else absmean if `masters`, else UNSUPPORTED. docs/numbers.md has the rule. */
enum tri_status tri_master_quantise(const char *path, const struct tri_table *weights, bool always,
                                    bool masters, struct tri_ternary *matrix, void **owned);

/* The two kinds of files. model is all-zero but for files and path. */
enum tri_status tri_model_open_hf(const char *path, struct tri_model *model);
enum tri_status tri_model_open_gguf(const char *path, const struct tri_model_options *options,
                                    struct tri_model *model);

#endif
