// SPDX-License-Identifier: Apache-2.0
//
// The array: PORTS x TOKENS dot products of W lanes per step, summed up over a row's beats, per
// token group (products.sv). Latency 6 cycles from step to the result buffer's write, one step per
// cycle, no stalls: the sequencer starts a step only when its result has room. Sums are exact:
// ACC_BITS holds K_MAX * 128.
// Throughput: one step per cycle. Handshake: none; step is an enable, and a result is written
// where the sequencer made sure of room.
`default_nettype none

module array #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 1,
  parameter int W         = 80,    // lanes: weights of a beat
  parameter int TOKENS    = 1,
  parameter int K_MAX     = 6912,
  parameter int GROUPS    = 8,     // token groups
  parameter int SLOTS     = 16,    // row groups of a result chunk
  localparam int GROUP_W  = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int SLOT_W   = $clog2(SLOTS)
) (
  input  wire logic                        clk,
  input  wire logic                        rst_n,

  input  wire logic                        step,
  input  wire logic                        step_first,
  input  wire logic                        step_last,
  input  wire logic                        step_end,
  input  wire logic                        step_chunk,
  input  wire logic                        step_chunk_bank,
  input  wire logic [GROUP_W-1:0]          step_group,
  input  wire logic [SLOT_W-1:0]           step_slot,
  input  wire logic [PORTS*BEAT_BITS-1:0]  beats,        // with step
  input  wire logic [PORTS-1:0]            beat_errors,  // with step: AXI error
  input  wire logic [TOKENS*W*8-1:0]       activations,  // one cycle after step

  output logic                             result_write,
  output logic                             result_bank,
  output logic [GROUP_W-1:0]               result_group,
  output logic [SLOT_W-1:0]                result_slot,
  output logic [TOKENS*PORTS*32-1:0]       result_data,  // [TOKENS][PORTS]
  output logic                             chunk_filled, // with the chunk's last write

  output logic                             flags_valid,  // the command's last step went through
  output logic                             flags_corrupt,
  output logic                             flags_axi,
  output logic                             corrupt       // one cycle per step with a corrupt beat
);

  localparam int SUM_BITS = 8 + $clog2(W) + 1;
  // signed; a row is padded to whole beats
  localparam int ACC_BITS = $clog2((K_MAX + W) * 128) + 1;
  localparam int STAGES   = 5;                              // step to accumulator

  // What travels along with a step.
  localparam int INFO = 5 + GROUP_W + SLOT_W;
  logic [STAGES-1:0]      valid_q;
  logic [STAGES*INFO-1:0] info_q;  // first is the topmost bit

  // ---- stages 0 to 4: decoded trits, dot products ------------------------------------------------
  logic                             axi_q;
  logic [TOKENS*PORTS*SUM_BITS-1:0] sums;
  products #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .W(W), .TOKENS(TOKENS))
      u_products (.clk, .step, .beats, .activations, .stage(valid_q[3:0]), .sums, .corrupt);

  always_ff @(posedge clk) begin
    axi_q <= step & (|beat_errors);
    valid_q <= {valid_q[STAGES-2:0], step};
    info_q <= {info_q[(STAGES-1)*INFO-1:0],
               {step_first, step_last, step_end, step_chunk, step_chunk_bank, step_group,
                   step_slot}};
    if (!rst_n) begin
      valid_q <= '0;
      axi_q <= 1'b0;
    end
  end

  // ---- stages 4 and 5: accumulators, one set per token group --------------------------------------
  // A group's sum so far is read a stage early, past the one that is being written: reading, choosing
  // and adding in one cycle was the longest path.
  logic               last, done, chunk, bank, next_first;
  logic [GROUP_W-1:0] group, next_group;
  logic [SLOT_W-1:0]  slot;
  assign {last, done, chunk, bank, group, slot} = info_q[4*INFO+:INFO-1];
  assign next_first = info_q[4*INFO-1];
  assign next_group = info_q[3*INFO+SLOT_W+:GROUP_W];

  logic [TOKENS*PORTS*ACC_BITS-1:0] acc [0:GROUPS-1];
  logic [TOKENS*PORTS*ACC_BITS-1:0] old_q, now, now_q;  // now_q: of the step before
  logic                             same_q;             // which was the same row's
  logic [TOKENS*PORTS-1:0]          unused;
  always_ff @(posedge clk) begin
    if (next_first) old_q <= '0;
    else old_q <= acc[next_group];
    same_q <= ~next_first & valid_q[4] & (GROUPS == 1 | group == next_group);
  end
  always_comb begin
    for (int i = 0; i < TOKENS * PORTS; i++)
      // Written as a difference, whose operands Yosys leaves in their order: the carry cells take
      // the product's sum as it is, and what is added to it costs no LUT of its own.
      {now[i*ACC_BITS+:ACC_BITS], unused[i]} =
          {{(ACC_BITS - SUM_BITS){sums[i*SUM_BITS+SUM_BITS-1]}}, sums[i*SUM_BITS+:SUM_BITS], 1'b0}
          - ~{same_q ? now_q[i*ACC_BITS+:ACC_BITS] : old_q[i*ACC_BITS+:ACC_BITS], 1'b0};
  end

  logic filled_q, end_q, corrupt_flag_q, axi_flag_q;
  always_ff @(posedge clk) begin
    now_q <= now;
    if (valid_q[4]) acc[group] <= now;
    result_write <= valid_q[4] & last;
    result_bank <= bank;
    result_group <= group;
    result_slot <= slot;
    if (valid_q[4] & last)
      for (int i = 0; i < TOKENS * PORTS; i++)
        result_data[32*i+:32] <= {{(32 - ACC_BITS){now[i*ACC_BITS+ACC_BITS-1]}},
            now[i*ACC_BITS+:ACC_BITS]};
    filled_q <= valid_q[4] & chunk;
    end_q <= valid_q[4] & done;
    if (!rst_n) begin
      result_write <= 1'b0;
      filled_q <= 1'b0;
      end_q <= 1'b0;
    end
  end
  assign chunk_filled = filled_q;

  // ---- what went wrong in a command's beats -----------------------------------------------------
  // Errors are seen at stage 0; they are carried to the accumulators so that they meet their own
  // command.
  logic [3:0] late_corrupt_q, late_axi_q;
  always_ff @(posedge clk) begin
    late_corrupt_q <= {late_corrupt_q[2:0], corrupt};
    late_axi_q <= {late_axi_q[2:0], axi_q};
    corrupt_flag_q <= (flags_valid ? 1'b0 : corrupt_flag_q) | late_corrupt_q[3];
    axi_flag_q <= (flags_valid ? 1'b0 : axi_flag_q) | late_axi_q[3];
    if (!rst_n) begin
      late_corrupt_q <= '0;
      late_axi_q <= '0;
      corrupt_flag_q <= 1'b0;
      axi_flag_q <= 1'b0;
    end
  end
  assign flags_valid = end_q;
  assign flags_corrupt = corrupt_flag_q;
  assign flags_axi = axi_flag_q;

`ifdef TRI_PROVE_ARRAY
`include "array_properties.svh"
`endif
endmodule
`default_nettype wire
