/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of a case and its text form.
 */
#include "tests/hls/case.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/codec.h"

uint64_t random_next(struct random *random) {
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t limit) { return random_next(random) % limit; }

static void *aligned(uint64_t bytes) {
    return aligned_alloc(4096, (bytes + 4095) / 4096 * 4096 + 4096);
}

bool memory_make(struct memory *memory, const struct list_case *c, const struct tri_geometry *g) {
    memset(memory, 0, sizeof *memory);
    memory->data = aligned(c->data_bytes);
    memory->commands = aligned(sizeof *memory->commands * CASE_COMMANDS);
    memory->completions = aligned(sizeof *memory->completions * CASE_COMMANDS);
    bool good = memory->data != NULL && memory->commands != NULL && memory->completions != NULL;
    for (uint32_t p = 0; p < g->ports; p++) {
        memory->weights[p] = aligned(c->weight_bytes);
        good = good && memory->weights[p] != NULL;
    }
    if (!good) memory_free(memory);
    return good;
}

void memory_free(struct memory *memory) {
    free(memory->data);
    free(memory->commands);
    free(memory->completions);
    for (uint32_t p = 0; p < 16; p++) free(memory->weights[p]);
    memset(memory, 0, sizeof *memory);
}

uint32_t case_rows_of_beats(const struct tri_geometry *g, uint32_t columns) {
    const uint32_t lanes = tri_weights_per_beat(g);
    return (columns + lanes - 1) / lanes;
}

static void fill_random(uint8_t *bytes, uint64_t count, uint64_t seed) {
    struct random random = {seed};
    for (uint64_t i = 0; i < count; i += 8) { /* buffers end on whole pages */
        const uint64_t value = random_next(&random);
        memcpy(bytes + i, &value, 8);
    }
}

static void fill_row(uint8_t *row, uint32_t row_bytes, uint32_t columns, bool pads,
                     const struct tri_codec *codec, struct random *random) {
    memset(row, codec->zero, row_bytes);
    if (pads) return;
    int8_t trits[TRI_TRITS_MAX];
    for (uint32_t k = 0, i = 0; k < columns; k += codec->trits, i++) {
        uint64_t state = random_next(random);
        for (uint32_t j = 0; j < codec->trits; j++, state /= 3) {
            trits[j] = (int8_t)(k + j < columns ? (int)(state % 3) - 1 : 0);
        }
        (void)tri_codec_pack(codec, trits, codec->trits, &row[i], 1);
    }
}

static bool has_weights(const struct tri_command *k, const struct list_case *c,
                        const struct tri_geometry *g, uint64_t bytes) {
    return golden_check(k, c, g) == TRI_ACCEL_OK && k->weight_offset < c->weight_bytes &&
           bytes <= c->weight_bytes - k->weight_offset;
}

static void fill_weights(struct memory *memory, const struct list_case *c,
                         const struct tri_geometry *g) {
    const struct tri_codec *codec = tri_codec(g->encoding);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct tri_command *k = &c->command[i];
        if (golden_check(k, c, g) != TRI_ACCEL_OK) continue;
        const uint32_t row_bytes = case_rows_of_beats(g, k->columns) * g->beat_bits / 8;
        const uint32_t groups = (k->rows + g->ports - 1) / g->ports;
        if (!has_weights(k, c, g, (uint64_t)groups * row_bytes)) continue;
        struct random random = {c->seed + i};
        for (uint32_t row = 0; row < groups * g->ports; row++) {
            uint8_t *start = memory->weights[row % g->ports] + k->weight_offset +
                             (uint64_t)(row / g->ports) * row_bytes;
            fill_row(start, row_bytes, k->columns, row >= k->rows, codec, &random);
        }
        for (uint32_t j = 0; j < c->pokes; j++) {
            const struct poke *poke = &c->poke[j];
            if (poke->command != i || poke->byte >= (uint64_t)groups * row_bytes) continue;
            memory->weights[poke->port % g->ports][k->weight_offset + poke->byte] =
                (uint8_t)poke->code;
        }
    }
}

void memory_fill(struct memory *memory, const struct list_case *c, const struct tri_geometry *g) {
    memcpy(memory->commands, c->command, sizeof c->command);
    memset(memory->completions, CASE_FILL, sizeof *memory->completions * CASE_COMMANDS);
    fill_random(memory->data, c->data_bytes, c->seed);
    for (uint32_t p = 0; p < g->ports; p++) {
        memset(memory->weights[p], CASE_FILL, c->weight_bytes);
    }
    fill_weights(memory, c, g);
}

/* Every number of a command, in the order of the contract. */
#define COMMAND_FIELDS(X)                                                                          \
    X(opcode)                                                                                      \
    X(flags)                                                                                       \
    X(tag)                                                                                         \
    X(rows)                                                                                        \
    X(columns)                                                                                     \
    X(tokens)                                                                                      \
    X(reserved0)                                                                                   \
    X(weight_offset)                                                                               \
    X(activation_offset)                                                                           \
    X(result_offset)                                                                               \
    X(activation_stride)                                                                           \
    X(result_stride)                                                                               \
    X(reserved1)

void case_write(const struct list_case *c, FILE *out) {
    fprintf(out, "tritium-device-case 1\ndesign %s\nseed %" PRIu64 "\n", c->design, c->seed);
    fprintf(out, "list %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n", c->commands_at,
            c->completions_at, c->data_base, c->weight_base);
    fprintf(out, "memory %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", c->map_commands,
            c->map_completions, c->data_bytes, c->weight_bytes);
    fprintf(out, "commands %" PRIu32 " corrupt %" PRIu32 "\n", c->count, c->pokes);
    for (uint32_t i = 0; i < c->count; i++) {
#define PUT(name) fprintf(out, " %" PRIu64, (uint64_t)c->command[i].name);
        COMMAND_FIELDS(PUT)
#undef PUT
        fprintf(out, "\n");
    }
    for (uint32_t i = 0; i < c->pokes; i++) {
        fprintf(out, " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", c->poke[i].command,
                c->poke[i].port, c->poke[i].code, c->poke[i].byte);
    }
}

bool case_read(struct list_case *c, FILE *in) {
    memset(c, 0, sizeof *c);
    if (fscanf(in, "tritium-device-case 1 design %63s seed %" SCNu64, c->design, &c->seed) != 2 ||
        fscanf(in, " list %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &c->commands_at,
               &c->completions_at, &c->data_base, &c->weight_base) != 4 ||
        fscanf(in, " memory %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64, &c->map_commands,
               &c->map_completions, &c->data_bytes, &c->weight_bytes) != 4 ||
        fscanf(in, " commands %" SCNu32 " corrupt %" SCNu32, &c->count, &c->pokes) != 2) {
        return false;
    }
    if (c->count > CASE_COMMANDS || c->pokes > CASE_POKES || c->map_commands > CASE_COMMANDS ||
        c->map_completions > CASE_COMMANDS || c->data_bytes > 1u << 28 ||
        c->weight_bytes > 1u << 28 || c->data_bytes % 64 != 0 || c->weight_bytes % 64 != 0) {
        return false;
    }
    uint64_t value = 0;
    bool good = true;
    for (uint32_t i = 0; i < c->count; i++) {
#define GET(name)                                                                                  \
    good = good && fscanf(in, "%" SCNu64, &value) == 1;                                            \
    memcpy(&c->command[i].name, &value, sizeof c->command[i].name); /* little endian */
        COMMAND_FIELDS(GET)
#undef GET
    }
    for (uint32_t i = 0; i < c->pokes; i++) {
        good =
            good && fscanf(in, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64, &c->poke[i].command,
                           &c->poke[i].port, &c->poke[i].code, &c->poke[i].byte) == 4;
    }
    return good;
}
