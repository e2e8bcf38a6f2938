// SPDX-License-Identifier: Apache-2.0
// Cuts a stream in two for timing: every output is a register, in both directions.
// Latency: one cycle. Throughput: one word per cycle. Holds up to two words.
// Handshake: a word moves where valid and ready are both high; out_data is held while out_valid is
// high and out_ready low. in_ready never depends on out_ready in the same cycle.
`default_nettype none

module skid_buffer #(
  parameter int WIDTH = 8  // bits of a word, 1 and more
) (
  input  wire logic             clk,
  input  wire logic             rst_n,
  input  wire logic             in_valid,
  output logic                  in_ready,
  input  wire logic [WIDTH-1:0] in_data,
  output logic                  out_valid,
  input  wire logic             out_ready,
  output logic      [WIDTH-1:0] out_data
);
  // The spare word is held exactly while in_ready_q is low.
  logic in_ready_q, out_valid_q;
  logic [WIDTH-1:0] out_data_q, spare_q;

  assign in_ready  = in_ready_q;
  assign out_valid = out_valid_q;
  assign out_data  = out_data_q;

  always_ff @(posedge clk) begin
    if (out_ready || !out_valid_q) begin
      out_valid_q <= in_valid || !in_ready_q;
      in_ready_q  <= 1'b1;
    end else if (in_valid) begin
      in_ready_q <= 1'b0;
    end
    if (!rst_n) begin
      out_valid_q <= 1'b0;
      in_ready_q  <= 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (out_ready || !out_valid_q) out_data_q <= in_ready_q ? in_data : spare_q;
    if (in_ready_q) spare_q <= in_data;
  end

  generate
    if (WIDTH < 1) begin : g_width
      SKID_BUFFER_WIDTH_MUST_BE_POSITIVE bad ();
    end
  endgenerate

`ifdef TRI_PROVE_SKID_BUFFER
`include "skid_buffer_properties.svh"
`endif
endmodule

`default_nettype wire
