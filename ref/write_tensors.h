/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of a model's tensors in the order of their bytes, and writing the data of one. Private
 * to ref/write_*.c; the headers around the data are theirs.
 */
#ifndef TRI_WRITE_TENSORS_H
#define TRI_WRITE_TENSORS_H

#include "ref/write.h"

enum tri_item_kind {
    TRI_ITEM_EMBEDDING,
    TRI_ITEM_HEAD,
    TRI_ITEM_NORM,
    TRI_ITEM_MATRIX,
    TRI_ITEM_SCALE
};
enum tri_item_type { TRI_ITEM_BF16, TRI_ITEM_F16, TRI_ITEM_F32, TRI_ITEM_PACKED };

struct tri_item {
    enum tri_item_kind kind;
    enum tri_item_type type;
    uint32_t layer;
    enum tri_norm_kind norm;
    enum tri_matrix matrix;
    uint32_t rows, cols; /* rows is 0 for a vector */
    uint64_t bytes;
};

struct tri_items {
    struct tri_item *item; /* [count], owned */
    uint32_t count;
    enum tri_form form;
};

/* Errors: UNSUPPORTED (a shape that the form cannot hold), MEMORY. The caller frees items->item,
 * also after a failure. */
enum tri_status tri_items_list(const struct tri_source *source, enum tri_form form,
                               const char *path, struct tri_items *items);

/* "layer 3 down_proj" for messages. out: [64] */
void tri_item_name(const struct tri_item *item, char *out);

/* Writes the bytes of one tensor. Errors: as tri_write_gguf. */
enum tri_status tri_item_write(const struct tri_source *source, const struct tri_items *items,
                               const struct tri_item *item, struct tri_writing *writing);

/* fwrite with a message, and progress. Errors: IO, those of progress. */
enum tri_status tri_put(struct tri_writing *writing, const void *bytes, size_t count);

/* Rows of q and k lie in another order in GGUF files of architecture llama. */
bool tri_items_permuted(const struct tri_source *source, const struct tri_items *items,
                        const struct tri_item *item);

#endif
