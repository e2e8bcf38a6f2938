// SPDX-License-Identifier: Apache-2.0
// Properties of axi_read, included at its end for a proof, beside those of axi_bursts and fifo in
// their places. The memory is assumed to answer only what was asked; when is its own affair.
`include "reset_properties.svh"

  logic [7:0] f_memory;  // beats of accepted addresses that have not arrived
  wire logic [7:0] f_beats = m_axi_arlen + 8'd1;

  always_comb begin
    if (req_valid) begin
      assume (req_beats != 32'd0);
      assume ((req_addr & 64'(BEAT_BITS / 8 - 1)) == 64'd0);
    end
    if (m_axi_rvalid) assume (f_memory != 8'd0);
  end

  // Beats since the last abort: issued (seen on the bus), arrived, delivered.
  (* anyconst *) logic [7:0] f_n;
  logic [7:0] f_issued, f_in, f_out;
  logic f_standing;
  logic [BEAT_BITS:0] f_word;
  wire logic f_new = m_axi_arvalid && !f_standing;
  wire logic [7:0] f_issued_now = f_issued + (f_new ? f_beats : 8'd0);

  always_ff @(posedge clk) begin
    f_standing <= m_axi_arvalid && !m_axi_arready;
    f_memory   <= f_memory + (m_axi_arvalid && m_axi_arready ? f_beats : 8'd0) - 8'(m_axi_rvalid);
    f_issued   <= f_issued_now;
    if (m_axi_rvalid) begin
      f_in <= f_in + 8'd1;
      if (f_in == f_n) f_word <= {m_axi_rresp[1], m_axi_rdata};
    end
    if (out_valid && out_ready) f_out <= f_out + 8'd1;
    if (!rst_n || stop) begin
      f_issued <= 8'd0;
      f_in     <= 8'd0;
      f_out    <= 8'd0;
    end
    if (!rst_n) begin
      f_standing <= 1'b0;
      f_memory   <= 8'd0;
    end
  end

`ifdef TRI_PROVE_FIFO
  // Inside of the fifo, merged when the design is flattened; its watched word is ours.
  (* hierconn *) wire [7:0] \u_fifo.f_n ;
  (* hierconn *) wire [7:0] \u_fifo.f_in ;
  (* hierconn *) wire [7:0] \u_fifo.f_out ;
  (* hierconn *) wire [BEAT_BITS:0] \u_fifo.f_word ;
  (* hierconn *) wire \u_fifo.f_inside ;
  always_comb assume (\u_fifo.f_n == f_n);
`endif

  always @(posedge clk) if (rst_n) begin
    assert (m_axi_rready);
    // In order and unchanged.
    if (out_valid && f_out == f_n) assert ({out_error, out_data} == f_word);
`ifdef TRI_PROVE_FIFO
    assert (\u_fifo.f_in == f_in && \u_fifo.f_out == f_out);
    if (\u_fifo.f_inside ) assert (\u_fifo.f_word == f_word);
`endif
    // Only beats issued since the last abort are delivered.
    if (!stop) assert (f_issued_now - f_in == 8'(owed_q));
    assert (8'(held) == f_in - f_out);
    // Room: everything on its way fits beside everything held.
    assert (8'(owed_q) == f_memory + (m_axi_arvalid ? f_beats : 8'd0));
    assert (8'(owed_q) + 8'(held) <= 8'(DEPTH));
    assert (idle == (!busy && !m_axi_arvalid && f_memory == 8'd0));
    if (stop) assert (!req_ready);
    if (f_running) begin
      if ($past(m_axi_arvalid && !m_axi_arready)) begin
        assert (m_axi_arvalid);
        assert ($stable(m_axi_araddr));
        assert ($stable(m_axi_arlen));
      end
      if ($past(out_valid && !out_ready && !stop)) begin
        assert (out_valid);
        assert ($stable(out_data));
        assert ($stable(out_error));
      end
      assert (error == $past(m_axi_rvalid && m_axi_rresp[1]));
      if ($past(stop)) assert (!f_new && !out_valid && held == '0);
      // It leaves the draining state with nothing on its way.
      if ($past(stop) && !draining_q) assert (owed_q == '0 && !busy);
      if ($past(abort)) assert (draining_q);
      if ($past(!abort && idle)) assert (!draining_q);
    end
    // What ties the registers together, for induction.
    assert (free_q <= COUNT_BITS'(DEPTH) && owed_q <= COUNT_BITS'(DEPTH));
    assert (m_axi_arlen < 8'(BURST) || !m_axi_arvalid);
    assert (f_memory <= 8'(DEPTH));
    cover (owed_q == COUNT_BITS'(DEPTH));
    cover (held == COUNT_BITS'(DEPTH));
    cover (out_valid && out_ready && f_out == f_n && f_n == 8'd4 && out_error);
    cover (f_dropped && !stop && out_valid && out_ready);
  end

  // A beat arrived while draining; for the covers.
  logic f_dropped = 1'b0;
  always_ff @(posedge clk) if (rst_n && draining_q && m_axi_rvalid) f_dropped <= 1'b1;

`ifdef TRI_PROVE_LIVENESS
  // Never stuck: if addresses are taken, memory answers and the consumer takes within F_WAIT cycles
  // each, something moves every F_WAIT + 3 cycles as long as something is asked for or held. What
  // moves is finite (no beat is delivered that was not asked for), so requests and aborts end.
  localparam int F_WAIT = 3;
  logic [3:0] f_address, f_answer, f_consumer, f_quiet;
  wire logic f_moves = f_new || (m_axi_arvalid && m_axi_arready) || m_axi_rvalid || stop_begins
      || (out_valid && out_ready) || (req_valid && req_ready);
  logic f_stopped;
  wire logic stop_begins = stop && !f_stopped;
  always_comb begin
    assume (!(m_axi_arvalid && !m_axi_arready) || f_address != 4'(F_WAIT));
    assume (!(f_memory != 8'd0 && !m_axi_rvalid) || f_answer != 4'(F_WAIT));
    assume (!(out_valid && !out_ready && !stop) || f_consumer != 4'(F_WAIT));
  end
  always_ff @(posedge clk) begin
    f_stopped <= stop;
    f_address <= m_axi_arvalid && !m_axi_arready ? f_address + 4'd1 : 4'd0;
    f_answer <= f_memory != 8'd0 && !m_axi_rvalid ? f_answer + 4'd1 : 4'd0;
    f_consumer <= out_valid && !out_ready && !stop ? f_consumer + 4'd1 : 4'd0;
    f_quiet <= f_moves || (idle && held == '0) ? 4'd0 : f_quiet + 4'd1;
    if (!rst_n) begin
      f_stopped <= 1'b0;
      f_address <= 4'd0;
      f_answer <= 4'd0;
      f_consumer <= 4'd0;
      f_quiet <= 4'd0;
    end
  end
  always @(posedge clk) if (rst_n) begin
    if (!idle || held != '0) assert (f_quiet <= 4'(F_WAIT + 3));
    assert (f_address <= 4'(F_WAIT) && f_answer <= 4'(F_WAIT) && f_consumer <= 4'(F_WAIT));
    if (f_moves) assert (f_quiet <= 4'(F_WAIT + 3));
    else if (m_axi_arvalid) assert (f_quiet <= f_address);
    else if (f_memory != 8'd0) assert (f_quiet <= f_answer);
    else if (out_valid) assert (f_quiet <= f_consumer + 4'd3);
    else if (!idle || held != '0) assert (f_quiet <= 4'd2);
    if (draining_q) assert (f_stopped);
    if (f_stopped) assert (held == '0 && !out_valid);
    cover (f_quiet == 4'(F_WAIT));
  end
`endif
