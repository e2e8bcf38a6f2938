// SPDX-License-Identifier: Apache-2.0
//
// rtl/products.sv and a vendor's (given here as products_vendor) side by side on the same beats and
// activations, in iverilog with Yosys's models of the vendor's cells. Every cycle's outputs must be
// the same. Random and extreme operands, any bytes as weights, gaps; also all values of two
// activations under every byte. Prints `same N cycles` or the first difference.
`default_nettype none
`timescale 1ns / 1ns

module twins;
  parameter int PORTS     = 1;
  parameter int BEAT_BITS = 128;
  parameter int ENCODING  = 1;
  parameter int TOKENS    = 1;
  parameter int CYCLES    = 2000;
  parameter int SEED      = 1;
  localparam int W    = BEAT_BITS / 8 * (ENCODING == 1 ? 5 : 4);
  localparam int BITS = 8 + $clog2(W) + 1;

  logic                         clk = 1'b0, step = 1'b0;
  logic [PORTS*BEAT_BITS-1:0]   beats = '0;
  logic [TOKENS*W*8-1:0]        activations = '0;
  logic [3:0]                   stage = '0;
  logic [TOKENS*PORTS*BITS-1:0] sums, sums_v;
  logic                         corrupt, corrupt_v;

  products #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .W(W), .TOKENS(TOKENS))
      u_portable (.clk, .step, .beats, .activations, .stage, .sums, .corrupt);
  products_vendor #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .W(W),
                    .TOKENS(TOKENS))
      u_vendor (.clk, .step, .beats, .activations, .stage, .sums(sums_v), .corrupt(corrupt_v));

  int seed, kind, differ;
  logic [7:0] code;
  initial begin
    seed = SEED;
    differ = 0;
    for (int c = 0; c < CYCLES && differ == 0; c++) begin
      // Full rate at first, so that every stage holds something; then gaps.
      step = c < 16 || $urandom(seed) % 4 != 0;
      kind = c % 8;
      code = 8'(c / 8);
      for (int i = 0; i < PORTS * BEAT_BITS / 8; i++)
        beats[8*i+:8] = kind < 3 ? 8'($urandom(seed)) : kind == 3 ? 8'haa : code;
      for (int i = 0; i < TOKENS * W; i++)
        activations[8*i+:8] = kind == 4 ? 8'h80 : kind == 5 ? 8'h7f
                            : kind == 6 ? ($urandom(seed) % 2 != 0 ? 8'h80 : 8'h7f) : 8'($urandom(seed));
      #1 clk = 1'b1;
      if (corrupt !== corrupt_v) differ = 1;
      stage <= {stage[2:0], step};
      #1 clk = 1'b0;
      #1 if (c > 8 && sums !== sums_v) differ = 1;
      if (c > 8 && ^sums === 1'bx) differ = 1;
      if (differ != 0) $display("differ in cycle %0d: %h %b, vendor %h %b", c, sums, corrupt, sums_v,
                                corrupt_v);
    end
    if (differ == 0) $display("same %0d cycles", CYCLES);
    $finish;
  end
endmodule
`default_nettype wire
