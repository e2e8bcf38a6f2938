/* SPDX-License-Identifier: Apache-2.0
 *
 * A model, its tokenizer, one text and the device that computes its products: what `run` and
 * `compare` share. Nothing here prints but the progress of a long upload.
 */
#ifndef TRI_HOST_ENGINE_H
#define TRI_HOST_ENGINE_H

#include "host/modeloptions.h"
#include "host/product.h"
#include "host/stats.h"
#include "ref/tokenizer.h"

struct tri_prompt {
    uint32_t *ids; /* owned */
    uint32_t count;
};

struct tri_engine {
    struct tri_model *model;
    struct tri_tokenizer *tokenizer; /* NULL: the model has none, or one of another kind */
    char no_tokenizer[512];          /* then: why */
    struct tri_session *session;
    struct tri_products products;
    char uri[4352]; /* "ref", or the device's URI */
    struct tri_stats stats;
};

/* Opens model and tokenizer, not yet the device. Close also after a failure. */
enum tri_status tri_engine_open(struct tri_engine *engine, const struct tri_model_choice *choice);

/* The tokenizer of a folder (tokenizer.json, or tokenizer.model) or of a GGUF file. *tokenizer NULL
 * and the reason in why [512] if it has none or one of another kind. Errors: IO, FORMAT, MEMORY. */
enum tri_status tri_engine_tokenizer(const char *model, struct tri_tokenizer **tokenizer,
                                     char *why);

/* The prompt's ids: `ids` ("1,2,3") as they are, or BOS and then `text` (NULL: BOS alone). special:
 * names of special tokens in the text stand for them. Errors: ARGUMENT (both given, an id outside
 * of the vocabulary, a text without tokenizer). */
enum tri_status tri_engine_prompt(const struct tri_engine *engine, const char *text,
                                  const char *ids, bool special, struct tri_prompt *prompt);

/* Joins `--device` and `--design` (each may be NULL) to a URI of 4352 bytes. Errors: ARGUMENT. */
enum tri_status tri_engine_uri(const char *device, const char *design, char *uri);

/* How many tokens to reply: `wanted`, or for TRI_REPLY_DEFAULT as many as fit, at most 128. Errors:
 * ARGUMENT when prompt and reply do not fit in the context. */
#define TRI_REPLY_DEFAULT UINT32_MAX
enum tri_status tri_engine_reply_length(const struct tri_engine *engine, uint32_t prompt,
                                        uint32_t wanted, uint32_t *reply);

/* Opens session (room for `positions` tokens) and device. Errors: theirs. */
enum tri_status tri_engine_start(struct tri_engine *engine, const char *uri, uint32_t positions,
                                 const struct tri_device_options *options);

/* tri_session_run on the device, measured as part of `phase`. */
enum tri_status tri_engine_run(struct tri_engine *engine, struct tri_phase *phase,
                               const uint32_t *ids, uint32_t count, bool all, float *logits);

/* Copies what the products counted into the stats. */
const struct tri_stats *tri_engine_stats(struct tri_engine *engine);

void tri_engine_close(struct tri_engine *engine);

#endif
