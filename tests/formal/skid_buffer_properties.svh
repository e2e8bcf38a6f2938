// SPDX-License-Identifier: Apache-2.0
// Properties of skid_buffer, included at its end for a proof. No assumption on the inputs but that
// the first cycle is a reset.
`include "reset_properties.svh"

  // The word numbered f_n, any number: it leaves as number f_n and unchanged.
  (* anyconst *) logic [7:0] f_n;
  logic [7:0] f_in, f_out;  // words accepted, words delivered
  logic [WIDTH-1:0] f_word;
  wire logic [7:0] f_held = f_in - f_out;
  wire logic [7:0] f_ahead = f_n - f_out;  // words that leave before the watched one
  wire logic f_inside = f_ahead < f_held;

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) begin
      f_in <= f_in + 8'd1;
      if (f_in == f_n) f_word <= in_data;
    end
    if (out_valid && out_ready) f_out <= f_out + 8'd1;
    if (!rst_n) begin
      f_in  <= 8'd0;
      f_out <= 8'd0;
    end
  end

  always @(posedge clk) if (rst_n) begin
    assert (f_held <= 8'd2);
    assert (out_valid == (f_held != 8'd0));
    assert (in_ready == (f_held != 8'd2));
    if (out_valid && f_out == f_n) assert (out_data == f_word);
    if (f_inside && f_ahead == 8'd1) assert (spare_q == f_word);
    if (f_running && $past(out_valid && !out_ready)) begin
      assert (out_valid);
      assert ($stable(out_data));
    end
    cover (!in_ready);
    cover (out_valid && out_ready && f_out == f_n && f_n == 8'd4);
    cover (f_running && $past(!in_ready) && in_ready && in_valid && out_ready);
  end
