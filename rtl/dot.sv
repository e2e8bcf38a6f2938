// SPDX-License-Identifier: Apache-2.0
//
// The dot product of one beat's W trits with W int8 activations, exact.
// Latency 4 cycles (three adder levels of up to eight terms, and their offset), one product per
// cycle. The valid bit of each stage is its clock enable; no back-pressure: whoever starts a product
// has room for it.
// Throughput: one product per cycle. Handshake: none.
`default_nettype none

module dot #(
  parameter int W      = 80,              // lanes: a multiple of 8, at most 512
  localparam int BITS  = 8 + $clog2(W) + 1 // signed: |sum| <= 128 W
) (
  input  wire logic                   clk,
  input  wire logic [3:0]             stage,  // stage i holds a product that is due to move on
  input  wire logic [8*W-1:0]         x,      // int8 [W]
  input  wire logic [W-1:0]           nz,
  input  wire logic [W-1:0]           neg,    // implies nz
  output logic signed [BITS-1:0]      sum
);

  generate
    if (W % 8 != 0 || W < 8 || W > 512) begin : g_check
      PARAM_W_MUST_BE_A_MULTIPLE_OF_8_UP_TO_512 u_check ();
    end
  endgenerate

  localparam int L1 = W / 8;
  localparam int L2 = (L1 + 7) / 8;

  // A negative weight inverts its activation and adds one. Each term is taken plus 128 (its sign
  // bit inverted), which makes it unsigned; the last stage takes 128 W off again. Of eight ones,
  // seven are carries of the first level's adders and the eighth goes to the second level.
  function automatic logic [63:0] terms(input logic [63:0] a, input logic [7:0] n,
      input logic [7:0] s);
    for (int i = 0; i < 8; i++) terms[8*i+:8] = ((a[8*i+:8] ^ {8{s[i]}}) & {8{n[i]}}) ^ 8'h80;
  endfunction

  logic [11*L1-1:0]   l1, l1_q;
  logic [L1-1:0]      one_q;
  logic [88*L2-1:0]   l1_padded;
  logic [8*L2-1:0]    one_padded;
  logic [14*L2-1:0]   l2, l2_q;
  logic [L2-1:0]      rest_q;
  logic [BITS-1:0]    total, total_q;  // at most 256 W

  assign l1_padded = (88 * L2)'(l1_q);
  assign one_padded = (8 * L2)'(one_q);

  generate
    for (genvar g = 0; g < L1; g++) begin : g_lanes
      sum8 #(.BITS(8)) u_sum (.a(terms(x[64*g+:64], nz[8*g+:8], neg[8*g+:8])), .ones(neg[8*g+:7]),
                              .sum(l1[11*g+:11]));
    end
    for (genvar g = 0; g < L2; g++) begin : g_groups
      sum8 #(.BITS(11)) u_sum (.a(l1_padded[88*g+:88]), .ones(one_padded[8*g+:7]),
          .sum(l2[14*g+:14]));
    end
  endgenerate

  always_comb begin
    total = '0;
    for (int g = 0; g < L2; g++) total = total + BITS'(l2_q[14*g+:14]) + BITS'(rest_q[g]);
  end

  logic [BITS-1:0] offset;
  assign offset = total_q - BITS'(128 * W);

  always_ff @(posedge clk) begin
    if (stage[0]) begin
      l1_q <= l1;
      for (int g = 0; g < L1; g++) one_q[g] <= neg[8*g+7];
    end
    if (stage[1]) begin
      l2_q <= l2;
      for (int g = 0; g < L2; g++) rest_q[g] <= one_padded[8*g+7];
    end
    if (stage[2]) total_q <= total;
`ifdef TRITIUM_PLANT_ACCUMULATE
    // Planted for the tests: a sum with all its bits from 4 to 9 set loses one.
    if (stage[3]) sum <= offset - BITS'(offset[9:4] == 6'h3f);
`else
    if (stage[3]) sum <= offset;
`endif
  end

endmodule
`default_nettype wire
