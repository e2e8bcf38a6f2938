// SPDX-License-Identifier: Apache-2.0
//
// Two int8 activations, each times its trit, added: nine LUT6 and a carry chain. sum is the sum plus
// 256 less the ones that the code leaves to others (pair_decode.sv), so it is never negative; the
// code's first one is added here. Combinational.
//
// A LUT6_2 selects, negates and adds one bit of both: where I5 is low at most one of the two trits
// is not zero, so the sum S is also what the carry chain needs as DI; where I5 is high, DI is still
// right, as it is only looked at when both bits are the same.
`default_nettype none

module pair_add #(
  parameter int SINGLES = 0  // 1: code is {nz1, neg1, nz0, neg0}; 0: {both, zero, p1, p0}
) (
  input  wire logic [7:0] x,
  input  wire logic [7:0] y,
  input  wire logic [3:0] code,
  output logic      [8:0] sum
);

  // One place, inputs {I5, I4, I3, I2, I1, I0} = {code, y, x}. With I5 low, O6 is O5.
  function automatic logic [63:0] place(input logic invert);
    for (int i = 0; i < 64; i++) begin
      if (SINGLES == 1)
        place[i] = (i[0] & i[3]) ^ i[2] ^ (i[5] & (i[1] ^ i[4]));
      else if (i < 32)
        place[i] = i[4] ? i[2] : (i[3] ^ i[2] ? i[1] : i[0]) ^ i[2];
      else
        place[i] = i[2] ^ i[3] ^ (~i[4] & (i[0] ^ i[1]));
      place[i] = place[i] ^ invert;
    end
  endfunction

  logic [8:0] s;
  logic [7:0] di;
  logic       unused;

  generate
    for (genvar i = 0; i < 8; i++) begin : g_place
      LUT6_2 #(.INIT(place(1'b0))) u_lut (
          .I0(x[i]), .I1(y[i]), .I2(code[0]), .I3(code[1]), .I4(code[2]), .I5(code[3]),
          .O5(di[i]), .O6(s[i]));
    end
  endgenerate
  // The sign, inverted: that is the plus 256.
  LUT6 #(.INIT(place(1'b1))) u_sign (
      .I0(x[7]), .I1(y[7]), .I2(code[0]), .I3(code[1]), .I4(code[2]), .I5(code[3]), .O(s[8]));

  carry #(.BITS(9)) u_carry (.ci(code[0]), .di({1'b0, di}), .s, .o(sum), .co(unused));

endmodule
`default_nettype wire
