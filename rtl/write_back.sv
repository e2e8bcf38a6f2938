// SPDX-License-Identifier: Apache-2.0
//
// The back end: writes result chunks and completions, command by command in order. A completion is
// written when all writes of the command's results have been answered, so who sees it sees the
// results. Takes one chunk (up to ROWS rows of every token) per bank of the result buffer and gives
// the bank back when it has been read. One beat per cycle towards axi_write. Addresses are made by
// one adder (acc_q). The command stands at the input until it is complete.
// Latency: a completion follows the answer to the command's last result, its own answer a memory
// latency later. Throughput: one beat per cycle; two cycles more for each token of a chunk, three for
// each chunk.
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
  input  wire logic                  expired,        // watchdog: complete what is waited for

  input  wire logic                  cmd_valid,
  output logic                       cmd_ready,
  input  wire logic [7:0]            cmd_status,
  input  wire logic [31:0]           cmd_tag,
  input  wire logic [20:0]           cmd_rows,
  input  wire logic [6:0]            cmd_tokens,
  input  wire logic [63:0]           cmd_result,
  input  wire logic [63:0]           cmd_completion,  // its address
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

  localparam int BEAT_ROWS  = BEAT_BITS / 32;
  localparam int INDEX      = 21 - $clog2(ROWS);
  localparam int OFFSET_BITS = $clog2(4 * ROWS);

  localparam logic [3:0] COMMAND = 4'd0, WAIT = 4'd1, BASE = 4'd2, OFFSET = 4'd3, SUM = 4'd4,
                         REQUEST = 4'd5, READ = 4'd6, SETTLE = 4'd7, COMPLETE = 4'd8, FILL = 4'd9,
                         FINISH = 4'd10;

  logic [3:0]        state_q;
  logic [6:0]        token_q;
  logic [INDEX-1:0]  chunk_q;      // of the command
  logic              bank_q, error_q;
  logic [1:0]        filled_q;
  logic [7:0]        status_q;
  logic [191:0]      counts_q;
  logic [BEAT_W-1:0] beat_q, last_q;  // of the chunk's row of results
  logic              cpl_beat_q;   // second beat of a completion, or its place in a wide beat

  // ---- the command's chunks: all of ROWS rows but perhaps the last --------------------------------
  logic [20:0]                rows;       // none of a command that failed
  logic [21:0]                rounded;
  logic                       whole, waits_for_chunk;
  logic [$clog2(ROWS)-1:0]    rows_less;  // rows of this chunk less one
  logic [$clog2(BEAT_ROWS)-1:0] lanes_q;  // results of its last beat less one
  assign rows = cmd_status == `TRI_ACCEL_OK ? cmd_rows : '0;
  assign rounded = {1'b0, rows} + 22'(ROWS - 1);
  assign whole = chunk_q != rows[20-:INDEX];
  assign waits_for_chunk = {1'b0, chunk_q} != rounded[21-:INDEX+1];
  assign rows_less = whole ? '1 : rows[$clog2(ROWS)-1:0] - 1'b1;

  // ---- addresses: a start of zero, to which one register after the other is added ------------------
  // All but one of these are zero, so that choosing is an OR.
  logic [63:0]      acc_q, base_q, completion_q;
  logic [31:0]      stride_q;
  logic [INDEX-1:0] offset_q;
  logic [65:0]      sum_and_one;
  logic             add;
  wire logic [63:0] addend = base_q | completion_q | 64'(stride_q) | 64'({offset_q, OFFSET_BITS'(0)});
  always_ff @(posedge clk) begin
    base_q <= state_q == BASE ? cmd_result : '0;
    offset_q <= state_q == OFFSET ? chunk_q : '0;
    stride_q <= state_q == REQUEST || state_q == READ ? cmd_stride : '0;
    completion_q <= state_q == WAIT || state_q == SETTLE ? cmd_completion : '0;
    // Without a record they stay zero.
    if (state_q == COMMAND) counts_q <= '0;
    else if (record_ready) counts_q <= record_counts;
    if (state_q == WAIT) acc_q <= '0;
    else if (add) acc_q <= sum_and_one[64:1];
  end
  // Written as a difference, whose operands Yosys leaves in their order: see command_sum.sv.
  assign sum_and_one = {1'b0, acc_q, 1'b0} - ~{1'b0, addend, 1'b0};

  // ---- the way to axi_write: the buffer's word, one cycle after read, and its strobes -------------
  logic             valid_q;           // read_data is to be written
  logic [BYTES-1:0] row_strb;
  logic [BEAT_BITS-1:0] cpl_data;
  logic [BYTES-1:0] cpl_strb;
  logic             last_beat, last_token;
  logic [BEAT_ROWS-1:0] results_q;     // of this beat
  assign read = state_q == READ & (~valid_q | out_ready);
  assign read_bank = bank_q;
  assign read_group = GROUP_W'(token_q >> TOKENS_LOG);
  assign read_lane = LANE_W'(32'(token_q) % TOKENS);
  assign read_beat = beat_q;
  always_comb begin
    for (int i = 0; i < BYTES; i++) row_strb[i] = results_q[i/4];
  end

  // Completion: tag, status and six counts, 256 bits.
  logic [255:0] completion;
  assign completion = {counts_q[191:160], counts_q[159:128], counts_q[127:96], counts_q[95:64],
                       counts_q[63:32], counts_q[31:0], 24'd0, status_q, cmd_tag};
  generate
    if (BEAT_BITS >= 512) begin : g_wide
      assign cpl_data = BEAT_BITS'({completion, completion});
      assign cpl_strb = acc_q[5] ? {{(BYTES/2){1'b1}}, {(BYTES/2){1'b0}}}
                                  : {{(BYTES/2){1'b0}}, {(BYTES/2){1'b1}}};
    end else if (BEAT_BITS == 256) begin : g_exact
      assign cpl_data = completion;
      assign cpl_strb = '1;
    end else begin : g_narrow
      assign cpl_data = cpl_beat_q ? completion[255:128] : completion[127:0];
      assign cpl_strb = '1;
    end
  endgenerate
  assign out_valid = valid_q | state_q == FILL;
  assign out_data = valid_q ? read_data : cpl_data;
  assign out_strb = valid_q ? row_strb : cpl_strb;

  // ---- requests ---------------------------------------------------------------------------------
  assign req_valid = state_q == REQUEST | state_q == COMPLETE;
  assign req_addr = {acc_q[63:$clog2(BYTES)], ($clog2(BYTES))'(0)};
  assign req_beats = state_q == REQUEST ? 32'(last_q) + 32'd1 : 32'(CPL_BEATS);

  logic end_known, settled;
  assign last_beat = beat_q == last_q;
  assign last_token = token_q + 7'd1 == cmd_tokens;
  // A command that failed has a record and nothing else.
  assign end_known = record_valid & (record_status != `TRI_ACCEL_OK
      | (~waits_for_chunk & flags_valid));
  assign settled = state_q == SETTLE & write_idle & ~valid_q;  // all results answered
  assign record_ready = state_q == WAIT & end_known;
  assign flags_ready = record_ready & record_status == `TRI_ACCEL_OK;
  assign chunk_freed = read & last_beat & last_token;
  assign add = state_q == OFFSET | state_q == SUM | (read & last_beat) | settled;

  assign completed = state_q == FINISH & write_idle;
  assign completed_bad = error_q | write_error;
  assign completed_status = status_q;
  assign cmd_ready = completed;

  always_ff @(posedge clk) begin
    filled_q <= filled_q + 2'(chunk_filled) - 2'(chunk_freed);
    error_q <= error_q | write_error;
    if (read) begin
      valid_q <= 1'b1;
      for (int i = 0; i < BEAT_ROWS; i++) results_q[i] <= ~last_beat | i <= 32'(lanes_q);
    end else if (out_ready) begin
      valid_q <= 1'b0;
    end

    unique case (state_q)
      COMMAND: begin
        error_q <= 1'b0;
        cpl_beat_q <= 1'b0;
        chunk_q <= '0;
        if (cmd_valid) state_q <= WAIT;
      end

      WAIT: begin
        token_q <= '0;
        beat_q <= '0;
        last_q <= BEAT_W'(rows_less >> $clog2(BEAT_ROWS));
        lanes_q <= rows_less[$clog2(BEAT_ROWS)-1:0];
        if (end_known) begin
          status_q <= record_status != `TRI_ACCEL_OK ? record_status
                    : flags_axi ? `TRI_ACCEL_AXI_WEIGHT_ERROR
                    : flags_corrupt ? `TRI_ACCEL_CORRUPT_WEIGHTS : `TRI_ACCEL_OK;
          state_q <= SETTLE;
        end else if (waits_for_chunk && filled_q != 2'd0) begin
          state_q <= BASE;
        end else if (expired) begin
          status_q <= `TRI_ACCEL_WATCHDOG;
          state_q <= SETTLE;
        end
      end

      BASE: state_q <= OFFSET;
      OFFSET: state_q <= SUM;
      SUM: state_q <= REQUEST;
      REQUEST: if (req_ready) state_q <= READ;

      READ: begin
        if (read) begin
          beat_q <= last_beat ? '0 : beat_q + 1'b1;
          if (last_beat) begin
            token_q <= token_q + 7'd1;
            state_q <= REQUEST;
            if (last_token) begin
              chunk_q <= chunk_q + 1'b1;
              bank_q <= ~bank_q;
              state_q <= WAIT;
            end
          end
        end
      end

      SETTLE: begin
        if (settled) begin
          if (error_q | write_error) status_q <= `TRI_ACCEL_AXI_RESULT_ERROR;
          error_q <= 1'b0;
          state_q <= COMPLETE;
        end
      end

      COMPLETE: if (req_ready) state_q <= FILL;

      FILL: begin
        if (out_ready) begin
          cpl_beat_q <= 1'b1;
          if (cpl_beat_q || CPL_BEATS == 1) state_q <= FINISH;
        end
      end

      FINISH: if (completed) state_q <= COMMAND;

      default: state_q <= COMMAND;
    endcase

    if (!rst_n) begin
      state_q <= COMMAND;
      filled_q <= '0;
      bank_q <= 1'b0;
      error_q <= 1'b0;
      valid_q <= 1'b0;
    end
  end

  logic unused;
  assign unused = ^{sum_and_one[65], sum_and_one[0], rounded[$clog2(ROWS)-1:0]};

endmodule
`default_nettype wire
