// SPDX-License-Identifier: Apache-2.0
//
// The one adder that makes all addresses of a list and its commands. An operand is an argument, a
// field of the command, or an argument shifted with a product beside it. Fields are read from a
// memory of the command's 16 words, which is filled as they come. Remembers whether any sum reached
// 2^64 or an argument was not a multiple of 64.
// Latency: a field is there one cycle after read_low, an argument one after its request; what is
// there in the cycle of `add` is in `sum` one later. Throughput: one operand per cycle. Handshake:
// none; all are enables, and those from clear to align belong to what was read the cycle before.
`default_nettype none

module command_sum #(
  parameter int PORTS = 4
) (
  input  wire logic         clk,
  input  wire logic         rst_n,
  input  wire logic         forget,      // no overflow yet
  input  wire logic         word_valid,
  input  wire logic [3:0]   word_index,
  input  wire logic [31:0]  word,
  input  wire logic         read_low,    // word number `field`; else zero
  input  wire logic         read_high,   // and the one above
  input  wire logic [3:0]   field,
  input  wire logic [63:0]  arg_data,    // zero unless asked for
  input  wire logic [32:0]  product,
  input  wire logic         clear,       // start a sum (the last one's carry is kept all the same)
  input  wire logic         ones,        // with 63: rounds up to 64 bytes
  input  wire logic         round,       // with PORTS - 1
  input  wire logic         add,         // what was read
  input  wire logic         shift,       // or {the argument << 5 | product << 4}
  input  wire logic         align,       // the argument must be a multiple of 64
  output logic [63:0]       sum,
  output logic              field_below, // the field, in blocks of 64, is less than the sum
  output logic              overflow
);

  // A memory with a read port for the low and one for the high word.
  (* ram_style = "block", no_rw_check *) logic [31:0] low [0:15], high [0:15];
  logic [31:0] low_q, high_q;
  always_ff @(posedge clk) begin
    if (word_valid) low[word_index] <= word;
    if (word_valid) high[word_index] <= word;
    if (read_low) low_q <= low[field];
    else low_q <= '0;
    if (read_high) high_q <= high[field|4'd1];
    else high_q <= '0;
  end

  logic [63:0] acc_q, addend;
  logic [65:0] sum_and_one;
  logic        overflow_q;
  assign addend = shift ? {arg_data[58:0], 5'd0} | 64'({product, 4'd0})
                        : arg_data | {high_q, low_q};
  // Written as a difference, whose operands Yosys leaves in their order: the carry cells then take
  // acc_q as it is, and addend and sum are one LUT a bit.
  assign sum_and_one = {1'b0, acc_q, 1'b0} - ~{1'b0, addend, 1'b0};

  assign sum = acc_q;
  assign field_below = low_q[31:6] < acc_q[31:6];
  assign overflow = overflow_q;

  always_ff @(posedge clk) begin
    if (clear) acc_q <= {58'd0, ones ? 6'd63 : round ? 6'(PORTS - 1) : 6'd0};
    else if (add) acc_q <= sum_and_one[64:1];
    overflow_q <= overflow_q | (add & sum_and_one[65]) | (align & arg_data[5:0] != 6'd0);
    if (forget | ~rst_n) overflow_q <= 1'b0;
  end

  logic unused;
  assign unused = sum_and_one[0];

endmodule
`default_nettype wire
