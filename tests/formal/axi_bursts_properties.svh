// SPDX-License-Identifier: Apache-2.0
// Properties of axi_bursts, included at its end for a proof. With TRI_TOP_AXI_BURSTS the request
// side is assumed to keep its contract; inside axi_read and axi_write it is their duty.
`include "reset_properties.svh"

`ifdef TRI_TOP_AXI_BURSTS
  always_comb if (req_valid) begin
    assume (req_beats != 32'd0);
    assume ((req_addr & (64'(BEAT_BYTES) - 64'd1)) == 64'd0);
  end
`endif

  // What the request still owes to the bus, from the ports alone: the next burst to appear must be
  // its next burst, and when the next request is taken nothing may be left.
  logic [63:0] f_addr;
  logic [31:0] f_left;
  logic f_standing;  // the burst on the bus was there a cycle ago
  wire logic f_new = ax_valid && !f_standing;
  wire logic [31:0] f_beats = 32'(ax_len) + 32'd1;
  wire logic [31:0] f_edge =
      32'(BURST) - (32'(ax_addr >> SHIFT) & 32'(BURST - 1));
  wire logic [63:0] f_addr_after =
      f_new ? f_addr + (64'(f_beats) << SHIFT) : f_addr;
  wire logic [31:0] f_left_after = f_new ? f_left - f_beats : f_left;
  wire logic [63:0] f_last_byte = ax_addr + (64'(f_beats) << SHIFT) - 64'd1;

  always_ff @(posedge clk) begin
    f_standing <= ax_valid && !ax_ready;
    f_addr     <= f_addr_after;
    f_left     <= f_left_after;
    if (req_valid && req_ready) begin
      f_addr <= req_addr;
      f_left <= req_beats;
    end
    if (stop) f_left <= 32'd0;
    if (!rst_n) begin
      f_standing <= 1'b0;
      f_left     <= 32'd0;
    end
  end

  always @(posedge clk) if (rst_n) begin
    if (f_new) begin
      assert (ax_addr == f_addr);
      assert (f_beats <= 32'(BURST));
      assert (f_beats <= f_left);
      assert (f_beats == f_left || f_beats == f_edge);
      assert (f_beats <= f_edge);
      assert (ax_addr[63:12] == f_last_byte[63:12]);
    end
    if (req_valid && req_ready) assert (f_left_after == 32'd0);
    if (!busy && !stop) assert (f_left_after == 32'd0);
    if (f_running) begin
      if ($past(ax_valid && !ax_ready)) begin
        assert (ax_valid);
        assert ($stable(ax_addr));
        assert ($stable(ax_len));
      end
      if (f_new) assert ($past(issue) && f_beats == 32'($past(issue_beats)));
      if ($past(issue)) assert (f_new && $past(room && !stop));
      if ($past(stop)) assert (!f_new && !busy);
    end
    // What ties the registers to the model, for induction.
    if (busy) begin
      assert (addr_q == f_addr_after);
      assert (left_q == f_left_after && left_q != 32'd0);
      assert ((addr_q & 64'(BEAT_BYTES - 1)) == 64'd0);
    end
    assert (!f_standing || ax_valid);
    cover (f_new && f_beats < f_edge && f_beats < 32'(BURST));
    cover (f_new && f_edge < 32'(BURST) && f_beats == f_edge && f_left_after != 32'd0);
    cover (f_new && f_beats == 32'(BURST) && f_last_byte[11:0] == 12'hfff && f_running &&
           $past(ax_valid && ax_ready) && f_left_after != 32'd0);
    cover (stop && ax_valid && !ax_ready && busy);
  end
