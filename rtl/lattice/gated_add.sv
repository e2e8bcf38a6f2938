// SPDX-License-Identifier: Apache-2.0
//
// sum = a + one + (nz ? (neg ? ~x : x) : 0), signed, on CCU2C: one LUT4 a bit selects, negates and
// adds, as the carry needs to know only a where both summands have the same bit. The lowest place
// makes the carry-in. Combinational.
`default_nettype none

module gated_add #(
  parameter int IN   = 8,  // bits of a
  parameter int BITS = 9   // of the sum
) (
  input  wire logic [IN-1:0]   a,
  input  wire logic [7:0]      x,
  input  wire logic            nz,
  input  wire logic            neg,
  input  wire logic            one,
  output logic      [BITS-1:0] sum
);
  localparam int CELLS = (BITS + 2) / 2;  // two places each

  // Inputs {D, C, B, A}. A place: {neg, nz, x, a}; for the carry LUT2 takes the lowest four: a.
  localparam logic [15:0] ADD = 16'b1001_1010_0110_1010;
  localparam logic [15:0] ONE = 16'b0000_0000_0000_1010;  // with C and D high: 0, carry out is A

  logic [2*CELLS-1:0] a_all, x_all, s;
  logic [CELLS:0]     between;
  assign a_all = {{(2 * CELLS - 1 - IN){a[IN-1]}}, a, one};
  assign x_all = {{(2 * CELLS - 9){x[7]}}, x, 1'b0};
  assign between[0] = 1'b0;
  assign sum = s[BITS:1];

  generate
    for (genvar i = 0; i < CELLS; i++) begin : g_cell
      CCU2C #(.INIT0(i == 0 ? ONE : ADD), .INIT1(ADD), .INJECT1_0("NO"), .INJECT1_1("NO")) u_carry (
          .CIN(between[i]), .COUT(between[i+1]),
          .A0(a_all[2*i]), .B0(x_all[2*i]), .C0(i == 0 ? 1'b1 : nz), .D0(i == 0 ? 1'b1 : neg),
          .A1(a_all[2*i+1]), .B1(x_all[2*i+1]), .C1(nz), .D1(neg), .S0(s[2*i]), .S1(s[2*i+1]));
    end
  endgenerate

  logic unused;
  assign unused = ^{s, between[CELLS]};

endmodule
`default_nettype wire
