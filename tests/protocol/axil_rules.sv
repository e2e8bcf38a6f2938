// SPDX-License-Identifier: Apache-2.0
// The rules of the kernel's AXI4-Lite bus, checked at every rising edge from the pins alone, of the
// host as well as of the kernel. Not part of the kernel: bound in simulation only (core_rules.sv).
// A broken rule is printed, sets its bit of `broken` for good and stops a Verilated model.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none
`include "rules.svh"

module axil_rules #(
  localparam int RULES = 10
) (
  input  wire logic clk,
  input  wire logic rst_n,
  `RULES_LITE_PORTS()
  output logic [RULES-1:0] broken
);
  logic in_reset = 1'b0;  // the edge before was one of reset
  wire logic aw_changed, w_changed, b_changed, ar_changed, r_changed;
  held_rules #(.BITS(12)) u_aw (
      .clk, .rst_n, .valid(awvalid), .ready(awready), .payload(awaddr), .changed(aw_changed));
  held_rules #(.BITS(36)) u_w (
      .clk, .rst_n, .valid(wvalid), .ready(wready), .payload({wdata, wstrb}), .changed(w_changed));
  held_rules #(.BITS(2)) u_b (
      .clk, .rst_n, .valid(bvalid), .ready(bready), .payload(bresp), .changed(b_changed));
  held_rules #(.BITS(12)) u_ar (
      .clk, .rst_n, .valid(arvalid), .ready(arready), .payload(araddr), .changed(ar_changed));
  held_rules #(.BITS(34)) u_r (
      .clk, .rst_n, .valid(rvalid), .ready(rready), .payload({rdata, rresp}), .changed(r_changed));
  logic [7:0]  aw_taken = '0, w_taken = '0, b_taken = '0, ar_taken = '0, r_taken = '0;  // counted

  logic [RULES-1:0] now;
  localparam int RESET = 0, KNOWN = 1, AW_HELD = 2, W_HELD = 3, B_HELD = 4, B_ASKED = 5, AR_HELD = 6,
      R_HELD = 7, R_ASKED = 8, RESP = 9;

  always_comb begin
    now = '0;
    now[RESET] = in_reset && !rst_n && (bvalid !== 1'b0 || rvalid !== 1'b0);
    if (rst_n) begin
      now[KNOWN]   = (^{awvalid, awready, wvalid, wready, bvalid, bready}) === 1'bx
                     || (^{arvalid, arready, rvalid, rready}) === 1'bx
                     || (rvalid && (^{rdata, rresp}) === 1'bx) || (bvalid && (^bresp) === 1'bx);
      now[AW_HELD] = aw_changed;
      now[W_HELD]  = w_changed;
      now[B_HELD]  = b_changed;
      // Address and data may come in any order; the response follows both.
      now[B_ASKED] = bvalid && (aw_taken == b_taken || w_taken == b_taken);
      now[AR_HELD] = ar_changed;
      now[R_HELD]  = r_changed;
      now[R_ASKED] = rvalid && ar_taken == r_taken;
      now[RESP]    = (rvalid && rresp == 2'b01) || (bvalid && bresp == 2'b01);
    end
  end

  always_ff @(posedge clk) begin
    in_reset <= !rst_n;
    if (awvalid && awready) aw_taken <= aw_taken + 1'b1;
    if (wvalid && wready) w_taken <= w_taken + 1'b1;
    if (bvalid && bready) b_taken <= b_taken + 1'b1;
    if (arvalid && arready) ar_taken <= ar_taken + 1'b1;
    if (rvalid && rready) r_taken <= r_taken + 1'b1;
    if (!rst_n) {aw_taken, w_taken, b_taken, ar_taken, r_taken} <= '0;
  end

  initial broken = '0;

  always_ff @(posedge clk) begin
    if (now != '0) begin
      broken <= broken | now;
      `RULES_TELL(RESET, "a valid is high in reset")
      `RULES_TELL(KNOWN, "a pin is neither 0 nor 1")
      `RULES_TELL(AW_HELD, "awvalid or awaddr changed before awready")
      `RULES_TELL(W_HELD, "wvalid or its payload changed before wready")
      `RULES_TELL(B_HELD, "bvalid or bresp changed before bready")
      `RULES_TELL(B_ASKED, "a response without a write")
      `RULES_TELL(AR_HELD, "arvalid or araddr changed before arready")
      `RULES_TELL(R_HELD, "rvalid or its payload changed before rready")
      `RULES_TELL(R_ASKED, "a response without a read")
      `RULES_TELL(RESP, "EXOKAY to a plain access")
`ifdef VERILATOR
      $stop;
`endif
    end
  end
endmodule

`default_nettype wire
