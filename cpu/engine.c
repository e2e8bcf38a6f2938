/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a model ready for this processor: threads, packed weights, narrow head, scratch; and takes
 * it down again. The pass itself is pass.c.
 */
#define _DEFAULT_SOURCE /* madvise */
#include "cpu/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cpu/engine_private.h"
#include "cpu/memory.h"
#include "ref/rope.h"

enum { LINE = 64, HUGE_PAGE = 2 << 20 };

double tri_cpu_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

static uint32_t widest(const struct tri_config *c) {
    return larger(larger(c->hidden, c->heads * c->head_dim), c->ffn);
}

/* What tri_cpu_take took for these, nothing for nothing. */
static uint64_t bytes_taken(size_t rows, size_t cols, size_t bytes) {
    return rows == 0 ? 0 : (rows * cols * bytes + LINE) / LINE * LINE;
}

void *tri_cpu_take(struct tri_cpu *cpu, size_t rows, size_t cols, size_t bytes) {
    size_t count;
    if (__builtin_mul_overflow(rows, cols, &count)) return NULL;
    if (__builtin_mul_overflow(count, bytes, &count) || count > SIZE_MAX - LINE) return NULL;
    count = (count + LINE) / LINE * LINE;
    void *taken = NULL;
    if (posix_memalign(&taken, count < HUGE_PAGE ? LINE : HUGE_PAGE, count) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    /* A product writes a little of every token's row: each would be a page of its own. */
    if (count >= HUGE_PAGE) (void)madvise(taken, count / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    cpu->scratch_bytes += count;
    return taken;
}

void tri_cpu_share(struct tri_cpu *cpu, uint64_t cost, uint32_t parts, tri_pool_work work,
                   void *context) {
    if (cpu->threads > 1 && parts > 1 && cost >= cpu->options.grain) {
        tri_pool_run(cpu->pool, parts, work, context);
        tri_cpu_lap(cpu, 0, TRI_LAP_REST); /* waiting for the others */
    } else {
        for (uint32_t part = 0; part < parts; part++) work(context, part, 0);
    }
}

void tri_block_free(struct tri_block *b) {
    free(b->row);
    free(b->stream);
    free(b->q);
    free(b->heads);
    free(b->scale);
    free(b->codes);
    free(b->sums);
    memset(b, 0, sizeof *b);
}

static uint64_t bytes_of_row(const struct tri_model *model) {
    const struct tri_config *c = &model->config;
    uint32_t rows = 0;
    for (int group = 0; group < TRI_GROUPS; group++)
        rows = larger(rows, tri_group_rows(model, (enum tri_group)group));
    return sizeof(struct tri_row) + (uint64_t)widest(c) + sizeof(float) +
           sizeof(float) * ((uint64_t)c->hidden + 2 * (uint64_t)c->heads * c->head_dim + rows);
}

enum tri_status tri_block_reserve(struct tri_cpu *cpu, struct tri_block *b, uint32_t rows) {
    if (rows <= b->room) return TRI_OK;
    const struct tri_model *model = cpu->model;
    const struct tri_config *c = &model->config;
    const size_t wide = (size_t)c->heads * c->head_dim;
    uint32_t most = 0;
    for (int group = 0; group < TRI_GROUPS; group++)
        most = larger(most, tri_group_rows(model, (enum tri_group)group));
    cpu->scratch_bytes -= b->bytes;
    tri_block_free(b);
    const uint64_t before = cpu->scratch_bytes;
    b->row = tri_cpu_take(cpu, rows, 1, sizeof *b->row);
    b->stream = tri_cpu_take(cpu, rows, c->hidden, sizeof *b->stream);
    b->q = tri_cpu_take(cpu, rows, wide, sizeof *b->q);
    b->heads = tri_cpu_take(cpu, rows, wide, sizeof *b->heads);
    b->scale = tri_cpu_take(cpu, rows, 1, sizeof *b->scale);
    b->codes = tri_cpu_take(cpu, rows, widest(c), sizeof *b->codes);
    b->sums = tri_cpu_take(cpu, rows, most, sizeof *b->sums);
    b->bytes = cpu->scratch_bytes - before;
    if (b->row != NULL && b->stream != NULL && b->q != NULL && b->heads != NULL &&
        b->scale != NULL && b->codes != NULL && b->sums != NULL) {
        b->room = rows;
        return TRI_OK;
    }
    cpu->scratch_bytes = before;
    tri_block_free(b);
    return tri_fail(TRI_E_MEMORY, "out of memory for %" PRIu32 " tokens at once: %" PRIu64 " bytes",
                    rows, rows * bytes_of_row(model));
}

/* Angles are the same for all sequences: each position's are computed once. */
static enum tri_status reserve_angles(struct tri_cpu *cpu, uint32_t positions) {
    const struct tri_config *c = &cpu->model->config;
    const size_t half = c->head_dim / 2;
    if (positions > cpu->angle_room) {
        uint32_t room = larger(positions, 2 * cpu->angle_room);
        room = larger(room, TRI_KV_BLOCK);
        float *more[2] = {tri_cpu_take(cpu, room, half, sizeof(float)),
                          tri_cpu_take(cpu, room, half, sizeof(float))};
        if (more[0] == NULL || more[1] == NULL) {
            free(more[0]);
            free(more[1]);
            return tri_fail(TRI_E_MEMORY, "out of memory for the angles of %" PRIu32 " positions",
                            positions);
        }
        if (cpu->angles > 0) {
            memcpy(more[0], cpu->cosine, cpu->angles * half * sizeof(float));
            memcpy(more[1], cpu->sine, cpu->angles * half * sizeof(float));
        }
        cpu->scratch_bytes -= 2 * bytes_taken(cpu->angle_room, half, sizeof(float));
        free(cpu->cosine);
        free(cpu->sine);
        cpu->cosine = more[0];
        cpu->sine = more[1];
        cpu->angle_room = room;
    }
    for (; cpu->angles < positions; cpu->angles++)
        tri_rope_angles(cpu->angles, cpu->model->rope_inv_freq, (uint32_t)half,
                        cpu->cosine + cpu->angles * half, cpu->sine + cpu->angles * half);
    return TRI_OK;
}

enum tri_status tri_cpu_reserve(struct tri_cpu *cpu, uint32_t positions) {
    const struct tri_config *c = &cpu->model->config;
    if (positions > cpu->score_room) {
        const uint32_t room = (larger(positions, 2 * cpu->score_room) + LINE) / LINE * LINE;
        for (uint32_t i = 0; i < cpu->threads; i++) {
            float *more = tri_cpu_take(cpu, c->heads / c->kv_heads, room, sizeof *more);
            if (more == NULL)
                return tri_fail(TRI_E_MEMORY,
                                "out of memory for the scores of %" PRIu32 " positions", positions);
            cpu->scratch_bytes -=
                bytes_taken(c->heads / c->kv_heads, cpu->score_room, sizeof(float));
            free(cpu->scratch[i].scores);
            cpu->scratch[i].scores = more;
        }
        cpu->score_room = room;
    }
    return reserve_angles(cpu, positions);
}

/* What packed weights and narrow head will take: sizes from their forms, before anything is made.
 */
static void estimate(const struct tri_model *model, const struct tri_cpu_options *options,
                     struct tri_cpu_bytes *bytes) {
    const struct tri_config *c = &model->config;
    const uint64_t per_byte = options->packing == TRI_PACKING_B3 ? 5 : 4;
    memset(bytes, 0, sizeof *bytes);
    for (int group = 0; options->pack && group < TRI_GROUPS; group++) {
        const uint64_t cols = tri_group_cols(model, (enum tri_group)group);
        bytes->weights += (cols + per_byte - 1) / per_byte *
                          tri_group_rows(model, (enum tri_group)group) * c->layers;
    }
    if (options->screen) bytes->head = tri_head_wants(c);
    bytes->scratch = bytes_of_row(model) * options->chunk;
}

static enum tri_status enough_memory(const struct tri_model *model,
                                     const struct tri_cpu_options *options) {
    struct tri_cpu_bytes b;
    char what[160];
    static const double mib = 1 << 20;
    estimate(model, options, &b);
    (void)snprintf(what, sizeof what, "model in memory (weights %.1f MiB, head %.1f, scratch %.1f)",
                   (double)b.weights / mib, (double)b.head / mib, (double)b.scratch / mib);
    return tri_memory_check(what, b.weights + b.head + b.scratch, options->memory, 0);
}

static enum tri_status make(struct tri_cpu *cpu) {
    const struct tri_cpu_options *o = &cpu->options;
    if (!tri_isa_here(o->isa))
        return tri_fail(TRI_E_UNSUPPORTED, "instruction set %s: not on this machine",
                        tri_isa_name(o->isa));
    TRI_TRY(enough_memory(cpu->model, o));
    cpu->op = tri_operators(o->isa);
    TRI_TRY(tri_pool_create(o->threads, o->pin, &cpu->pool));
    cpu->threads = tri_pool_threads(cpu->pool);
    cpu->scratch = calloc(cpu->threads, sizeof *cpu->scratch);
    if (cpu->scratch == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for an engine");
    for (uint32_t i = 0; i < cpu->threads; i++) {
        struct tri_cpu_scratch *s = &cpu->scratch[i];
        const uint32_t wide = widest(&cpu->model->config);
        s->row = tri_cpu_take(cpu, 1, wide, sizeof(float));
        s->gate = tri_cpu_take(cpu, 1, wide, sizeof(float));
        s->up = tri_cpu_take(cpu, 1, wide, sizeof(float));
        if (s->row == NULL || s->gate == NULL || s->up == NULL)
            return tri_fail(TRI_E_MEMORY, "out of memory for an engine");
    }
    if (o->pack)
        TRI_TRY(tri_packed_create(cpu->model, o->packing, o->isa, cpu->pool, &cpu->packed));
    if (o->screen) TRI_TRY(tri_head_create(cpu->model, o->isa, cpu->pool, &cpu->head));
    return tri_model_intact(cpu->model);
}

enum tri_status tri_cpu_create(const struct tri_model *model, const struct tri_cpu_options *options,
                               struct tri_cpu **cpu) {
    const struct tri_cpu_options defaults = TRI_CPU_OPTIONS_INIT;
    *cpu = NULL;
    struct tri_cpu *made = calloc(1, sizeof *made);
    if (made == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for an engine");
    made->model = model;
    made->options = options != NULL ? *options : defaults;
    if (made->options.chunk == 0) made->options.chunk = TRI_CPU_CHUNK;
    if (made->options.grain == 0) made->options.grain = TRI_CPU_GRAIN;
    const enum tri_status status = make(made);
    if (status != TRI_OK) {
        tri_cpu_destroy(made);
        return status;
    }
    *cpu = made;
    return TRI_OK;
}

void tri_cpu_destroy(struct tri_cpu *cpu) {
    if (cpu == NULL) return;
    tri_offload_destroy(cpu->offload);
    tri_head_destroy(cpu->head);
    tri_packed_destroy(cpu->packed);
    tri_pool_destroy(cpu->pool);
    for (uint32_t i = 0; cpu->scratch != NULL && i < cpu->threads; i++) {
        free(cpu->scratch[i].row);
        free(cpu->scratch[i].gate);
        free(cpu->scratch[i].up);
        free(cpu->scratch[i].scores);
    }
    free(cpu->scratch);
    free(cpu->cosine);
    free(cpu->sine);
    tri_block_free(&cpu->block[0]);
    tri_block_free(&cpu->block[1]);
    free(cpu);
}

struct tri_pool *tri_cpu_pool(struct tri_cpu *cpu) {
    return cpu->pool;
}
struct tri_head *tri_cpu_head(struct tri_cpu *cpu) {
    return cpu->head;
}
const struct tri_cpu_profile *tri_cpu_profile(const struct tri_cpu *cpu) { return &cpu->profile; }
uint32_t tri_cpu_threads(const struct tri_cpu *cpu) { return cpu->threads; }
enum tri_isa tri_cpu_isa(const struct tri_cpu *cpu) { return cpu->options.isa; }

void tri_cpu_bytes(const struct tri_cpu *cpu, struct tri_cpu_bytes *bytes) {
    bytes->weights = cpu->packed != NULL ? tri_packed_bytes(cpu->packed) : 0;
    bytes->head = cpu->head != NULL ? tri_head_bytes(cpu->head) : 0;
    bytes->cache = cpu->cache_bytes;
    bytes->scratch = cpu->scratch_bytes;
}

enum tri_status tri_cpu_product(void *context, uint32_t layer, enum tri_group group,
                                uint32_t tokens, const int8_t *codes, int32_t *sums) {
    struct tri_cpu *cpu = context;
    tri_packed_product(cpu->packed, cpu->pool, layer, group, tokens, codes, sums);
    return TRI_OK;
}
