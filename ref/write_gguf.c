/* SPDX-License-Identifier: Apache-2.0
 *
 * A GGUF v3 file: metadata in the order of the published 2B4T file, the vocabulary, the list of
 * tensors, their data. A little-endian machine is assumed, as everywhere tensors are used in place.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ref/alphabet.h"
#include "ref/tokenizer_file.h"
#include "ref/write_tensors.h"

enum { ALIGNMENT = 32 };
enum { KV_U32 = 4, KV_I32 = 5, KV_F32 = 6, KV_BOOL = 7, KV_STRING = 8, KV_ARRAY = 9 };
/* Types of tensors as ggml numbers them; 36 is Microsoft's. */
enum {
    GGML_F32 = 0,
    GGML_F16 = 1,
    GGML_BF16 = 30,
    GGML_TQ1_0 = 34,
    GGML_TQ2_0 = 35,
    GGML_I2_S = 36
};
/* Kinds of tokens. */
enum { TOKEN_NORMAL = 1, TOKEN_CONTROL = 3, TOKEN_UNUSED = 5 };

/* The header as it grows in memory; the vocabulary makes it some megabytes. */
struct header {
    char *bytes;
    size_t used, room;
    bool failed; /* out of memory */
    uint64_t keys;
    size_t keys_at; /* where their number goes */
};

static void append(struct header *h, const void *bytes, size_t count) {
    if (h->room - h->used < count) {
        size_t room = 2 * (h->used + count) + 4096;
        char *more = h->failed ? NULL : realloc(h->bytes, room);
        if (more == NULL) {
            h->failed = true;
            return;
        }
        h->bytes = more;
        h->room = room;
    }
    memcpy(h->bytes + h->used, bytes, count);
    h->used += count;
}

static void append_u32(struct header *h, uint32_t value) { append(h, &value, sizeof value); }
static void append_u64(struct header *h, uint64_t value) { append(h, &value, sizeof value); }
static void append_text(struct header *h, const char *text, size_t bytes) {
    append_u64(h, bytes);
    append(h, text, bytes);
}

static void key(struct header *h, const char *prefix, const char *name, uint32_t type) {
    char text[96];
    int used = snprintf(text, sizeof text, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", name);
    append_text(h, text, (size_t)used);
    append_u32(h, type);
    h->keys++;
}
static void key_text(struct header *h, const char *name, const char *value) {
    key(h, "", name, KV_STRING);
    append_text(h, value, strlen(value));
}
static void key_u32(struct header *h, const char *prefix, const char *name, uint32_t value) {
    key(h, prefix, name, KV_U32);
    append_u32(h, value);
}
static void key_f32(struct header *h, const char *prefix, const char *name, float value) {
    key(h, prefix, name, KV_F32);
    append(h, &value, sizeof value);
}
static void key_array(struct header *h, const char *name, uint32_t type, uint64_t count) {
    key(h, "", name, KV_ARRAY);
    append_u32(h, type);
    append_u64(h, count);
}

/* What llama.cpp calls a model of this kind; NULL: it has no name for it. */
static const char *architecture(const struct tri_config *c) {
    if (c->sub_norms) return c->activation == TRI_RELU2 ? "bitnet-b1.58" : "bitnet";
    return c->activation == TRI_SILU ? "llama" : NULL;
}

static uint32_t file_type(enum tri_form form) {
    switch (form) {
    case TRI_FORM_F16: return 1;
    case TRI_FORM_BF16: return 32;
    case TRI_FORM_TQ1_0: return 36;
    case TRI_FORM_TQ2_0: return 37;
    case TRI_FORM_F32: return 0;
    default: return 40;
    }
}

/* The token as the file writes it: plain ones in the byte alphabet, special ones by name. */
static size_t token_text(const struct tri_tokenizer *tokenizer, const struct tri_alphabet *alphabet,
                         uint32_t id, char *out, size_t room, int32_t *kind) {
    size_t count = 0;
    const char *bytes = tokenizer == NULL ? NULL : tri_tokenizer_bytes(tokenizer, id, &count);
    if (bytes == NULL || 2 * count > room) {
        *kind = TOKEN_UNUSED;
        return (size_t)snprintf(out, room, "[PAD%" PRIu32 "]", id);
    }
    *kind = tri_tokenizer_is_special(tokenizer, id) ? TOKEN_CONTROL : TOKEN_NORMAL;
    if (*kind == TOKEN_NORMAL) return tri_alphabet_encode(alphabet, bytes, count, out);
    memcpy(out, bytes, count);
    return count;
}

static enum tri_status add_tokens(struct header *h, const struct tri_source *source) {
    const struct tri_tokenizer *tokenizer = source->tokenizer;
    const uint32_t vocab = source->config->vocab;
    struct tri_alphabet alphabet;
    tri_alphabet_fill(&alphabet);
    size_t room = 2 * (size_t)tokenizer->vocabulary.longest + 256;
    for (uint32_t id = 0; id < tokenizer->vocabulary.count; id++) {
        if (2 * (size_t)tokenizer->vocabulary.tokens[id].length + 32 > room) {
            room = 2 * (size_t)tokenizer->vocabulary.tokens[id].length + 32;
        }
    }
    struct tri_pair *pairs = NULL;
    char *text = malloc(2 * room + 1);
    int32_t *kinds = malloc(vocab * sizeof *kinds);
    bool listed = tri_merges_list(&tokenizer->merges, &pairs);
    h->failed = h->failed || text == NULL || kinds == NULL || !listed;
    if (!h->failed) {
        key_array(h, "tokenizer.ggml.tokens", KV_STRING, vocab);
        for (uint32_t id = 0; id < vocab; id++) {
            append_text(h, text, token_text(tokenizer, &alphabet, id, text, room, &kinds[id]));
        }
        key_array(h, "tokenizer.ggml.scores", KV_F32, vocab);
        for (uint32_t id = 0; id < vocab; id++) append_u32(h, 0);
        key_array(h, "tokenizer.ggml.token_type", KV_I32, vocab);
        append(h, kinds, vocab * sizeof *kinds);
        key_array(h, "tokenizer.ggml.merges", KV_STRING, tokenizer->merges.slots_used);
        for (uint32_t i = 0; i < tokenizer->merges.slots_used; i++) {
            int32_t kind;
            size_t used = token_text(tokenizer, &alphabet, pairs[i].left, text, room, &kind);
            text[used++] = ' ';
            used += token_text(tokenizer, &alphabet, pairs[i].right, text + used, room, &kind);
            append_text(h, text, used);
        }
    }
    free(text);
    free(kinds);
    free(pairs);
    return TRI_OK;
}

static enum tri_status add_metadata(struct header *h, const struct tri_source *source,
                                    enum tri_form form, const char *path) {
    const struct tri_config *c = source->config;
    const char *arch = architecture(c);
    if (arch == NULL) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: GGUF has no architecture with relu2 and without sub-norms", path);
    }
    key_text(h, "general.architecture", arch);
    key_text(h, "general.name", source->name);
    key_u32(h, arch, "vocab_size", c->vocab);
    key_u32(h, arch, "context_length", c->context);
    key_u32(h, arch, "embedding_length", c->hidden);
    key_u32(h, arch, "block_count", c->layers);
    key_u32(h, arch, "feed_forward_length", c->ffn);
    key_u32(h, arch, "rope.dimension_count", c->head_dim);
    key_u32(h, arch, "attention.head_count", c->heads);
    key_u32(h, arch, "attention.head_count_kv", c->kv_heads);
    if ((uint64_t)c->heads * c->head_dim != c->hidden) {
        key_u32(h, arch, "attention.key_length", c->head_dim);
        key_u32(h, arch, "attention.value_length", c->head_dim);
    }
    key(h, "", "tokenizer.ggml.add_bos_token", KV_BOOL);
    append(h, "\1", 1);
    key_f32(h, arch, "attention.layer_norm_rms_epsilon", c->eps);
    key_f32(h, arch, "rope.freq_base", (float)c->rope_theta);
    key_u32(h, "", "general.file_type", file_type(form));
    key_text(h, "tokenizer.ggml.model", "gpt2");
    if (source->tokenizer != NULL) TRI_TRY(add_tokens(h, source));
    key_u32(h, "", "tokenizer.ggml.bos_token_id", c->bos);
    if (c->eos_count > 0) {
        key_u32(h, "", "tokenizer.ggml.eos_token_id", c->eos[0]);
        if (c->eos_count > 1) key_u32(h, "", "tokenizer.ggml.eot_token_id", c->eos[1]);
        key_u32(h, "", "tokenizer.ggml.padding_token_id", c->eos[0]);
    }
    key_u32(h, "", "general.quantization_version", 2);
    return TRI_OK;
}

static uint32_t ggml_type(const struct tri_item *item, enum tri_form form) {
    switch (item->type) {
    case TRI_ITEM_F32: return GGML_F32;
    case TRI_ITEM_F16: return GGML_F16;
    case TRI_ITEM_BF16: return GGML_BF16;
    case TRI_ITEM_PACKED: break;
    }
    return form == TRI_FORM_TQ1_0 ? GGML_TQ1_0 : form == TRI_FORM_TQ2_0 ? GGML_TQ2_0 : GGML_I2_S;
}

static size_t tensor_name(const struct tri_item *item, char *out, size_t room) {
    static const char *const norms[] = {"attn_norm", "ffn_norm", "attn_sub_norm", "ffn_sub_norm"};
    static const char *const matrices[TRI_MATRICES] = {
        "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"};
    int used = 0;
    if (item->kind == TRI_ITEM_EMBEDDING)
        used = snprintf(out, room, "token_embd.weight");
    else if (item->kind == TRI_ITEM_HEAD)
        used = snprintf(out, room, "output.weight");
    else if (item->kind == TRI_ITEM_NORM && item->norm == TRI_FINAL_NORM)
        used = snprintf(out, room, "output_norm.weight");
    else
        used = snprintf(out, room, "blk.%" PRIu32 ".%s.weight", item->layer,
                        item->kind == TRI_ITEM_NORM ? norms[item->norm] : matrices[item->matrix]);
    return (size_t)used;
}

static uint64_t padded(uint64_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static enum tri_status write_header(const struct tri_source *source, const struct tri_items *items,
                                    struct header *h, struct tri_writing *writing) {
    static const char zeros[ALIGNMENT];
    append(h, "GGUF", 4);
    append_u32(h, 3);
    append_u64(h, items->count);
    h->keys_at = h->used;
    append_u64(h, 0);
    TRI_TRY(add_metadata(h, source, items->form, writing->path));
    uint64_t offset = 0;
    for (uint32_t i = 0; i < items->count; i++) {
        const struct tri_item *item = &items->item[i];
        char name[96];
        append_text(h, name, tensor_name(item, name, sizeof name));
        append_u32(h, item->rows == 0 ? 1 : 2);
        append_u64(h, item->cols); /* innermost first */
        if (item->rows != 0) append_u64(h, item->rows);
        append_u32(h, ggml_type(item, items->form));
        append_u64(h, offset);
        offset += padded(item->bytes);
    }
    append(h, zeros, padded(h->used) - h->used);
    if (h->failed) return tri_fail(TRI_E_MEMORY, "%s: out of memory", writing->path);
    memcpy(h->bytes + h->keys_at, &h->keys, sizeof h->keys);
    TRI_TRY(tri_put(writing, h->bytes, h->used));
    writing->done = 0;
    writing->total = offset;
    return TRI_OK;
}

enum tri_status tri_write_gguf(const struct tri_source *source, enum tri_form form,
                               struct tri_writing *writing) {
    static const char zeros[ALIGNMENT];
    struct header header = {0};
    struct tri_items items;
    enum tri_status status = tri_items_list(source, form, writing->path, &items);
    if (status == TRI_OK) status = write_header(source, &items, &header, writing);
    free(header.bytes);
    for (uint32_t i = 0; status == TRI_OK && i < items.count; i++) {
        const struct tri_item *item = &items.item[i];
        status = tri_item_write(source, &items, item, writing);
        if (status != TRI_OK) break;
        status = tri_put(writing, zeros, (size_t)(padded(item->bytes) - item->bytes));
    }
    free(items.item);
    return status;
}
