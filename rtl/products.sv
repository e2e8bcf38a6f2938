// SPDX-License-Identifier: Apache-2.0
//
// PORTS x TOKENS dot products of a step. The beat of each port is decoded once and serves all
// tokens. Latency 5 cycles from step to sums, one step per cycle; stage i holds a product that is
// due to move on (stage 0: its activations are there). This file is for every tool and technology;
// rtl/xilinx/products.sv is the same module made of LUT6_2 and CARRY8, and rtl/lattice/products.sv
// of CCU2C. A build takes one of them.
// Throughput: one step per cycle. Handshake: none; the stages' valid bits are clock enables.
`default_nettype none

module products #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 1,
  parameter int W         = 80,    // lanes: weights of a beat
  parameter int TOKENS    = 1,
  localparam int BITS     = 8 + $clog2(W) + 1
) (
  input  wire logic                         clk,
  input  wire logic                         step,
  input  wire logic [PORTS*BEAT_BITS-1:0]   beats,        // with step
  input  wire logic [TOKENS*W*8-1:0]        activations,  // one cycle after step
  input  wire logic [3:0]                   stage,
  output logic      [TOKENS*PORTS*BITS-1:0] sums,         // [TOKENS][PORTS]
  output logic                              corrupt       // one cycle after step
);

  logic [PORTS*W-1:0] nz, neg, nz_q, neg_q;
  logic [PORTS-1:0]   bad, bad_q;  // a register for each port's: their OR is long enough
  assign corrupt = |bad_q;
  always_ff @(posedge clk) bad_q <= bad & {PORTS{step}};

  generate
    for (genvar p = 0; p < PORTS; p++) begin : g_decode
      trit_decode #(.BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING)) u_decode (
          .beat(beats[p*BEAT_BITS+:BEAT_BITS]), .nz(nz[p*W+:W]), .neg(neg[p*W+:W]),
          .corrupt(bad[p]));
    end
  endgenerate

  always_ff @(posedge clk)
    if (step) begin
      nz_q <= nz;
      neg_q <= neg;
    end

  generate
    for (genvar t = 0; t < TOKENS; t++) begin : g_token
      for (genvar p = 0; p < PORTS; p++) begin : g_port
        dot #(.W(W)) u_dot (
            .clk, .stage, .x(activations[t*W*8+:W*8]), .nz(nz_q[p*W+:W]),
            .neg(neg_q[p*W+:W]), .sum(sums[(t*PORTS+p)*BITS+:BITS]));
      end
    end
  endgenerate

endmodule
`default_nettype wire
