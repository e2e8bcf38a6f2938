// SPDX-License-Identifier: Apache-2.0
//
// The sum of eight unsigned numbers and seven ones: a tree of seven adders, each with one of the
// ones as its carry-in. Combinational. The carry-in is written as a bit below both numbers: so
// every tool makes one carry chain of it, and Yosys does not melt the tree into a compressor of
// LUTs, which costs four times as much.
// Latency: none, combinational. Throughput: one sum per cycle. Handshake: none.
`default_nettype none

module sum8 #(
  parameter int BITS = 8  // of a number
) (
  input  wire logic [8*BITS-1:0] a,
  input  wire logic [6:0]        ones,
  output logic      [BITS+2:0]   sum
);

  logic [4*(BITS+2)-1:0] p;
  logic [2*(BITS+3)-1:0] q;
  logic [BITS+3:0]       r;

  always_comb begin
    for (int i = 0; i < 4; i++)
      p[i*(BITS+2)+:BITS+2] = {1'b0, a[2*i*BITS+:BITS], ones[i]}
                            + {1'b0, a[(2*i+1)*BITS+:BITS], ones[i]};
    for (int i = 0; i < 2; i++)
      q[i*(BITS+3)+:BITS+3] = {1'b0, p[2*i*(BITS+2)+1+:BITS+1], ones[4+i]}
                            + {1'b0, p[(2*i+1)*(BITS+2)+1+:BITS+1], ones[4+i]};
    r = {1'b0, q[1+:BITS+2], ones[6]} + {1'b0, q[BITS+4+:BITS+2], ones[6]};
  end
  assign sum = r[BITS+3:1];

  logic unused;
  assign unused = ^{q[BITS+3], q[0], r[0]};  // where the carries came in

endmodule
`default_nettype wire
