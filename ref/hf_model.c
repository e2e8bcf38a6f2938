/* SPDX-License-Identifier: Apache-2.0
 *
 * A Hugging Face folder: config.json and model.safetensors, or several files with an index. Packed
 * uint8 matrices with a scale, or float master weights that are quantised here.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ref/config.h"
#include "ref/loader.h"

static void name_of(unsigned role, uint32_t layer, char *name) {
    static const char *const norms[] = {"input_layernorm", "self_attn.attn_sub_norm",
                                        "post_attention_layernorm", "mlp.ffn_sub_norm"};
    if (role < TRI_MATRICES) {
        (void)snprintf(name, 128, "model.layers.%" PRIu32 ".%s.%s.weight", layer,
                       role <= TRI_O ? "self_attn" : "mlp", tri_matrix_name((enum tri_matrix)role));
    } else if (role <= TRI_ROLE_FFN_NORM) {
        (void)snprintf(name, 128, "model.layers.%" PRIu32 ".%s.weight", layer,
                       norms[role - TRI_ROLE_INPUT_NORM]);
    } else {
        (void)snprintf(name, 128, "%s",
                       role == TRI_ROLE_EMBEDDING ? "model.embed_tokens.weight"
                       : role == TRI_ROLE_HEAD    ? "lm_head.weight"
                                                  : "model.norm.weight");
    }
}

static void describe(const struct tri_tensor *tensor, size_t index, struct tri_entry *entry) {
    *entry = (struct tri_entry){.name = tensor->name,
                                .type = tri_dtype_name(tensor->dtype),
                                .kind = TRI_ENTRY_FLOAT,
                                .dims = tensor->dims,
                                .data = tensor->data,
                                .bytes = tensor->bytes,
                                .index = index};
    memcpy(entry->shape, tensor->shape, sizeof entry->shape);
    switch (tensor->dtype) {
    case TRI_DTYPE_BF16: entry->float_type = TRI_BF16; break;
    case TRI_DTYPE_F16: entry->float_type = TRI_F16; break;
    case TRI_DTYPE_F32: entry->float_type = TRI_F32; break;
    case TRI_DTYPE_U8: entry->kind = TRI_ENTRY_U8; break;
    default: entry->kind = TRI_ENTRY_OTHER; break;
    }
}

static bool find_exactly(const struct tri_loader *in, const char *name, struct tri_entry *entry) {
    const struct tri_model_files *files = in->model->files;
    size_t before = 0;
    for (size_t i = 0; i < files->shard_count; i++) {
        const struct tri_tensor *tensor = tri_safetensors_find(files->shards[i], name);
        if (tensor != NULL) {
            describe(tensor, before + (size_t)(tensor - tri_safetensors_at(files->shards[i], 0)),
                     entry);
            return true;
        }
        before += tri_safetensors_count(files->shards[i]);
    }
    return false;
}

/* The first published BitNet models call the sub-norms otherwise. */
static bool find(const struct tri_loader *in, const char *name, struct tri_entry *entry) {
    static const char *const others[][2] = {{"self_attn.attn_sub_norm", "self_attn.inner_attn_ln"},
                                            {"mlp.ffn_sub_norm", "mlp.ffn_layernorm"}};
    if (find_exactly(in, name, entry)) return true;
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(name, others[i][0]);
        if (at == NULL) continue;
        char other[160];
        (void)snprintf(other, sizeof other, "%.*s%s.weight", (int)(at - name), name, others[i][1]);
        return find_exactly(in, other, entry);
    }
    return false;
}

static bool entry_at(const struct tri_loader *in, size_t index, struct tri_entry *entry) {
    const struct tri_model_files *files = in->model->files;
    size_t left = index;
    for (size_t i = 0; i < files->shard_count; i++) {
        const size_t count = tri_safetensors_count(files->shards[i]);
        if (left < count) {
            describe(tri_safetensors_at(files->shards[i], left), index, entry);
            return true;
        }
        left -= count;
    }
    return false;
}

/* Frequencies that follow from the configuration, and the copy of a tied head. */
static bool ignorable(const struct tri_loader *in, const char *name) {
    if (in->model->config.tied && strcmp(name, "lm_head.weight") == 0) return true;
    const char *suffix = "rotary_emb.inv_freq";
    const size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static enum tri_status read_packed(struct tri_loader *in, const struct tri_entry *weight,
                                   struct tri_ternary *matrix) {
    if (weight->kind != TRI_ENTRY_U8) return tri_loader_type(in, weight, "U8");
    if (matrix->rows % 4 != 0) {
        return tri_fail(TRI_E_UNSUPPORTED,
                        "%s: rows of a packed matrix, wanted a multiple of 4, got %" PRIu32,
                        in->path, matrix->rows);
    }
    TRI_TRY(tri_loader_shape(in, weight, matrix->rows / 4, matrix->cols));
    matrix->packed = weight->data;
    matrix->layout = TRI_LAYOUT_HF;
    char name[160];
    struct tri_entry scale;
    (void)snprintf(name, sizeof name, "%s_scale", weight->name);
    if (!tri_loader_want(in, name, &scale)) return TRI_OK;
    if (scale.kind != TRI_ENTRY_FLOAT) return tri_loader_type(in, &scale, "BF16, F16 or F32");
    TRI_TRY(tri_loader_shape(in, &scale, 1, 0));
    const struct tri_table table = {1, 1, scale.float_type, scale.data};
    tri_table_row(&table, 0, &matrix->scale);
    return tri_loader_scale(in, name, matrix->scale);
}

static enum tri_status read_matrix(struct tri_loader *in, enum tri_matrix which,
                                   const struct tri_entry *weight, struct tri_ternary *matrix) {
    (void)which;
    if (in->quantised) return read_packed(in, weight, matrix);
    if (weight->kind != TRI_ENTRY_FLOAT) return tri_loader_type(in, weight, "BF16, F16 or F32");
    TRI_TRY(tri_loader_shape(in, weight, matrix->rows, matrix->cols));
    const struct tri_table table = {matrix->rows, matrix->cols, weight->float_type, weight->data};
    void *owned;
    TRI_TRY(tri_master_quantise(in->path, &table, in->online, in->masters, matrix, &owned));
    return tri_files_own(in->model->files, in->path, owned);
}

static enum tri_status add_shard(struct tri_model_files *files, const char *path) {
    struct tri_safetensors **more =
        realloc(files->shards, (files->shard_count + 1) * sizeof(struct tri_safetensors *));
    if (more == NULL) return tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    files->shards = more;
    TRI_TRY(tri_safetensors_open(path, &files->shards[files->shard_count]));
    files->shard_count++;
    return tri_files_map(files, path, tri_safetensors_map(files->shards[files->shard_count - 1]));
}

/* Every tensor is where the index says, and nowhere else. */
static enum tri_status check_index(const char *path, json_t *map, const struct tri_loader *in,
                                   const json_t *numbers) {
    const struct tri_model_files *files = in->model->files;
    const char *name;
    json_t *file;
    json_object_foreach(map, name, file) {
        const size_t shard =
            (size_t)json_integer_value(json_object_get(numbers, json_string_value(file)));
        if (tri_safetensors_find(files->shards[shard], name) != NULL) continue;
        return tri_fail(TRI_E_FORMAT, "%s: tensor %s: wanted in %s, got nothing there", path, name,
                        json_string_value(file));
    }
    for (size_t i = 0; i < in->entry_count; i++) {
        struct tri_entry entry;
        if (!entry_at(in, i, &entry)) continue;
        if (json_object_get(map, entry.name) == NULL)
            return tri_fail(TRI_E_FORMAT, "%s: tensor %s: wanted in the index, got it in a file",
                            path, entry.name);
    }
    /* As many names as tensors: none is in two files. */
    if (json_object_size(map) == in->entry_count) return TRI_OK;
    return tri_fail(TRI_E_FORMAT, "%s: tensors, wanted %zu as in the index, got %zu in the files",
                    path, json_object_size(map), in->entry_count);
}

static enum tri_status open_shards(const char *folder, const char *path, json_t *root,
                                   struct tri_loader *in) {
    json_t *map = json_object_get(root, "weight_map"), *file;
    if (!json_is_object(map) || json_object_size(map) == 0)
        return tri_fail(TRI_E_FORMAT, "%s: weight_map, wanted names of files by tensor", path);
    json_t *numbers = json_object(); /* file name -> shard */
    enum tri_status status =
        numbers != NULL ? TRI_OK : tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
    const char *name;
    json_object_foreach(map, name, file) {
        if (status != TRI_OK) break;
        const char *text = json_string_value(file);
        if (text == NULL || text[0] == '\0' || text[0] == '.' || strchr(text, '/') != NULL) {
            status = tri_fail(TRI_E_FORMAT, "%s: tensor %s: wanted the name of a file beside it",
                              path, name);
        } else if (json_object_get(numbers, text) == NULL) {
            char shard[4352];
            (void)snprintf(shard, sizeof shard, "%s/%s", folder, text);
            const json_int_t number = (json_int_t)in->model->files->shard_count;
            status = add_shard(in->model->files, shard);
            if (status == TRI_OK && json_object_set_new(numbers, text, json_integer(number)) != 0)
                status = tri_fail(TRI_E_MEMORY, "%s: out of memory", path);
        }
    }
    for (size_t i = 0; i < in->model->files->shard_count; i++)
        in->entry_count += tri_safetensors_count(in->model->files->shards[i]);
    if (status == TRI_OK) status = check_index(path, map, in, numbers);
    json_decref(numbers);
    return status;
}

static enum tri_status open_weights(const char *folder, char path[4352], struct tri_loader *in) {
    (void)snprintf(path, 4352, "%s/model.safetensors.index.json", folder);
    const bool sharded = access(path, F_OK) == 0;
    (void)snprintf(path, 4352, "%s/model.safetensors", folder);
    if (!sharded || access(path, F_OK) == 0) {
        TRI_TRY(add_shard(in->model->files, path));
        in->entry_count = tri_safetensors_count(in->model->files->shards[0]);
        return TRI_OK;
    }
    (void)snprintf(path, 4352, "%s/model.safetensors.index.json", folder);
    json_t *root = NULL;
    TRI_TRY(tri_config_json(path, &root));
    enum tri_status status = open_shards(folder, path, root, in);
    json_decref(root);
    return status;
}

enum tri_status tri_model_open_hf(const char *path, struct tri_model *model) {
    char file[4352];
    struct tri_config_linear linear;
    (void)snprintf(file, sizeof file, "%s/config.json", path);
    TRI_TRY(tri_config_read(file, &model->config, &linear));
    (void)snprintf(file, sizeof file, "%s/generation_config.json", path);
    if (access(file, F_OK) == 0) TRI_TRY(tri_config_read_ends(file, &model->config));
    struct tri_loader in = {.path = file,
                            .model = model,
                            .masters = linear.masters,
                            .quantised = linear.packed,
                            .online = linear.online,
                            .divides = linear.divides,
                            .name_of = name_of,
                            .find = find,
                            .at = entry_at,
                            .ignorable = ignorable,
                            .matrix = read_matrix};
    TRI_TRY(open_weights(path, file, &in));
    return tri_loader_run(&in);
}
