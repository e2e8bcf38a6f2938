// SPDX-License-Identifier: Apache-2.0
//
// What a command's words say by themselves: looks at them as they come, keeps the fields that are
// handed on as they are, and tells the status. That is the first broken rule in the contract's
// order; rules that need a sum are found elsewhere (short_stride, overflow) and take their place in
// it. A word that came with an AXI error overrules them all, and the tag is then all ones.
// Latency: status and fields one cycle after the word or finding, the tag of an AXI error two.
// Throughput: one word per cycle. Handshake: none; word_valid and short_stride are enables, and
// forget ends the command before.
`default_nettype none
`include "accel.svh"

module command_check #(
  parameter int K_MAX = 6912,
  parameter int T_MAX = 8
) (
  input  wire logic         clk,
  input  wire logic         forget,
  input  wire logic         word_valid,
  input  wire logic [3:0]   word_index,
  input  wire logic [31:0]  word,
  input  wire logic         word_error,
  input  wire logic         short_stride,  // a stride is below its row's bytes
  input  wire logic         overflow,      // a sum has reached 2^64; held
  output logic              fetch_error,
  output logic [7:0]        status,
  output logic [31:0]       tag,
  output logic [20:0]       rows,
  output logic [6:0]        tokens,
  output logic [31:0]       stride         // of the results
);

  localparam logic [3:0] OPCODE = 4'(`TRI_CMD_OPCODE_LSB / 32),  // and the flags
                         TAG = 4'(`TRI_CMD_TAG_LSB / 32),
                         ROWS = 4'(`TRI_CMD_ROWS_LSB / 32),
                         COLUMNS = 4'(`TRI_CMD_COLUMNS_LSB / 32),
                         T = 4'(`TRI_CMD_TOKENS_LSB / 32),
                         ZERO = 4'(`TRI_CMD_RESERVED0_LSB / 32),
                         W_OFFSET = 4'(`TRI_CMD_WEIGHT_OFFSET_LSB / 32),
                         A_OFFSET = 4'(`TRI_CMD_ACTIVATION_OFFSET_LSB / 32),
                         R_OFFSET = 4'(`TRI_CMD_RESULT_OFFSET_LSB / 32),
                         A_STRIDE = 4'(`TRI_CMD_ACTIVATION_STRIDE_LSB / 32),
                         R_STRIDE = 4'(`TRI_CMD_RESULT_STRIDE_LSB / 32),
                         ZEROS = 4'(`TRI_CMD_RESERVED1_LSB / 32);

  logic [8:1]  broken, broken_q;  // numbered as the status; 8 is overflow's
  logic        fetch_error_q;
  logic [31:0] tag_q, stride_q;
  logic [20:0] rows_q;
  logic [6:0]  tokens_q;

  always_comb begin
    broken = '0;
    if (word_valid)
      unique case (word_index)
        OPCODE: {broken[2], broken[1]} = {word[31:16] != 16'd0, word[15:0] != `TRI_OP_MATMUL};
        ROWS: broken[3] = word == 32'd0 || word > 32'd1048576;
        COLUMNS: broken[4] = word == 32'd0 || word > 32'(K_MAX);
        T: broken[5] = word == 32'd0 || word > 32'(T_MAX);
        ZERO, ZEROS, ZEROS | 4'd1: broken[2] = word != 32'd0;
        W_OFFSET, A_OFFSET, R_OFFSET, A_STRIDE, R_STRIDE: broken[6] = word[5:0] != 6'd0;
        default: ;
      endcase
    broken[7] = short_stride;
  end

  always_comb begin
    status = overflow ? `TRI_ACCEL_BAD_ADDRESS : `TRI_ACCEL_OK;
    for (int i = 7; i >= 1; i--) if (broken_q[i]) status = 8'(i);
    if (fetch_error_q) status = `TRI_ACCEL_AXI_COMMAND_ERROR;
  end

  assign fetch_error = fetch_error_q;
  assign tag = tag_q;
  assign rows = rows_q;
  assign tokens = tokens_q;
  assign stride = stride_q;

  always_ff @(posedge clk) begin
    broken_q <= broken_q | broken;
    if (word_valid) begin
      if (word_index == TAG) tag_q <= word;
      if (word_index == ROWS) rows_q <= word[20:0];
      if (word_index == T) tokens_q <= word[6:0];
      if (word_index == R_STRIDE) stride_q <= word;
      fetch_error_q <= fetch_error_q | word_error;
    end
    if (fetch_error_q) tag_q <= '1;
    if (forget) begin
      broken_q <= '0;
      fetch_error_q <= 1'b0;
    end
  end

endmodule
`default_nettype wire
