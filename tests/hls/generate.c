/* SPDX-License-Identifier: Apache-2.0
 *
 * Random cases: mostly good commands of small shapes, often at the edges of beats, row groups and
 * chunks; some broken in one of the ways that have a status, some lists broken as a whole.
 */
#include "tests/hls/case.h"

#include <string.h>

#define COMMANDS_AT    UINT64_C(0x0000000500000000)
#define COMPLETIONS_AT UINT64_C(0x0000000600000000)
#define DATA_BASE      UINT64_C(0x0000000700000000)
#define WEIGHT_BASE    UINT64_C(0x0000100000000000)
#define NOWHERE        UINT64_C(0x0000000010000000) /* an offset far past any case's memory */

static uint32_t up(uint32_t value, uint32_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* 1 to limit; every third one within one of a multiple of `edge`. */
static uint32_t near_edge(struct random *r, uint32_t limit, uint32_t edge) {
    const uint32_t value = (uint32_t)(1 + random_below(r, limit));
    if (random_below(r, 3) != 0) return value;
    const uint32_t at = up(value, edge) + (uint32_t)random_below(r, 3) - 1;
    return at < 1 ? 1 : least(at, limit);
}

static void choose_shape(struct tri_command *k, const struct tri_geometry *g, struct random *r) {
    const uint32_t lanes = tri_weights_per_beat(g), kind = (uint32_t)random_below(r, 40);
    k->rows = near_edge(r, 3 * g->ports + 4, g->ports);
    k->columns = near_edge(r, least(3 * lanes, g->k_max), lanes);
    k->tokens = near_edge(r, least(2 * g->tokens + 1, g->t_max), g->tokens);
    if (kind == 0) k->columns = near_edge(r, g->k_max, g->k_max);
    if (kind == 1) k->tokens = near_edge(r, g->t_max, g->t_max);
    if (kind >= 2 && kind < 6) { /* more than a chunk */
        k->rows = near_edge(r, 200, 64);
        k->columns = near_edge(r, lanes, 16);
        k->tokens = least(k->tokens, 2);
    }
}

/* Makes a good command break one rule; rtl/accel.yaml says which status that is. */
static void spoil(struct tri_command *k, const struct tri_geometry *g, struct random *r) {
    const uint32_t bit = 1u << random_below(r, 32), odd = (uint32_t)(1 + random_below(r, 63));
    switch (random_below(r, 21)) {
    case 0: k->opcode = (uint16_t)(2 + random_below(r, 65534)); break;
    case 1: k->opcode = 0; break;
    case 2: k->flags = (uint16_t)(1u << random_below(r, 16)); break;
    case 3: k->reserved0 = bit; break;
    case 4: k->reserved1 = (uint64_t)bit << (32 * random_below(r, 2)); break;
    case 5: k->rows = 0; break;
    case 6: k->rows = (uint32_t)(1048577 + random_below(r, 1u << 31)); break;
    case 7: k->columns = 0; break;
    case 8: k->columns = (uint32_t)(g->k_max + 1 + random_below(r, 1u << 31)); break;
    case 9: k->tokens = 0; break;
    case 10: k->tokens = (uint32_t)(g->t_max + 1 + random_below(r, 1u << 31)); break;
    case 11: k->weight_offset += odd; break;
    case 12: k->activation_offset += odd; break;
    case 13: k->result_offset += odd; break;
    case 14: k->activation_stride += odd; break;
    case 15: k->result_stride += odd; break;
    case 16: k->activation_stride = (k->columns - 1) / 64 * 64; break;
    case 17: k->result_stride = (4 * k->rows - 1) / 64 * 64; break;
    case 18: k->weight_offset = 0 - (uint64_t)64; break;
    case 19: k->activation_offset = 0 - (uint64_t)64; break;
    default: k->result_offset = 0 - (uint64_t)64; break;
    }
}

static void add_command(struct list_case *c, const struct tri_geometry *g, struct random *r) {
    struct tri_command *k = &c->command[c->count];
    k->opcode = TRI_OP_MATMUL;
    k->tag = (uint32_t)random_next(r);
    choose_shape(k, g, r);
    k->activation_stride = up(k->columns, 64) + 64 * (uint32_t)random_below(r, 3);
    k->result_stride = up(4 * k->rows, 64) + 64 * (uint32_t)random_below(r, 3);
    k->weight_offset = c->weight_bytes + 64 * random_below(r, 3);
    k->activation_offset = c->data_bytes + 64 * random_below(r, 3);
    k->result_offset = k->activation_offset + (uint64_t)k->tokens * k->activation_stride;
    c->data_bytes = k->result_offset + (uint64_t)k->tokens * k->result_stride + 64;
    const uint64_t bytes = (uint64_t)((k->rows + g->ports - 1) / g->ports) *
                           case_rows_of_beats(g, k->columns) * (g->beat_bits / 8);
    c->weight_bytes = (k->weight_offset + bytes + 63) / 64 * 64;
    if (c->pokes < CASE_POKES && random_below(r, 12) == 0) {
        const uint32_t b3[13] = {0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa,
                                 0xab, 0xac, 0xad, 0xae, 0xaf, 0xa2};
        const uint32_t b2 = 3u << (2 * random_below(r, 4));
        c->poke[c->pokes++] = (struct poke){c->count, (uint32_t)random_below(r, g->ports),
                                            g->encoding == TRI_B3 ? b3[random_below(r, 13)] : b2,
                                            random_below(r, bytes)};
    }
    if (random_below(r, 7) == 0) spoil(k, g, r);
    c->count++;
}

static void spoil_list(struct list_case *c, struct random *r) {
    const uint64_t odd = 1 + random_below(r, 63);
    const uint32_t some = (uint32_t)random_below(r, c->count);
    switch (random_below(r, 12)) {
    case 0: c->commands_at += odd; break;
    case 1: c->completions_at += odd; break;
    case 2: c->data_base += odd; break;
    case 3: c->weight_base += odd; break;
    case 4: c->commands_at = 0 - (uint64_t)64 * (1 + some), c->map_commands = 0; break;
    case 5: c->completions_at = 0 - (uint64_t)64 * (1 + some), c->map_completions = 0; break;
    case 6: c->map_commands = some; break;
    case 7: c->map_completions = some & ~1u; break; /* whole lines of 64 bytes */
    case 8: c->command[some].activation_offset += NOWHERE; break;
    case 9: c->command[some].result_offset += NOWHERE; break;
    case 10: c->command[some].weight_offset += NOWHERE; break;
    default: /* the end of the address space, with the last line on or past it */
        c->data_base = 0 - (c->data_bytes + 4095) / 4096 * 4096;
        for (uint32_t i = 0; i < c->count; i++) {
            c->command[i].result_offset += 0 - c->data_base - c->data_bytes;
            c->command[i].activation_offset += 0 - c->data_base - c->data_bytes;
        }
        c->data_bytes = 0 - c->data_base - 64;
        break;
    }
}

void case_generate(struct list_case *c, const struct tri_design *design, uint64_t seed) {
    struct random r = {seed};
    memset(c, 0, sizeof *c);
    snprintf(c->design, sizeof c->design, "%s", design->name);
    c->seed = seed;
    c->commands_at = COMMANDS_AT;
    c->completions_at = COMPLETIONS_AT;
    c->data_base = DATA_BASE;
    c->weight_base = WEIGHT_BASE;
    const uint32_t count = (uint32_t)(1 + random_below(&r, 12));
    while (c->count < count) add_command(c, &design->geometry, &r);
    c->map_commands = c->map_completions = CASE_COMMANDS;
    if (random_below(&r, 12) == 0) spoil_list(c, &r);
    c->data_bytes = (c->data_bytes + 63) / 64 * 64;
}
