/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden model of a whole command list: the rules of rtl/accel.yaml in wide arithmetic, trits
 * by the driver's table. Shares nothing with hls/ or the Verilog.
 */
#include "tests/hls/case.h"

#include <string.h>

#include "driver/codec.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static bool past(uint64_t base, wide more) { return ((wide)base + more) >> 64 != 0; }

uint32_t golden_check(const struct tri_command *k, const struct list_case *c,
                      const struct tri_geometry *g) {
    if (k->opcode != TRI_OP_MATMUL) return TRI_ACCEL_BAD_OPCODE;
    if (k->flags || k->reserved0 || k->reserved1) return TRI_ACCEL_BAD_FLAGS;
    if (k->rows < 1 || k->rows > 1048576) return TRI_ACCEL_BAD_ROWS;
    if (k->columns < 1 || k->columns > g->k_max) return TRI_ACCEL_BAD_COLUMNS;
    if (k->tokens < 1 || k->tokens > g->t_max) return TRI_ACCEL_BAD_TOKENS;
    if (k->weight_offset % 64 || k->activation_offset % 64 || k->result_offset % 64 ||
        k->activation_stride % 64 || k->result_stride % 64) {
        return TRI_ACCEL_BAD_ALIGNMENT;
    }
    if (k->activation_stride < k->columns || k->result_stride < 4ull * k->rows) {
        return TRI_ACCEL_BAD_STRIDE;
    }
    const wide more = k->tokens - 1;
    const wide matrix = (wide)((k->rows + g->ports - 1) / g->ports) *
                        case_rows_of_beats(g, k->columns) * (g->beat_bits / 8);
    bool bad =
        past(c->data_base,
             k->activation_offset + more * k->activation_stride + up(k->columns, 64)) ||
        past(c->data_base, k->result_offset + more * k->result_stride + up(4ull * k->rows, 64));
    for (uint64_t p = 0; p < g->ports; p++) {
        bad = bad || past(c->weight_base + (p << 36), k->weight_offset + matrix);
    }
    return bad ? TRI_ACCEL_BAD_ADDRESS : TRI_ACCEL_OK;
}

static bool bad_list(const struct list_case *c, const struct tri_geometry *g) {
    uint64_t low = c->commands_at | c->completions_at | c->data_base;
    for (uint64_t p = 0; p < g->ports; p++) low |= c->weight_base + (p << 36);
    return low % 64 != 0 || past(c->commands_at, (wide)c->count * 64) ||
           past(c->completions_at, (wide)c->count * 32);
}

/* Whether memory has `bytes` at `offset` for each of `tokens` vectors. */
static bool has(uint64_t memory, uint64_t offset, uint32_t tokens, uint32_t stride,
                uint64_t bytes) {
    return (wide)offset + (wide)(tokens - 1) * stride + bytes <= memory;
}

static int32_t multiply(const struct tri_codec *codec, const uint8_t *row, const int8_t *vector,
                        uint32_t columns) {
    int32_t sum = 0;
    for (uint32_t k = 0; k < columns; k++) {
        sum += codec->decode[row[k / codec->trits]][k % codec->trits] * vector[k];
    }
    return sum;
}

/* Steps of one token group whose beats hold a corrupt byte, on any port. */
static uint64_t corrupt_beats(const struct tri_codec *codec, const struct tri_geometry *g,
                              const struct memory *memory, uint64_t offset, uint64_t beats) {
    const uint32_t bytes = g->beat_bits / 8;
    uint64_t count = 0;
    for (uint64_t b = 0; b < beats; b++) {
        bool corrupt = false;
        for (uint32_t p = 0; p < g->ports; p++) {
            const uint8_t *beat = memory->weights[p] + offset + b * bytes;
            for (uint32_t i = 0; i < bytes; i++) corrupt = corrupt || !codec->valid[beat[i]];
        }
        count += corrupt ? 1 : 0;
    }
    return count;
}

static uint32_t run_command(const struct tri_command *k, const struct list_case *c,
                            const struct tri_geometry *g, struct memory *memory,
                            struct outcome *outcome) {
    const struct tri_codec *codec = tri_codec(g->encoding);
    const uint32_t beat = g->beat_bits / 8, row_beats = case_rows_of_beats(g, k->columns);
    const uint64_t beats = (uint64_t)((k->rows + g->ports - 1) / g->ports) * row_beats;
    if (!has(c->data_bytes, k->activation_offset, k->tokens, k->activation_stride,
             up(k->columns, beat))) {
        return TRI_ACCEL_AXI_ACTIVATION_ERROR;
    }
    const bool writable =
        has(c->data_bytes, k->result_offset, k->tokens, k->result_stride, up(4ull * k->rows, beat));
    if (!writable) return TRI_ACCEL_AXI_RESULT_ERROR;
    if (!has(c->weight_bytes, k->weight_offset, 1, 0, beats * beat)) {
        return TRI_ACCEL_AXI_WEIGHT_ERROR;
    }
    for (uint32_t t = 0; t < k->tokens; t++) {
        const int8_t *vector = (const int8_t *)memory->data + k->activation_offset +
                               (uint64_t)t * k->activation_stride;
        for (uint32_t m = 0; m < k->rows; m++) {
            const uint8_t *row = memory->weights[m % g->ports] + k->weight_offset +
                                 (uint64_t)(m / g->ports) * row_beats * beat;
            const int32_t sum = multiply(codec, row, vector, k->columns);
            memcpy(memory->data + k->result_offset + (uint64_t)t * k->result_stride + 4ull * m,
                   &sum, sizeof sum);
        }
    }
    const uint64_t groups = (k->tokens + g->tokens - 1) / g->tokens;
    const uint64_t corrupt = corrupt_beats(codec, g, memory, k->weight_offset, beats) * groups;
    outcome->steps += beats * groups;
    outcome->beats_consumed += beats * g->ports;
    outcome->corrupt_codes += corrupt;
    return corrupt != 0 ? TRI_ACCEL_CORRUPT_WEIGHTS : TRI_ACCEL_OK;
}

void golden_run(const struct list_case *c, const struct tri_geometry *g, struct memory *memory,
                struct outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    if (bad_list(c, g)) {
        outcome->status = TRI_ACCEL_BAD_LIST;
        return;
    }
    for (uint32_t i = 0; i < c->count && outcome->status == TRI_ACCEL_OK; i++) {
        uint32_t tag = UINT32_MAX, status = TRI_ACCEL_AXI_COMMAND_ERROR;
        if (i < c->map_commands) {
            tag = c->command[i].tag;
            status = golden_check(&c->command[i], c, g);
            if (status == TRI_ACCEL_OK) {
                status = run_command(&c->command[i], c, g, memory, outcome);
            }
        }
        if (i >= c->map_completions) {
            outcome->status = TRI_ACCEL_AXI_COMPLETION_ERROR;
            return;
        }
        memory->completions[i] = (struct tri_completion){.tag = tag, .status = status};
        outcome->completed++;
        if (tri_accel_status_stops(status)) outcome->status = status;
    }
}
