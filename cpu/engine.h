/* SPDX-License-Identifier: Apache-2.0
 *
 * The forward pass of ref/forward.h at the speed of memory: packed weights, vector operators,
 * threads, several sequences in one pass. Bit-identical to the reference at any number of threads,
 * any instruction set, any cut of a prompt into chunks and any company in a batch. Products go to
 * this processor or, through the same function pointer as in the reference, to an accelerator.
 */
#ifndef TRI_CPU_ENGINE_H
#define TRI_CPU_ENGINE_H

#include "cpu/head.h"
#include "cpu/product.h"
#include "ref/forward.h"

/* Tokens that pass through the layers together unless the options say another number. */
enum { TRI_CPU_CHUNK = 256 };
/* Less work than this is done before another thread has woken up. */
enum { TRI_CPU_GRAIN = 200000 };

struct tri_cpu_options {
    uint32_t threads; /* 0: all this process may use */
    bool pin;
    enum tri_isa isa;
    enum tri_packing packing;
    bool pack;       /* false: no packed weights, every product goes elsewhere */
    bool screen;     /* false: no narrow head, logits are computed whole */
    uint32_t chunk;  /* most tokens of one product; 0: TRI_CPU_CHUNK */
    uint32_t split;  /* with products elsewhere: a pass of at least two of these many tokens is cut
                        in two, and this processor works on one part while the other is multiplied,
                        in a thread of its own; 0: never */
    uint64_t grain;  /* multiplications for which another thread is woken; 0: TRI_CPU_GRAIN */
    uint64_t memory; /* most bytes that weights, caches and scratch may have; 0: what there is */
};
#define TRI_CPU_OPTIONS_INIT                                                                       \
    { .isa = tri_isa_best(), .packing = TRI_PACKING_B3, .pack = true, .screen = true }

struct tri_cpu;      /* a model made ready for this processor */
struct tri_sequence; /* KV cache of one text: grows as it is used */

/* Where the time of the calls went, in seconds of the calling thread. */
struct tri_cpu_profile {
    double embedding, norm; /* norm with quantising and dequantising, and the residual sums */
    double product;         /* multiplying here, or waiting for who multiplies */
    double rope, attention, activation, head, rest;
    double elsewhere; /* a product was in flight, asked of another thread */
    double both;      /* meanwhile the calling thread worked at another part of the pass */
    uint64_t tokens, calls;
};

/* Says before it allocates how much memory is needed and how much there is. The model must outlive
 * it. Errors: MEMORY, FORMAT, ARGUMENT, UNSUPPORTED. */
enum tri_status tri_cpu_create(const struct tri_model *model, const struct tri_cpu_options *options,
                               struct tri_cpu **cpu);
void tri_cpu_destroy(struct tri_cpu *cpu); /* NULL is fine; after its sequences */
struct tri_pool *tri_cpu_pool(struct tri_cpu *cpu);
struct tri_head *tri_cpu_head(struct tri_cpu *cpu); /* NULL without screening */
const struct tri_cpu_profile *tri_cpu_profile(const struct tri_cpu *cpu);
uint32_t tri_cpu_threads(const struct tri_cpu *cpu);
enum tri_isa tri_cpu_isa(const struct tri_cpu *cpu);

/* Bytes: packed weights, narrow head, caches of all sequences as far as they have grown. */
struct tri_cpu_bytes {
    uint64_t weights, head, cache, scratch;
};
void tri_cpu_bytes(const struct tri_cpu *cpu, struct tri_cpu_bytes *bytes);

/* positions: the most it may hold (0: the model's context). Memory is taken as it grows, in blocks
 * of positions. Errors: ARGUMENT, MEMORY. */
enum tri_status tri_sequence_create(struct tri_cpu *cpu, uint32_t positions,
                                    struct tri_sequence **sequence);
void tri_sequence_destroy(struct tri_sequence *sequence); /* NULL is fine */
uint32_t tri_sequence_length(const struct tri_sequence *sequence);
uint64_t tri_sequence_bytes(const struct tri_sequence *sequence); /* taken so far */
void tri_sequence_rewind(struct tri_sequence *sequence, uint32_t length);

/* What one sequence wants of a pass. */
struct tri_request {
    struct tri_sequence *sequence; /* each at most once in a pass */
    const uint32_t *ids;           /* [count] */
    uint32_t count;                /* 1 for decode, any for prefill */
    float *logits;                 /* [vocab] of the last token, or NULL */
    float *all_logits;             /* [count][vocab], or NULL */
    float *state;                  /* [hidden]: the last token after the final norm, for
                                      tri_head_next; or NULL */
};

/* Runs all requests in passes that share the weights. product NULL: this processor. On failure no
 * sequence has grown. Tokens whose result nobody asked for end in the last layer with their keys
 * and values. Errors: as tri_session_run; MEMORY when a cache cannot grow; a layer that computes an
 * infinity or NaN is named. */
enum tri_status tri_cpu_run(struct tri_cpu *cpu, const struct tri_request *requests, uint32_t count,
                            tri_product product, void *context);

/* A tri_product on the packed weights; context is a struct tri_cpu made with `pack`. Errors: none.
 */
enum tri_status tri_cpu_product(void *context, uint32_t layer, enum tri_group group,
                                uint32_t tokens, const int8_t *codes, int32_t *sums);

/* Inside a product that tri_cpu_run calls: the request and the position in its text of a token of
 * this call. */
void tri_cpu_place(const struct tri_cpu *cpu, uint32_t token, uint32_t *request,
                   uint32_t *position);

#endif
