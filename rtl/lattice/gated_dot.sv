// SPDX-License-Identifier: Apache-2.0
//
// The dot product of one beat's W trits with W int8 activations, exact: what rtl/dot.sv is, for
// ECP5. A byte's weights are added one after the other by gated_add, in two stages; then two stages
// of plain adders. Latency 4 cycles, one product per cycle. The valid bit of each stage is its clock
// enable; no back-pressure.
`default_nettype none

module gated_dot #(
  parameter int W        = 80,
  parameter int ENCODING = 1,
  localparam int BITS    = 8 + $clog2(W) + 1
) (
  input  wire logic              clk,
  input  wire logic [3:0]        stage,
  input  wire logic [8*W-1:0]    x,      // int8 [W]
  input  wire logic [W-1:0]      nz,
  input  wire logic [W-1:0]      neg,    // implies nz
  output logic signed [BITS-1:0] sum
);

  localparam int LANES  = ENCODING == 1 ? 5 : 4;  // of a group: the weights of a byte
  localparam int FIRST  = ENCODING == 1 ? 3 : 2;  // of them added in the first stage
  localparam int GROUPS = W / LANES;              // a multiple of 4
  localparam int QUADS  = GROUPS / 4;
  localparam int FULL   = 8 + $clog2(LANES + 1);  // bits of a group's sum
  localparam int QUAD   = FULL + 2;

  logic [FULL*GROUPS-1:0] first, first_q, full, full_q;  // sums of FIRST lanes, of all
  logic [QUAD*QUADS-1:0]  quads, quads_q;
  logic [8*W-1:0]         x_q;
  logic [W-1:0]           nz_q, neg_q;
  // The ones of the groups' first lanes but the very first; every adder behind takes one.
  logic [GROUPS-1:0]      one_q, one_qq;
  logic [QUADS-1:0]       one_qqq;

  generate
    for (genvar g = 0; g < GROUPS; g++) begin : g_group
      for (genvar i = 0; i < LANES; i++) begin : g_lane
        localparam int L  = g * LANES + i;
        // Group 0 adds the one of its first lane too, and so may reach 128 more.
        localparam int ONE = g == 0 ? 1 : 0;
        localparam int IN  = 8 + $clog2(i + ONE > 0 ? i + ONE : 1);  // bits before this lane
        localparam int TO  = 8 + $clog2(i + 1 + ONE);                // and with it
        logic [TO-1:0] s;
        if (L == 0) begin : g_start
          gated_add #(.IN(1), .BITS(TO)) u_add (.a(1'b0), .x(x[7:0]), .nz(nz[0]), .neg(neg[0]),
              .one(neg[0]), .sum(s));
        end else if (i == 0) begin : g_gate
          assign s = {8{nz[L]}} & (x[8*L+:8] ^ {8{neg[L]}});
        end else if (i < FIRST) begin : g_first
          gated_add #(.IN(IN), .BITS(TO)) u_add (.a(g_lane[i-1].s), .x(x[8*L+:8]),
              .nz(nz[L]), .neg(neg[L]), .one(neg[L]), .sum(s));
        end else if (i == FIRST) begin : g_later
          gated_add #(.IN(IN), .BITS(TO)) u_add (
              .a(first_q[FULL*g+:IN]), .x(x_q[8*L+:8]),
              .nz(nz_q[L]), .neg(neg_q[L]), .one(neg_q[L]), .sum(s));
        end else begin : g_last
          gated_add #(.IN(IN), .BITS(TO)) u_add (.a(g_lane[i-1].s), .x(x_q[8*L+:8]),
              .nz(nz_q[L]), .neg(neg_q[L]), .one(neg_q[L]), .sum(s));
        end
      end
      assign first[FULL*g+:FULL] = FULL'(g_lane[FIRST-1].s);
      assign full[FULL*g+:FULL] = FULL'($signed(g_lane[LANES-1].s));
    end
  endgenerate

  // Sum of two numbers and a one, written as a place below both: one carry chain, as in sum8.sv.
  function automatic logic [FULL:0] two(input logic [FULL-1:0] a, input logic [FULL-1:0] b,
      input logic one);
    logic [FULL+1:0] r;
    r = {a[FULL-1], a, one} + {b[FULL-1], b, one};
    two = r[FULL+1:1];
  endfunction
  function automatic logic [QUAD-1:0] four(input logic [FULL:0] a, input logic [FULL:0] b,
      input logic one);
    logic [QUAD:0] r;
    r = {a[FULL], a, one} + {b[FULL], b, one};
    four = r[QUAD:1];
  endfunction
  function automatic logic [BITS-1:0] any(input logic [BITS-1:0] a, input logic [BITS-1:0] b,
      input logic one);
    logic [BITS:0] r;
    r = {a, one} + {b, one};
    any = r[BITS:1];
  endfunction

  // Three adders for four groups take three ones; the fourth, of a quad's group 0, goes on.
  always_comb begin
    for (int q = 0; q < QUADS; q++)
      quads[QUAD*q+:QUAD] = four(
          two(full_q[FULL*4*q+:FULL], full_q[FULL*(4*q+1)+:FULL], one_qq[4*q+1]),
          two(full_q[FULL*(4*q+2)+:FULL], full_q[FULL*(4*q+3)+:FULL], one_qq[4*q+2]),
          one_qq[4*q+3]);
  end

  // The quads, pair by pair, each level half as many; QUADS - 1 adders take the ones left.
  logic [BITS*2*QUADS-1:0] tree;
  generate
    for (genvar q = 0; q < QUADS; q++) begin : g_leaf
      assign tree[BITS*(QUADS+q)+:BITS] =
          {{(BITS-QUAD){quads_q[QUAD*q+QUAD-1]}}, quads_q[QUAD*q+:QUAD]};
    end
    for (genvar q = 1; q < QUADS; q++) begin : g_node
      assign tree[BITS*q+:BITS] = any(tree[BITS*2*q+:BITS], tree[BITS*(2*q+1)+:BITS], one_qqq[q]);
    end
    assign tree[BITS-1:0] = '0;
  endgenerate

  always_ff @(posedge clk) begin
    if (stage[0]) begin
      first_q <= first;
      x_q <= x;
      nz_q <= nz;
      neg_q <= neg;
      for (int g = 0; g < GROUPS; g++) one_q[g] <= neg[LANES*g];
    end
    if (stage[1]) begin
      full_q <= full;
      one_qq <= one_q;
    end
    if (stage[2]) begin
      quads_q <= quads;
      for (int q = 0; q < QUADS; q++) one_qqq[q] <= one_qq[4*q];
    end
    if (stage[3]) sum <= tree[BITS+:BITS];
  end

endmodule
`default_nettype wire
