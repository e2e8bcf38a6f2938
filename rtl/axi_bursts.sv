// SPDX-License-Identifier: Apache-2.0
// Splits a request (address, beats) into AXI4 bursts of at most BURST beats that end at multiples
// of BURST beats, hence never cross 4 KiB; the address channel of axi_read and axi_write.
// Latency: ax_valid rises two cycles after the request. Throughput: one burst per cycle, one
// request per two cycles or per its number of bursts plus one.
// Handshake: a burst is issued (issue, issue_beats) when it is put into the output register, only
// while room is high; ax_* are then held until ax_ready. stop drops the request; a burst that
// stands in the output register stays.
`include "assert.svh"
`default_nettype none

module axi_bursts #(
  parameter  int BEAT_BITS = 128,             // bits of a beat, a power of two from 8
  parameter  int BURST = 64,                  // most beats of a burst, a power of two, 2 to 256
  localparam int BEATS_BITS = $clog2(BURST + 1)
) (
  input  wire logic                  clk,
  input  wire logic                  rst_n,
  input  wire logic                  stop,
  input  wire logic                  req_valid,
  output logic                       req_ready,
  input  wire logic [63:0]           req_addr,     // a multiple of the beat's bytes
  input  wire logic [31:0]           req_beats,    // 1 and more
  output logic                       busy,         // beats of a request are not yet issued
  input  wire logic                  room,         // a burst of BURST beats may be issued
  output logic                       issue,
  output logic      [BEATS_BITS-1:0] issue_beats,
  output logic                       ax_valid,
  input  wire logic                  ax_ready,
  output logic      [63:0]           ax_addr,
  output logic      [7:0]            ax_len        // beats less one
);
  localparam int BEAT_BYTES = BEAT_BITS / 8;
  localparam int SHIFT = $clog2(BEAT_BYTES);
  localparam int INDEX_BITS = $clog2(BURST);

  logic busy_q, ax_valid_q;
  logic [63:0] addr_q, ax_addr_q;
  logic [31:0] left_q;
  logic [7:0] ax_len_q;

  wire logic [BEATS_BITS-1:0] to_edge =
      BEATS_BITS'(BURST) - {1'b0, addr_q[SHIFT+:INDEX_BITS]};
  wire logic last = left_q <= 32'(to_edge);

  assign req_ready   = !busy_q && !stop;
  assign busy        = busy_q;
  assign issue       = busy_q && room && !stop && (ax_ready || !ax_valid_q);
  assign issue_beats = last ? left_q[BEATS_BITS-1:0] : to_edge;
  assign ax_valid    = ax_valid_q;
  assign ax_addr     = ax_addr_q;
  assign ax_len      = ax_len_q;

  always_ff @(posedge clk) begin
    if (ax_ready) ax_valid_q <= 1'b0;
    if (issue) begin
      ax_valid_q <= 1'b1;
      busy_q     <= !last;
    end
    if (req_valid && req_ready) busy_q <= 1'b1;
    if (stop) busy_q <= 1'b0;
    if (!rst_n) begin
      ax_valid_q <= 1'b0;
      busy_q     <= 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    if (issue) begin
      ax_addr_q <= addr_q;
      ax_len_q  <= 8'(issue_beats) - 8'd1;
      addr_q    <= (addr_q | 64'(BURST * BEAT_BYTES - 1)) + 64'd1;
      left_q    <= left_q - 32'(issue_beats);
    end
    if (req_valid && req_ready) begin
      addr_q <= req_addr;
      left_q <= req_beats;
    end
  end

  `TRI_ASSERT(request_has_beats, !(req_valid && req_ready) || req_beats != 32'd0)
  `TRI_ASSERT(request_is_aligned,
              !(req_valid && req_ready) || (req_addr & (64'(BEAT_BYTES) - 64'd1)) == 64'd0)

  generate
    if (BEAT_BITS < 8 || (BEAT_BITS & (BEAT_BITS - 1)) != 0) begin : g_beat
      AXI_BEAT_BITS_MUST_BE_A_POWER_OF_TWO_FROM_8 bad ();
    end
    if (BURST < 2 || BURST > 256 || (BURST & (BURST - 1)) != 0) begin : g_burst
      AXI_BURST_MUST_BE_A_POWER_OF_TWO_FROM_2_TO_256 bad ();
    end
    if (BURST * BEAT_BITS > 4096 * 8) begin : g_page
      AXI_BURST_MUST_NOT_PASS_4096_BYTES bad ();
    end
  endgenerate

`ifdef TRI_PROVE_AXI_BURSTS
`include "axi_bursts_properties.svh"
`endif
endmodule

`default_nettype wire
