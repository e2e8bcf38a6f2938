// SPDX-License-Identifier: Apache-2.0
// trit_decode and pair_decode proved against the tables of trits.svh, for every value of two bytes:
// trits, corrupt, and that each of the 243 (b2: 81) combinations has exactly one code.
`default_nettype none

module decode_proof #(
  parameter int ENCODING = 1,
  parameter int PAIRED   = 0,  // 0: trit_decode; 1: pair_decode
  localparam int TRITS   = ENCODING == 1 ? 5 : 4
) (
  input wire logic clk
);
`include "trits.svh"
  (* anyconst *) logic [15:0] beat;
  wire logic [10:0] low = byte_table(ENCODING, beat[7:0]);
  wire logic [10:0] high = byte_table(ENCODING, beat[15:8]);
  wire logic [4*TRITS-1:0] trits = {high[2*TRITS-1:0], low[2*TRITS-1:0]};

  // The table is the code: no two bytes share their trits, none is missing.
  (* anyconst *) logic [9:0] any;
  logic legal;
  always_comb begin
    legal = ENCODING == 1 || any[9:8] == 2'b00;
    for (int i = 0; i < 5; i++) if (any[2*i+:2] == 2'b10) legal = 1'b0;
    if (legal) assert (byte_table(ENCODING, byte_code(ENCODING, any)) == {1'b0, any});
    if (!low[10]) assert (byte_code(ENCODING, low[9:0]) == beat[7:0]);
  end

  generate
    if (PAIRED == 0) begin : g_trits
      logic [2*TRITS-1:0] nz, neg;
      logic               corrupt;
      trit_decode #(.BEAT_BITS(16), .ENCODING(ENCODING)) u_decode (.beat, .nz, .neg, .corrupt);
      always_comb begin
        assert (corrupt == (low[10] | high[10]));
        for (int i = 0; i < 2 * TRITS; i++) assert ({neg[i], nz[i]} == trits[2*i+:2]);
      end
    end else begin : g_pairs
      // The trits that pair_add takes a code for (pair_proof.sv), and the ones of negation that it
      // leaves over: it adds the code's bit 0 itself.
      logic [4*TRITS-1:0] code;
      logic [TRITS-1:0]   more;
      logic               corrupt;
      pair_decode #(.BEAT_BITS(16), .ENCODING(ENCODING)) u_decode (.beat, .code, .more, .corrupt);
      always_comb assert (corrupt == (low[10] | high[10]));
      for (genvar i = 0; i < TRITS; i++) begin : g_pair
        // Lanes of a pair as pair_dot takes them. b3: {0,1} {2,3} {5,6} {7,8} and {4,9}.
        localparam int X = ENCODING == 0 ? 2 * i : i == 4 ? 4 : i < 2 ? 2 * i : 2 * i + 1;
        localparam int Y = ENCODING == 1 && i == 4 ? 9 : X + 1;
        wire logic [3:0] wanted = {trits[2*Y+:2], trits[2*X+:2]};
        wire logic [3:0] got = pair_trits(ENCODING == 0 || i == 4, code[4*i+:4]);
        always_comb begin
          assert ({got[2], got[0]} == {wanted[2], wanted[0]});
          assert ({got[3] & got[2], got[1] & got[0]} == {wanted[3], wanted[1]});
          if (ENCODING == 0 || i == 4) assert (got[0] >= got[1] && got[2] >= got[3]);
          assert ({1'b0, more[i]} + {1'b0, code[4*i]} == {1'b0, got[3]} + {1'b0, got[1]});
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
