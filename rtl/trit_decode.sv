// SPDX-License-Identifier: Apache-2.0
//
// One weight beat to trits. For each weight: nz (it is not zero) and neg (it is -1; neg implies
// nz). A byte that stands for no trits gives zeros and raises corrupt. Combinational, one beat per
// cycle. The code: docs/accelerator.md; the same in C: driver/codec.c.
// Latency: none. Throughput: one beat per cycle. Handshake: none.
`default_nettype none

// A pair of trits that is not (0,0), three bits p, q, r: both are nonzero, and their signs; or the
// only one's sign, the first's where both bits are equal. The second trit's bit is first. Not
// functions: their variables would be in the way of the tables.
`define PAIR_NEG(p, q, r) {(p | q ^ r) & r, (p | r) & q}
`define PAIR_NZ(p, q, r) {p | (q ^ r), p | ~(q ^ r)}

module trit_decode #(
  parameter int BEAT_BITS = 128,  // multiple of 8
  parameter int ENCODING  = 1,    // 0: b2, four trits a byte; 1: b3, five trits a byte
  localparam int BYTES    = BEAT_BITS / 8,
  localparam int TRITS    = ENCODING == 1 ? 5 : 4,  // of a byte
  localparam int W        = BYTES * TRITS
) (
  input  wire logic [BEAT_BITS-1:0] beat,
  output logic      [W-1:0]         nz,
  output logic      [W-1:0]         neg,
  output logic                      corrupt
);

  generate
    if (ENCODING != 0 && ENCODING != 1) begin : g_check
      PARAM_ENCODING_MUST_BE_0_OR_1 u_check ();
    end
  endgenerate

  // Each byte has a block of its own that reads its bits alone and writes t alone, {corrupt, neg,
  // nz}: simulators make a table of it.
  logic [BYTES-1:0] bad;
  assign corrupt = |bad;

  generate
    for (genvar i = 0; i < BYTES; i++) begin : g_byte
      logic             b7, b6, b5, b4, b3, b2, b1, b0;
      logic [2*TRITS:0] t;
      assign {b7, b6, b5, b4, b3, b2, b1, b0} = beat[8*i+:8];
      assign {bad[i], neg[TRITS*i+:TRITS], nz[TRITS*i+:TRITS]} = t;

      if (ENCODING == 1) begin : g_b3
        // Two pairs of three bits and a single of two, {neg, nz}; the ninth state of a pair, (0,0),
        // is an escape: 10 in the single's place.
        always_comb begin
          if ({b7, b6} != 2'b10)
            t = {1'b0, b7 & b6, `PAIR_NEG(b2, b1, b0), `PAIR_NEG(b5, b4, b3),
                 b6, `PAIR_NZ(b2, b1, b0), `PAIR_NZ(b5, b4, b3)};
          else if ({b5, b4} != 2'b10)
            t = {1'b0, b5 & b4,
                 b3 ? 2'b00 : `PAIR_NEG(b2, b1, b0),
                 b3 ? `PAIR_NEG(b2, b1, b0) : 2'b00, b4,
                 b3 ? 2'b00 : `PAIR_NZ(b2, b1, b0),
                 b3 ? `PAIR_NZ(b2, b1, b0) : 2'b00};
          else if ({b3, b2} == 2'b00 && {b1, b0} != 2'b10)
            t = {1'b0, b1 & b0, 4'd0, b0, 4'd0};
          else
            t = {1'b1, 10'd0};
        end
      end else begin : g_b2
        // 00 is 0, 01 is +1, 10 is -1, 11 makes the byte corrupt.
        always_comb begin
          if ((b7 & b6) | (b5 & b4) | (b3 & b2) | (b1 & b0)) t = {1'b1, 8'd0};
          else t = {1'b0, b7, b5, b3, b1, b7 | b6, b5 | b4, b3 | b2,
                    b1 | b0};
        end
      end
    end
  endgenerate

endmodule
`undef PAIR_NEG
`undef PAIR_NZ
`default_nettype wire
