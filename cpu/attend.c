/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention of a block of tokens, dealt out to threads by heads and tokens: each task is one token
 * and the query heads that share a key head.
 */
#include "cpu/engine_private.h"

struct attend {
    struct tri_cpu *cpu;
    struct tri_block *block;
};

static void part_of(void *context, uint32_t part, uint32_t thread) {
    const struct attend *a = context;
    struct tri_cpu *cpu = a->cpu;
    const struct tri_config *c = &cpu->model->config;
    /* The tokens of one head follow each other, so that its keys stay in the cache; the longest
     * first. */
    const uint32_t rows = a->block->rows, row = rows - 1 - part % rows, head = part / rows;
    const uint32_t share = c->heads / c->kv_heads;
    const struct tri_row *r = &a->block->row[row];
    const size_t at = ((size_t)row * c->heads + (size_t)head * share) * c->head_dim;
    cpu->op->attention(a->block->q + at, share, c->head_dim,
                       tri_sequence_rows(r->sequence, c, a->block->layer, 0, head),
                       tri_sequence_rows(r->sequence, c, a->block->layer, 1, head), c->head_dim,
                       r->position + 1, cpu->scratch[thread].scores, a->block->heads + at);
    tri_cpu_lap(cpu, thread, TRI_LAP_ATTENTION);
}

void tri_block_attend(struct tri_cpu *cpu, struct tri_block *b) {
    const struct tri_config *c = &cpu->model->config;
    struct attend a = {cpu, b};
    uint64_t work = 0;
    for (uint32_t i = 0; i < b->rows; i++)
        work += (uint64_t)2 * (b->row[i].position + 1) * c->heads * c->head_dim;
    tri_cpu_share(cpu, work, b->rows * c->kv_heads, part_of, &a);
}
