// SPDX-License-Identifier: Apache-2.0
// Properties of weight_read of two ports, included at its end for two proofs. One port, either, is
// followed: its beats leave in order and unchanged, or (with weight_jobs) its bursts are those of its
// jobs; both hold for any addresses and lengths. The memory is assumed to answer only what was asked;
// when is its own affair. The assertions are combinational: so one step of induction is enough.
`include "reset_properties.svh"

  (* anyconst *) logic f_port;

  // The user: addresses of all ports, then the request; abort is held until idle.
  logic [PORTS-1:0] f_put;
  logic [63:0] f_put_addr, f_addr, f_next_addr;
  logic [31:0] f_put_beats, f_left, f_next_left;
  logic f_abort;  // in the cycle before, and not idle
  always_comb begin
    if (put) begin
      assume (req_ready && !req_valid && !abort);
      assume (put_beats != 32'd0 && (put_addr & 64'(BEAT_BITS / 8 - 1)) == 64'd0);
    end
    if (req_valid) assume (&f_put && !abort);
    if (f_abort) assume (abort);
    for (int p = 0; p < PORTS; p++) if (m_axi_rvalid[p]) assume (f_memory[p] != 8'd0);
  end

  // The bus of the port, and its jobs: f_jobs of them are not issued in full, f_addr and f_left are
  // what is left of the first. *_now: with the burst that is new on the bus.
  wire logic f_valid = m_axi_arvalid[f_port];
  wire logic f_came = m_axi_rvalid[f_port];
  wire logic [63:0] f_ax = m_axi_araddr[64*f_port+:64];
  wire logic [7:0] f_len = m_axi_arlen[8*f_port+:8];
  wire logic [31:0] f_beats = 32'(f_len) + 32'd1;
  wire logic [7:0] f_past_last = 8'(f_ax[INDEX+SHIFT-1:SHIFT]) + f_beats[7:0];
  wire logic [BEAT_BITS:0] f_arrives =
      {m_axi_rresp[2*f_port+1], m_axi_rdata[BEAT_BITS*f_port+:BEAT_BITS]};
  logic [7:0] f_memory [0:PORTS-1];  // beats of accepted addresses that have not arrived
  logic [1:0] f_jobs;
  logic f_standing, f_clear, f_dirty;
  wire logic f_new = f_valid && !f_standing;
  wire logic f_ends = f_new && f_left == f_beats;
  wire logic [63:0] f_following = {f_addr[63:INDEX+SHIFT] + 1'b1, (INDEX+SHIFT)'(0)};
  wire logic [1:0] f_jobs_now = f_jobs - 2'(f_ends);
  wire logic [63:0] f_addr_now = f_ends ? f_next_addr : f_new ? f_following : f_addr;
  wire logic [31:0] f_left_now = f_ends ? f_next_left : f_new ? f_left - f_beats : f_left;

  // Beats since the last abort: issued, arrived, delivered. The memory and the bus are clear when an
  // abort has waited for all that was on its way; dirty: it waits.
  (* anyconst *) logic [7:0] f_n;
  logic [7:0] f_issued, f_in, f_out;
  logic [BEAT_BITS:0] f_word;
  wire logic [7:0] f_issued_now = f_issued + (f_new ? f_beats[7:0] : 8'd0);
  wire logic [7:0] f_read = f_out + 8'(out_valid);
  // The cycle before: what stood on the bus and at the output.
  logic f_stalled, f_aborted, f_error;
  logic [71:0] f_stood;
  logic [PORTS*(BEAT_BITS+1)-1:0] f_offered;
  always_comb begin
    f_clear = abort;
    for (int p = 0; p < PORTS; p++)
      if (m_axi_arvalid[p] || f_memory[p] != 8'd0) f_clear = 1'b0;
  end

  always_ff @(posedge clk) begin
    f_stood <= {f_ax, f_len};
    f_stalled <= rst_n && out_valid && !out_ready && !abort;
    f_offered <= {out_data, out_error};
    f_error <= rst_n && f_came && m_axi_rresp[2*f_port+1];
    f_aborted <= rst_n && abort;
    f_abort <= abort && !idle;
    f_dirty <= abort && !f_clear;
    if (put) f_put[put_port] <= 1'b1;
    if (put && put_port == f_port) {f_put_addr, f_put_beats} <= {put_addr, put_beats};
    f_standing <= f_valid && !m_axi_arready[f_port];
    {f_jobs, f_addr, f_left} <= {f_jobs_now, f_addr_now, f_left_now};
    if (req_valid && req_ready) begin
      f_jobs <= f_jobs_now + 2'd1;
      if (f_jobs_now == 2'd0) {f_addr, f_left} <= {f_put_addr, f_put_beats};
      else {f_next_addr, f_next_left} <= {f_put_addr, f_put_beats};
    end
    f_issued <= f_issued_now;
    if (f_came) f_in <= f_in + 8'd1;
    if (f_came && f_in == f_n) f_word <= f_arrives;
    if (out_valid && out_ready) f_out <= f_out + 8'd1;
    for (int p = 0; p < PORTS; p++)
      f_memory[p] <= f_memory[p] - 8'(m_axi_rvalid[p])
          + (m_axi_arvalid[p] && m_axi_arready[p] ? m_axi_arlen[8*p+:8] + 8'd1 : 8'd0);
    if (!rst_n || abort || (req_valid && req_ready)) f_put <= '0;
    if (!rst_n || abort) f_jobs <= 2'd0;
    if (!rst_n || f_clear) begin
      f_issued <= 8'd0;
      f_in     <= 8'd0;
      f_out    <= 8'd0;
    end
    if (!rst_n) begin
      f_abort    <= 1'b0;
      f_dirty    <= 1'b0;
      f_standing <= 1'b0;
      for (int p = 0; p < PORTS; p++) f_memory[p] <= 8'd0;
    end
  end

  // Inside: the words of the jobs' memory and of the FIFO that are the port's and the watched beat's.
  wire logic [ADDR+31:0] f_job = jobs[{f_port, done_q[f_port][0]}];
  wire logic [ADDR+31:0] f_job_next = jobs[{f_port, ~done_q[f_port][0]}];
  wire logic [ADDR+31:0] f_job_put = jobs[{f_port, asked_q[0]}];
  wire logic [BEAT_BITS:0] f_kept_0 = \g_port[0].mem [f_n[PLACE-1:0]];
  wire logic [BEAT_BITS:0] f_kept_1 = \g_port[1].mem [f_n[PLACE-1:0]];
  wire logic [COUNT-1:0] f_held = came_q[f_port] - read_q;

  always_comb if (rst_n) begin
    assert (&m_axi_rready);
    if (abort) assert (!req_ready);
    if (idle) assert (!f_valid && f_memory[f_port] == 8'd0);
    if (f_standing) assert (f_valid && {f_ax, f_len} == f_stood);
    if (f_aborted) assert (!f_new && !out_valid);
    // What ties the registers together, for induction.
    for (int p = 0; p < PORTS; p++) begin
      assert (f_memory[p] <= 8'(DEPTH));
      assert (8'(COUNT'(issued_q[p] - came_q[p]))
          == f_memory[p] + (m_axi_arvalid[p] ? m_axi_arlen[8*p+:8] + 8'd1 : 8'd0));
      assert (COUNT'(issued_q[p] - read_q) <= COUNT'(DEPTH));
      assert (COUNT'(came_q[p] - read_q) <= COUNT'(issued_q[p] - read_q));
      assert (2'(asked_q - done_q[p]) != 2'd3);
    end
    if (f_dirty) assert (f_abort && !out_valid);
  end

`ifdef TRI_PROVE_WEIGHT_JOBS
  always_comb if (rst_n) begin
    // Each burst is the next of the first job, to its end or to the next multiple of BURST beats.
    if (f_new) begin
      assert (f_jobs != 2'd0 && f_ax == f_addr && f_beats <= f_left && f_beats <= 32'(BURST));
      assert (f_past_last <= 8'(BURST) && (f_ends || f_past_last == 8'(BURST)));
    end
    // A job is taken if no port has two.
    if (req_ready) assert (f_jobs_now != 2'd2);
    if (idle) assert (f_jobs_now == 2'd0);
    if (f_clear && f_jobs_now == 2'd0 && open == '0) assert (idle);
    assert (f_jobs_now == 2'(asked_q - done_q[f_port]));
    assert (f_jobs != 2'd3);
    if (f_jobs != 2'd0) assert (f_left != 32'd0);
    if (f_jobs == 2'd2) assert (f_next_left != 32'd0);
    if (f_jobs_now != 2'd0) assert (f_job == {f_addr_now[63:SHIFT], ~f_left_now});
    if (f_jobs_now != 2'd0) assert (f_addr_now[SHIFT-1:0] == '0);
    if (f_jobs_now == 2'd2) assert (f_job_next == {f_next_addr[63:SHIFT], ~f_next_left});
    if (f_jobs_now == 2'd2) assert (f_next_addr[SHIFT-1:0] == '0);
    if (f_put[f_port]) begin
      assert (f_job_put == {f_put_addr[63:SHIFT], ~f_put_beats} && f_put_beats != 32'd0);
      assert (f_put_addr[SHIFT-1:0] == '0);
    end
    if (f_put != '0) assert (full == '0);
    if (act_q && port_q == f_port && f_jobs_now != 2'd0) assert (job_q == f_job);
  end
`else
  always_comb if (rst_n) begin
    // In order and unchanged, and only what was issued and has arrived since the last abort.
    if (out_valid && f_out == f_n)
      assert ({out_error[f_port], out_data[BEAT_BITS*f_port+:BEAT_BITS]} == f_word);
    if (out_valid) assert (f_in != f_out);
    // Room for all that is on its way.
    if (!f_dirty) assert (8'(f_issued_now - f_read) <= 8'(DEPTH));
    if (f_stalled) assert (out_valid && {out_data, out_error} == f_offered);
    assert (error[f_port] == f_error);
    if (!f_dirty) begin
      assert (8'(f_held) == 8'(f_in - f_read) && read_q == f_read[COUNT-1:0]);
      assert (8'(COUNT'(issued_q[f_port] - read_q)) == 8'(f_issued_now - f_read));
      if (8'(f_n - f_read) < 8'(f_held)) assert ((f_port ? f_kept_1 : f_kept_0) == f_word);
    end
  end
`endif

  always @(posedge clk) if (rst_n) begin
    cover (out_valid && out_ready && f_out == 8'd2 && f_port);
    cover (f_jobs_now == 2'd2);
    cover (f_dropped && !abort && f_new);
  end

  // A beat arrived during an abort; for the covers.
  logic f_dropped = 1'b0;
  always_ff @(posedge clk) if (rst_n && abort && f_came) f_dropped <= 1'b1;
