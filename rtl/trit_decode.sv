// SPDX-License-Identifier: Apache-2.0
//
// One weight beat to trits. For each weight: nz (it is not zero) and neg (it is -1; neg implies
// nz). A byte that stands for no trits gives zeros and raises corrupt. Combinational, one beat per
// cycle. The code: docs/accelerator.md; the same in C: driver/codec.c.
`default_nettype none

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

  // A pair of trits that is not (0,0), three bits: {neg1, neg0, nz1, nz0}.
  function automatic logic [3:0] pair(input logic [2:0] p);
    pair = {(p[2] | p[1]) & p[0], p[2] ? p[1] : ~p[1] & p[0], p[2] | p[1], p[2] | ~p[1]};
  endfunction

  // b3: {corrupt, neg[4:0], nz[4:0]}. Two pairs of three bits and a single of two; the ninth state
  // of a pair, (0,0), is an escape: 11 in the single's place.
  function automatic logic [10:0] b3(input logic [7:0] b);
    logic escape, both, bad;
    logic [1:0] single;
    logic [3:0] a, c;
    escape = b[7:6] == 2'b11;
    both = b[7:4] == 4'b1111;
    bad = both & (b[3:2] != 2'b00 | b[1:0] == 2'b11);
    single = bad ? 2'b00 : both ? b[1:0] : escape ? b[5:4] : b[7:6];
    a = (escape & (both | ~b[3])) ? 4'b0000 : pair(escape ? b[2:0] : b[5:3]);
    c = (escape & (both | b[3])) ? 4'b0000 : pair(b[2:0]);
    b3 = {bad, single[1], c[3:2], a[3:2], single[1] | single[0], c[1:0], a[1:0]};
  endfunction

  // b2, in the same order: 00 is 0, 01 is +1, 10 is -1, 11 makes the byte corrupt.
  function automatic logic [10:0] b2(input logic [7:0] b);
    logic [3:0] lo, hi;
    logic       bad;
    lo = {b[6], b[4], b[2], b[0]};
    hi = {b[7], b[5], b[3], b[1]};
    bad = |(lo & hi);
    b2 = bad ? 11'h400 : {2'b00, hi, 1'b0, lo ^ hi};
  endfunction

  // verilator lint_off UNUSEDSIGNAL
  logic [10:0] t;  // b2 has no fifth trit
  // verilator lint_on UNUSEDSIGNAL
  always_comb begin
    corrupt = 1'b0;
    t = '0;
    for (int i = 0; i < BYTES; i++) begin
      t = ENCODING == 1 ? b3(beat[8*i+:8]) : b2(beat[8*i+:8]);
      nz[TRITS*i+:TRITS] = t[TRITS-1:0];
      neg[TRITS*i+:TRITS] = t[5+:TRITS];
      corrupt = corrupt | t[10];
    end
  end

endmodule
`default_nettype wire
