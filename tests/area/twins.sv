// SPDX-License-Identifier: Apache-2.0
//
// rtl/products.sv and a vendor's (given here as products_vendor) side by side on the same beats and
// activations, in iverilog with Yosys's models of the vendor's cells. Every cycle's outputs must be
// the same. Random and extreme activations, gaps, random bytes as weights; 8 * 256 / BYTES cycles
// bring every value of a byte, 8 * BYTES a corrupt one alone in each place. Prints `same N cycles` or the first
// difference.
`default_nettype none
`timescale 1ns / 1ns

module twins;
  parameter int PORTS     = 1;
  parameter int BEAT_BITS = 128;
  parameter int ENCODING  = 1;
  parameter int TOKENS    = 1;
  parameter int CYCLES    = 2000;
  parameter int SEED      = 1;
  localparam int BYTES = PORTS * BEAT_BITS / 8;
  localparam int W     = BEAT_BITS / 8 * (ENCODING == 1 ? 5 : 4);
  localparam int BITS  = 8 + $clog2(W) + 1;

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

  localparam logic [7:0] MINUS   = ENCODING == 1 ? 8'hff : 8'haa;  // all of a byte's trits are -1
  localparam logic [7:0] ZEROS   = ENCODING == 1 ? 8'ha0 : 8'h00;
  localparam logic [7:0] CORRUPT = 8'haf;
  int seed, kind, differ;
  initial begin
    seed = SEED;
    differ = 0;
    for (int c = 0; c < CYCLES && differ == 0; c++) begin
      kind = c % 8;
      // Full rate at first, so that every stage holds something; then gaps.
      step = c < 16 || kind >= 4 || $urandom(seed) % 4 != 0;
      for (int i = 0; i < BYTES; i++)
        beats[8*i+:8] = kind < 3 ? 8'($urandom(seed)) : kind == 3 ? MINUS
                      : kind == 7 ? (i == c / 8 % BYTES ? CORRUPT : ZEROS) : 8'(BYTES * (c / 8) + i);
      for (int i = 0; i < TOKENS * W; i++)
        activations[8*i+:8] = kind == 4 ? 8'h80 : kind == 5 ? 8'h7f
                            : kind == 6 ? ($urandom(seed) % 2 != 0 ? 8'h80 : 8'h7f) : 8'($urandom(seed));
      #1 clk = 1'b1;
      if (corrupt !== corrupt_v) differ = 1;  // as it was up to this edge
      stage <= {stage[2:0], step};
      #1 clk = 1'b0;
      #1 if (c > 8 && (sums !== sums_v || ^sums === 1'bx)) differ = differ + 2;
      if (differ % 2 != 0) $display("corrupt differs in cycle %0d", c);
      if (differ >= 2) $display("sums differ in cycle %0d: %h, vendor %h", c, sums, sums_v);
    end
    if (differ == 0) $display("same %0d cycles", CYCLES);
    $finish;
  end
endmodule
`default_nettype wire
