/* SPDX-License-Identifier: Apache-2.0
 *
 * model.safetensors of a packed Hugging Face folder: the header, then the tensors.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/write_tensors.h"

static void tensor_name(const struct tri_item *item, char *out, size_t room) {
    static const char *const norms[] = {"input_layernorm", "post_attention_layernorm",
                                        "self_attn.attn_sub_norm", "mlp.ffn_sub_norm"};
    const char *part = item->matrix <= TRI_O ? "self_attn" : "mlp";
    switch (item->kind) {
    case TRI_ITEM_EMBEDDING: (void)snprintf(out, room, "model.embed_tokens.weight"); return;
    case TRI_ITEM_HEAD: (void)snprintf(out, room, "lm_head.weight"); return;
    case TRI_ITEM_NORM:
        if (item->norm == TRI_FINAL_NORM)
            (void)snprintf(out, room, "model.norm.weight");
        else
            (void)snprintf(out, room, "model.layers.%" PRIu32 ".%s.weight", item->layer,
                           norms[item->norm]);
        return;
    default:
        (void)snprintf(out, room, "model.layers.%" PRIu32 ".%s.%s.%s", item->layer, part,
                       tri_matrix_name(item->matrix),
                       item->kind == TRI_ITEM_SCALE ? "weight_scale" : "weight");
    }
}

/* Bytes that one tensor's entry in the header needs at most. */
enum { ENTRY = 240 };

static enum tri_status write_header(const struct tri_items *items, struct tri_writing *writing) {
    const size_t room = (size_t)ENTRY * (items->count + 1);
    char *text = malloc(room);
    if (text == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", writing->path);
    int used = snprintf(text, room, "{\"__metadata__\":{\"format\":\"pt\"}");
    size_t at = (size_t)used;
    uint64_t offset = 0;
    for (uint32_t i = 0; i < items->count; i++) {
        const struct tri_item *item = &items->item[i];
        const bool packed = item->kind == TRI_ITEM_MATRIX;
        char name[96], shape[32];
        tensor_name(item, name, sizeof name);
        if (item->rows == 0)
            (void)snprintf(shape, sizeof shape, "%" PRIu32, item->cols);
        else
            (void)snprintf(shape, sizeof shape, "%" PRIu32 ",%" PRIu32,
                           packed ? item->rows / 4 : item->rows, item->cols);
        at += (size_t)snprintf(text + at, room - at,
                               ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%" PRIu64
                               ",%" PRIu64 "]}",
                               name, packed ? "U8" : "BF16", shape, offset, offset + item->bytes);
        offset += item->bytes;
    }
    text[at++] = '}';
    while (at % 8 != 0) text[at++] = ' ';
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)at >> 8 * i);
    enum tri_status status = tri_put(writing, length, sizeof length);
    if (status == TRI_OK) status = tri_put(writing, text, at);
    free(text);
    writing->done = 0;
    writing->total = offset;
    return status;
}

enum tri_status tri_write_safetensors(const struct tri_source *source,
                                      struct tri_writing *writing) {
    struct tri_items items;
    enum tri_status status = tri_items_list(source, TRI_FORM_HF, writing->path, &items);
    if (status == TRI_OK) status = write_header(&items, writing);
    for (uint32_t i = 0; status == TRI_OK && i < items.count; i++) {
        status = tri_item_write(source, &items, &items.item[i], writing);
    }
    free(items.item);
    return status;
}
