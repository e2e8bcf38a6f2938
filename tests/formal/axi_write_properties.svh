// SPDX-License-Identifier: Apache-2.0
// Properties of axi_write, included at its end for a bounded proof. (Not by induction: what the
// data side owes depends on the spare word, which the skid buffer keeps to itself.) The memory is
// assumed to answer a burst only after its address and its last beat; when is its own affair.
`include "reset_properties.svh"

  // Bursts: seen on the bus, address accepted, last beat accepted, response arrived.
  logic [7:0] f_seen, f_addressed, f_ended, f_answered;
  logic f_standing;
  wire logic f_new = m_axi_awvalid && !f_standing;
  wire logic [7:0] f_seen_now = f_seen + 8'(f_new);
  wire logic f_write = m_axi_wvalid && m_axi_wready;

  always_comb begin
    if (req_valid) begin
      assume (req_beats != 32'd0);
      assume ((req_addr & 64'(BEAT_BITS / 8 - 1)) == 64'd0);
    end
    if (m_axi_bvalid) assume (f_addressed != f_answered && f_ended != f_answered);
  end

  // The burst numbered f_burst, any number, has as many beats as its address said.
  (* anyconst *) logic [7:0] f_burst;
  logic [7:0] f_len, f_position;
  // The word numbered f_n, any number, of the stream leaves as the one numbered f_n on the bus;
  // the other beats are blank and only fill bursts that an abort left.
  (* anyconst *) logic [7:0] f_n;
  logic [7:0] f_in, f_out;
  logic [BEAT_BITS+STRB_BITS-1:0] f_word;
  wire logic f_blank = f_in == f_out;

  always_ff @(posedge clk) begin
    f_standing <= m_axi_awvalid && !m_axi_awready;
    f_seen     <= f_seen_now;
    if (f_new && f_seen == f_burst) f_len <= m_axi_awlen;
    if (m_axi_awvalid && m_axi_awready) f_addressed <= f_addressed + 8'd1;
    if (f_write) begin
      f_position <= m_axi_wlast ? 8'd0 : f_position + 8'd1;
      if (m_axi_wlast) f_ended <= f_ended + 8'd1;
      if (!f_blank) f_out <= f_out + 8'd1;
    end
    if (m_axi_bvalid) f_answered <= f_answered + 8'd1;
    if (in_valid && in_ready) begin
      f_in <= f_in + 8'd1;
      if (f_in == f_n) f_word <= {in_strb, in_data};
    end
    if (!rst_n) begin
      f_standing  <= 1'b0;
      f_seen      <= 8'd0;
      f_addressed <= 8'd0;
      f_ended     <= 8'd0;
      f_answered  <= 8'd0;
      f_position  <= 8'd0;
      f_in        <= 8'd0;
      f_out       <= 8'd0;
    end
  end

  always @(posedge clk) if (rst_n) begin
    assert (m_axi_bready);
    if (m_axi_wvalid) begin
      assert (f_ended != f_seen);  // no beat before its address
      if (f_ended == f_burst) assert (m_axi_wlast == (f_position == f_len));
      if (f_blank) assert (draining_q && m_axi_wstrb == '0);
      else if (f_out == f_n) assert ({m_axi_wstrb, m_axi_wdata} == f_word);
    end
    assert (8'(bursts_q) == f_seen_now - f_answered);
    assert (f_seen_now - f_addressed == 8'(m_axi_awvalid));
    assert (bursts_q <= COUNT_BITS'(OUTSTANDING));
    assert (idle == (!busy && f_seen_now == f_answered));
    if (idle) assert (!m_axi_awvalid && !m_axi_wvalid && !in_ready && f_in == f_out);
    if (stop) assert (!req_ready && !in_ready);
    if (f_running) begin
      if ($past(m_axi_awvalid && !m_axi_awready)) begin
        assert (m_axi_awvalid);
        assert ($stable(m_axi_awaddr));
        assert ($stable(m_axi_awlen));
      end
      if ($past(m_axi_wvalid && !m_axi_wready)) begin
        assert (m_axi_wvalid);
        assert ($stable(m_axi_wdata));
        assert ($stable(m_axi_wstrb));
        assert ($stable(m_axi_wlast));
      end
      assert (error == $past(m_axi_bvalid && m_axi_bresp[1]));
      if ($past(stop)) assert (!f_new);
      if ($past(stop) && !draining_q) assert (bursts_q == '0 && !busy);
      if ($past(abort)) assert (draining_q);
    end
    cover (bursts_q == COUNT_BITS'(OUTSTANDING) && f_ended == 8'd0);
    cover (f_write && m_axi_wlast && f_ended == f_burst && f_burst == 8'd1 && f_len != 8'd0);
    cover (f_write && !f_blank && f_out == f_n && f_n == 8'd2);
    cover (f_write && f_blank && m_axi_wlast && f_position == f_len && f_ended == f_burst);
    cover (f_filled && !stop && req_valid && req_ready);
  end

  // An aborted burst was filled; for the covers.
  logic f_filled = 1'b0;
  always_ff @(posedge clk) if (rst_n && f_write && f_blank) f_filled <= 1'b1;
