/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the fast engine share: the model made ready, the cache of a text, and a block
 * of tokens on its way through the layers. Private to cpu/; others use engine.h.
 */
#ifndef TRI_CPU_ENGINE_PRIVATE_H
#define TRI_CPU_ENGINE_PRIVATE_H

#include <stdatomic.h>
#include <stddef.h>

#include "cpu/engine.h"
#include "cpu/operators.h"

/* Positions by which caches grow; a multiple of eight keeps rows of 128 floats on whole pages. */
enum { TRI_KV_BLOCK = 64 };

struct tri_sequence {
    struct tri_cpu *cpu;
    uint32_t positions; /* the most it may hold */
    uint32_t length;    /* tokens in it */
    uint32_t room;      /* positions whose memory is accounted for */
    uint32_t reserved;  /* positions of each part of the map */
    float *map;   /* [layers][keys, values][kv_heads][reserved][head_dim]; pages come by use */
    size_t bytes; /* of the map */
    bool running; /* in the present pass */
};

/* keys (which 0) or values (1) of a head: rows of head_dim floats, one a position. */
static inline float *tri_sequence_rows(const struct tri_sequence *s, const struct tri_config *c,
                                       uint32_t layer, uint32_t which, uint32_t head) {
    const size_t part = ((size_t)layer * 2 + which) * c->kv_heads + head;
    return s->map + part * s->reserved * c->head_dim;
}

/* Makes sure that memory for `positions` positions may be used. Errors: MEMORY. */
enum tri_status tri_sequence_reserve(struct tri_sequence *sequence, uint32_t positions);

/* One token of a block. */
struct tri_row {
    struct tri_sequence *sequence;
    uint32_t id, position, request;
    bool wanted;   /* its state after the last layer */
    float *logits; /* [vocab] or NULL */
    float *state;  /* [hidden] or NULL */
};

/* What a block waits for. */
enum tri_stage { TRI_STAGE_EMPTY, TRI_STAGE_PRODUCT, TRI_STAGE_DONE };

struct tri_block {
    enum tri_stage stage;
    uint32_t layer; /* of the product */
    enum tri_group group;
    uint32_t rows, room;
    struct tri_row *row; /* [room] */
    float *stream;       /* [room][hidden]: the residual stream */
    float *q, *heads;    /* [room][heads * head_dim]: queries, and what attention makes of them */
    float *scale;        /* [room]: the quantiser's s */
    int8_t *codes;       /* [room][columns of the group] */
    int32_t *sums;       /* [room][rows of the group] */
    uint64_t bytes;      /* of all these */
    atomic_uint bad;     /* first row with an infinity or NaN in this step, UINT32_MAX: none */
};

/* Scratch of one thread. */
struct tri_cpu_scratch {
    float *row, *gate, *up; /* [widest] */
    float *scores;          /* [heads / kv_heads][positions] */
};

struct tri_offload;

struct tri_cpu {
    const struct tri_model *model;
    struct tri_cpu_options options;
    const struct tri_operators *op;
    struct tri_pool *pool;
    struct tri_packed *packed; /* NULL: products go elsewhere */
    struct tri_head *head;     /* NULL: not screened */
    struct tri_block block[2];
    struct tri_cpu_scratch *scratch; /* [threads] */
    uint32_t threads, score_room;
    float *cosine, *sine; /* [angles][head_dim / 2] */
    uint32_t angles, angle_room;
    struct tri_offload *offload;
    const struct tri_block *multiplying; /* the block whose product runs */
    uint64_t cache_bytes, scratch_bytes;
    struct tri_cpu_profile profile;
    double mark;     /* time of the last lap */
    double tally[8]; /* seconds of thread 0 since the pass began, by enum tri_lap */
};

/* What thread 0 spends its time on. */
enum tri_lap {
    TRI_LAP_EMBEDDING,
    TRI_LAP_NORM,
    TRI_LAP_PRODUCT,
    TRI_LAP_ROPE,
    TRI_LAP_ATTENTION,
    TRI_LAP_ACTIVATION,
    TRI_LAP_HEAD,
    TRI_LAP_REST
};

double tri_cpu_now(void);

/* The time since the last lap belongs to `lap`, if this is thread 0. */
static inline void tri_cpu_lap(struct tri_cpu *cpu, uint32_t thread, enum tri_lap lap) {
    if (thread != 0) return;
    const double now = tri_cpu_now();
    cpu->tally[lap] += now - cpu->mark;
    cpu->mark = now;
}

/* aligned to 64 bytes, counted as scratch; NULL if there is none. */
void *tri_cpu_take(struct tri_cpu *cpu, size_t rows, size_t cols, size_t bytes);

/* Makes room for blocks of `rows` rows. Errors: MEMORY. */
enum tri_status tri_block_reserve(struct tri_cpu *cpu, struct tri_block *block, uint32_t rows);
void tri_block_free(struct tri_block *block);
/* Makes room for scores and angles of texts of `positions` positions. Errors: MEMORY. */
enum tri_status tri_cpu_reserve(struct tri_cpu *cpu, uint32_t positions);

/* tri_pool_run, or everything in this thread where `cost` multiplications are not worth waking
 * another. */
void tri_cpu_share(struct tri_cpu *cpu, uint64_t cost, uint32_t parts, tri_pool_work work,
                   void *context);

/* The host's part between two products: embedding and first norm; what follows the product that
 * `block` waited for. Afterwards it waits for the next, or is done. Errors: FORMAT (a layer that is
 * not finite). */
enum tri_status tri_block_begin(struct tri_cpu *cpu, struct tri_block *block);
enum tri_status tri_block_step(struct tri_cpu *cpu, struct tri_block *block);

/* Attention of all rows of a block over the caches of their sequences: q to heads. */
void tri_block_attend(struct tri_cpu *cpu, struct tri_block *block);

/* Final norm and output head of the rows that are wanted. Errors: FORMAT. */
enum tri_status tri_block_output(struct tri_cpu *cpu, struct tri_block *block);

/* A thread that runs products. Its functions are called by one thread. */
struct tri_offload_job {
    tri_product product;
    void *context;
    uint32_t layer;
    enum tri_group group;
    uint32_t tokens;
    const int8_t *codes;
    int32_t *sums;
};
enum tri_status tri_offload_create(struct tri_offload **offload); /* Errors: MEMORY, IO. */
void tri_offload_destroy(struct tri_offload *offload);            /* NULL is fine */
void tri_offload_start(struct tri_offload *offload, const struct tri_offload_job *job);
/* Waits for it. ended: when it did. Errors: the product's, with its message. */
enum tri_status tri_offload_wait(struct tri_offload *offload, double *ended);

#endif
