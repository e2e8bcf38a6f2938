// SPDX-License-Identifier: Apache-2.0
// A lane of dot over all inputs: of 16 lanes any one has any activation and any trit, the others any
// trits and activations of zero, so that their ones of negation are in the sum too. What is not in
// it, many activations at once, is sum8's own proof (adder_proof.sv) and simulation.
`default_nettype none

module lane_proof #(
  parameter int W      = 16,
  localparam int BITS  = 9 + $clog2(W)
) (
  input wire logic clk
);
  (* anyconst *) logic [$clog2(W)-1:0] lane;
  (* anyconst *) logic [7:0]           x;
  (* anyconst *) logic [W-1:0]         nz, neg;
  logic [8*W-1:0]  activations;
  logic [BITS-1:0] sum, wanted;
  logic [2:0] age = 3'd0;
  always_ff @(posedge clk) if (!age[2]) age <= age + 3'd1;

  dot #(.W(W)) u_dot (.clk, .stage(4'hf), .x(activations), .nz, .neg, .sum);

  wire logic [BITS-1:0] wide = {{BITS - 8{x[7]}}, x};
  always_comb begin
    activations = '0;
    for (int i = 0; i < W; i++) if (lane == i) activations[8*i+:8] = x;
    wanted = !nz[lane] ? '0 : neg[lane] ? -wide : wide;
    assume ((neg & ~nz) == '0);
    if (age[2]) assert (sum == wanted);
  end
endmodule
`default_nettype wire
