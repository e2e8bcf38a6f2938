// SPDX-License-Identifier: Apache-2.0
// One AXI4 write master: requests (address, beats) and a stream of beats in, bursts out. Up to
// OUTSTANDING bursts may wait for their response; bready is always high.
// Latency: two cycles from request to awvalid, one from in to wvalid; one beat per cycle.
// in_ready is high only for beats of bursts whose address was issued; it does not depend on wready
// in the same cycle. abort drops the request and issues no further burst; bursts already issued get
// their remaining beats with all strobes low, without taking from the stream. The module stays in
// that state, with req_ready and in_ready low, until it is idle and abort is low again.
// Throughput: one beat per cycle, bursts back to back. Handshake: requests and beats are
// valid/ready; AXI's rules hold on the bus also during abort.
`include "assert.svh"
`default_nettype none

module axi_write #(
  parameter int BEAT_BITS = 128,   // bits of a beat, a power of two from 8
  parameter int BURST = 64,        // most beats of a burst, a power of two, at most 4096 bytes
  parameter int OUTSTANDING = 16   // most bursts without response, a power of two from 2
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,
  // verilator lint_off SYMRSVDWORD
  input  wire logic                   abort,
  // verilator lint_on SYMRSVDWORD
  output logic                        idle,       // no request and every response arrived
  output logic                        error,      // one cycle for each error response
  input  wire logic                   req_valid,
  output logic                        req_ready,
  input  wire logic [63:0]            req_addr,   // a multiple of the beat's bytes
  input  wire logic [31:0]            req_beats,  // 1 and more
  input  wire logic                   in_valid,
  output logic                        in_ready,
  input  wire logic [BEAT_BITS-1:0]   in_data,
  input  wire logic [BEAT_BITS/8-1:0] in_strb,
  output logic                        m_axi_awvalid,
  input  wire logic                   m_axi_awready,
  output logic      [63:0]            m_axi_awaddr,
  output logic      [7:0]             m_axi_awlen,
  output logic                        m_axi_wvalid,
  input  wire logic                   m_axi_wready,
  output logic      [BEAT_BITS-1:0]   m_axi_wdata,
  output logic      [BEAT_BITS/8-1:0] m_axi_wstrb,
  output logic                        m_axi_wlast,
  input  wire logic                   m_axi_bvalid,
  output logic                        m_axi_bready,
  input  wire logic [1:0]             m_axi_bresp
);
  localparam int STRB_BITS = BEAT_BITS / 8;
  localparam int BEATS_BITS = $clog2(BURST + 1);
  localparam int COUNT_BITS = $clog2(OUTSTANDING + 1);

  logic [COUNT_BITS-1:0] bursts_q;  // issued, no response yet
  logic [COUNT_BITS-1:0] queued;
  logic [BEATS_BITS-1:0] left_q;    // beats of the present burst still to enter the skid buffer
  logic [BEATS_BITS-1:0] issue_beats, next_beats;
  logic draining_q, error_q, busy, issue, next_valid, queue_ready, beat_ready;

  wire logic stop = abort || draining_q;
  wire logic some_left = left_q != '0;
  wire logic last = left_q == BEATS_BITS'(1);
  wire logic beat_valid = some_left && (in_valid || stop);
  wire logic beat = beat_valid && beat_ready;
  wire logic next_ready = !some_left || (last && beat);

  assign idle         = !busy && bursts_q == '0;
  assign error        = error_q;
  assign in_ready     = some_left && beat_ready && !stop;
  assign m_axi_bready = 1'b1;

  always_ff @(posedge clk) begin
    if (issue != m_axi_bvalid) bursts_q <= issue ? bursts_q + 1'b1 : bursts_q - 1'b1;
    if (next_ready) left_q <= next_valid ? next_beats : '0;
    else if (beat) left_q <= left_q - 1'b1;
    draining_q <= abort || (draining_q && !idle);
    error_q    <= m_axi_bvalid && m_axi_bresp[1];
    if (!rst_n) begin
      bursts_q   <= '0;
      left_q     <= '0;
      draining_q <= 1'b0;
      error_q    <= 1'b0;
    end
  end

  axi_bursts #(.BEAT_BITS(BEAT_BITS), .BURST(BURST)) u_bursts (
    .clk, .rst_n, .stop, .req_valid, .req_ready, .req_addr, .req_beats, .busy,
    .room(!bursts_q[COUNT_BITS-1]),  // OUTSTANDING is a power of two: this bit says full
    .issue, .issue_beats, .ax_valid(m_axi_awvalid), .ax_ready(m_axi_awready),
    .ax_addr(m_axi_awaddr), .ax_len(m_axi_awlen)
  );

  // The lengths of the bursts issued, for the data side; it cannot overflow.
  fifo #(.WIDTH(BEATS_BITS), .DEPTH(OUTSTANDING)) u_queue (
    .clk, .rst_n, .clear(1'b0), .in_valid(issue), .in_ready(queue_ready), .in_data(issue_beats),
    .out_valid(next_valid), .out_ready(next_ready), .out_data(next_beats), .count(queued)
  );

  skid_buffer #(.WIDTH(BEAT_BITS + STRB_BITS + 1)) u_skid (
    .clk, .rst_n, .in_valid(beat_valid), .in_ready(beat_ready),
    .in_data({last, stop ? STRB_BITS'(0) : in_strb, in_data}),
    .out_valid(m_axi_wvalid), .out_ready(m_axi_wready),
    .out_data({m_axi_wlast, m_axi_wstrb, m_axi_wdata})
  );

  `TRI_ASSERT(every_burst_is_queued, !issue || queue_ready)
  `TRI_ASSERT(no_response_unasked, !m_axi_bvalid || bursts_q != '0)

  wire logic unused = &{1'b0, m_axi_bresp[0], queue_ready, queued};

`ifdef TRI_PROVE_AXI_WRITE
`include "axi_write_properties.svh"
`endif
endmodule

`default_nettype wire
