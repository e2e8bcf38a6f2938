/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a Hugging Face config.json into a struct tri_config. Private to ref/.
 */
#ifndef TRI_CONFIG_H
#define TRI_CONFIG_H

#include <jansson.h>

#include "ref/model.h"

/* Bounds that keep every later product of sizes far inside 64 bits, and every sum inside int32. */
enum {
    TRI_SIZE_LIMIT = 1 << 20,
    TRI_LAYERS_LIMIT = 1 << 12,
    TRI_VOCAB_LIMIT = 1 << 24,
    TRI_CONTEXT_LIMIT = 1 << 17 /* the range of tri_sincos */
};

/* What the linear layers are, by quantization_config. */
struct tri_config_linear {
    bool packed;  /* uint8 and weight_scale; else floats */
    bool online;  /* Hugging Face quantises the floats itself, whatever they are */
    bool masters; /* floats that are not ternary are masters */
    bool divides; /* class BitLinear */
};

/* Reads and checks a config.json. All missing keys are named at once; nothing has a default that
 * changes a number. Errors: IO, FORMAT, UNSUPPORTED, MEMORY. */
enum tri_status tri_config_read(const char *path, struct tri_config *config,
                                struct tri_config_linear *linear);

/* Adds the ends of generation_config.json to those of config.json. Errors: as above. */
enum tri_status tri_config_read_ends(const char *path, struct tri_config *config);

/* Any JSON object of at most 64 MiB; the caller calls json_decref. Errors: IO, FORMAT, MEMORY. */
enum tri_status tri_config_json(const char *path, json_t **root);

/* Adds an id to the ends unless it is there. Errors: UNSUPPORTED when there is no room. */
enum tri_status tri_config_add_end(const char *path, struct tri_config *config, uint32_t id);

/* Checks what configurations of all files must satisfy. Errors: FORMAT. */
enum tri_status tri_config_check(const char *path, const struct tri_config *config);

#endif
