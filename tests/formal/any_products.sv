// SPDX-License-Identifier: Apache-2.0
// Stands for rtl/products.sv in the proof of array: its sums are any numbers that a dot product of
// W lanes can be, |sum| <= 128 W, in every cycle.
`default_nettype none

module products #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 1,
  parameter int W         = 80,
  parameter int TOKENS    = 1,
  localparam int BITS     = 8 + $clog2(W) + 1
) (
  input  wire logic                         clk,
  input  wire logic                         step,
  input  wire logic [PORTS*BEAT_BITS-1:0]   beats,
  input  wire logic [TOKENS*W*8-1:0]        activations,
  input  wire logic [3:0]                   stage,
  output logic      [TOKENS*PORTS*BITS-1:0] sums,
  output logic                              corrupt
);
  (* anyseq *) logic [TOKENS*PORTS*BITS-1:0] any;
  (* anyseq *) logic any_corrupt;
  assign sums = any;
  assign corrupt = any_corrupt;
  generate
    for (genvar i = 0; i < TOKENS * PORTS; i++) begin : g_bound
      wire logic signed [31:0] sum = {{32 - BITS{any[i*BITS+BITS-1]}}, any[i*BITS+:BITS]};
      always_comb assume (sum <= 128 * W && sum >= -128 * W);
    end
  endgenerate
endmodule
`default_nettype wire
