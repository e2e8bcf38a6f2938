// SPDX-License-Identifier: Apache-2.0
// First in, first out; the oldest word stands on out_data by itself (first word falls through).
// The memory is written and read through registers only, so it maps to block RAM (or, when small,
// to LUT RAM); out_data is the RAM's own output register.
// Latency: two cycles from in to out. Throughput: one word per cycle (DEPTH 2: two in
// three). Holds DEPTH words in all.
// Handshake: a word moves where valid and ready are both high; out_data is held while stalled. No
// path from out_ready to in_ready in the same cycle. clear empties it at the next edge: words held
// are lost, and so is a word accepted in that cycle.
`include "assert.svh"
`default_nettype none

module fifo #(
  parameter  int WIDTH = 8,                   // bits of a word, 1 and more
  parameter  int DEPTH = 16,                  // words, a power of two from 2
  // verilator lint_off UNUSEDPARAM
  parameter      STYLE = "auto",              // of the memory: auto, block, distributed
  // verilator lint_on UNUSEDPARAM
  localparam int COUNT_BITS = $clog2(DEPTH + 1)
) (
  input  wire logic                  clk,
  input  wire logic                  rst_n,
  input  wire logic                  clear,
  input  wire logic                  in_valid,
  output logic                       in_ready,
  input  wire logic [WIDTH-1:0]      in_data,
  output logic                       out_valid,
  input  wire logic                  out_ready,
  output logic      [WIDTH-1:0]      out_data,
  output logic      [COUNT_BITS-1:0] count      // words held: in memory and on out_data
);
  localparam int ADDRESS_BITS = $clog2(DEPTH);

  // A word is never read in the cycle in which it is written: block RAM needs nothing around it.
  (* ram_style = STYLE, no_rw_check *) logic [WIDTH-1:0] mem [0:DEPTH-1];
  logic [WIDTH-1:0] out_data_q;
  logic [ADDRESS_BITS-1:0] write_q, read_q;
  logic [COUNT_BITS-1:0] count_q;
  logic out_valid_q;

  // A word can be read once it was counted; with the output register taken, from the second on.
  wire logic stored = (|count_q[COUNT_BITS-1:1]) || (count_q[0] && !out_valid_q);
  wire logic push = in_valid && in_ready;
  wire logic pop = out_valid_q && out_ready;
  wire logic read = stored && (out_ready || !out_valid_q);

  assign in_ready  = !count_q[ADDRESS_BITS];  // DEPTH is a power of two: this bit says full
  assign out_valid = out_valid_q;
  assign out_data  = out_data_q;
  assign count     = count_q;

  always_ff @(posedge clk) begin
    if (push) begin
      mem[write_q] <= in_data;
      write_q      <= write_q + 1'b1;
    end
    if (read) begin
      out_data_q <= mem[read_q];
      read_q     <= read_q + 1'b1;
    end
    if (out_ready || !out_valid_q) out_valid_q <= stored;
    if (push != pop) count_q <= push ? count_q + 1'b1 : count_q - 1'b1;
    if (!rst_n || clear) begin
      write_q     <= '0;
      read_q      <= '0;
      count_q     <= '0;
      out_valid_q <= 1'b0;
    end
  end

  `TRI_ASSERT(never_above_depth, count_q <= COUNT_BITS'(DEPTH))
  `TRI_ASSERT(output_word_is_counted, !out_valid_q || count_q != '0)
  // Write and read address meet only where nothing or everything is in memory.
  `TRI_ASSERT(pointers_match_count,
              ADDRESS_BITS'(write_q - read_q) == ADDRESS_BITS'(count_q - COUNT_BITS'(out_valid_q)))

  generate
    if (WIDTH < 1) begin : g_width
      FIFO_WIDTH_MUST_BE_POSITIVE bad ();
    end
    if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : g_depth
      FIFO_DEPTH_MUST_BE_A_POWER_OF_TWO_FROM_2 bad ();
    end
  endgenerate

`ifdef TRI_PROVE_FIFO
`include "fifo_properties.svh"
`endif
endmodule

`default_nettype wire
