/* SPDX-License-Identifier: Apache-2.0
 *
 * A model, its tokenizer, one text and what computes it: the fast engine of this processor, an
 * accelerator with the fast engine around it, or the plain reference. Nothing here prints but the
 * progress of a long upload.
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
    /* Set between open and start; zero is right for most. */
    uint32_t threads; /* of the fast engine; 0: all this process may use */
    const char *isa;  /* its instruction set by name; NULL: the fastest here */
    bool pin;         /* a core for each thread */
    bool screen;      /* make the narrow head, for tri_engine_feed and tri_engine_choose */
    bool serial;      /* host and device never work at the same time, so that a trace is in order */

    struct tri_cpu *cpu;           /* NULL: the plain reference */
    struct tri_sequence *sequence; /* the text, in the fast engine */
    struct tri_session *session;   /* the text, in the plain reference */
    float *state, *logits;         /* what tri_engine_feed left: [hidden] with a narrow head, else
                                      [vocab] */
    struct tri_products products;
    char uri[4352]; /* "cpu", "cpu:b2", "ref", or the device's URI */
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

/* Joins `--device` and `--design` (each may be NULL) to a URI of 4352 bytes: "cpu" if both are.
 * Errors: ARGUMENT. */
enum tri_status tri_engine_uri(const char *device, const char *design, char *uri);

/* How many tokens to reply: `wanted`, or for TRI_REPLY_DEFAULT as many as fit, at most 128. Errors:
 * ARGUMENT when prompt and reply do not fit in the context. */
#define TRI_REPLY_DEFAULT UINT32_MAX
enum tri_status tri_engine_reply_length(const struct tri_engine *engine, uint32_t prompt,
                                        uint32_t wanted, uint32_t *reply);

/* Takes threads, instruction set and pinning from the command line. */
void tri_engine_place(struct tri_engine *engine, const struct tri_device_choice *where);

/* Opens device, engine and text (room for `positions` tokens). "ref" is the plain reference, "cpu",
 * "cpu:b2" and "cpu:b3" are this processor with four or five weights a byte (b3), all others
 * devices. Errors: theirs. */
enum tri_status tri_engine_start(struct tri_engine *engine, const char *uri, uint32_t positions,
                                 const struct tri_device_options *options);

/* Tokens in the text, and forgetting those behind the first `length`. */
uint32_t tri_engine_length(const struct tri_engine *engine);
void tri_engine_rewind(struct tri_engine *engine, uint32_t length);

/* `count` more tokens of the text, measured as part of `phase`. logits: [count][vocab] if all, else
 * [vocab] of the last token, or NULL. Errors: as tri_session_run; INTERRUPTED between two products
 * after a signal. After a failure the text is what it was. */
enum tri_status tri_engine_run(struct tri_engine *engine, struct tri_phase *phase,
                               const uint32_t *ids, uint32_t count, bool all, float *logits);

/* `count` more tokens of the text, of whose end the next token can be chosen: by the narrow head
 * where there is one. Errors: as tri_engine_run. */
enum tri_status tri_engine_feed(struct tri_engine *engine, struct tri_phase *phase,
                                const uint32_t *ids, uint32_t count);
/* The token that tri_sampler_next chooses from the logits of what was fed last. Errors: FORMAT (a
 * logit that is not finite). */
enum tri_status tri_engine_choose(struct tri_engine *engine, struct tri_phase *phase,
                                  struct tri_sampler *sampler, uint32_t *id);

/* tri_engine_run for several texts of the engine at once (tri_cpu_run); not on the plain reference.
 */
enum tri_status tri_engine_run_batch(struct tri_engine *engine, struct tri_phase *phase,
                                     const struct tri_request *requests, uint32_t count);
/* tri_engine_choose for several texts, from the states [hidden] that requests wrote. The engine
 * must have the narrow head. */
enum tri_status tri_engine_choose_batch(struct tri_engine *engine, struct tri_phase *phase,
                                        uint32_t count, struct tri_sampler *const *samplers,
                                        const float *const *states, uint32_t *ids);

/* Copies what the products counted and what memory is taken into the stats. */
const struct tri_stats *tri_engine_stats(struct tri_engine *engine);

void tri_engine_close(struct tri_engine *engine);

#endif
