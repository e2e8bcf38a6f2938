// SPDX-License-Identifier: Apache-2.0
// Properties of axi_write, included at its end for a proof, beside those of axi_bursts, fifo and
// skid_buffer in their places. The memory is assumed to answer a burst only after its address and
// its last beat; when is its own affair.
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

`ifdef TRI_PROVE_FIFO
  // Inside of the parts below, merged when the design is flattened; their watched words are ours.
  (* hierconn *) wire [BEAT_BITS+STRB_BITS:0] \u_skid.spare_q ;
  (* hierconn *) wire [7:0] \u_queue.f_n ;
  (* hierconn *) wire [7:0] \u_queue.f_in ;
  (* hierconn *) wire [BEATS_BITS-1:0] \u_queue.f_word ;
  (* hierconn *) wire \u_queue.f_inside ;
  (* hierconn *) wire \u_queue.f_nonzero ;
  always_comb assume (\u_queue.f_n == f_burst);

  wire logic [BEAT_BITS+STRB_BITS:0] f_spare = \u_skid.spare_q ;
  wire logic [BEAT_BITS+STRB_BITS:0] f_head = {m_axi_wlast, m_axi_wstrb, m_axi_wdata};
  wire logic [BEAT_BITS+STRB_BITS:0] f_newest = beat_ready ? f_head : f_spare;
  wire logic [1:0] f_words = 2'(m_axi_wvalid) + 2'(!beat_ready);
  wire logic [1:0] f_real = f_in - f_out > 8'd2 ? 2'd3 : 2'(f_in - f_out);
  wire logic f_head_last = m_axi_wvalid && m_axi_wlast;
  wire logic f_spare_last = !beat_ready && f_spare[BEAT_BITS+STRB_BITS];
  wire logic [1:0] f_lasts = 2'(f_head_last) + 2'(f_spare_last);
  // Words in the skid buffer behind the newest last one: of the burst that enters.
  wire logic [1:0] f_entered = f_spare_last ? 2'd0 : f_head_last ? f_words - 2'd1 : f_words;
  wire logic [7:0] f_place = f_burst - f_ended;  // 0: the burst on the bus
  wire logic [7:0] f_len_now = f_new && f_seen == f_burst ? m_axi_awlen : f_len;
`endif

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
      if ($past(!abort && idle)) assert (!draining_q);
    end
`ifdef TRI_PROVE_FIFO
    // What ties the registers together, for induction. The skid buffer's words, oldest first: the
    // head on the bus, then the spare one; words of the stream first, then blanks.
    assert (beat_ready || m_axi_wvalid);
    assert (f_real <= f_words);
    if (f_real < f_words) assert (draining_q);
    if (f_real == 2'd0 && m_axi_wvalid) assert (m_axi_wstrb == '0);
    if (f_real < 2'd2 && !beat_ready) assert (f_spare[BEAT_BITS+:STRB_BITS] == '0);
    if (f_real == 2'd2 && f_n == f_out + 8'd1) assert (f_spare[BEAT_BITS+STRB_BITS-1:0] == f_word);
    assert (8'(f_real) == f_in - f_out);
    // A burst that was issued is in the queue, or enters, or stands in the skid buffer with its
    // last beat, or has ended.
    assert (f_seen_now - f_ended == 8'(f_lasts) + 8'(some_left) + 8'(queued));
    assert (8'(bursts_q) >= 8'(f_lasts) + 8'(some_left) + 8'(queued));
    assert (f_addressed - f_answered <= 8'(bursts_q));
    if (m_axi_wvalid && !f_newest[BEAT_BITS+STRB_BITS]) assert (some_left);
    if (f_lasts == 2'd0 && !some_left) assert (f_position == 8'd0);
    if (f_new) assert (queued > COUNT_BITS'(next_valid));
    // The watched burst's length, wherever it is.
    assert (\u_queue.f_in == f_seen_now);
    assert (\u_queue.f_nonzero );
    if (\u_queue.f_inside ) assert (8'(\u_queue.f_word ) == f_len_now + 8'd1);
    if (f_place == 8'(f_lasts) && some_left)
      assert (8'(left_q) + 8'(f_entered) + (f_lasts == 2'd0 ? f_position : 8'd0)
              == f_len_now + 8'd1);
    if (f_place == 8'd0 && f_lasts != 2'd0)
      assert (f_position + (m_axi_wlast ? 8'd0 : 8'd1) == f_len_now);
    if (f_place == 8'd1 && f_lasts == 2'd2) assert (f_len_now == 8'd0);
`endif
    cover (bursts_q == COUNT_BITS'(OUTSTANDING) && f_ended == 8'd0);
    cover (f_write && m_axi_wlast && f_ended == f_burst && f_burst == 8'd1 && f_len != 8'd0);
    cover (f_write && !f_blank && f_out == f_n && f_n == 8'd2);
    cover (f_write && f_blank && m_axi_wlast && f_position == f_len && f_ended == f_burst);
    cover (f_filled && !stop && req_valid && req_ready);
  end

  // An aborted burst was filled; for the covers.
  logic f_filled = 1'b0;
  always_ff @(posedge clk) if (rst_n && f_write && f_blank) f_filled <= 1'b1;

`ifdef TRI_PROVE_LIVENESS
  // Never stuck: if addresses and beats are taken, the stream gives and bursts are answered within
  // F_WAIT cycles each, something moves every F_WAIT + 3 cycles until idle. What moves is finite (a
  // burst has its beats and one response), so requests and aborts end.
  localparam int F_WAIT = 3;
  logic [3:0] f_address, f_beat, f_stream, f_answer, f_quiet;
  wire logic f_due = f_addressed != f_answered && f_ended != f_answered;
  wire logic f_moves = f_new || (m_axi_awvalid && m_axi_awready) || f_write || m_axi_bvalid || beat
      || (next_valid && next_ready) || (req_valid && req_ready);
  always_comb begin
    assume (!(m_axi_awvalid && !m_axi_awready) || f_address != 4'(F_WAIT));
    assume (!(m_axi_wvalid && !m_axi_wready) || f_beat != 4'(F_WAIT));
    assume (!(in_ready && !in_valid) || f_stream != 4'(F_WAIT));
    assume (!(f_due && !m_axi_bvalid) || f_answer != 4'(F_WAIT));
  end
  always_ff @(posedge clk) begin
    f_address <= m_axi_awvalid && !m_axi_awready ? f_address + 4'd1 : 4'd0;
    f_beat <= m_axi_wvalid && !m_axi_wready ? f_beat + 4'd1 : 4'd0;
    f_stream <= in_ready && !in_valid ? f_stream + 4'd1 : 4'd0;
    f_answer <= f_due && !m_axi_bvalid ? f_answer + 4'd1 : 4'd0;
    f_quiet <= f_moves || idle ? 4'd0 : f_quiet + 4'd1;
    if (!rst_n) begin
      f_address <= 4'd0;
      f_beat <= 4'd0;
      f_stream <= 4'd0;
      f_answer <= 4'd0;
      f_quiet <= 4'd0;
    end
  end
  always @(posedge clk) if (rst_n) begin
    if (!idle) assert (f_quiet <= 4'(F_WAIT + 3));
    assert (f_address <= 4'(F_WAIT) && f_beat <= 4'(F_WAIT) && f_stream <= 4'(F_WAIT)
            && f_answer <= 4'(F_WAIT));
    if (f_moves) assert (f_quiet <= 4'(F_WAIT + 3));
    else if (m_axi_awvalid) assert (f_quiet <= f_address);
    else if (m_axi_wvalid) assert (f_quiet <= f_beat);
    else if (in_ready) assert (f_quiet <= f_stream);
    else if (f_due) assert (f_quiet <= f_answer);
    else if (!idle) assert (f_quiet <= 4'd3);
    cover (f_quiet == 4'(F_WAIT));
  end
`endif
