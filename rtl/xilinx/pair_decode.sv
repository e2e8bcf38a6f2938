// SPDX-License-Identifier: Apache-2.0
//
// One weight beat to what pair_add wants: a code of four bits for each pair of weights and, in more,
// the one that pair_add leaves to the adders behind it. A byte that stands for no trits gives zeros
// and raises corrupt. Combinational, one beat per cycle. b3 takes seven LUT6 a byte, b2 six; the
// b3 code (docs/accelerator.md) is made for that. The pairs: lane() in pair_dot.sv.
`default_nettype none

module pair_decode #(
  parameter int BEAT_BITS = 128,  // multiple of 16
  parameter int ENCODING  = 1,    // 0: b2, four trits a byte; 1: b3, five trits a byte
  localparam int BYTES    = BEAT_BITS / 8,
  localparam int PAIRS    = BYTES * (ENCODING == 1 ? 5 : 4) / 2
) (
  input  wire logic [BEAT_BITS-1:0] beat,
  output logic      [4*PAIRS-1:0]   code,
  output logic      [PAIRS-1:0]     more,
  output logic                      corrupt
);

  logic [BYTES-1:0] bad;
  assign corrupt = |bad;

  generate
    if (ENCODING == 1) begin : g_b3
      logic [BYTES-1:0] nz, neg;
      // Which function of b3: the tables of the LUTs, inputs in the order of the instances.
      function automatic logic [63:0] table_of(input int which);
        logic escape, lone, negative, nonzero;
        for (int i = 0; i < 64; i++) begin
          // 0: {b7, b6, b3, b0}: escape, and bit 0 of the first pair
          if (which == 0) table_of[i] = i < 32 ? i[3] & ~i[2] : i[3] & ~i[2] ? i[0] : i[1];
          // 1: {b7, b6, b5, b4, b3}: the second pair is zero, the first pair is zero
          escape = i[4] & ~i[3];
          lone = escape & i[2] & ~i[1];
          if (which == 1) table_of[i] = i < 32 ? escape & (lone | i[0]) : escape & (lone | ~i[0]);
          // 2: {escape, b1, b4, b2, b5}: bits 1 and 2 of the first pair
          if (which == 2) table_of[i] = i < 32 ? (i[4] ? i[3] : i[2]) : (i[4] ? i[1] : i[0]);
          // 3: the same inputs: both bits of the second pair, of the first pair
          if (which == 3) table_of[i] = i < 32 ? i[3] & i[1] : i[4] ? i[3] & i[1] : i[2] & i[0];
          // 4: {b3, b2, b1, b0, zero_b, zero_a}: no trits
          if (which == 4) table_of[i] = i[0] & i[1] & (i[5] | i[4] | (i[3] & ~i[2]));
          // 5: {bad, b7, b6, b5, b4, b0}: the last trit is not zero
          escape = i[4] & ~i[3];
          lone = escape & i[2] & ~i[1];
          nonzero = lone ? i[0] : escape ? i[1] : i[3];
          if (which == 5) table_of[i] = nonzero & ~i[5];
          // 6: {nonzero, b7, b6, b5, b4, b1}: it is negative
          negative = lone ? i[0] : escape ? i[2] : i[4];
          if (which == 6) table_of[i] = negative & i[5];
        end
      endfunction

      for (genvar i = 0; i < BYTES; i++) begin : g_byte
        logic [7:0] b;
        logic       escape, zero_a, zero_b, first, second;
        logic [2:0] a;
        assign b = beat[8*i+:8];
        LUT6_2 #(.INIT(table_of(0))) u_escape (.I0(b[0]), .I1(b[3]), .I2(b[6]), .I3(b[7]),
            .I4(1'b0), .I5(1'b1), .O5(escape), .O6(a[0]));
        LUT6_2 #(.INIT(table_of(1))) u_zero (.I0(b[3]), .I1(b[4]), .I2(b[5]), .I3(b[6]),
            .I4(b[7]), .I5(1'b1), .O5(zero_b), .O6(zero_a));
        LUT6_2 #(.INIT(table_of(2))) u_pair (.I0(b[5]), .I1(b[2]), .I2(b[4]), .I3(b[1]),
            .I4(escape), .I5(1'b1), .O5(a[1]), .O6(a[2]));
        LUT6_2 #(.INIT(table_of(3))) u_more (.I0(b[5]), .I1(b[2]), .I2(b[4]), .I3(b[1]),
            .I4(escape), .I5(1'b1), .O5(second), .O6(first));
        LUT6 #(.INIT(table_of(4))) u_bad (.I0(zero_a), .I1(zero_b), .I2(b[0]), .I3(b[1]),
            .I4(b[2]), .I5(b[3]), .O(bad[i]));
        LUT6 #(.INIT(table_of(5))) u_nz (.I0(b[0]), .I1(b[4]), .I2(b[5]), .I3(b[6]), .I4(b[7]),
            .I5(bad[i]), .O(nz[i]));
        LUT6 #(.INIT(table_of(6))) u_neg (.I0(b[1]), .I1(b[4]), .I2(b[5]), .I3(b[6]), .I4(b[7]),
            .I5(nz[i]), .O(neg[i]));
        // Five pairs from two bytes: two of each, and both last trits.
        localparam int FIRST = i / 2 * 5 + i % 2 * 2;
        assign code[4*FIRST+:8] = {b[2], zero_b, b[1], b[0], a[2], zero_a, a[1], a[0]};
        assign more[FIRST+:2] = {second, first};
        if (i % 2 == 1) begin : g_singles
          assign code[4*(i/2*5+4)+:4] = {nz[i], neg[i], nz[i-1], neg[i-1]};
          assign more[i/2*5+4] = neg[i];
        end
      end
    end else begin : g_b2
      // {bad, high, low}: nz, neg
      localparam logic [63:0] TRIT = 64'h0606_0606_0404_0404;
      for (genvar i = 0; i < BYTES; i++) begin : g_byte
        assign bad[i] = |(beat[8*i+:8] & {1'b0, beat[8*i+1+:7]} & 8'h55);
        for (genvar j = 0; j < 4; j++) begin : g_trit
          logic nz, neg;
          LUT6_2 #(.INIT(TRIT)) u_trit (.I0(beat[8*i+2*j]), .I1(beat[8*i+2*j+1]), .I2(bad[i]),
              .I3(1'b0), .I4(1'b0), .I5(1'b1), .O5(neg), .O6(nz));
          assign code[4*(2*i+j/2)+2*(j%2)+:2] = {nz, neg};
          if (j % 2 == 1) assign more[2*i+j/2] = neg;
        end
      end
    end
  endgenerate

endmodule
`default_nettype wire
