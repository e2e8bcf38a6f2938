// SPDX-License-Identifier: Apache-2.0
// Properties of sequencer, included at its end for a proof: every command ends, after exactly
// rows x beats x groups steps and within a bounded number of cycles, if nothing makes it wait for
// more than F_WAIT cycles for activations, for results and for weights between two steps.
`include "reset_properties.svh"
  localparam int F_WAIT = 3;
  localparam int F_STEP = 3 * F_WAIT + 1;  // most cycles from one step to the next

  logic [1:0]  f_filled;  // result chunks filled and not freed
  logic [2:0]  f_activations, f_results, f_weights;  // cycles waited since the last step
  logic [20:0] f_rows;
  logic [WORD_W:0]  f_row_beats;
  logic [GROUP_W:0] f_row_groups;
  wire logic f_accept = cmd_valid && cmd_ready;

  always_comb begin
    if (cmd_valid && cmd_status == `TRI_ACCEL_OK)
      assume (cmd_row_groups != 21'd0 && cmd_beats != '0 && cmd_beats <= (WORD_W + 1)'(WORDS)
              && cmd_groups != '0 && cmd_groups <= (GROUP_W + 1)'(GROUPS));
    assume ((bank_loaded & bank_failed) == 2'b00);
    if (chunk_freed) assume (f_filled != 2'd0);
    assume (!(wait_activations && !failed) || f_activations != 3'(F_WAIT));
    assume (!wait_results || f_results != 3'(F_WAIT));
    assume (!wait_weights || f_weights != 3'(F_WAIT));
  end
  logic f_ready_was;  // there is room for a record, and no record came
  always_comb if (f_ready_was) assume (record_ready);

  always_ff @(posedge clk) begin
    f_ready_was <= record_ready && !record_valid;
    f_filled <= f_filled + 2'(step && step_chunk) - 2'(chunk_freed);
    f_activations <= f_activations + 3'(wait_activations);
    f_results <= f_results + 3'(wait_results);
    f_weights <= f_weights + 3'(wait_weights);
    if (step || f_accept) begin
      f_activations <= 3'd0;
      f_results <= 3'd0;
      f_weights <= 3'd0;
    end
    if (f_accept) begin
      f_rows <= cmd_row_groups;
      f_row_beats <= cmd_beats;
      f_row_groups <= cmd_groups;
    end
    if (!rst_n) begin
      f_ready_was <= 1'b0;
      f_filled <= 2'd0;
    end
  end

  // The record's counts, all 32 bits of each: one more a cycle until the record.
  logic [191:0] f_counts;
  wire logic [191:0] f_counts_now = {
      f_counts[160+:32] + 32'(wait_weights), f_counts[128+:32] + 32'(wait_results),
      f_counts[96+:32] + 32'(wait_activations), f_counts[64+:32] + 32'(wait_command),
      f_counts[32+:32] + 32'(step), f_counts[0+:32] + 32'd1};
  always_ff @(posedge clk) begin
    if (active) f_counts <= record_valid ? 192'd0 : f_counts_now;
    if (!rst_n) f_counts <= 192'd0;
  end
  always @(posedge clk) if (rst_n) assert (record_counts == f_counts_now);

  // What is left of a command, as one number: rows, beats of the row, groups of the beat. Every
  // step makes it less, so steps end whatever the command's size.
  wire logic [20+WORD_W+GROUP_W+2:0] f_rank = {rows_left_q, beats_q - word_q, groups_q - group_q};

  always @(posedge clk) if (rst_n) begin
    // Exactly one reason for each cycle, and a step only with all it needs.
    if (active) assert ({2'd0, wait_command} + {2'd0, wait_activations} + {2'd0, wait_results}
                        + {2'd0, wait_weights} + {2'd0, step} == 3'd1);
    if (step) assert (bank_loaded[step_bank] && (&weights_valid) && 20'(step_word) < 20'(f_row_beats)
                      && 20'(step_group) < 20'(f_row_groups));
    // A record ends a command, and only a command that was accepted; it never waits.
    if (record_valid) assert (record_ready && (busy_q || f_accept));
    if (busy_q) assert (!cmd_ready && (record_valid || wait_activations || wait_results
                                       || wait_weights || step));
    if (step) assert (step_end == (rows_left_q == 21'd1 && word_q + 1'b1 == beats_q
                                   && group_q + 1'b1 == groups_q));
    if (f_running) begin
      if ($past(step && !step_end && !failed)) assert (busy_q && f_rank < $past(f_rank));
      if ($past(step && step_end)) assert (!busy_q);
      if ($past(busy_q && !step && !failed)) assert (busy_q && f_rank == $past(f_rank));
      if ($past(f_accept && cmd_status == `TRI_ACCEL_OK)) assert (busy_q);
    end else assert (!busy_q || f_running);
    // Result chunks: two, one of them perhaps being filled.
    assert (3'(room_q) + 3'(f_filled) + 3'(chunk_open_q) == 3'd2);
    if (busy_q) begin
      assert (rows_left_q != 21'd0 && rows_left_q <= f_rows && beats_q == f_row_beats
              && groups_q == f_row_groups && word_q < beats_q && group_q < groups_q);
      assert (beats_q <= (WORD_W + 1)'(WORDS) && groups_q <= (GROUP_W + 1)'(GROUPS));
      assert (f_ready_was);
      assert (f_activations <= 3'(F_WAIT) && f_results <= 3'(F_WAIT) && f_weights <= 3'(F_WAIT));
    end
    cover (step && step_end && f_rows == 21'd2 && f_row_beats == 2 && f_row_groups == 2);
    cover (record_valid && failed);
    cover (record_valid && cmd_valid && cmd_ready);
  end

  // The bound in cycles, where products of small numbers are within the solver's reach.
  generate
    if (WORDS <= 4) begin : g_bound
      logic [11:0] f_steps, f_age, f_total;
      always_comb if (cmd_valid) assume (cmd_row_groups < 21'd8);
      always_ff @(posedge clk) begin
        f_steps <= f_steps + 12'(step);
        f_age <= f_age + 12'd1;
        if (f_accept) begin
          f_steps <= 12'd0;
          f_age <= 12'd0;
          f_total <= 12'(cmd_row_groups[2:0]) * 12'(cmd_beats) * 12'(cmd_groups);
        end
      end
      wire logic [11:0] f_done = 12'(f_rows) - 12'(rows_left_q);
      always @(posedge clk) if (rst_n && busy_q) begin
        assert (f_rows < 21'd8 && f_rows != 21'd0);
        assert (f_total == 12'(f_rows[2:0]) * 12'(f_row_beats) * 12'(f_row_groups));
        assert (f_steps == (f_done * 12'(f_row_beats) + 12'(word_q)) * 12'(f_row_groups)
                           + 12'(group_q));
        assert (f_steps < f_total);
        if (step) assert (step_end == (f_steps + 12'd1 == f_total));
        assert (f_age <= f_steps * 12'(F_STEP) + 12'(f_activations) + 12'(f_results)
                         + 12'(f_weights));
        assert (f_age < f_total * 12'(F_STEP));
      end
    end
  endgenerate
