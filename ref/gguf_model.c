/* SPDX-License-Identifier: Apache-2.0
 *
 * A model in a GGUF file: its architecture and keys, the names of its tensors, and matrices of the
 * types I2_S, TQ1_0, TQ2_0, F16, BF16 and F32.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/config.h"
#include "ref/loader.h"
#include "ref/numerics.h"

/* The architectures by name. llama.cpp computes "bitnet" with SiLU, bitnet.cpp its own two with
 * ReLU squared; nothing else in the file says which. */
static const struct {
    const char *name;
    enum tri_architecture architecture;
    enum tri_activation activation;
} architectures[] = {
    {"bitnet-b1.58", TRI_BITNET, TRI_RELU2},
    {"bitnet-25", TRI_BITNET, TRI_RELU2},
    {"bitnet", TRI_BITNET, TRI_SILU},
    {"llama", TRI_LLAMA, TRI_SILU},
};

struct keys {
    const char *path, *arch;
    const struct tri_gguf *file;
    char missing[512];
};

static const struct tri_gguf_value *find_key(const struct keys *in, const char *key, char *name) {
    (void)snprintf(name, 128, strncmp(key, "tokenizer.", 10) == 0 ? "%.0s%s" : "%s.%s", in->arch,
                   key);
    return tri_gguf_value(in->file, name);
}

/* An integer in least..most. A missing one is noted if `required`, else *out stays. */
static enum tri_status read_u32(struct keys *in, const char *key, bool required, uint32_t least,
                                uint32_t most, uint32_t *out) {
    char name[128];
    uint64_t number = 0;
    const struct tri_gguf_value *value = find_key(in, key, name);
    if (value == NULL) {
        const size_t used = strlen(in->missing);
        if (required)
            (void)snprintf(in->missing + used, sizeof in->missing - used, "%s%s", used ? ", " : "",
                           name);
        return TRI_OK;
    }
    if (value->type == TRI_GGUF_ARRAY) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: key %s: wanted one number, got one for each layer",
                        in->path, name);
    }
    const bool integer = tri_gguf_u64(value, &number);
    if (!integer || number < least || number > most) {
        char got[32];
        (void)snprintf(got, sizeof got, integer ? "%" PRIu64 : "no such number", number);
        return tri_fail(TRI_E_FORMAT,
                        "%s: key %s: wanted an integer in %" PRIu32 "..%" PRIu32 ", got %s",
                        in->path, name, least, most, got);
    }
    *out = (uint32_t)number;
    return TRI_OK;
}

static enum tri_status read_number(struct keys *in, const char *key, double least, double most,
                                   double *out) {
    char name[128];
    const struct tri_gguf_value *value = find_key(in, key, name);
    if (value == NULL) {
        const size_t used = strlen(in->missing);
        (void)snprintf(in->missing + used, sizeof in->missing - used, "%s%s", used ? ", " : "",
                       name);
        return TRI_OK;
    }
    if (!tri_gguf_f64(value, out) || !(*out >= least && *out <= most)) {
        return tri_fail(TRI_E_FORMAT, "%s: key %s: wanted a number in %g..%g, got %g", in->path,
                        name, least, most, *out);
    }
    return TRI_OK;
}

/* Keys of the architecture that Tritium does not know would change the result. */
static enum tri_status check_known(const struct keys *in) {
    static const char *const known[] = {
        "vocab_size",           "context_length",          "embedding_length",
        "block_count",          "feed_forward_length",     "rope.dimension_count",
        "rope.freq_base",       "rope.scaling.type",       "rope.scaling.factor",
        "attention.head_count", "attention.head_count_kv", "attention.layer_norm_rms_epsilon",
        "attention.key_length", "attention.value_length",  "expert_count",
        "expert_used_count",
    };
    const size_t prefix = strlen(in->arch);
    for (size_t i = 0; i < tri_gguf_value_count(in->file); i++) {
        const char *key = tri_gguf_value_at(in->file, i)->key;
        if (strncmp(key, in->arch, prefix) != 0 || key[prefix] != '.') continue;
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found = found || strcmp(key + prefix + 1, known[k]) == 0;
        if (found) continue;
        return tri_fail(TRI_E_UNSUPPORTED, "%s: key %s: not known, and may change the result",
                        in->path, key);
    }
    return TRI_OK;
}

static enum tri_status check_rope(struct keys *in, const struct tri_config *config) {
    char name[128];
    const char *text = "";
    uint64_t length = 0;
    uint32_t dimensions = config->head_dim;
    TRI_TRY(read_u32(in, "rope.dimension_count", false, 1, TRI_SIZE_LIMIT, &dimensions));
    if (dimensions != config->head_dim) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: key %s.rope.dimension_count: wanted the head dimension %" PRIu32
                        ", got %" PRIu32,
                        in->path, in->arch, config->head_dim, dimensions);
    }
    const struct tri_gguf_value *type = find_key(in, "rope.scaling.type", name);
    if (type != NULL &&
        !(tri_gguf_string(type, &text, &length) && length == 4 && memcmp(text, "none", 4) == 0)) {
        return tri_fail(TRI_E_UNSUPPORTED, "%s: key %s: wanted none, got %.*s", in->path, name,
                        (int)(length < 32 ? length : 32), text);
    }
    return TRI_OK;
}

/* The vocabulary is what the embedding has; key and token list must say the same. */
static enum tri_status read_vocabulary(struct keys *in, struct tri_config *config) {
    const struct tri_gguf_tensor *embedding = tri_gguf_tensor(in->file, "token_embd.weight");
    if (embedding == NULL) {
        config->vocab = TRI_VOCAB_LIMIT; /* it is missing, which the loader will say */
    } else if (embedding->dims != 2 || embedding->shape[0] > TRI_VOCAB_LIMIT) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: tensor token_embd.weight: rows, wanted at most %d, got %" PRIu64,
                        in->path, TRI_VOCAB_LIMIT, embedding->shape[0]);
    } else {
        config->vocab = (uint32_t)embedding->shape[0];
    }
    uint32_t vocab = config->vocab;
    TRI_TRY(read_u32(in, "vocab_size", false, 1, TRI_VOCAB_LIMIT, &vocab));
    const struct tri_gguf_value *tokens = tri_gguf_value(in->file, "tokenizer.ggml.tokens");
    const uint64_t listed = tokens == NULL ? vocab : tokens->count;
    if (embedding == NULL || (vocab == config->vocab && listed == config->vocab)) return TRI_OK;
    return tri_fail(TRI_E_FORMAT,
                    "%s: vocabulary, wanted %" PRIu32 " as token_embd.weight has rows, got %" PRIu64
                    " in %s",
                    in->path, config->vocab, vocab == config->vocab ? listed : vocab,
                    vocab == config->vocab ? "tokenizer.ggml.tokens" : "vocab_size");
}

static enum tri_status read_ids(struct keys *in, struct tri_config *config) {
    static const char *const ends[] = {"tokenizer.ggml.eos_token_id",
                                       "tokenizer.ggml.eot_token_id"};
    TRI_TRY(read_u32(in, "tokenizer.ggml.bos_token_id", true, 0, config->vocab - 1, &config->bos));
    for (size_t i = 0; i < 2; i++) {
        uint32_t id = UINT32_MAX;
        TRI_TRY(read_u32(in, ends[i], i == 0, 0, config->vocab - 1, &id));
        if (id != UINT32_MAX) TRI_TRY(tri_config_add_end(in->path, config, id));
    }
    return TRI_OK;
}

static enum tri_status read_config(struct keys *in, struct tri_config *config) {
    double eps = 1, theta = 1;
    uint32_t experts = 0, length = 0;
    TRI_TRY(check_known(in));
    TRI_TRY(read_u32(in, "block_count", true, 1, TRI_LAYERS_LIMIT, &config->layers));
    TRI_TRY(read_u32(in, "embedding_length", true, 1, TRI_SIZE_LIMIT, &config->hidden));
    TRI_TRY(read_u32(in, "feed_forward_length", true, 1, TRI_SIZE_LIMIT, &config->ffn));
    TRI_TRY(read_u32(in, "attention.head_count", true, 1, TRI_SIZE_LIMIT, &config->heads));
    config->kv_heads = config->heads; /* what llama.cpp takes then */
    TRI_TRY(read_u32(in, "attention.head_count_kv", false, 1, TRI_SIZE_LIMIT, &config->kv_heads));
    TRI_TRY(read_u32(in, "context_length", true, 1, TRI_CONTEXT_LIMIT, &config->context));
    TRI_TRY(read_u32(in, "expert_count", false, 0, 0, &experts));
    TRI_TRY(read_number(in, "attention.layer_norm_rms_epsilon", 1e-30, 1, &eps));
    TRI_TRY(read_number(in, "rope.freq_base", 1, 1e12, &theta));
    TRI_TRY(read_vocabulary(in, config));
    TRI_TRY(read_ids(in, config));
    if (in->missing[0] != '\0')
        return tri_fail(TRI_E_FORMAT, "%s: missing keys %s", in->path, in->missing);
    config->eps = (float)eps;
    config->rope_theta = theta;
    config->head_dim = config->hidden / config->heads;
    TRI_TRY(read_u32(in, "attention.key_length", false, 1, TRI_SIZE_LIMIT, &config->head_dim));
    length = config->head_dim;
    TRI_TRY(read_u32(in, "attention.value_length", false, 1, TRI_SIZE_LIMIT, &length));
    if (length != config->head_dim) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: key %s.attention.value_length: wanted key_length %" PRIu32
                        ", got %" PRIu32,
                        in->path, in->arch, config->head_dim, length);
    }
    TRI_TRY(tri_config_check(in->path, config));
    return check_rope(in, config);
}

static enum tri_status read_architecture(const char *path, const struct tri_gguf *file,
                                         struct tri_config *config, const char **name) {
    const char *text = "";
    uint64_t length = 0;
    if (!tri_gguf_string(tri_gguf_value(file, "general.architecture"), &text, &length))
        return tri_fail(TRI_E_FORMAT, "%s: key general.architecture: wanted a text, got nothing",
                        path);
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++) {
        if (strlen(architectures[i].name) != length ||
            memcmp(architectures[i].name, text, (size_t)length) != 0)
            continue;
        *name = architectures[i].name;
        config->architecture = architectures[i].architecture;
        config->activation = architectures[i].activation;
        config->sub_norms = config->architecture == TRI_BITNET;
        return TRI_OK;
    }
    return tri_fail(TRI_E_UNSUPPORTED,
                    "%s: key general.architecture: wanted bitnet-b1.58, bitnet-25, bitnet or "
                    "llama, got %.*s",
                    path, (int)(length < 32 ? length : 32), text);
}

static void name_of(unsigned role, uint32_t layer, char *name) {
    static const char *const names[] = {
        [TRI_Q] = "attn_q",
        [TRI_K] = "attn_k",
        [TRI_V] = "attn_v",
        [TRI_O] = "attn_output",
        [TRI_GATE] = "ffn_gate",
        [TRI_UP] = "ffn_up",
        [TRI_DOWN] = "ffn_down",
        [TRI_ROLE_INPUT_NORM] = "attn_norm",
        [TRI_ROLE_ATTN_NORM] = "attn_sub_norm",
        [TRI_ROLE_POST_NORM] = "ffn_norm",
        [TRI_ROLE_FFN_NORM] = "ffn_sub_norm",
    };
    if (role <= TRI_ROLE_FFN_NORM)
        (void)snprintf(name, 128, "blk.%" PRIu32 ".%s.weight", layer, names[role]);
    else
        (void)snprintf(name, 128, "%s",
                       role == TRI_ROLE_EMBEDDING ? "token_embd.weight"
                       : role == TRI_ROLE_HEAD    ? "output.weight"
                                                  : "output_norm.weight");
}

static void describe(const struct tri_gguf *file, const struct tri_gguf_tensor *tensor,
                     struct tri_entry *entry) {
    *entry = (struct tri_entry){.name = tensor->name,
                                .type = tensor->type_name,
                                .kind = TRI_ENTRY_FLOAT,
                                .dims = tensor->dims,
                                .data = tensor->data,
                                .bytes = tensor->bytes,
                                .index = (size_t)(tensor - tri_gguf_tensor_at(file, 0))};
    memcpy(entry->shape, tensor->shape, sizeof tensor->shape);
    switch (tensor->type) {
    case TRI_GGML_F32: entry->float_type = TRI_F32; break;
    case TRI_GGML_F16: entry->float_type = TRI_F16; break;
    case TRI_GGML_BF16: entry->float_type = TRI_BF16; break;
    case TRI_GGML_TQ1_0: entry->kind = TRI_ENTRY_TQ1; break;
    case TRI_GGML_TQ2_0: entry->kind = TRI_ENTRY_TQ2; break;
    case TRI_GGML_I2_S: entry->kind = TRI_ENTRY_I2S; break;
    default: entry->kind = TRI_ENTRY_OTHER; break;
    }
}

static bool find(const struct tri_loader *in, const char *name, struct tri_entry *entry) {
    const struct tri_gguf *file = in->model->files->gguf;
    const struct tri_gguf_tensor *tensor = tri_gguf_tensor(file, name);
    if (tensor != NULL) describe(file, tensor, entry);
    return tensor != NULL;
}

static bool entry_at(const struct tri_loader *in, size_t index, struct tri_entry *entry) {
    const struct tri_gguf *file = in->model->files->gguf;
    const struct tri_gguf_tensor *tensor = tri_gguf_tensor_at(file, index);
    if (tensor != NULL) describe(file, tensor, entry);
    return tensor != NULL;
}

static bool ignorable(const struct tri_loader *in, const char *name) {
    (void)in;
    (void)name;
    return false;
}

static enum tri_status read_i2s(struct tri_loader *in, const struct tri_entry *entry,
                                struct tri_ternary *matrix) {
    const bool given = in->options != NULL && in->options->i2s_given;
    matrix->layout = given ? in->options->i2s : TRI_LAYOUT_I2S_X86;
    matrix->packed = entry->data;
    const uint64_t bytes = tri_layout_bytes(matrix->layout, matrix->rows, matrix->cols);
    if (bytes == 0) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: tensor %s: shape [%" PRIu32 ", %" PRIu32
                        "] does not fit I2_S in the layout asked for",
                        in->path, entry->name, matrix->rows, matrix->cols);
    }
    memcpy(&matrix->scale, entry->data + bytes, sizeof matrix->scale);
    return tri_loader_scale(in, entry->name, matrix->scale);
}

/* One scale for all blocks: the first that is not 0. A look at some blocks finds group scales at
 * once; tri_group_row checks them all. */
static enum tri_status read_tq(struct tri_loader *in, const struct tri_entry *entry,
                               struct tri_ternary *matrix) {
    enum { LOOKS = 16 };
    matrix->layout = entry->kind == TRI_ENTRY_TQ1 ? TRI_LAYOUT_TQ1_0 : TRI_LAYOUT_TQ2_0;
    matrix->packed = entry->data;
    const uint64_t blocks = (uint64_t)matrix->rows * matrix->cols / TRI_TQ_BLOCK;
    for (uint64_t b = 0; b < blocks && !(matrix->scale > 0); b++) {
        matrix->scale = tri_layout_block_scale(matrix, b);
        if (!(matrix->scale >= 0) || !tri_is_finite(matrix->scale))
            return tri_loader_scale(in, entry->name, matrix->scale);
    }
    if (!(matrix->scale > 0)) matrix->scale = 1.0f; /* nothing but zeros: any scale is right */
    for (uint64_t i = 0; i < LOOKS; i++) {
        const float scale = tri_layout_block_scale(matrix, blocks / LOOKS * i);
        if (scale == matrix->scale || scale == 0.0f) continue;
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: tensor %s: wanted one scale for the whole matrix (%g), got a block "
                        "with %g: group scales",
                        in->path, entry->name, (double)matrix->scale, (double)scale);
    }
    return TRI_OK;
}

static enum tri_status read_matrix(struct tri_loader *in, enum tri_matrix which,
                                   const struct tri_entry *entry, struct tri_ternary *matrix) {
    if (entry->kind == TRI_ENTRY_OTHER || entry->kind == TRI_ENTRY_U8)
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: tensor %s: type, wanted I2_S, TQ1_0, TQ2_0, F16, BF16 or F32, got %s",
                        in->path, entry->name, entry->type);
    TRI_TRY(tri_loader_shape(in, entry, matrix->rows, matrix->cols));
    /* llama.cpp rotates neighbours in its own architecture, and so stores q and k reordered. */
    if (in->model->config.architecture == TRI_LLAMA && (which == TRI_Q || which == TRI_K))
        matrix->paired = in->model->config.head_dim;
    if (entry->kind == TRI_ENTRY_I2S) return read_i2s(in, entry, matrix);
    if (entry->kind != TRI_ENTRY_FLOAT) return read_tq(in, entry, matrix);
    const struct tri_table table = {matrix->rows, matrix->cols, entry->float_type, entry->data};
    void *owned;
    TRI_TRY(tri_master_quantise(in->path, &table, false, in->masters, matrix, &owned));
    return tri_files_own(in->model->files, in->path, owned);
}

static enum tri_status check_options(const struct tri_model_options *options) {
    if (options == NULL || !options->i2s_given || options->i2s == TRI_LAYOUT_I2S_X86 ||
        options->i2s == TRI_LAYOUT_I2S_ARM || options->i2s == TRI_LAYOUT_I2S_ROWS)
        return TRI_OK;
    return tri_fail(TRI_E_ARGUMENT, "I2_S layout: wanted x86, arm or rows, got number %d",
                    (int)options->i2s);
}

enum tri_status tri_model_open_gguf(const char *path, const struct tri_model_options *options,
                                    struct tri_model *model) {
    TRI_TRY(check_options(options));
    TRI_TRY(tri_gguf_open(path, &model->files->gguf));
    const struct tri_gguf *file = model->files->gguf;
    TRI_TRY(tri_files_map(model->files, path, tri_gguf_map(file)));
    struct keys keys = {.path = path, .file = file};
    TRI_TRY(read_architecture(path, file, &model->config, &keys.arch));
    TRI_TRY(read_config(&keys, &model->config));
    model->config.tied = tri_gguf_tensor(file, "output.weight") == NULL;
    struct tri_loader in = {.path = path,
                            .model = model,
                            .options = options,
                            .masters = model->config.architecture == TRI_BITNET,
                            .name_of = name_of,
                            .find = find,
                            .at = entry_at,
                            .ignorable = ignorable,
                            .matrix = read_matrix,
                            .entry_count = tri_gguf_tensor_count(file)};
    return tri_loader_run(&in);
}
