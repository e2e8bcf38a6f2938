// SPDX-License-Identifier: Apache-2.0
//
// The back end: writes result chunks and completions, command by command in order. A completion is
// written when all writes of the command's results have been answered, so who sees it sees the
// results. Takes one chunk (up to ROWS rows of every token) per bank of the result buffer and gives
// the bank back when it has been read. One beat per cycle towards axi_write.
// Latency: a completion follows the answer to the command's last result, its own answer a memory
// latency later. Throughput: one beat per cycle; two cycles more for each token of a chunk.
// Handshake: valid/ready; banks by chunk_filled and chunk_freed.
`default_nettype none
`include "accel.svh"

module write_back #(
  parameter int BEAT_BITS = 128,
  parameter int TOKENS    = 1,
  parameter int GROUPS    = 8,
  parameter int ROWS      = 64,    // rows of a chunk, power of two
  localparam int BYTES    = BEAT_BITS / 8,
  localparam int BEATS    = ROWS * 32 / BEAT_BITS,
  localparam int BEAT_W   = $clog2(BEATS),
  localparam int GROUP_W  = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1
) (
  input  wire logic                  clk,
  input  wire logic                  rst_n,          // also low between runs
  input  wire logic [63:0]           completions,
  input  wire logic                  expired,        // watchdog: complete what is waited for

  input  wire logic                  cmd_valid,
  output logic                       cmd_ready,
  input  wire logic [7:0]            cmd_status,
  input  wire logic [31:0]           cmd_tag,
  input  wire logic [20:0]           cmd_rows,
  input  wire logic [6:0]            cmd_tokens,
  input  wire logic [63:0]           cmd_result,
  input  wire logic [31:0]           cmd_stride,

  // From the sequencer, at the start of the command's last step.
  input  wire logic                  record_valid,
  output logic                       record_ready,
  input  wire logic [7:0]            record_status,
  input  wire logic [191:0]          record_counts,
  // From the end of the array's pipeline, after the command's last step.
  input  wire logic                  flags_valid,
  output logic                       flags_ready,
  input  wire logic                  flags_corrupt,
  input  wire logic                  flags_axi,

  // Result buffer.
  input  wire logic                  chunk_filled,   // one more bank is full
  output logic                       chunk_freed,
  output logic                       read,
  output logic                       read_bank,
  output logic [GROUP_W-1:0]         read_group,
  output logic [LANE_W-1:0]          read_lane,
  output logic [BEAT_W-1:0]          read_beat,
  input  wire logic [BEAT_BITS-1:0]  read_data,

  // axi_write.
  output logic                       req_valid,
  input  wire logic                  req_ready,
  output logic [63:0]                req_addr,
  output logic [31:0]                req_beats,
  output logic                       out_valid,
  input  wire logic                  out_ready,
  output logic [BEAT_BITS-1:0]       out_data,
  output logic [BYTES-1:0]           out_strb,
  input  wire logic                  write_idle,
  input  wire logic                  write_error,

  output logic                       completed,      // one cycle: a completion has been answered
  output logic                       completed_bad,  // with it: the answer was an error
  output logic [7:0]                 completed_status
);

  localparam int TOKENS_LOG = $clog2(TOKENS);
  localparam int CPL_BEATS  = BEAT_BITS >= 256 ? 1 : 256 / BEAT_BITS;

  localparam logic [2:0] COMMAND = 3'd0, WAIT = 3'd1, REQUEST = 3'd2, READ = 3'd3, SETTLE = 3'd4,
                         COMPLETE = 3'd5, FINISH = 3'd6;

  logic [2:0]   state_q;
  logic [31:0]  tag_q, stride_q;
  logic [20:0]  rows_left_q;
  logic [6:0]   tokens_q, token_q;
  logic [63:0]  chunk_addr_q, addr_q, list_q;
  logic         bank_q, error_q;
  logic [1:0]   filled_q;
  logic [7:0]   status_q;
  logic [191:0] counts_q;
  logic [BEAT_W:0] beat_q, beats;
  logic [20:0]  rows;           // of this chunk
  logic         cpl_beat_q;     // second beat of a completion, or its place in a wide beat

  assign rows = rows_left_q > 21'(ROWS) ? 21'(ROWS) : rows_left_q;
  assign beats = (BEAT_W + 1)'((rows * 21'd4 + 21'(BYTES - 1)) >> $clog2(BYTES));

  // ---- the way to axi_write: buffer word (one cycle after read), strobes, a small FIFO ----------
  logic                     push_q;
  logic [BYTES-1:0]         strb_q;
  logic [31:0]              bytes_here;
  logic [BEAT_BITS-1:0]     cpl_data;
  logic [BYTES-1:0]         cpl_strb;
  logic                     cpl_push;
  logic [3:0]               fifo_count;
  logic                     unused_ready;  // never low: reads stop at six words of eight

  // Bytes of the chunk from this beat on; the last beat may be short.
  assign bytes_here = 32'(rows) * 4 - 32'(beat_q) * BYTES;
  assign read = state_q == READ & fifo_count < 4'd6;
  assign read_bank = bank_q;
  assign read_group = GROUP_W'(token_q >> TOKENS_LOG);
  assign read_lane = LANE_W'(32'(token_q) % TOKENS);
  assign read_beat = BEAT_W'(beat_q);

  always_ff @(posedge clk) begin
    push_q <= read;
    strb_q <= bytes_here >= 32'(BYTES) ? '1 : ~({BYTES{1'b1}} << bytes_here);
    if (!rst_n) push_q <= 1'b0;
  end

  // Completion: tag, status and six counts, 256 bits.
  logic [255:0] completion;
  assign completion = {counts_q[191:160], counts_q[159:128], counts_q[127:96], counts_q[95:64],
                       counts_q[63:32], counts_q[31:0], 24'd0, status_q, tag_q};
  generate
    if (BEAT_BITS >= 512) begin : g_wide
      assign cpl_data = BEAT_BITS'({completion, completion});
      assign cpl_strb = list_q[5] ? {{(BYTES/2){1'b1}}, {(BYTES/2){1'b0}}}
                                  : {{(BYTES/2){1'b0}}, {(BYTES/2){1'b1}}};
    end else if (BEAT_BITS == 256) begin : g_exact
      assign cpl_data = completion;
      assign cpl_strb = '1;
    end else begin : g_narrow
      assign cpl_data = cpl_beat_q ? completion[255:128] : completion[127:0];
      assign cpl_strb = '1;
    end
  endgenerate
  assign cpl_push = state_q == COMPLETE & (cpl_beat_q | req_ready);  // the FIFO is empty here

  fifo #(.WIDTH(BEAT_BITS + BYTES), .DEPTH(8)) u_out (
      .clk, .rst_n, .clear(1'b0),
      .in_valid(push_q | cpl_push), .in_ready(unused_ready),
      .in_data(push_q ? {strb_q, read_data} : {cpl_strb, cpl_data}),
      .out_valid, .out_ready, .out_data({out_strb, out_data}), .count(fifo_count));

  // ---- requests ---------------------------------------------------------------------------------
  assign req_valid = state_q == REQUEST | (state_q == COMPLETE & ~cpl_beat_q);
  assign req_addr = state_q == REQUEST ? addr_q : {list_q[63:$clog2(BYTES)], ($clog2(BYTES))'(0)};
  assign req_beats = state_q == REQUEST ? 32'(beats) : 32'(CPL_BEATS);

  logic last_beat, last_token, waits_for_chunk, end_known;
  assign last_beat = beat_q + 1'b1 == beats;
  assign last_token = token_q + 7'd1 == tokens_q;
  assign waits_for_chunk = rows_left_q != '0;
  // A command that failed has a record and nothing else.
  assign end_known = record_valid & (record_status != `TRI_ACCEL_OK
      | (~waits_for_chunk & flags_valid));
  assign cmd_ready = state_q == COMMAND;
  assign record_ready = state_q == WAIT & end_known;
  assign flags_ready = record_ready & record_status == `TRI_ACCEL_OK;
  assign chunk_freed = state_q == READ & read & last_beat & last_token;

  assign completed = state_q == FINISH & write_idle & fifo_count == 4'd0;
  assign completed_bad = error_q | write_error;
  assign completed_status = status_q;

  always_ff @(posedge clk) begin
    filled_q <= filled_q + 2'(chunk_filled) - 2'(chunk_freed);
    error_q <= error_q | write_error;

    unique case (state_q)
      COMMAND: begin
        error_q <= 1'b0;
        cpl_beat_q <= 1'b0;
        if (cmd_valid) begin
          tag_q <= cmd_tag;
          rows_left_q <= cmd_status == `TRI_ACCEL_OK ? cmd_rows : '0;
          tokens_q <= cmd_tokens;
          stride_q <= cmd_stride;
          chunk_addr_q <= cmd_result;
          state_q <= WAIT;
        end
      end

      WAIT: begin
        token_q <= '0;
        addr_q <= chunk_addr_q;
        beat_q <= '0;
        if (end_known) begin
          counts_q <= record_counts;
          status_q <= record_status != `TRI_ACCEL_OK ? record_status
                    : flags_axi ? `TRI_ACCEL_AXI_WEIGHT_ERROR
                    : flags_corrupt ? `TRI_ACCEL_CORRUPT_WEIGHTS : `TRI_ACCEL_OK;
          state_q <= SETTLE;
        end else if (waits_for_chunk && filled_q != 2'd0) begin
          state_q <= REQUEST;
        end else if (expired) begin
          counts_q <= '0;
          status_q <= `TRI_ACCEL_WATCHDOG;
          state_q <= SETTLE;
        end
      end

      REQUEST: begin
        beat_q <= '0;
        if (req_ready) state_q <= READ;
      end

      READ: begin
        if (read) begin
          beat_q <= beat_q + 1'b1;
          if (last_beat) begin
            token_q <= token_q + 7'd1;
            addr_q <= addr_q + 64'(stride_q);
            state_q <= REQUEST;
            if (last_token) begin
              rows_left_q <= rows_left_q - rows;
              chunk_addr_q <= chunk_addr_q + 64'(ROWS * 4);
              bank_q <= ~bank_q;
              state_q <= WAIT;
            end
          end
        end
      end

      // All results answered?
      SETTLE: begin
        if (write_idle && fifo_count == 4'd0 && !push_q) begin
          if (error_q | write_error) status_q <= `TRI_ACCEL_AXI_RESULT_ERROR;
          error_q <= 1'b0;
          state_q <= COMPLETE;
        end
      end

      COMPLETE: begin
        if (cpl_push) begin
          cpl_beat_q <= 1'b1;
          if (cpl_beat_q || CPL_BEATS == 1) state_q <= FINISH;
        end
      end

      FINISH: begin
        if (completed) begin
          list_q <= list_q + 64'd32;
          state_q <= COMMAND;
        end
      end

      default: state_q <= COMMAND;
    endcase

    if (!rst_n) begin
      state_q <= COMMAND;
      filled_q <= '0;
      bank_q <= 1'b0;
      error_q <= 1'b0;
      list_q <= completions;
    end
  end

endmodule
`default_nettype wire
