// SPDX-License-Identifier: Apache-2.0
//
// rtl/products.sv for ECP5: the same module, cycle for cycle and bit for bit, made of CCU2C. A build
// takes one of the files of this name. Equality: tests/area.
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

  // A register for what is wrong with each two bytes: the OR over a beat and the way there would be
  // the longest path.
  localparam int PARTS = PORTS * BEAT_BITS / 16;
  localparam int LANES = 16 * W / BEAT_BITS;  // of a part
  logic [PORTS*W-1:0] nz, neg, nz_q, neg_q;
  logic [PARTS-1:0]   bad, bad_q;
  assign corrupt = |bad_q;
  always_ff @(posedge clk) bad_q <= bad & {PARTS{step}};

  generate
    for (genvar i = 0; i < PARTS; i++) begin : g_decode
      trit_decode #(.BEAT_BITS(16), .ENCODING(ENCODING)) u_decode (
          .beat(beats[16*i+:16]), .nz(nz[LANES*i+:LANES]), .neg(neg[LANES*i+:LANES]),
          .corrupt(bad[i]));
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
        gated_dot #(.W(W), .ENCODING(ENCODING)) u_dot (
            .clk, .stage, .x(activations[t*W*8+:W*8]), .nz(nz_q[p*W+:W]),
            .neg(neg_q[p*W+:W]), .sum(sums[(t*PORTS+p)*BITS+:BITS]));
      end
    end
  endgenerate

endmodule
`default_nettype wire
