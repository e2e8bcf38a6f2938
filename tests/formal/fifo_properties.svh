// SPDX-License-Identifier: Apache-2.0
// Properties of fifo, included at its end for a proof. No assumption on the inputs but that the
// first cycle is a reset.
`include "reset_properties.svh"

  // The word numbered f_n since the last clear, any number: it leaves as number f_n and unchanged.
  (* anyconst *) logic [7:0] f_n;
  logic [7:0] f_in, f_out;  // words accepted, words delivered since the last clear
  logic [WIDTH-1:0] f_word;
  wire logic [7:0] f_held = f_in - f_out;
  wire logic [7:0] f_ahead = f_n - f_out;  // words that leave before the watched one
  wire logic f_inside = f_ahead < f_held;
  wire logic [ADDRESS_BITS-1:0] f_slot =
      read_q + ADDRESS_BITS'(f_ahead) - ADDRESS_BITS'(out_valid_q);

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) begin
      f_in <= f_in + 8'd1;
      if (f_in == f_n) f_word <= in_data;
    end
    if (out_valid && out_ready) f_out <= f_out + 8'd1;
    if (!rst_n || clear) begin
      f_in  <= 8'd0;
      f_out <= 8'd0;
    end
  end

  always @(posedge clk) if (rst_n) begin
    assert (f_held <= 8'(DEPTH));
    assert (8'(count) == f_held);
    assert (in_ready == (f_held != 8'(DEPTH)));
    assert (!out_valid || f_held != 8'd0);
    if (out_valid && f_out == f_n) assert (out_data == f_word);
    if (f_inside && !(out_valid && f_ahead == 8'd0)) assert (mem[f_slot] == f_word);
    if (f_running) begin
      if ($past(out_valid && !out_ready && !clear)) begin
        assert (out_valid);
        assert ($stable(out_data));
      end
      if ($past(clear)) assert (count == '0 && !out_valid);
      // Latency: with a word in memory a cycle ago, one stands on the output now.
      if ($past(!clear && count > COUNT_BITS'(out_valid))) assert (out_valid);
    end
    cover (!in_ready);
    cover (out_valid && out_ready && f_out == f_n && f_n == 8'd6);
    cover (f_running && $past(clear) && $past(count) == COUNT_BITS'(DEPTH));
    cover (out_valid && out_ready && in_valid && in_ready && count == COUNT_BITS'(DEPTH - 1));
  end

`ifdef TRI_PROVE_AXI_WRITE
  // If no word is zero, none in memory and none on the output is.
  logic f_nonzero;
  always_ff @(posedge clk) begin
    if (in_valid && in_ready && in_data == '0) f_nonzero <= 1'b0;
    if (!rst_n) f_nonzero <= 1'b1;
  end
  always @(posedge clk) if (rst_n && f_nonzero) begin
    if (out_valid) assert (out_data != '0);
    for (int i = 0; i < DEPTH; i++)
      if (ADDRESS_BITS'(i) - read_q < ADDRESS_BITS'(count_q - COUNT_BITS'(out_valid_q))
          || count_q - COUNT_BITS'(out_valid_q) == COUNT_BITS'(DEPTH))
        assert (mem[i] != '0);
  end
`endif
