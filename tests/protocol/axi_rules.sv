// SPDX-License-Identifier: Apache-2.0
// The rules of one AXI4 bus of the kernel, checked at every rising edge from the pins alone: a read
// channel and, with WRITES, a write channel. Bursts are INCR of whole beats without ids, answered in
// order. Not part of the kernel: bound in simulation only (core_rules.sv), for iverilog and Verilator.
// A broken rule is printed, sets its bit of `broken` for good and stops a Verilated model.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none
`define TELL(rule, text) if (now[rule]) $display("%m: %s at %0t: %s", `"rule`", $time, text);

module axi_rules #(
  parameter int BEAT_BITS = 128,
  parameter int WRITES    = 1,     // 0: the bus only reads, write pins are ignored
  parameter int BURST     = 64,    // most beats of a burst
  parameter int DEPTH     = 8192,  // more than the bursts that can be in flight, a power of two
  localparam int RULES    = 19
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,
  input  wire logic                   arvalid,
  input  wire logic                   arready,
  input  wire logic [63:0]            araddr,
  input  wire logic [7:0]             arlen,
  input  wire logic                   rvalid,
  input  wire logic                   rready,
  input  wire logic [BEAT_BITS-1:0]   rdata,
  input  wire logic [1:0]             rresp,
  input  wire logic                   rlast,
  input  wire logic                   awvalid,
  input  wire logic                   awready,
  input  wire logic [63:0]            awaddr,
  input  wire logic [7:0]             awlen,
  input  wire logic                   wvalid,
  input  wire logic                   wready,
  input  wire logic [BEAT_BITS-1:0]   wdata,
  input  wire logic [BEAT_BITS/8-1:0] wstrb,
  input  wire logic                   wlast,
  input  wire logic                   bvalid,
  input  wire logic                   bready,
  input  wire logic [1:0]             bresp,
  output logic      [RULES-1:0]       broken
);
  localparam int BYTES = BEAT_BITS / 8;
  localparam int INDEX = $clog2(DEPTH);
  localparam bit W = WRITES != 0;

  // ---- what is on its way -------------------------------------------------------------------------
  // The pins of the edge before, of channels that were offered something and not taken.
  logic ar_waits = 1'b0, r_waits = 1'b0, aw_waits = 1'b0, w_waits = 1'b0, b_waits = 1'b0;
  logic in_reset = 1'b0;  // the edge before was one of reset
  logic [71:0] ar_was, aw_was;
  logic [BEAT_BITS+2:0] r_was;
  logic [BEAT_BITS+BYTES:0] w_was;
  logic [1:0] b_was;

  // Lengths of bursts: reads once accepted, writes once offered, each until its last beat was taken.
  logic [7:0] read_len [DEPTH], write_len [DEPTH];
  logic [INDEX-1:0] read_in = '0, read_out = '0, write_in = '0, write_out = '0;
  logic [8:0] r_beat = '0, w_beat = '0;               // beats taken of the burst at hand
  logic [INDEX-1:0] aw_taken = '0, b_taken = '0;      // addresses and responses, counted

  wire logic aw_new = awvalid && !aw_waits;
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
      now[AR_HELD] = ar_waits && (!arvalid || {araddr, arlen} !== ar_was);
      now[AR_4K]   = arvalid && crosses(araddr[11:0], arlen);
      now[AR_BEAT] = arvalid && (araddr & (64'(BYTES) - 64'd1)) != 64'd0;
      now[AR_LEN]  = arvalid && 32'(arlen) >= 32'(BURST);
      now[R_HELD]  = r_waits && (!rvalid || {rdata, rresp, rlast} !== r_was);
      now[R_ASKED] = rvalid && read_in == read_out;
      now[R_LAST]  = rvalid && read_in != read_out
                     && rlast != (r_beat == {1'b0, r_len});
      now[RESP]    = rvalid && rresp == 2'b01;
      if (W) begin
        now[AW_HELD] = aw_waits && (!awvalid || {awaddr, awlen} !== aw_was);
        now[AW_4K]   = awvalid && crosses(awaddr[11:0], awlen);
        now[AW_BEAT] = awvalid && (awaddr & (64'(BYTES) - 64'd1)) != 64'd0;
        now[AW_LEN]  = awvalid && 32'(awlen) >= 32'(BURST);
        now[W_HELD]  = w_waits && (!wvalid || {wdata, wstrb, wlast} !== w_was);
        now[W_ASKED] = wvalid && !w_known;
        now[W_LAST]  = wvalid && w_known && wlast != (w_beat == {1'b0, w_len});
        now[B_HELD]  = b_waits && (!bvalid || bresp !== b_was);
        // A response needs its address accepted and its last beat accepted, before this edge.
        now[B_ASKED] = bvalid && (aw_taken == b_taken || write_out == b_taken);
        now[RESP]    = now[RESP] || (bvalid && bresp == 2'b01);
      end
    end
  end

  always_ff @(posedge clk) begin
    in_reset <= !rst_n;
    ar_waits <= rst_n && arvalid && !arready;
    r_waits  <= rst_n && rvalid && !rready;
    aw_waits <= W && rst_n && awvalid && !awready;
    w_waits  <= W && rst_n && wvalid && !wready;
    b_waits  <= W && rst_n && bvalid && !bready;
    ar_was <= {araddr, arlen};
    r_was  <= {rdata, rresp, rlast};
    aw_was <= {awaddr, awlen};
    w_was  <= {wdata, wstrb, wlast};
    b_was  <= bresp;

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
      `TELL(RESET, "a valid is high in reset")
      `TELL(KNOWN, "a pin is neither 0 nor 1")
      `TELL(AR_HELD, "arvalid, araddr or arlen changed before arready")
      `TELL(AR_4K, "a read burst crosses 4 KiB")
      `TELL(AR_BEAT, "araddr is not a multiple of the beat")
      `TELL(AR_LEN, "a read burst has more beats than it may")
      `TELL(R_HELD, "rvalid or its payload changed before rready")
      `TELL(R_ASKED, "a read beat without a request")
      `TELL(R_LAST, "rlast is not on the last beat")
      `TELL(AW_HELD, "awvalid, awaddr or awlen changed before awready")
      `TELL(AW_4K, "a write burst crosses 4 KiB")
      `TELL(AW_BEAT, "awaddr is not a multiple of the beat")
      `TELL(AW_LEN, "a write burst has more beats than it may")
      `TELL(W_HELD, "wvalid or its payload changed before wready")
      `TELL(W_ASKED, "a write beat before its address")
      `TELL(W_LAST, "wlast is not on the last beat")
      `TELL(B_HELD, "bvalid or bresp changed before bready")
      `TELL(B_ASKED, "a response without a finished burst")
      `TELL(RESP, "EXOKAY to a plain access")
`ifdef VERILATOR
      $stop;
`endif
    end
  end
endmodule

`undef TELL
`default_nettype wire
