// SPDX-License-Identifier: Apache-2.0
// One AXI4 read master with a prefetch FIFO: requests (address, beats) in, beats out in order.
// Bursts are issued while the FIFO has room for a whole further burst, so rready is always high and
// as many are outstanding as room allows. A request is taken once the one before is fully issued.
// Latency: two cycles from request to arvalid, two from rvalid to out_valid; one beat per cycle.
// abort drops the request, the FIFO and every beat still to arrive; an address that stands on the
// bus stays until it is accepted. The module keeps discarding, with req_ready low, until it is idle
// and abort is low again. Only abort lets out_valid fall unaccepted.
// Throughput: one beat per cycle, bursts back to back. Handshake: requests and beats are
// valid/ready; AXI's rules hold on the bus also during abort.
`include "assert.svh"
`default_nettype none

module axi_read #(
  parameter int BEAT_BITS = 128,  // bits of a beat, a power of two from 8
  parameter int BURST = 64,       // most beats of a burst, a power of two, at most 4096 bytes
  parameter int DEPTH = 512       // beats of the FIFO, a power of two from BURST
) (
  input  wire logic                 clk,
  input  wire logic                 rst_n,
  // verilator lint_off SYMRSVDWORD
  input  wire logic                 abort,
  // verilator lint_on SYMRSVDWORD
  output logic                      idle,       // no request, nothing outstanding; FIFO may hold
  output logic                      error,      // one cycle for each beat with an error response
  input  wire logic                 req_valid,
  output logic                      req_ready,
  input  wire logic [63:0]          req_addr,   // a multiple of the beat's bytes
  input  wire logic [31:0]          req_beats,  // 1 and more
  output logic                      out_valid,
  input  wire logic                 out_ready,
  output logic      [BEAT_BITS-1:0] out_data,
  output logic                      out_error,  // this beat came with an error response
  output logic                      m_axi_arvalid,
  input  wire logic                 m_axi_arready,
  output logic      [63:0]          m_axi_araddr,
  output logic      [7:0]           m_axi_arlen,
  input  wire logic                 m_axi_rvalid,
  output logic                      m_axi_rready,
  input  wire logic [BEAT_BITS-1:0] m_axi_rdata,
  input  wire logic [1:0]           m_axi_rresp,
  input  wire logic                 m_axi_rlast
);
  localparam int COUNT_BITS = $clog2(DEPTH + 1);
  localparam int BEATS_BITS = $clog2(BURST + 1);

  // Beats issued and not yet arrived; beats neither issued nor in the FIFO.
  logic [COUNT_BITS-1:0] owed_q, owed_d, free_q;
  logic [COUNT_BITS-1:0] held;
  logic [BEATS_BITS-1:0] issue_beats;
  logic draining_q, error_q, busy, issue, fifo_ready;

  wire logic stop = abort || draining_q;
  wire logic pop = out_valid && out_ready;

  assign idle         = !busy && owed_q == '0;
  assign error        = error_q;
  assign m_axi_rready = 1'b1;

  always_comb begin
    owed_d = owed_q - COUNT_BITS'(m_axi_rvalid);
    if (issue) owed_d = owed_d + COUNT_BITS'(issue_beats);
  end

  always_ff @(posedge clk) begin
    owed_q <= owed_d;
    if (stop) free_q <= COUNT_BITS'(DEPTH) - owed_d;
    else free_q <= free_q + COUNT_BITS'(pop) - (issue ? COUNT_BITS'(issue_beats) : '0);
    draining_q <= abort || (draining_q && !idle);
    error_q    <= m_axi_rvalid && m_axi_rresp[1];
    if (!rst_n) begin
      owed_q     <= '0;
      free_q     <= COUNT_BITS'(DEPTH);
      draining_q <= 1'b0;
      error_q    <= 1'b0;
    end
  end

  axi_bursts #(.BEAT_BITS(BEAT_BITS), .BURST(BURST)) u_bursts (
    .clk, .rst_n, .stop, .req_valid, .req_ready, .req_addr, .req_beats, .busy,
    .room(|free_q[COUNT_BITS-1:BEATS_BITS-1]),  // free_q >= BURST, a power of two
    .issue, .issue_beats, .ax_valid(m_axi_arvalid), .ax_ready(m_axi_arready),
    .ax_addr(m_axi_araddr), .ax_len(m_axi_arlen)
  );

  fifo #(.WIDTH(BEAT_BITS + 1), .DEPTH(DEPTH)) u_fifo (
    .clk, .rst_n, .clear(stop),
    .in_valid(m_axi_rvalid), .in_ready(fifo_ready), .in_data({m_axi_rresp[1], m_axi_rdata}),
    .out_valid, .out_ready, .out_data({out_error, out_data}), .count(held)
  );

  `TRI_ASSERT(every_beat_has_room, !m_axi_rvalid || fifo_ready)
  `TRI_ASSERT(no_beat_unasked, !m_axi_rvalid || owed_q != '0)
  `TRI_ASSERT(room_adds_up, 32'(free_q) + 32'(owed_q) + 32'(held) == 32'(DEPTH))

  wire logic unused = &{1'b0, m_axi_rlast, m_axi_rresp[0], fifo_ready, held};

  generate
    if (DEPTH < BURST) begin : g_depth
      AXI_READ_DEPTH_MUST_HOLD_A_BURST bad ();
    end
  endgenerate

`ifdef TRI_PROVE_AXI_READ
`include "axi_read_properties.svh"
`endif
endmodule

`default_nettype wire
