/* SPDX-License-Identifier: Apache-2.0
 *
 * config.json of a BitNet or Llama model: required keys, their ranges, and a refusal by name of
 * everything that this reference would compute differently.
 */
#include "ref/config.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 26 };

struct reader {
    const char *path;
    const json_t *root;
};

/* The whole file, at most FILE_LIMIT bytes. The caller frees *text. */
static enum tri_status read_text(const char *path, char **text, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return tri_fail(TRI_E_IO, "%s: cannot open: %s", path, strerror(errno));
    enum tri_status status = TRI_OK;
    size_t room = 0;
    *text = NULL;
    *bytes = 0;
    do {
        room = room == 0 ? 1 << 14 : 2 * room;
        char *more = realloc(*text, room);
        if (more == NULL) {
            status = tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
            break;
        }
        *text = more;
        *bytes += fread(*text + *bytes, 1, room - *bytes, file);
    } while (*bytes == room && room < FILE_LIMIT);
    if (status == TRI_OK && ferror(file))
        status = tri_fail(TRI_E_IO, "%s: cannot read: %s", path, strerror(errno));
    if (status == TRI_OK && *bytes == FILE_LIMIT)
        status = tri_fail(TRI_E_FORMAT, "%s: size, wanted less than %d bytes", path, FILE_LIMIT);
    (void)fclose(file);
    return status;
}

enum tri_status tri_config_json(const char *path, json_t **root) {
    char *text = NULL;
    size_t bytes = 0;
    enum tri_status status = read_text(path, &text, &bytes);
    if (status == TRI_OK) {
        json_error_t error;
        *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
        if (*root == NULL) {
            status = tri_fail(TRI_E_FORMAT, "%s:%d: not JSON: %s", path, error.line, error.text);
        } else if (!json_is_object(*root)) {
            json_decref(*root);
            *root = NULL;
            status = tri_fail(TRI_E_FORMAT, "%s: wanted a JSON object", path);
        }
    }
    free(text);
    return status;
}

/* The value as a short text for a message. */
static const char *show(const json_t *value, char text[64]) {
    if (value == NULL) return "nothing";
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)snprintf(text, 64, "%s", dumped == NULL ? "?" : dumped);
    free(dumped);
    return text;
}

static enum tri_status wrong(const struct reader *in, const char *key, const char *wanted,
                             const json_t *value) {
    char text[64];
    return tri_fail(TRI_E_FORMAT, "%s: %s, wanted %s, got %s", in->path, key, wanted,
                    show(value, text));
}

static bool absent(const json_t *value) { return value == NULL || json_is_null(value); }

static enum tri_status check_keys(const struct reader *in) {
    static const char *const required[] = {
        "model_type",          "hidden_size",         "intermediate_size",       "hidden_act",
        "num_hidden_layers",   "num_attention_heads", "num_key_value_heads",     "vocab_size",
        "rms_norm_eps",        "bos_token_id",        "max_position_embeddings", "eos_token_id",
        "tie_word_embeddings",
    };
    char missing[512] = "";
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!absent(json_object_get(in->root, required[i]))) continue;
        size_t used = strlen(missing);
        (void)snprintf(missing + used, sizeof missing - used, "%s%s", used ? ", " : "",
                       required[i]);
    }
    if (missing[0] == '\0') return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: missing %s", in->path, missing);
}

static enum tri_status read_integer(const struct reader *in, const char *key, const json_t *value,
                                    uint32_t least, uint32_t most, uint32_t *out) {
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "an integer in %" PRIu32 "..%" PRIu32, least, most);
    if (!json_is_integer(value)) return wrong(in, key, wanted, value);
    json_int_t number = json_integer_value(value);
    if (number < (json_int_t)least || number > (json_int_t)most) {
        return wrong(in, key, wanted, value);
    }
    *out = (uint32_t)number;
    return TRI_OK;
}

static enum tri_status read_size(const struct reader *in, const char *key, uint32_t most,
                                 uint32_t *out) {
    return read_integer(in, key, json_object_get(in->root, key), 1, most, out);
}

/* A token id, or a list of them of which the first counts. */
static enum tri_status read_token(const struct reader *in, const char *key, uint32_t vocab,
                                  uint32_t *out) {
    const json_t *value = json_object_get(in->root, key);
    if (json_is_array(value)) value = json_array_get(value, 0);
    return read_integer(in, key, value, 0, vocab - 1, out);
}

enum tri_status tri_config_add_end(const char *path, struct tri_config *config, uint32_t id) {
    if (tri_config_ends(config, id)) return TRI_OK;
    if (config->eos_count == TRI_EOS_MAX)
        return tri_fail(TRI_E_UNSUPPORTED, "%s: eos_token_id, wanted at most %d ids", path,
                        TRI_EOS_MAX);
    config->eos[config->eos_count++] = id;
    return TRI_OK;
}

/* A token id, or a list of at least one: all of them end a reply. */
static enum tri_status read_ends(const struct reader *in, struct tri_config *config) {
    const json_t *value = json_object_get(in->root, "eos_token_id");
    const size_t count = json_is_array(value) ? json_array_size(value) : 1;
    if (count == 0) return wrong(in, "eos_token_id", "a token id or a list of them", value);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = 0;
        TRI_TRY(read_integer(in, "eos_token_id",
                             json_is_array(value) ? json_array_get(value, i) : value, 0,
                             config->vocab - 1, &id));
        TRI_TRY(tri_config_add_end(in->path, config, id));
    }
    return TRI_OK;
}

/* Wants a string key to be one value, else UNSUPPORTED naming the other. */
static enum tri_status want(const struct reader *in, const char *key, const json_t *value,
                            const char *wanted) {
    const char *got = json_string_value(value);
    if (got != NULL && strcmp(got, wanted) == 0) return TRI_OK;
    char text[64];
    return tri_fail(TRI_E_UNSUPPORTED, "%s: %s, wanted \"%s\", got %s", in->path, key, wanted,
                    show(value, text));
}

/* Layers that stay floats: only the head, which is none of the seven matrices. */
static enum tri_status check_exceptions(const struct reader *in, const json_t *quantisation) {
    const char *key = "quantization_config.modules_to_not_convert";
    const json_t *list = json_object_get(quantisation, "modules_to_not_convert");
    if (absent(list)) return TRI_OK;
    if (!json_is_array(list)) return wrong(in, key, "a list of names", list);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRI_TRY(want(in, key, json_array_get(list, i), "lm_head"));
    return TRI_OK;
}

static enum tri_status want_false(const struct reader *in, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (absent(value) || json_is_false(value)) return TRI_OK;
    char text[64];
    return tri_fail(TRI_E_UNSUPPORTED, "%s: %s, wanted false, got %s", in->path, key,
                    show(value, text));
}

static enum tri_status read_quantisation(const struct reader *in, const struct tri_config *config,
                                         struct tri_config_linear *linear) {
    *linear = (struct tri_config_linear){.masters = config->architecture == TRI_BITNET};
    const json_t *quantisation = json_object_get(in->root, "quantization_config");
    if (absent(quantisation)) return TRI_OK;
    if (!json_is_object(quantisation))
        return wrong(in, "quantization_config", "an object", quantisation);
    TRI_TRY(want(in, "quantization_config.quant_method",
                 json_object_get(quantisation, "quant_method"), "bitnet"));
    TRI_TRY(want_false(in, quantisation, "use_rms_norm"));
    TRI_TRY(check_exceptions(in, quantisation));

    const json_t *class = json_object_get(quantisation, "linear_class");
    const json_t *mode = json_object_get(quantisation, "quantization_mode");
    linear->packed = true;
    linear->divides = true; /* class BitLinear, also when the key is missing; it has no modes */
    if (absent(class) ||
        strcmp(json_is_string(class) ? json_string_value(class) : "", "bitlinear") == 0)
        return TRI_OK;
    const char *key = "quantization_config.linear_class";
    TRI_TRY(want(in, key, class, "autobitlinear"));
    linear->divides = false;
    if (json_is_string(mode) && strcmp(json_string_value(mode), "online") == 0) {
        linear->packed = false;
        linear->online = linear->masters = true;
        return TRI_OK;
    }
    if (absent(mode)) return TRI_OK; /* offline is what Hugging Face takes then, too */
    return want(in, "quantization_config.quantization_mode", mode, "offline");
}

/* rope_theta at the top level, or in rope_parameters as newer files have it. */
static enum tri_status read_rope(const struct reader *in, struct tri_config *config) {
    const json_t *theta = json_object_get(in->root, "rope_theta");
    const json_t *parameters = json_object_get(in->root, "rope_parameters");
    if (absent(parameters)) parameters = json_object_get(in->root, "rope_scaling");
    if (!absent(parameters)) {
        const json_t *type = json_object_get(parameters, "rope_type");
        if (absent(type)) type = json_object_get(parameters, "type");
        TRI_TRY(want(in, "rope_type", type, "default"));
        const json_t *inner = json_object_get(parameters, "rope_theta");
        if (!absent(inner)) theta = inner;
    }
    if (absent(theta)) return tri_fail(TRI_E_FORMAT, "%s: missing rope_theta", in->path);
    double value = json_number_value(theta);
    if (!json_is_number(theta) || !(value >= 1 && value <= 1e12)) {
        return wrong(in, "rope_theta", "a number in 1..1e12", theta);
    }
    config->rope_theta = value;
    return TRI_OK;
}

enum tri_status tri_config_check(const char *path, const struct tri_config *config) {
    if (config->heads % config->kv_heads != 0) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: key/value heads, wanted a divisor of the %" PRIu32
                        " attention heads, got %" PRIu32,
                        path, config->heads, config->kv_heads);
    }
    const uint64_t wide = (uint64_t)config->head_dim * config->heads;
    if (wide > TRI_SIZE_LIMIT) {
        return tri_fail(TRI_E_FORMAT, "%s: heads * head dimension, wanted at most %d, got %" PRIu64,
                        path, TRI_SIZE_LIMIT, wide);
    }
    if (config->head_dim == 0 || config->head_dim % 2 != 0) {
        return tri_fail(TRI_E_FORMAT, "%s: head dimension, wanted an even number, got %" PRIu32,
                        path, config->head_dim);
    }
    return TRI_OK;
}

static enum tri_status read_shape(const struct reader *in, struct tri_config *config) {
    const json_t *head_dim = json_object_get(in->root, "head_dim");
    config->head_dim = config->hidden / config->heads;
    if (!absent(head_dim)) {
        TRI_TRY(read_integer(in, "head_dim", head_dim, 1, TRI_SIZE_LIMIT, &config->head_dim));
    }
    /* attn_sub_norm has hidden_size weights and is applied to all heads side by side. */
    const uint64_t wide = (uint64_t)config->head_dim * config->heads;
    if ((config->sub_norms || absent(head_dim)) && wide != config->hidden) {
        return tri_fail(TRI_E_FORMAT,
                        "%s: hidden_size, wanted num_attention_heads * head_dim = %" PRIu64
                        ", got %" PRIu32,
                        in->path, wide, config->hidden);
    }
    return tri_config_check(in->path, config);
}

/* The block: BitNet's with norms inside, or Llama's. */
static enum tri_status read_architecture(const struct reader *in, struct tri_config *config) {
    const json_t *type = json_object_get(in->root, "model_type");
    const json_t *act = json_object_get(in->root, "hidden_act");
    const char *name = json_is_string(type) ? json_string_value(type) : "";
    config->architecture = strcmp(name, "llama") == 0 ? TRI_LLAMA : TRI_BITNET;
    config->sub_norms = config->architecture == TRI_BITNET;
    if (config->architecture != TRI_LLAMA) TRI_TRY(want(in, "model_type", type, "bitnet"));
    name = json_is_string(act) ? json_string_value(act) : "";
    config->activation = strcmp(name, "silu") == 0 ? TRI_SILU : TRI_RELU2;
    return config->activation == TRI_SILU ? TRI_OK : want(in, "hidden_act", act, "relu2");
}

/* Keys that change the result when they say anything else. */
static enum tri_status check_extras(const struct reader *in) {
    static const char *const falses[] = {"attention_bias", "mlp_bias", "use_sliding_window"};
    static const struct {
        const char *key;
        double value;
    } numbers[] = {{"partial_rotary_factor", 1}, {"weight_bits", 1}, {"input_bits", 8}};
    for (size_t i = 0; i < sizeof falses / sizeof *falses; i++)
        TRI_TRY(want_false(in, in->root, falses[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const json_t *value = json_object_get(in->root, numbers[i].key);
        char text[64];
        if (absent(value)) continue;
        if (json_is_number(value) && json_number_value(value) <= numbers[i].value &&
            json_number_value(value) >= numbers[i].value)
            continue;
        return tri_fail(TRI_E_UNSUPPORTED, "%s: %s, wanted %g, got %s", in->path, numbers[i].key,
                        numbers[i].value, show(value, text));
    }
    const json_t *window = json_object_get(in->root, "sliding_window");
    if (absent(window)) return TRI_OK;
    char text[64];
    return tri_fail(TRI_E_UNSUPPORTED, "%s: sliding_window, wanted null, got %s", in->path,
                    show(window, text));
}

static enum tri_status read_config(const struct reader *in, struct tri_config *config,
                                   struct tri_config_linear *linear) {
    TRI_TRY(check_keys(in));
    TRI_TRY(read_architecture(in, config));
    TRI_TRY(read_quantisation(in, config, linear));
    TRI_TRY(check_extras(in));
    TRI_TRY(read_size(in, "num_hidden_layers", TRI_LAYERS_LIMIT, &config->layers));
    TRI_TRY(read_size(in, "hidden_size", TRI_SIZE_LIMIT, &config->hidden));
    TRI_TRY(read_size(in, "intermediate_size", TRI_SIZE_LIMIT, &config->ffn));
    TRI_TRY(read_size(in, "num_attention_heads", TRI_SIZE_LIMIT, &config->heads));
    TRI_TRY(read_size(in, "num_key_value_heads", TRI_SIZE_LIMIT, &config->kv_heads));
    TRI_TRY(read_size(in, "vocab_size", TRI_VOCAB_LIMIT, &config->vocab));
    TRI_TRY(read_size(in, "max_position_embeddings", TRI_CONTEXT_LIMIT, &config->context));
    TRI_TRY(read_token(in, "bos_token_id", config->vocab, &config->bos));
    TRI_TRY(read_ends(in, config));

    const json_t *eps = json_object_get(in->root, "rms_norm_eps");
    double value = json_number_value(eps);
    if (!json_is_number(eps) || !(value >= 1e-30 && value <= 1)) {
        return wrong(in, "rms_norm_eps", "a number in 1e-30..1", eps);
    }
    config->eps = (float)value;
    const json_t *tied = json_object_get(in->root, "tie_word_embeddings");
    if (!json_is_boolean(tied)) return wrong(in, "tie_word_embeddings", "true or false", tied);
    config->tied = json_is_true(tied);
    TRI_TRY(read_rope(in, config));
    return read_shape(in, config);
}

enum tri_status tri_config_read(const char *path, struct tri_config *config,
                                struct tri_config_linear *linear) {
    memset(config, 0, sizeof *config);
    json_t *root = NULL;
    TRI_TRY(tri_config_json(path, &root));
    struct reader in = {.path = path, .root = root};
    enum tri_status status = read_config(&in, config, linear);
    json_decref(root);
    return status;
}

enum tri_status tri_config_read_ends(const char *path, struct tri_config *config) {
    json_t *root = NULL;
    TRI_TRY(tri_config_json(path, &root));
    struct reader in = {.path = path, .root = root};
    enum tri_status status = TRI_OK;
    if (!absent(json_object_get(root, "eos_token_id"))) status = read_ends(&in, config);
    json_decref(root);
    return status;
}
