// SPDX-License-Identifier: Apache-2.0
// pair_add (rtl/xilinx) over all codes and both activations: its sum is 256 plus both gated
// activations, inverted where negative, plus the code's bit 0. That is -x = ~x + 1 with the other
// one left to the adders behind it (decode_proof.sv says that it is not lost).
`default_nettype none

module pair_proof #(
  parameter int SINGLES = 0
) (
  input wire logic clk
);
`include "trits.svh"
  (* anyconst *) logic [7:0] x, y;
  (* anyconst *) logic [3:0] code;
  logic [8:0] sum;
  pair_add #(.SINGLES(SINGLES)) u_pair (.x, .y, .code, .sum);

  wire logic [3:0] trits = pair_trits(SINGLES == 1, code);
  function automatic logic [8:0] gated(input logic [7:0] a, input logic [1:0] t);
    gated = ({a[7], a} & {9{t[0]}}) ^ {9{t[1]}};
  endfunction
  always_comb begin
    if (SINGLES == 1) assume (trits[0] >= trits[1] && trits[2] >= trits[3]);  // pair_decode's are
    assert (sum == gated(x, trits[1:0]) + gated(y, trits[3:2]) + 9'd256 + {8'd0, code[0]});
  end
endmodule
`default_nettype wire
