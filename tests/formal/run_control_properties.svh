// SPDX-License-Identifier: Apache-2.0
// Properties of run_control, included at its end for a proof: all bits of its counters and of the
// watchdog's time, that the kinds of cycles add up, and what the ways to an end have in common.
`include "reset_properties.svh"
  // At most one kind in a cycle (proved of sequencer), beats only with a step, none between runs.
  always_comb begin
    assume ({2'd0, step} + {2'd0, wait_activations} + {2'd0, wait_results} + {2'd0, wait_weights}
            <= 3'd1);
    assume (!beats || step);
    assume (!list_ok || !list_bad);
    if (active && f_running) assume (count == f_count);  // control holds it while a run is active
  end
  logic [31:0] f_count;
  always_ff @(posedge clk) f_count <= count;

  wire logic f_zero = idle && start && !done;  // a run begins
  logic [63:0] f_cycles, f_steps, f_command, f_activations, f_results, f_weights, f_beats,
      f_corrupt, f_errors;
  logic [63:0] f_responses;  // error responses of this cycle
  always_comb begin
    f_responses = 64'd0;
    for (int i = 0; i < PORTS + 2; i++) if (axi_error[i]) f_responses = f_responses + 64'd1;
  end
  always_ff @(posedge clk) begin
    if (active) begin
      f_cycles <= f_cycles + 64'd1;
      f_steps <= f_steps + 64'(step);
      f_command <= f_command
          + 64'({step, wait_activations, wait_results, wait_weights} == 4'd0);
      f_activations <= f_activations + 64'(wait_activations);
      f_results <= f_results + 64'(wait_results);
      f_weights <= f_weights + 64'(wait_weights);
      f_beats <= f_beats + (beats ? 64'(PORTS) : 64'd0);
      f_corrupt <= f_corrupt + 64'(corrupt);
      f_errors <= f_errors + f_responses;
    end
    if (!rst_n || f_zero)
      {f_cycles, f_steps, f_command, f_activations, f_results, f_weights, f_beats, f_corrupt,
       f_errors} <= '0;
  end

  // Cycles of silence since the list was read, or since the last progress, completion or expiry.
  logic [31:0] f_quiet;
  wire logic f_run = state_q == RUN;
  wire logic f_expires = f_run && !completion && f_quiet >= watchdog && f_quiet != 32'd0;
  always_ff @(posedge clk) begin
    f_quiet <= f_quiet + 32'd1;
    if (progress || !(f_run || drain) || (f_run && completion) || f_expires) f_quiet <= 32'd0;
  end

  always @(posedge clk) if (rst_n && f_started) begin
    assert (counters == {f_errors, f_corrupt, f_beats, f_weights, f_results, f_activations,
                         f_command, f_steps, f_cycles});
    // One kind in each cycle, so the five add up to the cycles.
    if (active) assert ({2'd0, step} + {2'd0, other} + {2'd0, wait_activations}
                        + {2'd0, wait_results} + {2'd0, wait_weights} == 3'd1);
    assert (state_q <= LIST);

    // A run that ends well has all its completions; one that drains knows why.
    if (state_q == BEGIN || state_q == LIST || f_run) assert (status == `TRI_ACCEL_OK);
    if (state_q == BEGIN || state_q == LIST) assert (completed == 32'd0);
    if (f_run) assert (completed < count);
    if (drain || state_q == DEAD) assert (status != `TRI_ACCEL_OK);
    if (state_q == END && status == `TRI_ACCEL_OK) assert (completed == count);

    if (f_run || drain) assert (quiet_q == f_quiet);
    if (f_running) begin
      if ($past(f_expires)) assert (expired && (drain || !$past(expired)));
      if ($past(f_run && !f_expires)) assert (expired == $past(expired));
      if ($past(f_run && completion && !completion_bad)) assert (completed == $past(completed) + 32'd1);
      else if ($past(f_run)) assert (completed == $past(completed));
      if ($past(done && active)) assert (idle);
      if ($past(drain && buses_idle)) assert (done && status == $past(status));
    end
    cover (done && status == `TRI_ACCEL_OK && completed == 32'd2);
    cover (drain && status == `TRI_ACCEL_WATCHDOG);
    cover (state_q == DEAD && start);
  end
