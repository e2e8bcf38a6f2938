// SPDX-License-Identifier: Apache-2.0
//
// Walks one command after the other through the array: for each group of PORTS rows, for each beat
// of a row, for each group of TOKENS tokens one step. A step starts when every port has its beat,
// the activations are loaded and the result buffer has room, at most one per cycle; every other
// cycle is counted under what was missing. A beat is taken from the FIFOs with the last token
// group. Reports one record per command, in order, when its last step has started.
// Latency: a step starts in the cycle in which its inputs are there; a command's first step one
// cycle after the command was taken. Throughput: one step per cycle, one cycle between commands.
// Handshake: commands and records valid/ready; beats are taken with weights_take.
`default_nettype none
`include "accel.svh"

module sequencer #(
  parameter int PORTS   = 4,
  parameter int WORDS   = 128,  // beats of the longest row, power of two
  parameter int GROUPS  = 8,    // token groups, power of two
  parameter int SLOTS   = 16,   // row groups of a result chunk, power of two
  localparam int WORD_W  = $clog2(WORDS),
  localparam int GROUP_W = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int SLOT_W  = $clog2(SLOTS)
) (
  input  wire logic               clk,
  input  wire logic               rst_n,       // also low between runs
  input  wire logic               active,      // a run is on: cycles count

  // Commands that passed the checks, or that failed them and only need a record.
  input  wire logic               cmd_valid,
  output logic                    cmd_ready,
  input  wire logic [7:0]         cmd_status,
  input  wire logic [20:0]        cmd_row_groups,
  input  wire logic [WORD_W:0]    cmd_beats,   // of a row
  input  wire logic [GROUP_W:0]   cmd_groups,  // token groups

  // Activation banks, taken in turn.
  input  wire logic [1:0]         bank_loaded,
  input  wire logic [1:0]         bank_failed,
  output logic      [1:0]         bank_release,

  input  wire logic [PORTS-1:0]   weights_valid,
  output logic                    weights_take,

  input  wire logic               chunk_freed,  // write-back has emptied a result bank

  // The step that starts in this cycle.
  output logic                    step,
  output logic                    step_first,   // of a row
  output logic                    step_last,    // of a row
  output logic                    step_end,     // of the command
  output logic                    step_chunk,   // with it a result chunk is complete
  output logic                    step_bank,    // activation bank
  output logic                    step_chunk_bank,
  output logic [WORD_W-1:0]       step_word,
  output logic [GROUP_W-1:0]      step_group,
  output logic [SLOT_W-1:0]       step_slot,

  output logic                    record_valid,
  input  wire logic               record_ready,
  output logic [7:0]              record_status,
  // {weights, results, activations, command, steps, cycles}
  output logic [191:0]            record_counts,

  output logic                    wait_command,
  output logic                    wait_activations,
  output logic                    wait_results,
  output logic                    wait_weights
);

  logic               busy_q;
  logic               bank_q, chunk_bank_q, chunk_open_q;
  logic [1:0]         room_q;         // free result banks
  logic [20:0]        rows_left_q;    // row groups
  logic [WORD_W:0]    beats_q, word_q;
  logic [GROUP_W:0]   groups_q, group_q;
  logic [SLOT_W-1:0]  slot_q;
  logic [31:0]        cycles_q, steps_q, command_q, activations_q, results_q, weights_q;

  logic last_group, last_word, last_row, room, failed, reject, finish;

  assign last_group = group_q + 1'b1 == groups_q;
  assign last_word = word_q + 1'b1 == beats_q;
  assign last_row = rows_left_q == 21'd1;
  assign room = chunk_open_q | room_q != 2'd0;
  assign failed = busy_q & bank_failed[bank_q];

  assign step = busy_q & bank_loaded[bank_q] & room & (&weights_valid);
  assign step_first = word_q == '0;
  assign step_last = last_word;
  assign step_end = last_group & last_word & last_row;
  assign step_chunk = last_group & last_word & (last_row | slot_q == SLOT_W'(SLOTS - 1));
  assign step_bank = bank_q;
  assign step_chunk_bank = chunk_bank_q;
  assign step_word = word_q[WORD_W-1:0];
  assign step_group = group_q[GROUP_W-1:0];
  assign step_slot = slot_q;
  assign weights_take = step & last_group;

  assign wait_command = active & ~busy_q;
  assign wait_activations = busy_q & ~bank_loaded[bank_q];
  assign wait_results = busy_q & bank_loaded[bank_q] & ~room;
  assign wait_weights = busy_q & bank_loaded[bank_q] & room & ~(&weights_valid);

  // A command is accepted only when its record has room, so a record never waits.
  assign cmd_ready = ~busy_q & record_ready;
  assign reject = cmd_valid & cmd_ready & cmd_status != `TRI_ACCEL_OK;
  assign finish = (step & step_end) | failed;
  assign record_valid = reject | finish;
  assign record_status = reject ? cmd_status : failed ? `TRI_ACCEL_AXI_ACTIVATION_ERROR
      : `TRI_ACCEL_OK;
  assign record_counts = {weights_q + 32'(wait_weights), results_q + 32'(wait_results),
                          activations_q + 32'(wait_activations), command_q + 32'(wait_command),
                          steps_q + 32'(step), cycles_q + 32'd1};
  assign bank_release = {finish & bank_q, finish & ~bank_q};

  always_ff @(posedge clk) begin
    if (active) begin
      cycles_q <= record_valid ? '0 : cycles_q + 32'd1;
      steps_q <= record_valid ? '0 : steps_q + 32'(step);
      command_q <= record_valid ? '0 : command_q + 32'(wait_command);
      activations_q <= record_valid ? '0 : activations_q + 32'(wait_activations);
      results_q <= record_valid ? '0 : results_q + 32'(wait_results);
      weights_q <= record_valid ? '0 : weights_q + 32'(wait_weights);
    end

    if (cmd_valid & cmd_ready) begin
      busy_q <= cmd_status == `TRI_ACCEL_OK;
      rows_left_q <= cmd_row_groups;
      beats_q <= cmd_beats;
      groups_q <= cmd_groups;
      word_q <= '0;
      group_q <= '0;
      slot_q <= '0;
    end

    if (step) begin
      chunk_open_q <= ~step_chunk;
      group_q <= last_group ? '0 : group_q + 1'b1;
      if (last_group) begin
        word_q <= last_word ? '0 : word_q + 1'b1;
        if (last_word) begin
          rows_left_q <= rows_left_q - 21'd1;
          slot_q <= slot_q + 1'b1;
        end
      end
      if (step_chunk) chunk_bank_q <= ~chunk_bank_q;
    end
    room_q <= room_q + {1'b0, chunk_freed} - {1'b0, step & ~chunk_open_q};

    if (finish) begin
      busy_q <= 1'b0;
      bank_q <= ~bank_q;
    end

    if (!rst_n) begin
      busy_q <= 1'b0;
      bank_q <= 1'b0;
      chunk_bank_q <= 1'b0;
      chunk_open_q <= 1'b0;
      room_q <= 2'd2;
      cycles_q <= '0;
      steps_q <= '0;
      command_q <= '0;
      activations_q <= '0;
      results_q <= '0;
      weights_q <= '0;
    end
  end

`ifdef TRI_PROVE_SEQUENCER
`include "sequencer_properties.svh"
`endif
endmodule
`default_nettype wire
