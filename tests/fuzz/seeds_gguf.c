/* SPDX-License-Identifier: Apache-2.0
 *
 * GGUF files with models of a few hundred weights, written here and not by ref/write_gguf.c, which
 * has one type for all matrices and so needs far larger ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/alphabet.h"
#include "ref/gguf.h"
#include "tests/fuzz/seeds.h"

static void put_text(struct bytes *b, const char *text) {
    put64(b, strlen(text));
    put(b, text, strlen(text));
}

/* A GGUF file in the making: keys, list of tensors, data. */
struct gguf {
    struct bytes keys, list, data;
    uint64_t key_count, tensor_count;
    const char *arch;
};

static void key(struct gguf *g, const char *name, uint32_t type) {
    char whole[128];
    (void)snprintf(whole, sizeof whole, "%s%s%s", name[0] == '.' ? g->arch : "", name, "");
    put_text(&g->keys, whole);
    put32(&g->keys, type);
    g->key_count++;
}
static void key_u32(struct gguf *g, const char *name, uint32_t value) {
    key(g, name, TRI_GGUF_U32);
    put32(&g->keys, value);
}
static void key_text(struct gguf *g, const char *name, const char *value) {
    key(g, name, TRI_GGUF_STRING);
    put_text(&g->keys, value);
}
static void key_f32(struct gguf *g, const char *name, float value) {
    key(g, name, TRI_GGUF_F32);
    put(&g->keys, &value, 4);
}

static void fill(struct bytes *b, uint32_t type, uint64_t elements) {
    const float one = 0.5f;
    for (uint64_t i = 0; type == TRI_GGML_F32 && i < elements; i++) put(b, &one, 4);
    for (uint64_t i = 0; (type == TRI_GGML_F16 || type == TRI_GGML_BF16) && i < elements; i++) {
        const uint16_t values[4] = {0x3c00, 0, 0xbc00, 0x3c00}; /* 1, 0, -1 in f16; ternary */
        put(b, &values[i % 4], 2);
    }
    for (uint64_t i = 0; type == TRI_GGML_I2_S && i < elements / 4; i++) put(b, "\x24", 1);
    if (type == TRI_GGML_I2_S) {
        put(b, &one, 4);
        for (int i = 0; i < 28; i++) put(b, "", 1);
    }
    for (uint64_t i = 0; type == TRI_GGML_TQ1_0 && i < elements / 256; i++) {
        for (int k = 0; k < 52; k++) put(b, "\x55", 1);
        put(b, "\x00\x3c", 2);
    }
    for (uint64_t i = 0; type == TRI_GGML_TQ2_0 && i < elements / 256; i++) {
        for (int k = 0; k < 64; k++) put(b, "\x24", 1);
        put(b, "\x00\x3c", 2);
    }
}

static void tensor(struct gguf *g, const char *name, uint32_t type, uint32_t rows, uint32_t cols) {
    put_text(&g->list, name);
    put32(&g->list, rows == 0 ? 1 : 2);
    put64(&g->list, cols);
    if (rows != 0) put64(&g->list, rows);
    put32(&g->list, type);
    put64(&g->list, g->data.size);
    fill(&g->data, type, (uint64_t)cols * (rows == 0 ? 1 : rows));
    pad(&g->data, 32);
    g->tensor_count++;
}

static void save_gguf(struct gguf *g, const char *target, const char *name) {
    struct bytes b = {0};
    put(&b, "GGUF", 4);
    put32(&b, 3);
    put64(&b, g->tensor_count);
    put64(&b, g->key_count);
    put(&b, g->keys.data, g->keys.size);
    if (g->tensor_count > 0) put(&b, g->list.data, g->list.size);
    pad(&b, 32);
    if (g->tensor_count > 0) put(&b, g->data.data, g->data.size);
    free(g->keys.data);
    free(g->list.data);
    free(g->data.data);
    save(&b, target, name);
}

enum { VOCAB = 4 };

static void model_keys(struct gguf *g, uint32_t hidden, uint32_t ffn, uint32_t heads,
                       uint32_t head_dim) {
    key_text(g, "general.architecture", g->arch);
    key_u32(g, ".vocab_size", VOCAB);
    key_u32(g, ".context_length", 16);
    key_u32(g, ".embedding_length", hidden);
    key_u32(g, ".block_count", 1);
    key_u32(g, ".feed_forward_length", ffn);
    key_u32(g, ".rope.dimension_count", head_dim);
    key_u32(g, ".attention.head_count", heads);
    key_u32(g, ".attention.head_count_kv", 1);
    if (heads * head_dim != hidden) {
        key_u32(g, ".attention.key_length", head_dim);
        key_u32(g, ".attention.value_length", head_dim);
    }
    key_f32(g, ".attention.layer_norm_rms_epsilon", 1e-5f);
    key_f32(g, ".rope.freq_base", 10000.0f);
    key(g, "tokenizer.ggml.tokens", TRI_GGUF_ARRAY);
    put32(&g->keys, TRI_GGUF_STRING);
    put64(&g->keys, VOCAB);
    for (int i = 0; i < VOCAB; i++) put_text(&g->keys, "token");
    key(g, "tokenizer.ggml.token_type", TRI_GGUF_ARRAY);
    put32(&g->keys, TRI_GGUF_I32);
    put64(&g->keys, VOCAB);
    for (uint32_t i = 0; i < VOCAB; i++) put32(&g->keys, 1);
    key_u32(g, "tokenizer.ggml.bos_token_id", 1);
    key_u32(g, "tokenizer.ggml.eos_token_id", 2);
}

/* choice: the last byte, see fuzz_gguf.c; wide: the type of the matrices whose rows are `hidden`
 * long; narrow: of the others. */
static void model(const char *name, unsigned char choice, const char *arch, uint32_t wide,
                  uint32_t narrow, uint32_t hidden, uint32_t ffn, uint32_t heads,
                  uint32_t head_dim) {
    struct gguf g = {.arch = arch};
    const bool bitnet = strcmp(arch, "llama") != 0;
    const uint32_t q = heads * head_dim;
    model_keys(&g, hidden, ffn, heads, head_dim);
    tensor(&g, "token_embd.weight", TRI_GGML_F16, VOCAB, hidden);
    if (!bitnet) tensor(&g, "output.weight", TRI_GGML_F16, VOCAB, hidden);
    tensor(&g, "output_norm.weight", TRI_GGML_F32, 0, hidden);
    tensor(&g, "blk.0.attn_norm.weight", TRI_GGML_F32, 0, hidden);
    tensor(&g, "blk.0.ffn_norm.weight", TRI_GGML_F32, 0, hidden);
    if (bitnet) tensor(&g, "blk.0.attn_sub_norm.weight", TRI_GGML_F32, 0, q);
    if (bitnet) tensor(&g, "blk.0.ffn_sub_norm.weight", TRI_GGML_F32, 0, ffn);
    tensor(&g, "blk.0.attn_q.weight", wide, q, hidden);
    tensor(&g, "blk.0.attn_k.weight", wide, head_dim, hidden);
    tensor(&g, "blk.0.attn_v.weight", wide, head_dim, hidden);
    tensor(&g, "blk.0.attn_output.weight", narrow, hidden, q);
    tensor(&g, "blk.0.ffn_gate.weight", wide, ffn, hidden);
    tensor(&g, "blk.0.ffn_up.weight", wide, ffn, hidden);
    tensor(&g, "blk.0.ffn_down.weight", narrow, hidden, ffn);
    g.data.data[g.data.size - 1] = choice;
    save_gguf(&g, "gguf", name);
}

static void models(void) {
    model("i2s.gguf", 0, "bitnet-b1.58", TRI_GGML_I2_S, TRI_GGML_I2_S, 16, 16, 2, 8);
    model("i2s-arm.gguf", 2, "bitnet-b1.58", TRI_GGML_I2_S, TRI_GGML_I2_S, 16, 16, 2, 8);
    model("i2s-rows.gguf", 3, "bitnet-b1.58", TRI_GGML_I2_S, TRI_GGML_I2_S, 16, 16, 2, 8);
    model("f16.gguf", 0, "bitnet", TRI_GGML_F16, TRI_GGML_F16, 8, 4, 2, 4);
    model("llama.gguf", 0, "llama", TRI_GGML_F16, TRI_GGML_F32, 8, 4, 2, 4);
    model("tq1.gguf", 0, "llama", TRI_GGML_TQ1_0, TRI_GGML_F16, 256, 2, 1, 2);
    model("tq2.gguf", 0, "llama", TRI_GGML_TQ2_0, TRI_GGML_F16, 256, 2, 1, 2);
}

/* typed: with the kinds of tokens; else the special ones are those that keys name. */
static void tokenizer_gguf(const char *name, bool typed) {
    struct gguf g = {.arch = "bitnet-b1.58"};
    struct tri_alphabet alphabet;
    tri_alphabet_fill(&alphabet);
    key_text(&g, "general.architecture", g.arch);
    key_text(&g, "tokenizer.ggml.model", "gpt2");
    key(&g, "tokenizer.ggml.tokens", TRI_GGUF_ARRAY);
    put32(&g.keys, TRI_GGUF_STRING);
    put64(&g.keys, 260);
    for (int i = 0; i < 256; i++) {
        char single = (char)(unsigned char)i, text[8];
        put64(&g.keys, tri_alphabet_encode(&alphabet, &single, 1, text));
        put(&g.keys, text, tri_alphabet_encode(&alphabet, &single, 1, text));
    }
    put_text(&g.keys, "He");
    put_text(&g.keys, "ll");
    put_text(&g.keys, "Hell");
    put_text(&g.keys, "<|eot_id|>");
    if (typed) {
        key(&g, "tokenizer.ggml.token_type", TRI_GGUF_ARRAY);
        put32(&g.keys, TRI_GGUF_I32);
        put64(&g.keys, 260);
        for (int i = 0; i < 260; i++) put32(&g.keys, i < 259 ? 1 : 3);
    }
    key(&g, "tokenizer.ggml.merges", TRI_GGUF_ARRAY);
    put32(&g.keys, TRI_GGUF_STRING);
    put64(&g.keys, 3);
    put_text(&g.keys, "H e");
    put_text(&g.keys, "l l");
    put_text(&g.keys, "He ll");
    key_u32(&g, "tokenizer.ggml.eos_token_id", 259);
    save_gguf(&g, "tokenizer", name);
}

void gguf_seeds(void) {
    models();
    tokenizer_gguf("vocabulary.gguf", true);
    tokenizer_gguf("untyped.gguf", false);
}
