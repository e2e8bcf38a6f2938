// SPDX-License-Identifier: Apache-2.0
// The rules of one AXI4 bus of the kernel, checked at every rising edge from the pins alone: a read
// channel and, with WRITES, a write channel. Bursts are INCR of whole beats without ids, answered in
// order. Not part of the kernel: bound in simulation only (core_rules.sv), for iverilog and Verilator.
// A broken rule is printed, sets its bit of `broken` for good and stops a Verilated model.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none
`include "rules.svh"

module axi_rules #(
  parameter int BEAT_BITS = 128,
  parameter int WRITES    = 1,     // 0: the bus only reads, write pins are ignored
  parameter int BURST     = 64,    // most beats of a burst
  parameter int DEPTH     = 8192,  // more than the bursts that can be in flight, a power of two
  localparam int RULES    = 19
) (
  input  wire logic clk,
  input  wire logic rst_n,
  `RULES_READ_PORTS(, 1)
  `RULES_WRITE_PORTS()
  output logic [RULES-1:0] broken
);
  localparam int BYTES = BEAT_BITS / 8;
  localparam int INDEX = $clog2(DEPTH);
  localparam bit W = WRITES != 0;

  // ---- what is on its way -------------------------------------------------------------------------
  logic in_reset = 1'b0;  // the edge before was one of reset
  wire logic ar_changed, r_changed, aw_changed, w_changed, b_changed;
  held_rules #(.BITS(72)) u_ar (
      .clk, .rst_n, .valid(arvalid), .ready(arready), .payload({araddr, arlen}), .changed(ar_changed));
  held_rules #(.BITS(BEAT_BITS + 3)) u_r (
      .clk, .rst_n, .valid(rvalid), .ready(rready), .payload({rdata, rresp, rlast}), .changed(r_changed));
  held_rules #(.BITS(72)) u_aw (
      .clk, .rst_n, .valid(awvalid), .ready(awready), .payload({awaddr, awlen}), .changed(aw_changed));
  held_rules #(.BITS(BEAT_BITS + BYTES + 1)) u_w (
      .clk, .rst_n, .valid(wvalid), .ready(wready), .payload({wdata, wstrb, wlast}), .changed(w_changed));
  held_rules #(.BITS(2)) u_b (
      .clk, .rst_n, .valid(bvalid), .ready(bready), .payload(bresp), .changed(b_changed));

  // Lengths of bursts: reads once accepted, writes once offered, each until its last beat was taken.
  logic [7:0] read_len [DEPTH], write_len [DEPTH];
  logic [INDEX-1:0] read_in = '0, read_out = '0, write_in = '0, write_out = '0;
  logic [8:0] r_beat = '0, w_beat = '0;               // beats taken of the burst at hand
  logic [INDEX-1:0] aw_taken = '0, b_taken = '0;      // addresses and responses, counted

  wire logic aw_new = awvalid && !u_aw.waits;
  wire logic w_known = write_in != write_out || aw_new;
  wire logic [7:0] r_len = read_len[read_out];
  wire logic [7:0] w_len = write_in != write_out ? write_len[write_out] : awlen;

  // A sum of a place within 4 KiB and a burst's bytes.
  function automatic logic crosses(input logic [11:0] place, input logic [7:0] len);
    crosses = 32'(place) + (32'(len) + 32'd1) * 32'(BYTES) > 32'd4096;
  endfunction

  // ---- the rules ----------------------------------------------------------------------------------
  logic [RULES-1:0] now;
  // Bits, and the names that stand in messages.
  localparam int RESET = 0, KNOWN = 1, AR_HELD = 2, AR_4K = 3, AR_BEAT = 4, AR_LEN = 5, R_HELD = 6,
      R_ASKED = 7, R_LAST = 8, AW_HELD = 9, AW_4K = 10, AW_BEAT = 11, AW_LEN = 12, W_HELD = 13,
      W_ASKED = 14, W_LAST = 15, B_HELD = 16, B_ASKED = 17, RESP = 18;

  always_comb begin
    now = '0;
    now[RESET] = in_reset && !rst_n && (arvalid !== 1'b0
                   || (W && (awvalid !== 1'b0 || wvalid !== 1'b0)));
    if (rst_n) begin
      now[KNOWN] = (^{arvalid, arready, rvalid, rready}) === 1'bx
                   || (arvalid && (^{araddr, arlen}) === 1'bx)
                   || (rvalid && (^{rresp, rlast}) === 1'bx)
                   || (W && ((^{awvalid, awready, wvalid, wready, bvalid, bready}) === 1'bx
                             || (awvalid && (^{awaddr, awlen}) === 1'bx)
                             || (wvalid && (^{wstrb, wlast}) === 1'bx)));
      now[AR_HELD] = ar_changed;
      now[AR_4K]   = arvalid && crosses(araddr[11:0], arlen);
      now[AR_BEAT] = arvalid && (araddr & (64'(BYTES) - 64'd1)) != 64'd0;
      now[AR_LEN]  = arvalid && 32'(arlen) >= 32'(BURST);
      now[R_HELD]  = r_changed;
      now[R_ASKED] = rvalid && read_in == read_out;
      now[R_LAST]  = rvalid && read_in != read_out
                     && rlast != (r_beat == {1'b0, r_len});
      now[RESP]    = rvalid && rresp == 2'b01;
      if (W) begin
        now[AW_HELD] = aw_changed;
        now[AW_4K]   = awvalid && crosses(awaddr[11:0], awlen);
        now[AW_BEAT] = awvalid && (awaddr & (64'(BYTES) - 64'd1)) != 64'd0;
        now[AW_LEN]  = awvalid && 32'(awlen) >= 32'(BURST);
        now[W_HELD]  = w_changed;
        now[W_ASKED] = wvalid && !w_known;
        now[W_LAST]  = wvalid && w_known && wlast != (w_beat == {1'b0, w_len});
        now[B_HELD]  = b_changed;
        // A response needs its address accepted and its last beat accepted, before this edge.
        now[B_ASKED] = bvalid && (aw_taken == b_taken || write_out == b_taken);
        now[RESP]    = now[RESP] || (bvalid && bresp == 2'b01);
      end
    end
  end

  always_ff @(posedge clk) begin
    in_reset <= !rst_n;
    if (arvalid && arready) begin
      read_len[read_in] <= arlen;
      read_in <= read_in + 1'b1;
    end
    if (rvalid && rready) begin
      r_beat <= rlast ? '0 : r_beat + 1'b1;
      if (rlast) read_out <= read_out + 1'b1;
    end
    if (aw_new) begin
      write_len[write_in] <= awlen;
      write_in <= write_in + 1'b1;
    end
    if (awvalid && awready) aw_taken <= aw_taken + 1'b1;
    if (wvalid && wready) begin
      w_beat <= wlast ? '0 : w_beat + 1'b1;
      if (wlast) write_out <= write_out + 1'b1;
    end
    if (bvalid && bready) b_taken <= b_taken + 1'b1;
    if (!rst_n) begin
      {read_in, read_out, write_in, write_out, aw_taken, b_taken} <= '0;
      r_beat <= '0;
      w_beat <= '0;
    end
  end

  // ---- what becomes of a broken one -----------------------------------------------------------------
  initial broken = '0;

  always_ff @(posedge clk) begin
    if (now != '0) begin
      broken <= broken | now;
      `RULES_TELL(RESET, "a valid is high in reset")
      `RULES_TELL(KNOWN, "a pin is neither 0 nor 1")
      `RULES_TELL(AR_HELD, "arvalid, araddr or arlen changed before arready")
      `RULES_TELL(AR_4K, "a read burst crosses 4 KiB")
      `RULES_TELL(AR_BEAT, "araddr is not a multiple of the beat")
      `RULES_TELL(AR_LEN, "a read burst has more beats than it may")
      `RULES_TELL(R_HELD, "rvalid or its payload changed before rready")
      `RULES_TELL(R_ASKED, "a read beat without a request")
      `RULES_TELL(R_LAST, "rlast is not on the last beat")
      `RULES_TELL(AW_HELD, "awvalid, awaddr or awlen changed before awready")
      `RULES_TELL(AW_4K, "a write burst crosses 4 KiB")
      `RULES_TELL(AW_BEAT, "awaddr is not a multiple of the beat")
      `RULES_TELL(AW_LEN, "a write burst has more beats than it may")
      `RULES_TELL(W_HELD, "wvalid or its payload changed before wready")
      `RULES_TELL(W_ASKED, "a write beat before its address")
      `RULES_TELL(W_LAST, "wlast is not on the last beat")
      `RULES_TELL(B_HELD, "bvalid or bresp changed before bready")
      `RULES_TELL(B_ASKED, "a response without a finished burst")
      `RULES_TELL(RESP, "EXOKAY to a plain access")
`ifdef VERILATOR
      $stop;
`endif
    end
  end
endmodule

`default_nettype wire
