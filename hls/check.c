/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of rtl/accel.yaml for a list and for a command; the first broken rule is the status.
 */
#include "hls/kernel.h"

static uint64_t lines(uint64_t bytes) { return (bytes + 63) & ~UINT64_C(63); }

/* Whether base + offset + size reaches 2^64. size is far below 2^63. */
static bool past(uint64_t base, uint64_t offset, uint64_t size) {
    const uint64_t start = base + offset;
    return start < base || start + size < start;
}

uint32_t hls_check_list(const struct hls_bases *bases, uint32_t count) {
    uint64_t low = bases->commands | bases->completions | bases->data;
    for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
        low |= bases->weights[p];
    }
    if ((low & 63) != 0 || past(bases->commands, 0, (uint64_t)count * TRI_COMMAND_BYTES) ||
        past(bases->completions, 0, (uint64_t)count * TRI_COMPLETION_BYTES)) {
        return TRI_ACCEL_BAD_LIST;
    }
    return TRI_ACCEL_OK;
}

static uint32_t check_fields(const struct tri_command *f) {
    if (f->opcode != TRI_OP_MATMUL) return TRI_ACCEL_BAD_OPCODE;
    if (f->flags != 0 || f->reserved0 != 0 || f->reserved1 != 0) return TRI_ACCEL_BAD_FLAGS;
    if (f->rows < 1 || f->rows > HLS_ROWS_MAX) return TRI_ACCEL_BAD_ROWS;
    if (f->columns < 1 || f->columns > HLS_K_MAX) return TRI_ACCEL_BAD_COLUMNS;
    if (f->tokens < 1 || f->tokens > HLS_T_MAX) return TRI_ACCEL_BAD_TOKENS;
    if (((f->weight_offset | f->activation_offset | f->result_offset | f->activation_stride |
          f->result_stride) &
         63) != 0) {
        return TRI_ACCEL_BAD_ALIGNMENT;
    }
#ifdef TRITIUM_PLANT_STRIDE /* a bug for tests: one rule of the contract is missing */
    if (f->activation_stride < f->columns) {
#else
    if (f->activation_stride < f->columns || f->result_stride / 4 < f->rows) {
#endif
        return TRI_ACCEL_BAD_STRIDE;
    }
    return TRI_ACCEL_OK;
}

static uint32_t check_addresses(const struct tri_command *f, const struct hls_bases *bases,
                                const struct hls_command *command) {
    const uint64_t more = f->tokens - 1;
    const uint64_t weights = (uint64_t)command->row_groups * command->beats * HLS_BEAT_BYTES;
    bool bad =
        past(bases->data, f->activation_offset, more * f->activation_stride + lines(f->columns)) ||
        past(bases->data, f->result_offset, more * f->result_stride + lines((uint64_t)f->rows * 4));
    for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
        bad |= past(bases->weights[p], f->weight_offset, weights);
    }
    return bad ? TRI_ACCEL_BAD_ADDRESS : TRI_ACCEL_OK;
}

void hls_check(const struct tri_command *fields, const struct hls_bases *bases,
               struct hls_command *command) {
    command->tag = fields->tag;
    command->rows = fields->rows;
    command->columns = fields->columns;
    command->tokens = fields->tokens;
    command->weight_offset = fields->weight_offset;
    command->activation_offset = fields->activation_offset;
    command->result_offset = fields->result_offset;
    command->activation_stride = fields->activation_stride;
    command->result_stride = fields->result_stride;
    command->row_groups = command->beats = command->groups = 0;
    command->status = check_fields(fields);
    if (command->status != TRI_ACCEL_OK) return;
    /* Only now are the numbers small enough for these. */
    command->row_groups = (fields->rows + HLS_PORTS - 1) / HLS_PORTS;
    command->beats = (fields->columns + HLS_LANES - 1) / HLS_LANES;
    command->groups = (fields->tokens + HLS_TOKENS - 1) / HLS_TOKENS;
    command->status = check_addresses(fields, bases, command);
}
