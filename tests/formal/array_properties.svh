// SPDX-License-Identifier: Apache-2.0
// Properties of array, included at its end for a proof: accumulators are exact for every row of at
// most K_MAX weights, padded to whole beats. The products are any_products.sv's.
`include "reset_properties.svh"
  localparam int MOST = (K_MAX + W - 1) / W;  // beats of a row

  // The sum of any one port and token in any one group, 32 bits wide, and its beats so far.
  (* anyconst *) logic [GROUP_W-1:0] f_group;
  (* anyconst *) logic [7:0] f_place;
  logic signed [31:0] f_sum;
  logic [15:0] f_beats;
  logic [SUM_BITS-1:0] f_more;
  logic [ACC_BITS-1:0] f_acc, f_old;
  wire logic first = info_q[STAGES*INFO-1];
  wire logic [TOKENS*PORTS*ACC_BITS-1:0] f_word = acc[f_group];
  wire logic f_add = valid_q[4] && group == f_group;
  wire logic [31:0] f_bound = 32'(f_beats) * 32'(128 * W);
  always_comb begin
    assume (f_place < 8'(TOKENS * PORTS));
    f_more = '0;
    f_acc = '0;
    f_old = '0;
    for (int i = 0; i < TOKENS * PORTS; i++)
      if (f_place == 8'(i)) begin
        f_more = sums[i*SUM_BITS+:SUM_BITS];
        f_acc = f_word[i*ACC_BITS+:ACC_BITS];
        f_old = same_q ? now_q[i*ACC_BITS+:ACC_BITS] : old_q[i*ACC_BITS+:ACC_BITS];
      end
    // A row begins with first and has no more beats than the longest: front and sequencer.
    if (f_add && !first) assume (f_beats != 16'd0 && f_beats < 16'(MOST));
  end

  logic [STAGES:0] f_last;  // step_last, as old as its bit
  always_ff @(posedge clk) begin
    f_last <= {f_last[STAGES-1:0], step && step_last};
    if (f_add) begin
      f_sum <= (first ? 32'd0 : f_sum) + {{32 - SUM_BITS{f_more[SUM_BITS-1]}}, f_more};
      f_beats <= first ? 16'd1 : f_beats + 16'd1;
    end
    if (!rst_n) begin
      f_last <= '0;
      f_beats <= 16'd0;
    end
  end

  always @(posedge clk) if (rst_n) begin
    assert (f_beats <= 16'(MOST));
    if (f_beats != 16'd0) begin
      // At most 128 a column; and the accumulator holds all of it.
      assert (f_sum <= $signed(f_bound) && f_sum >= -$signed(f_bound));
      assert ({{32 - ACC_BITS{f_acc[ACC_BITS-1]}}, f_acc} == f_sum);
    end
    assert (result_write == f_last[STAGES]);
    for (int i = 0; i < TOKENS * PORTS; i++)
      if (result_write && result_group == f_group && f_place == 8'(i))
        assert (result_data[32*i+:32] == f_sum);
    // For induction.
    if (f_add) assert ({{32 - ACC_BITS{f_old[ACC_BITS-1]}}, f_old} == (first ? 32'd0 : f_sum));
    if (result_write && result_group == f_group) assert (f_beats != 16'd0);
    for (int i = 0; i < STAGES; i++)
      assert (f_last[i] == (valid_q[i] && info_q[i*INFO+INFO-2]));
    cover (f_beats == 16'd3 && f_acc[ACC_BITS-1] && result_write && result_group == f_group);
  end
