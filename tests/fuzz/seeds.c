/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes small good inputs for every target below the folder given: the smallest models that still
 * have every tensor, in each type of matrix, so that mutations meet headers and not weights. Text
 * inputs come from the project's own files. Every seed must be accepted; run.sh checks it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "driver/image.h"
#include "host/replay.h"
#include "tests/fuzz/seeds.h"

static const char *root;

void must(bool good, const char *what) {
    if (good) return;
    (void)fprintf(stderr, "seeds: %s: %s\n", what, tri_error());
    exit(1);
}

static const char *place(const char *target, const char *name) {
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", root, target);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    return path;
}

void put(struct bytes *b, const void *data, size_t size) {
    while (b->room - b->size < size) {
        b->room = 2 * b->room + 4096;
        b->data = realloc(b->data, b->room);
        must(b->data != NULL, "no memory");
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}
void put32(struct bytes *b, uint32_t value) { put(b, &value, 4); }
void put64(struct bytes *b, uint64_t value) { put(b, &value, 8); }
void pad(struct bytes *b, size_t to) {
    while (b->size % to != 0) put(b, "", 1);
}
void save(struct bytes *b, const char *target, const char *name) {
    FILE *out = fopen(place(target, name), "wb");
    must(out != NULL && fwrite(b->data, 1, b->size, out) == b->size && fclose(out) == 0, name);
    free(b->data);
    *b = (struct bytes){0};
}

static void put_file(struct bytes *b, const char *from) {
    FILE *in = fopen(from, "rb");
    must(in != NULL, from);
    uint8_t part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, in)) > 0;) put(b, part, got);
    (void)fclose(in);
}

static void copy(const char *from, const char *target, const char *name) {
    struct bytes b = {0};
    put_file(&b, from);
    save(&b, target, name);
}

/* The toy tokenizer without the tokens of three bytes and more. */
static void tokenizer_json(void) {
    json_t *file = json_load_file("tests/models/toy-tokenizer/tokenizer.json", 0, NULL);
    json_t *part = json_object_get(file, "model"), *merges = json_object_get(part, "merges");
    must(json_is_object(json_object_get(part, "vocab")) && json_is_array(merges), "toy tokenizer");
    json_t *vocabulary = json_object();
    const char *token;
    json_t *id;
    json_object_foreach(json_object_get(part, "vocab"), token, id) {
        if (json_integer_value(id) < 260) json_object_set(vocabulary, token, id);
    }
    json_object_set_new(part, "vocab", vocabulary);
    while (json_array_size(merges) > 4) json_array_remove(merges, json_array_size(merges) - 1);
    must(json_dump_file(file, place("tokenizer", "small.json"), JSON_COMPACT) == 0, "json");
    json_decref(file);
}

/* A folder's safetensors: names, shapes, data in this order. rows 0: a vector. */
struct entry {
    const char *name, *dtype;
    uint32_t rows, cols, bytes;
};

static void safetensors(struct bytes *out, const struct entry *entries, size_t count) {
    struct bytes header = {0}, data = {0};
    put(&header, "{\"__metadata__\":{\"format\":\"pt\"}", 31);
    for (size_t i = 0; i < count; i++) {
        const struct entry *e = &entries[i];
        char text[256], shape[64];
        const uint32_t elements = e->cols * (e->rows == 0 ? 1 : e->rows);
        (void)snprintf(shape, sizeof shape, e->rows == 0 ? "%.0u%u" : "%u,%u", e->rows, e->cols);
        if (e->rows == 0) (void)snprintf(shape, sizeof shape, "%u", e->cols);
        (void)snprintf(text, sizeof text,
                       ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                       e->name, e->dtype, shape, data.size,
                       data.size + (size_t)elements * e->bytes);
        put(&header, text, strlen(text));
        for (uint32_t k = 0; k < elements; k++) {
            const uint16_t values[3] = {0x3f80, 0, 0xbf80};
            if (e->bytes == 2)
                put(&data, e->rows == 0 ? &values[0] : &values[k % 3], 2);
            else
                put(&data, "\x24", 1);
        }
    }
    put(&header, "}", 1);
    pad(&header, 8);
    for (size_t i = 0; i < header.size; i++)
        if (header.data[i] == 0) header.data[i] = ' ';
    put64(out, header.size);
    put(out, header.data, header.size);
    put(out, data.data, data.size);
    free(header.data);
    free(data.data);
}

#define L "model.layers.0."
#define PACKED(name, rows, cols)                                                                   \
    {L name ".weight", "U8", (rows) / 4, cols, 1}, { L name ".weight_scale", "BF16", 0, 1, 2 }
#define FLOATS(name, rows, cols)                                                                   \
    { L name ".weight", "BF16", rows, cols, 2 }
#define REST                                                                                       \
    {"model.embed_tokens.weight", "BF16", 4, 8, 2}, {"model.norm.weight", "BF16", 0, 8, 2},        \
        {L "input_layernorm.weight", "BF16", 0, 8, 2},                                             \
        {L "post_attention_layernorm.weight", "BF16", 0, 8, 2},                                    \
        {L "self_attn.attn_sub_norm.weight", "BF16", 0, 8, 2}, {                                   \
        L "mlp.ffn_sub_norm.weight", "BF16", 0, 4, 2                                               \
    }

static void folders(void) {
    static const struct entry packed[] = {
        REST,
        PACKED("self_attn.q_proj", 8, 8),
        PACKED("self_attn.k_proj", 4, 8),
        PACKED("self_attn.v_proj", 4, 8),
        PACKED("self_attn.o_proj", 8, 8),
        PACKED("mlp.gate_proj", 4, 8),
        PACKED("mlp.up_proj", 4, 8),
        PACKED("mlp.down_proj", 8, 4),
    };
    static const struct entry masters[] = {
        REST,
        FLOATS("self_attn.q_proj", 8, 8),
        FLOATS("self_attn.k_proj", 4, 8),
        FLOATS("self_attn.v_proj", 4, 8),
        FLOATS("self_attn.o_proj", 8, 8),
        FLOATS("mlp.gate_proj", 4, 8),
        FLOATS("mlp.up_proj", 4, 8),
        FLOATS("mlp.down_proj", 8, 4),
        {L "self_attn.rotary_emb.inv_freq", "BF16", 0, 2, 2},
        {"lm_head.weight", "BF16", 4, 8, 2},
    };
    static const char config[] =
        "{\"model_type\":\"bitnet\",\"bos_token_id\":1,\"eos_token_id\":[2,3],\"hidden_act\":"
        "\"relu2\",\"hidden_size\":8,\"intermediate_size\":4,\"max_position_embeddings\":16,"
        "\"num_attention_heads\":2,\"num_hidden_layers\":1,\"num_key_value_heads\":1,"
        "\"rms_norm_eps\":1e-05,\"rope_theta\":10000.0,\"tie_word_embeddings\":true,"
        "\"vocab_size\":4%s}";
    static const char *const modes[3] = {
        ",\"quantization_config\":{\"quant_method\":\"bitnet\",\"linear_class\":"
        "\"autobitlinear\",\"quantization_mode\":\"offline\"}",
        ",\"quantization_config\":{\"quant_method\":\"bitnet\",\"linear_class\":\"bitlinear\"}",
        ",\"head_dim\":4,\"rope_scaling\":null"};
    static const char *const names[3] = {"offline", "bitlinear", "masters"};
    for (int i = 0; i < 3; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, config, modes[i]);
        struct bytes all = {0}, weights = {0}, alone = {0};
        safetensors(&weights, i < 2 ? packed : masters,
                    i < 2 ? sizeof packed / sizeof *packed : sizeof masters / sizeof *masters);
        put(&all, text, strlen(text) + 1);
        put(&all, "", 1);
        put(&all, weights.data, weights.size);
        save(&all, "folder", names[i]);
        if (i == 2) { /* again, with an index */
            const size_t count = sizeof masters / sizeof *masters;
            put(&all, text, strlen(text) + 1);
            put(&all, "{\"weight_map\":{", 15);
            for (size_t k = 0; k < count; k++) {
                char line[128];
                (void)snprintf(line, sizeof line, "\"%s\":\"a.safetensors\"%s", masters[k].name,
                               k + 1 < count ? "," : "}}");
                put(&all, line, strlen(line));
            }
            put(&all, "", 1);
            put(&all, weights.data, weights.size);
            save(&all, "folder", "index");
        }
        put(&alone, text, strlen(text));
        save(&alone, "config", names[i]);
        save(&weights, "safetensors", names[i]);
    }
}

/* A Llama block whose heads are in groups, and a header without tensors. */
static void odd_seeds(void) {
    static const char llama[] =
        "{\"model_type\":\"llama\",\"bos_token_id\":1,\"eos_token_id\":2,\"hidden_act\":\"silu\","
        "\"hidden_size\":8,\"intermediate_size\":4,\"max_position_embeddings\":16,\"head_dim\":4,"
        "\"num_attention_heads\":4,\"num_hidden_layers\":1,\"num_key_value_heads\":2,"
        "\"rms_norm_eps\":1e-05,\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":1e4},"
        "\"tie_word_embeddings\":false,\"vocab_size\":4}";
    struct bytes config = {0}, nothing = {0};
    put(&config, llama, strlen(llama));
    save(&config, "config", "llama");
    put64(&nothing, 2);
    put(&nothing, "{}", 2);
    save(&nothing, "safetensors", "nothing");
}

static void describe(void *context, uint32_t i, char *name, uint32_t *rows, uint32_t *cols) {
    (void)context;
    (void)snprintf(name, 48, "layer %u q|k|v", i);
    *rows = i == 0 ? 3 : 2;
    *cols = i == 0 ? 81 : 5;
}

static void trits(void *context, uint32_t i, uint32_t row, int8_t *out) {
    (void)context;
    for (uint32_t c = 0; c < (i == 0 ? 81 : 5); c++) out[c] = (int8_t)((int)((c + row) % 3) - 1);
}

static void images(void) {
    /* The designs that fuzz_image.c loads for. */
    static const struct tri_geometry geometries[2] = {{1, 128, TRI_B2, 1, 1024, 8, 128},
                                                      {2, 128, TRI_B3, 1, 1024, 8, 128}};
    for (uint32_t i = 0; i < 4; i++) {
        const struct tri_matrix_source source = {NULL, 1 + i / 2, describe, trits};
        struct tri_image *image = NULL;
        char name[16];
        (void)snprintf(name, sizeof name, "image-%u", i);
        must(tri_image_build(&geometries[i % 2], &source, &image) == TRI_OK, name);
        must(tri_image_save(image, place("image", name)) == TRI_OK, name);
        tri_image_destroy(image);
    }
}

static void replays(void) {
    for (uint32_t i = 0; i < 2; i++) {
        struct tri_replay r = {.uri = "sim:tiny",
                               .name = "layer 2 gate|up",
                               .stall_permille = -1,
                               .geometry = {2, 128, i == 0 ? TRI_B2 : TRI_B3, 2, 1024, 8, 256},
                               .rows = 5,
                               .cols = 7,
                               .tokens = 1 + i,
                               .row = 4,
                               .token = i,
                               .matrix_row0 = 3};
        char name[16];
        (void)snprintf(name, sizeof name, "replay-%u", i);
        if (i == 1) memcpy(r.plant, "accumulate", 11);
        must(tri_replay_allocate(&r, name) == TRI_OK, name);
        memset(r.weights, 1, 5 * 7);
        memset(r.codes, 100, 7 * r.tokens);
        tri_replay_compute(&r, r.wanted);
        must(tri_replay_write(&r, place("replay", name)) == TRI_OK, name);
        tri_replay_free(&r);
    }
}

/* Header and section table of struct axlf, three sections of one byte, and the design. */
static void xclbin(const char *design) {
    static const uint32_t kinds[4] = {6, 7, 8, 16}; /* memory, connectivity, units, ours */
    struct bytes text = {0}, b = {0};
    put_file(&text, design);
    const size_t data_at = 456 + 4 * 40, length = data_at + 8 + text.size;
    put(&b, "xclbin2", 8);
    pad(&b, 304);
    put64(&b, length);
    pad(&b, 8);
    while (b.size < 332) put(&b, "", 1);
    put32(&b, 4); /* hardware emulation */
    while (b.size < 448) put(&b, "", 1);
    put64(&b, 4);
    for (int i = 0; i < 4; i++) {
        put64(&b, kinds[i]);
        put64(&b, 0);
        put64(&b, 0);
        put64(&b, i < 3 ? data_at : data_at + 8);
        put64(&b, i < 3 ? 1 : text.size);
    }
    put64(&b, 0);
    put(&b, text.data, text.size);
    free(text.data);
    save(&b, "xclbin", "tiny");
}

int main(int argc, char **argv) {
    must(argc == 2, "usage: seeds FOLDER");
    root = argv[1];
    (void)mkdir(root, 0777);
    gguf_seeds();
    folders();
    odd_seeds();
    tokenizer_json();
    images();
    replays();
    copy("tests/models/toy-tokenizer/toy.tiktoken", "tokenizer", "toy.tiktoken");
    copy("tests/models/micro/config.json", "config", "micro.json");
    copy("tests/models/demo/config.json", "config", "demo.json");
    copy("tests/tasks/small.jsonl", "task", "small.jsonl");
    copy("designs/tiny.yaml", "design", "tiny.yaml");
    copy("designs/hbm.yaml", "design", "hbm.yaml");
    copy("designs/test/p2_b128_b3_t4.yaml", "design", "p2.yaml");
    copy("designs/spaces/tiny.yaml", "space", "tiny.yaml");
    copy("designs/spaces/ecp5.yaml", "space", "ecp5.yaml");
    copy("designs/spaces/example.yaml", "space", "example.yaml");
    xclbin("designs/tiny.yaml");
    copy("rtl/accel.yaml", "contract", "accel.yaml");
    return 0;
}
