// SPDX-License-Identifier: Apache-2.0
// The rules of the kernel's AXI4-Lite bus, checked at every rising edge from the pins alone, of the
// host as well as of the kernel. Not part of the kernel: bound in simulation only (core_rules.sv).
// A broken rule is printed, sets its bit of `broken` for good and stops a Verilated model.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none
`define TELL(rule, text) if (now[rule]) $display("%m: %s at %0t: %s", `"rule`", $time, text);

module axil_rules #(
  localparam int RULES = 10
) (
  input  wire logic        clk,
  input  wire logic        rst_n,
  input  wire logic [11:0] awaddr,
  input  wire logic        awvalid,
  input  wire logic        awready,
  input  wire logic [31:0] wdata,
  input  wire logic [3:0]  wstrb,
  input  wire logic        wvalid,
  input  wire logic        wready,
  input  wire logic [1:0]  bresp,
  input  wire logic        bvalid,
  input  wire logic        bready,
  input  wire logic [11:0] araddr,
  input  wire logic        arvalid,
  input  wire logic        arready,
  input  wire logic [31:0] rdata,
  input  wire logic [1:0]  rresp,
  input  wire logic        rvalid,
  input  wire logic        rready,
  output logic [RULES-1:0] broken
);
  logic aw_waits = 1'b0, w_waits = 1'b0, b_waits = 1'b0, ar_waits = 1'b0, r_waits = 1'b0;
  logic in_reset = 1'b0;
  logic [11:0] aw_was, ar_was;
  logic [35:0] w_was;
  logic [1:0]  b_was;
  logic [33:0] r_was;
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
      now[AW_HELD] = aw_waits && (!awvalid || awaddr !== aw_was);
      now[W_HELD]  = w_waits && (!wvalid || {wdata, wstrb} !== w_was);
      now[B_HELD]  = b_waits && (!bvalid || bresp !== b_was);
      // Address and data may come in any order; the response follows both.
      now[B_ASKED] = bvalid && (aw_taken == b_taken || w_taken == b_taken);
      now[AR_HELD] = ar_waits && (!arvalid || araddr !== ar_was);
      now[R_HELD]  = r_waits && (!rvalid || {rdata, rresp} !== r_was);
      now[R_ASKED] = rvalid && ar_taken == r_taken;
      now[RESP]    = (rvalid && rresp == 2'b01) || (bvalid && bresp == 2'b01);
    end
  end

  always_ff @(posedge clk) begin
    in_reset <= !rst_n;
    aw_waits <= rst_n && awvalid && !awready;
    w_waits  <= rst_n && wvalid && !wready;
    b_waits  <= rst_n && bvalid && !bready;
    ar_waits <= rst_n && arvalid && !arready;
    r_waits  <= rst_n && rvalid && !rready;
    aw_was <= awaddr;
    w_was  <= {wdata, wstrb};
    b_was  <= bresp;
    ar_was <= araddr;
    r_was  <= {rdata, rresp};
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
      `TELL(RESET, "a valid is high in reset")
      `TELL(KNOWN, "a pin is neither 0 nor 1")
      `TELL(AW_HELD, "awvalid or awaddr changed before awready")
      `TELL(W_HELD, "wvalid or its payload changed before wready")
      `TELL(B_HELD, "bvalid or bresp changed before bready")
      `TELL(B_ASKED, "a response without a write")
      `TELL(AR_HELD, "arvalid or araddr changed before arready")
      `TELL(R_HELD, "rvalid or its payload changed before rready")
      `TELL(R_ASKED, "a response without a read")
      `TELL(RESP, "EXOKAY to a plain access")
`ifdef VERILATOR
      $stop;
`endif
    end
  end
endmodule

`undef TELL
`default_nettype wire
