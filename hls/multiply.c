/* SPDX-License-Identifier: Apache-2.0
 *
 * One command's rows, as two nested dataflows: readers, array and accumulators of a row group run
 * beside each other, and a chunk is written back while the next one is multiplied.
 */
#include "hls/kernel.h"

/* PORTS rows; the arrays between the stages are read in the order in which they are written. */
static void row_group(const struct hls_command *command, const struct hls_activations *activations,
                      uint32_t group, uint32_t slot, struct hls_results *results, bool *error,
                      uint32_t *corrupt HLS_WEIGHT_PARAMETERS) {
#pragma HLS dataflow
    struct hls_row rows[HLS_PORTS];
    struct hls_sums sums[HLS_WORDS * HLS_GROUPS];
    bool errors[HLS_PORTS];
#pragma HLS array_partition variable = rows complete dim = 1
#pragma HLS array_partition variable = errors complete dim = 1
#pragma HLS stream variable = rows type = fifo depth = HLS_PREFETCH
#pragma HLS stream variable = sums type = fifo depth = 4
    const uint64_t first =
        command->weight_offset / HLS_BEAT_BYTES + (uint64_t)group * command->beats;
#define READ(p) errors[p] = hls_read_row(p, w##p, first, command->beats, &rows[p]);
    HLS_EACH_PORT(READ)
#undef READ
    *corrupt = hls_array(rows, activations, command->beats, command->groups, sums);
    hls_accumulate(sums, command->beats, command->groups, slot, results);
    bool any = false;
    for (uint32_t p = 0; p < HLS_PORTS; p++) {
#pragma HLS unroll
        any |= errors[p];
    }
    *error = any;
}

static void row_groups(const struct hls_command *command, const struct hls_activations *activations,
                       uint32_t chunk, struct hls_results *results, bool *error,
                       uint32_t *corrupt HLS_WEIGHT_PARAMETERS) {
    bool any = false;
    uint32_t steps = 0;
    for (uint32_t slot = 0; slot < HLS_SLOTS; slot++) {
        const uint32_t group = chunk * HLS_SLOTS + slot;
        if (group >= command->row_groups) break;
        bool error_here = false;
        uint32_t corrupt_here = 0;
        row_group(command, activations, group, slot, results, &error_here,
                  &corrupt_here HLS_WEIGHT_ARGUMENTS);
        any |= error_here;
        steps += corrupt_here;
    }
    *error = any;
    *corrupt = steps;
}

static void one_chunk(struct hls_beat *data, const struct hls_command *command,
                      const struct hls_activations *activations, uint32_t chunk, bool *weight_error,
                      bool *result_error, uint32_t *corrupt HLS_WEIGHT_PARAMETERS) {
#pragma HLS dataflow
    struct hls_results results;
#pragma HLS array_partition variable = results.sum cyclic factor = HLS_PORTS dim = 2
    row_groups(command, activations, chunk, &results, weight_error, corrupt HLS_WEIGHT_ARGUMENTS);
    *result_error = hls_write_results(data, command, chunk, &results);
}

void hls_multiply(struct hls_beat *data, const struct hls_command *command,
                  const struct hls_activations *activations,
                  struct hls_flags *flags HLS_WEIGHT_PARAMETERS) {
    flags->weight_error = flags->result_error = false;
    flags->corrupt_steps = 0;
    for (uint32_t chunk = 0; chunk < HLS_CHUNKS_MAX; chunk++) {
        if (chunk * HLS_CHUNK_ROWS >= command->rows) break;
        bool weight_error = false, result_error = false;
        uint32_t corrupt = 0;
        one_chunk(data, command, activations, chunk, &weight_error, &result_error,
                  &corrupt HLS_WEIGHT_ARGUMENTS);
        flags->weight_error |= weight_error;
        flags->result_error |= result_error;
        flags->corrupt_steps += corrupt;
    }
}
