// SPDX-License-Identifier: Apache-2.0
//
// The array (decoders, dot products, accumulators) in a shell of shift registers, so that it can be
// placed and routed alone, without hundreds of pins: every input comes from a register that shifts,
// every output goes into one. Paths between them and the array count, like those inside. Not a
// product.
`default_nettype none

module ecp5_array #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 0,
  parameter int TOKENS    = 1,
  localparam int W   = BEAT_BITS / 8 * (ENCODING == 1 ? 5 : 4),
  localparam int IN  = 6 + 3 + 4 + PORTS * (BEAT_BITS + 1) + TOKENS * W * 8,
  localparam int OUT = 2 + 3 + 4 + TOKENS * PORTS * 32 + 5
) (
  input  wire logic clk,
  input  wire logic rst_n,
  input  wire logic shift_in,
  input  wire logic capture,
  output logic      shift_out
);

  logic           rst_q;
  logic [IN-1:0]  in_q;
  logic [OUT-1:0] out, out_q;
  always_ff @(posedge clk) begin
    rst_q <= rst_n;
    in_q <= {in_q[IN-2:0], shift_in};
    out_q <= capture ? out : {out_q[OUT-2:0], 1'b0};
  end
  assign shift_out = out_q[OUT-1];

  logic                       step, step_first, step_last, step_end, step_chunk, step_chunk_bank;
  logic [2:0]                 step_group, result_group;
  logic [3:0]                 step_slot, result_slot;
  logic [PORTS*BEAT_BITS-1:0] beats;
  logic [PORTS-1:0]           beat_errors;
  logic [TOKENS*W*8-1:0]      activations;
  logic                       result_write, result_bank, chunk_filled, flags_valid, flags_corrupt,
      flags_axi, corrupt;
  logic [TOKENS*PORTS*32-1:0] result_data;

  assign {step, step_first, step_last, step_end, step_chunk, step_chunk_bank, step_group, step_slot,
          beats, beat_errors, activations} = in_q;
  assign out = {result_write, result_bank, result_group, result_slot, result_data, chunk_filled,
                flags_valid, flags_corrupt, flags_axi, corrupt};

  array #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .W(W), .TOKENS(TOKENS),
          .K_MAX(6912), .GROUPS(8), .SLOTS(16)) u_array (.rst_n(rst_q), .*);

endmodule
`default_nettype wire
