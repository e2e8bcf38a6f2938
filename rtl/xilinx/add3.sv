// SPDX-License-Identifier: Apache-2.0
//
// The sum of three unsigned numbers and two ones, modulo 2^OUT: one LUT6_2 a bit, whose O5 is the
// majority of the three bits (the carry to the next place's LUT) and whose O6 is their sum with the
// majority of the place below (carry chain). Combinational.
`default_nettype none

module add3 #(
  parameter int BITS = 9,   // of a number
  parameter int OUT  = 11   // of the sum: BITS to BITS + 2
) (
  input  wire logic [BITS-1:0] a,
  input  wire logic [BITS-1:0] b,
  input  wire logic [BITS-1:0] c,
  input  wire logic [1:0]      one,
  output logic      [OUT-1:0]  sum
);

  // O5: majority of I0 to I2. O6: I0 ^ I1 ^ I2 ^ I3.
  function automatic logic [63:0] place();
    for (int i = 0; i < 64; i++)
      place[i] = i < 32 ? (i[0] & i[1]) | (i[0] & i[2]) | (i[1] & i[2])
                        : i[0] ^ i[1] ^ i[2] ^ i[3];
  endfunction

  logic [BITS:0]   major;
  logic [BITS-1:0] s, o;
  logic            co;
  assign major[0] = one[0];

  generate
    for (genvar i = 0; i < BITS; i++) begin : g_place
      LUT6_2 #(.INIT(place())) u_lut (
          .I0(a[i]), .I1(b[i]), .I2(c[i]), .I3(major[i]), .I4(1'b0), .I5(1'b1),
          .O5(major[i+1]), .O6(s[i]));
    end
  endgenerate
  carry #(.BITS(BITS)) u_carry (.ci(one[1]), .di(major[BITS-1:0]), .s, .o, .co);
  assign sum[BITS-1:0] = o;

  // The last majority and the last carry have the same weight.
  generate
    if (OUT == BITS + 2) begin : g_two
      LUT6_2 #(.INIT(64'h6666_6666_8888_8888)) u_lut (
          .I0(major[BITS]), .I1(co), .I2(1'b0), .I3(1'b0), .I4(1'b0), .I5(1'b1),
          .O5(sum[BITS+1]), .O6(sum[BITS]));
    end else if (OUT == BITS + 1) begin : g_one
      assign sum[BITS] = major[BITS] ^ co;
    end else begin : g_none
      logic unused;
      assign unused = ^{major[BITS], co};
    end
  endgenerate

endmodule
`default_nettype wire
