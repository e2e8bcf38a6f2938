/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel in C: runs a list of commands, one after the other, as rtl/accel.yaml says. The top
 * function for Vitis HLS; hls/model.c calls it with device addresses instead of pointers.
 */
#include "hls/memory.h"

/* One checked command; its status. */
static uint32_t run_command(struct hls_beat *data, const struct hls_command *command,
                            struct hls_run *run HLS_WEIGHT_PARAMETERS) {
    struct hls_activations activations;
#pragma HLS array_partition variable = activations.word cyclic factor = HLS_TOKENS dim = 1
#pragma HLS aggregate variable = activations.word compact = auto
    if (!hls_load_activations(data, command, &activations)) return TRI_ACCEL_AXI_ACTIVATION_ERROR;
    struct hls_flags flags;
    hls_multiply(data, command, &activations, &flags HLS_WEIGHT_ARGUMENTS);
    const uint64_t beats = (uint64_t)command->row_groups * command->beats;
    run->steps += beats * command->groups;
    run->beats_consumed += beats * HLS_PORTS;
    run->corrupt_codes += flags.corrupt_steps;
    if (flags.result_error) return TRI_ACCEL_AXI_RESULT_ERROR;
    if (flags.weight_error) return TRI_ACCEL_AXI_WEIGHT_ERROR;
    return flags.corrupt_steps != 0 ? TRI_ACCEL_CORRUPT_WEIGHTS : TRI_ACCEL_OK;
}

void tritium_hls(const struct hls_beat *commands, uint32_t count, struct hls_beat *completions,
                 struct hls_beat *data HLS_WEIGHT_PARAMETERS, struct hls_run *run) {
#pragma HLS interface mode = s_axilite port = return bundle = control
#pragma HLS interface mode = s_axilite port = count bundle = control offset = 0x1c
#pragma HLS interface mode = s_axilite port = run bundle = control
#pragma HLS interface mode = m_axi port = commands bundle = data offset = slave
#pragma HLS interface mode = m_axi port = completions bundle = data offset = slave
#pragma HLS interface mode = m_axi port = data bundle = data offset = slave
#pragma HLS interface mode = s_axilite port = commands bundle = control offset = 0x10
#pragma HLS interface mode = s_axilite port = completions bundle = control offset = 0x24
#pragma HLS interface mode = s_axilite port = data bundle = control offset = 0x30
#include "hls_interface.h"
    struct hls_run now = {TRI_ACCEL_OK, 0, 0, 0, 0};
    struct hls_bases bases;
    bases.commands = hls_address(commands);
    bases.completions = hls_address(completions);
    bases.data = hls_address(data);
#define BASE(p) bases.weights[p] = hls_address(w##p);
    HLS_EACH_PORT(BASE)
#undef BASE
    now.status = hls_check_list(&bases, count);
    /* Ends after `count` commands, a 32-bit argument, or at the first status that stops. */
    for (uint32_t i = 0; i < count && now.status == TRI_ACCEL_OK; i++) {
        struct tri_command fields;
        struct hls_command command;
        uint32_t tag = UINT32_MAX, status = TRI_ACCEL_AXI_COMMAND_ERROR;
        if (hls_fetch(commands, i, &fields)) {
            hls_check(&fields, &bases, &command);
            tag = command.tag;
            status = command.status;
            if (status == TRI_ACCEL_OK) {
                status = run_command(data, &command, &now HLS_WEIGHT_ARGUMENTS);
            }
        }
        if (hls_write_completion(completions, i, tag, status)) {
            now.status = TRI_ACCEL_AXI_COMPLETION_ERROR;
        } else {
            now.completed++;
            if (tri_accel_status_stops(status)) now.status = status;
        }
    }
    *run = now;
}
