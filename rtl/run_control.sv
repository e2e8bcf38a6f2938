// SPDX-License-Identifier: Apache-2.0
//
// One run of the kernel, from ap_start to ap_done: start, stop at a bad completion or when nothing
// moves, drain the buses, and the counters that explain every cycle. Normal end: count completions
// answered. The front end checks the list's arguments first. Stop: the buses are told to abort; when all have drained the run ends with the status
// that stopped it. If they do not drain, the kernel is dead until reset: it ends the run at once,
// and every later one.
// Latency: two cycles from start to run_start, one from the last completion to done. Throughput:
// one run at a time. Handshake: start is a level, done a pulse; drain is held until the buses are
// idle.
`default_nettype none
`include "accel.svh"

module run_control #(
  parameter int PORTS = 4
) (
  input  wire logic            clk,
  input  wire logic            rst_n,
  input  wire logic            start,            // level from control
  output logic                 done,             // one cycle
  output logic                 idle,

  input  wire logic            list_ok,          // one of the two, after run_start
  input  wire logic            list_bad,
  input  wire logic [31:0]     count,
  input  wire logic [31:0]     watchdog,
  output logic [7:0]           status,
  output logic [31:0]          completed,
  output logic [9*64-1:0]      counters,

  output logic                 run_rst_n,        // low between runs and while buses drain
  output logic                 run_start,        // one cycle: the front end may fetch
  output logic                 drain,            // the bus masters abort
  output logic                 expired,          // write-back completes the command it waits for
  output logic                 active,

  input  wire logic            progress,         // a handshake on some bus, or a step
  input  wire logic            buses_idle,
  input  wire logic            completion,       // a completion was answered
  input  wire logic            completion_bad,   // with it: by an error
  input  wire logic [7:0]      completion_status,
  input  wire logic            step,
  input  wire logic            wait_command,
  input  wire logic            wait_activations,
  input  wire logic            wait_results,
  input  wire logic            wait_weights,
  input  wire logic            beats,            // with step: beats are consumed
  input  wire logic            corrupt,
  input  wire logic [PORTS+1:0] axi_error        // error responses in this cycle
);

  localparam logic [2:0] IDLE = 3'd0, BEGIN = 3'd1, RUN = 3'd2, DRAIN = 3'd3, END = 3'd4,
      DEAD = 3'd5, LIST = 3'd6;

  logic [2:0]  state_q;
  logic [7:0]  status_q;
  logic [31:0] completed_q, quiet_q;
  logic        first_q, expired_q, timeout;
  logic [63:0] counter_q [0:8];

  function automatic logic stops(input logic [7:0] code);
    stops = code >= `TRI_ACCEL_AXI_COMMAND_ERROR;
  endfunction

  assign active = state_q != IDLE & state_q != DEAD;
  assign idle = state_q == IDLE | state_q == DEAD;
  assign run_rst_n = state_q == RUN | state_q == LIST;
  assign run_start = state_q == LIST & first_q;
  assign drain = state_q == DRAIN;
  assign expired = expired_q;
  assign done = state_q == END | (state_q == DEAD & start);
  assign status = status_q;
  assign completed = completed_q;
  assign timeout = quiet_q >= watchdog && quiet_q != 32'd0;  // a watchdog of 0 counts as 1

  always_ff @(posedge clk) begin
    quiet_q <= progress ? '0 : quiet_q + 32'd1;

    unique case (state_q)
      IDLE:
      if (start) begin
        state_q <= BEGIN;
        status_q <= `TRI_ACCEL_OK;
        completed_q <= '0;
        expired_q <= 1'b0;
      end

      BEGIN: begin
        quiet_q <= '0;
        first_q <= 1'b1;
        state_q <= LIST;
      end

      LIST: begin
        first_q <= 1'b0;
        quiet_q <= '0;
        if (list_bad) begin
          status_q <= `TRI_ACCEL_BAD_LIST;
          state_q <= END;
        end
        if (list_ok) state_q <= count == 32'd0 ? END : RUN;
      end

      RUN: begin
        if (completion) begin
          if (completion_bad) begin
            status_q <= `TRI_ACCEL_AXI_COMPLETION_ERROR;
          end else begin
            completed_q <= completed_q + 32'd1;
            if (stops(completion_status)) status_q <= completion_status;
          end
          if (completion_bad | stops(completion_status)) state_q <= DRAIN;
          else if (completed_q + 32'd1 == count) state_q <= END;
          quiet_q <= '0;
        end else if (timeout) begin
          // First ask for a completion of the command that is stuck; then give up on that too.
          quiet_q <= '0;
          expired_q <= 1'b1;
          if (expired_q) begin
            status_q <= `TRI_ACCEL_WATCHDOG;
            state_q <= DRAIN;
          end
        end
      end

      DRAIN:
      if (buses_idle) begin
        state_q <= END;
      end else if (timeout) begin
        status_q <= `TRI_ACCEL_DEAD;
        first_q <= 1'b1;
        state_q <= DEAD;
      end

      END: state_q <= IDLE;
      // The run that died ends here with what it completed; a later one completes nothing.
      DEAD: begin
        first_q <= 1'b0;
        if (start & ~first_q) completed_q <= '0;
      end
      default: state_q <= IDLE;
    endcase

    if (!rst_n) begin
      state_q <= IDLE;
      status_q <= `TRI_ACCEL_OK;
      completed_q <= '0;
      expired_q <= 1'b0;
    end
  end

  // ---- counters ---------------------------------------------------------------------------------
  // A cycle that is neither a step nor a wait inside a command belongs to wait_command.
  logic other;
  assign other = active & ~step & ~wait_activations & ~wait_results & ~wait_weights;

  function automatic logic [63:0] ones(input logic [PORTS+1:0] bits);
    ones = 64'd0;
    for (int i = 0; i < PORTS + 2; i++) ones = ones + 64'(bits[i]);
  endfunction

  always_ff @(posedge clk) begin
    if (active) begin
      counter_q[0] <= counter_q[0] + 64'd1;
      if (step) counter_q[1] <= counter_q[1] + 64'd1;
      if (other) counter_q[2] <= counter_q[2] + 64'd1;
      if (wait_activations) counter_q[3] <= counter_q[3] + 64'd1;
      if (wait_results) counter_q[4] <= counter_q[4] + 64'd1;
      if (wait_weights) counter_q[5] <= counter_q[5] + 64'd1;
      if (beats) counter_q[6] <= counter_q[6] + 64'(PORTS);
      if (corrupt) counter_q[7] <= counter_q[7] + 64'd1;
      if (axi_error != '0) counter_q[8] <= counter_q[8] + ones(axi_error);
    end
    if (!rst_n || (state_q == IDLE && start)) begin
      for (int i = 0; i < 9; i++) counter_q[i] <= '0;
    end
  end

  generate
    for (genvar i = 0; i < 9; i++) begin : g_counter
      assign counters[64*i+:64] = counter_q[i];
    end
  endgenerate

  logic unused;
  assign unused = wait_command;  // counted as other

`ifdef TRI_PROVE_RUN_CONTROL
`include "run_control_properties.svh"
`endif
endmodule
`default_nettype wire
