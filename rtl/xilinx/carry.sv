// SPDX-License-Identifier: Apache-2.0
//
// A carry chain of BITS places on CARRY8 of UltraScale and later: o = s ^ carry, and place i hands
// on its carry where s is 1 and di where s is 0. Combinational.
`default_nettype none

module carry #(
  parameter int BITS = 9
) (
  input  wire logic            ci,
  input  wire logic [BITS-1:0] di,
  input  wire logic [BITS-1:0] s,
  output logic      [BITS-1:0] o,
  output logic                 co
);
  localparam int CELLS = (BITS + 7) / 8;

  logic [8*CELLS-1:0] di_all, s_all, o_all, co_all;
  logic [CELLS:0]     between;
  assign di_all = (8 * CELLS)'(di);
  assign s_all = (8 * CELLS)'(s);
  assign between[0] = ci;
  assign o = o_all[BITS-1:0];
  assign co = co_all[BITS-1];

  generate
    for (genvar i = 0; i < CELLS; i++) begin : g_cell
      CARRY8 #(.CARRY_TYPE("SINGLE_CY8")) u_carry (
          .CO(co_all[8*i+:8]), .O(o_all[8*i+:8]), .CI(between[i]), .CI_TOP(1'b0),
          .DI(di_all[8*i+:8]), .S(s_all[8*i+:8]));
      assign between[i+1] = co_all[8*i+7];
    end
  endgenerate

  logic unused;
  assign unused = ^{o_all, co_all, between[CELLS]};

endmodule
`default_nettype wire
