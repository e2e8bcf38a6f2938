// SPDX-License-Identifier: Apache-2.0
// The adders of the three dot products proved exact for all their inputs: sum8 (rtl), add3 and
// carry (rtl/xilinx), gated_add (rtl/lattice). KIND: 0, 1, 2 in that order.
`default_nettype none

module adder_proof #(
  parameter int KIND = 0,
  parameter int BITS = 8,
  parameter int OUT  = BITS + 2
) (
  input wire logic clk
);
  generate
    if (KIND == 0) begin : g_sum8
      (* anyconst *) logic [8*BITS-1:0] a;
      (* anyconst *) logic [6:0]        ones;
      logic [BITS+2:0] sum, p0, p1, p2, p3;
      sum8 #(.BITS(BITS)) u_sum (.a, .ones, .sum);
      function automatic logic [BITS+2:0] two(input logic [2*BITS-1:0] n, input logic one);
        two = {3'd0, n[0+:BITS]} + {3'd0, n[BITS+:BITS]} + {{BITS + 2{1'b0}}, one};
      endfunction
      function automatic logic [BITS+2:0] bit_of(input logic one);
        bit_of = {{BITS + 2{1'b0}}, one};
      endfunction
      assign p0 = two(a[0+:2*BITS], ones[0]);
      assign p1 = two(a[2*BITS+:2*BITS], ones[1]);
      assign p2 = two(a[4*BITS+:2*BITS], ones[2]);
      assign p3 = two(a[6*BITS+:2*BITS], ones[3]);
      always_comb assert (sum == (p0 + p1 + bit_of(ones[4])) + (p2 + p3 + bit_of(ones[5]))
                          + bit_of(ones[6]));
    end else if (KIND == 1) begin : g_add3
      (* anyconst *) logic [BITS-1:0] a, b, c;
      (* anyconst *) logic [1:0]      one;
      logic [OUT-1:0]  sum;
      logic [BITS+1:0] wanted;
      add3 #(.BITS(BITS), .OUT(OUT)) u_add (.a, .b, .c, .one, .sum);
      assign wanted = {2'd0, a} + {2'd0, b} + {2'd0, c} + {{BITS + 1{1'b0}}, one[0]}
          + {{BITS + 1{1'b0}}, one[1]};
      always_comb assert (sum == wanted[OUT-1:0]);
    end else begin : g_gated
      (* anyconst *) logic [BITS-1:0] a;
      (* anyconst *) logic [7:0]      x;
      (* anyconst *) logic            nz, neg, one;
      logic [OUT-1:0] sum, term;
      gated_add #(.IN(BITS), .BITS(OUT)) u_add (.a, .x, .nz, .neg, .one, .sum);
      assign term = !nz ? '0 : {{OUT - 8{x[7]}}, x} ^ {OUT{neg}};
      always_comb begin
        assume (nz || !neg);
        assert (sum == {{OUT - BITS{a[BITS-1]}}, a} + term + {{OUT - 1{1'b0}}, one});
      end
    end
  endgenerate
endmodule
`default_nettype wire
