// SPDX-License-Identifier: Apache-2.0
// For every proof: the first cycle is a reset, later ones may be. f_running: the cycle before was
// no reset, so that $past means something.
  logic f_started = 1'b0, f_running = 1'b0;
  always_ff @(posedge clk) begin
    f_started <= 1'b1;
    f_running <= rst_n;
  end
  always_comb if (!f_started) assume (!rst_n);
