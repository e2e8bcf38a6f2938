// SPDX-License-Identifier: Apache-2.0
//
// The dot product of one beat's W trits, as pair_decode gives them, with W int8 activations, exact:
// what rtl/dot.sv is, made of LUT6_2 and CARRY8. Latency 4 cycles, one product per cycle. The valid
// bit of each stage is its clock enable; no back-pressure.
`default_nettype none

module pair_dot #(
  parameter int W        = 80,
  parameter int ENCODING = 1,
  localparam int BITS    = 8 + $clog2(W) + 1
) (
  input  wire logic              clk,
  input  wire logic [3:0]        stage,
  input  wire logic [8*W-1:0]    x,       // int8 [W]
  input  wire logic [2*W-1:0]    code,    // of pair_decode, 4 bits a pair
  input  wire logic [W/2-1:0]    more,
  output logic signed [BITS-1:0] sum
);

  localparam int PAIRS  = W / 2;
  localparam int LEVELS = PAIRS <= 54 ? 3 : 4;

  // Lane of a pair's first (0) or second (1) weight. b3: four trits of each of two bytes, then the
  // fifth of both.
  function automatic int lane(input int pair, input int which);
    if (ENCODING == 0) lane = 2 * pair + which;
    else if (pair % 5 == 4) lane = pair / 5 * 10 + 4 + 5 * which;
    else lane = pair / 5 * 10 + pair % 5 * 2 + (pair % 5 >= 2 ? 1 : 0) + which;
  endfunction

  logic [9*PAIRS-1:0] pairs, pairs_q;
  logic [PAIRS-1:0]   more_q;

  generate
    for (genvar i = 0; i < PAIRS; i++) begin : g_pair
      localparam int X = lane(i, 0), Y = lane(i, 1);
      pair_add #(.SINGLES(ENCODING == 0 || i % 5 == 4 ? 1 : 0)) u_pair (
          .x(x[8*X+:8]), .y(x[8*Y+:8]), .code(code[4*i+:4]), .sum(pairs[9*i+:9]));
    end
  endgenerate

  always_ff @(posedge clk)
    if (stage[0]) begin
      pairs_q <= pairs;
      more_q <= more;
    end

  sum_tree #(.N(PAIRS), .LEVELS(LEVELS), .OUT(BITS), .BIAS(-256 * PAIRS)) u_tree (
      .clk, .stage(stage[3:1]), .numbers(pairs_q), .ones(more_q), .sum);

endmodule
`default_nettype wire
