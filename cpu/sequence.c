/* SPDX-License-Identifier: Apache-2.0
 *
 * The KV cache of one text: one map with addresses for every position, whose pages the system gives
 * when they are first written. Growing is therefore only a question of whether there is memory.
 */
#define _DEFAULT_SOURCE /* maps without files */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cpu/engine_private.h"
#include "cpu/memory.h"

static uint64_t bytes_of_position(const struct tri_config *c) {
    return (uint64_t)c->layers * 2 * c->kv_heads * c->head_dim * sizeof(float);
}

enum tri_status tri_sequence_create(struct tri_cpu *cpu, uint32_t positions,
                                    struct tri_sequence **sequence) {
    *sequence = NULL;
    const struct tri_config *c = &cpu->model->config;
    if (positions > c->context)
        return tri_fail(TRI_E_ARGUMENT, "positions, wanted at most %" PRIu32 ", got %" PRIu32,
                        c->context, positions);
    if (positions == 0) positions = c->context;
    struct tri_sequence *s = calloc(1, sizeof *s);
    if (s == NULL) return tri_fail(TRI_E_MEMORY, "out of memory for a sequence");
    s->cpu = cpu;
    s->positions = positions;
    s->reserved = (positions + TRI_KV_BLOCK - 1) / TRI_KV_BLOCK * TRI_KV_BLOCK;
    size_t bytes;
    void *map = MAP_FAILED;
    if (!__builtin_mul_overflow(bytes_of_position(c), s->reserved, &bytes))
        map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (map == MAP_FAILED) {
        free(s);
        return tri_fail(TRI_E_MEMORY,
                        "KV cache: wanted addresses for %" PRIu32 " positions of %" PRIu64
                        " bytes, the system gives none",
                        positions, bytes_of_position(c));
    }
    /* With huge pages the first position of each head would take two megabytes. */
    (void)madvise(map, bytes, MADV_NOHUGEPAGE);
    s->map = map;
    s->bytes = bytes;
    *sequence = s;
    return TRI_OK;
}

void tri_sequence_destroy(struct tri_sequence *sequence) {
    if (sequence == NULL) return;
    sequence->cpu->cache_bytes -= tri_sequence_bytes(sequence);
    (void)munmap(sequence->map, sequence->bytes);
    free(sequence);
}

uint32_t tri_sequence_length(const struct tri_sequence *sequence) { return sequence->length; }

uint64_t tri_sequence_bytes(const struct tri_sequence *sequence) {
    return bytes_of_position(&sequence->cpu->model->config) * sequence->room;
}

void tri_sequence_rewind(struct tri_sequence *sequence, uint32_t length) {
    if (length < sequence->length) sequence->length = length;
}

enum tri_status tri_sequence_reserve(struct tri_sequence *s, uint32_t positions) {
    if (positions <= s->room) return TRI_OK;
    struct tri_cpu *cpu = s->cpu;
    const uint32_t room = (positions + TRI_KV_BLOCK - 1) / TRI_KV_BLOCK * TRI_KV_BLOCK;
    const uint64_t more = bytes_of_position(&cpu->model->config) * (room - s->room);
    char what[64];
    (void)snprintf(what, sizeof what, "KV cache of %" PRIu32 " positions", positions);
    struct tri_cpu_bytes taken;
    tri_cpu_bytes(cpu, &taken);
    TRI_TRY(tri_memory_check(what, more, cpu->options.memory,
                             taken.weights + taken.head + taken.cache + taken.scratch));
    s->room = room;
    cpu->cache_bytes += more;
    return TRI_OK;
}
