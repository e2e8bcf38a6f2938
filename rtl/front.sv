// SPDX-License-Identifier: Apache-2.0
//
// The front end: fetches commands, checks them, tells the weight readers what to stream, hands the
// command on and loads its activations. It runs ahead of the array by up to two commands, so the
// weights of the next command are prefetched while this one is multiplied. A command is checked in
// about 40 cycles with one adder each (no multipliers). A bad command is handed on with its status;
// nothing else is touched for it. An AXI error on a command ends the list here.
// All streams are valid/ready; valid does not wait for ready.
// Latency: a command is handed on about 45 cycles after its last beat came (CHECK), its activations
// a memory latency and their beats later. Throughput: a command every fetch, check and load, which
// the command before hides. Handshake: valid/ready on every stream; banks by loaded and release.
`default_nettype none
`include "accel.svh"

module front #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int W         = 80,    // weights of a beat
  parameter int SUB       = 5,     // data beats in one step's activations
  parameter int TOKENS    = 1,
  parameter int K_MAX     = 6912,
  parameter int T_MAX     = 8,
  parameter int WORDS     = 128,   // steps of the longest row, power of two
  parameter int GROUPS    = 8,     // token groups, power of two
  localparam int WORD_W   = $clog2(WORDS),
  localparam int GROUP_W  = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1,
  localparam int ADDR     = $clog2(2 * GROUPS * WORDS)
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,        // also low between runs
  input  wire logic                   start,        // one cycle: arguments are valid
  input  wire logic [63:0]            commands,
  input  wire logic [31:0]            count,
  input  wire logic [63:0]            data,
  input  wire logic [PORTS*64-1:0]    weights,

  // Data port reader (axi_read).
  output logic                        req_valid,
  input  wire logic                   req_ready,
  output logic [63:0]                 req_addr,
  output logic [31:0]                 req_beats,
  input  wire logic                   in_valid,
  output logic                        in_ready,
  input  wire logic [BEAT_BITS-1:0]   in_data,
  input  wire logic                   in_error,

  // Weight readers.
  output logic [PORTS-1:0]            wreq_valid,
  input  wire logic [PORTS-1:0]       wreq_ready,
  output logic [PORTS*64-1:0]         wreq_addr,
  output logic [31:0]                 wreq_beats,

  // The command, for sequencer and write-back alike.
  output logic                        cmd_valid,
  input  wire logic                   cmd_ready,
  output logic [7:0]                  cmd_status,
  output logic [31:0]                 cmd_tag,
  output logic [20:0]                 cmd_rows,
  output logic [20:0]                 cmd_row_groups,
  output logic [WORD_W:0]             cmd_beats,
  output logic [6:0]                  cmd_tokens,
  output logic [GROUP_W:0]            cmd_groups,
  output logic [63:0]                 cmd_result,    // address
  output logic [31:0]                 cmd_stride,    // of the results

  // Activation buffer: the loader's side.
  output logic                        act_write,
  output logic [ADDR-1:0]             act_addr,
  output logic [LANE_W-1:0]           act_lane,
  output logic [2:0]                  act_sub,
  output logic [BEAT_BITS-1:0]        act_data,
  output logic [1:0]                  bank_loaded,
  output logic [1:0]                  bank_failed,
  input  wire logic [1:0]             bank_release
);

  localparam int BYTES      = BEAT_BITS / 8;
  localparam int BYTES_LOG  = $clog2(BYTES);
  localparam int PORTS_LOG  = $clog2(PORTS);
  localparam int TOKENS_LOG = $clog2(TOKENS);
  localparam int CMD_BEATS  = 512 / BEAT_BITS;

  localparam logic [2:0] IDLE = 3'd0, FETCH = 3'd1, RECEIVE = 3'd2, CHECK = 3'd3,
                         HAND_ON = 3'd4, LOAD = 3'd5;

  logic [2:0]   state_q;
  logic [63:0]  list_q;        // address of the next command
  logic [31:0]  left_q;        // commands not yet fetched
  logic [511:0] cmd_q;
  logic [2:0]   beat_q;        // of the command
  logic         fetch_error_q;

  // ---- fields -----------------------------------------------------------------------------------
  logic [15:0] opcode, flags;
  logic [31:0] rows, columns, tokens, a_stride, r_stride;
  logic [63:0] w_offset, a_offset, r_offset;
  assign opcode = cmd_q[`TRI_CMD_OPCODE_LSB+:16];
  assign flags = cmd_q[`TRI_CMD_FLAGS_LSB+:16];
  assign cmd_tag = fetch_error_q ? 32'hffff_ffff : cmd_q[`TRI_CMD_TAG_LSB+:32];
  assign rows = cmd_q[`TRI_CMD_ROWS_LSB+:32];
  assign columns = cmd_q[`TRI_CMD_COLUMNS_LSB+:32];
  assign tokens = cmd_q[`TRI_CMD_TOKENS_LSB+:32];
  assign w_offset = cmd_q[`TRI_CMD_WEIGHT_OFFSET_LSB+:64];
  assign a_offset = cmd_q[`TRI_CMD_ACTIVATION_OFFSET_LSB+:64];
  assign r_offset = cmd_q[`TRI_CMD_RESULT_OFFSET_LSB+:64];
  assign a_stride = cmd_q[`TRI_CMD_ACTIVATION_STRIDE_LSB+:32];
  assign r_stride = cmd_q[`TRI_CMD_RESULT_STRIDE_LSB+:32];

  // ---- checks -----------------------------------------------------------------------------------
  // Steps: 0..15 the quotient K / W bit by bit, and at the same time (T-1) * stride for activations
  // and results; 16..31 row groups * beats of a row; then one port's end address per step.
  logic [5:0]           check_q;
  logic [14+10:0]       rest_q;              // of the division, K at first
  logic [9:0]           beats_q;             // ceil(K / W)
  logic [38:0]          a_extent_q, r_extent_q;
  logic [38:0]          a_term_q, r_term_q;  // stride shifted along
  logic [6:0]           t_bits_q;
  logic [31:0]          w_beats_q;
  logic [30:0]          w_term_q;
  logic [9:0]           b_bits_q;
  logic                 overflow_q;
  logic [7:0]           status_q;
  logic [20:0]          row_groups;
  logic [PORTS_LOG:0]   port_q;              // whose end address is checked

  assign row_groups = 21'((rows + 32'(PORTS - 1)) >> PORTS_LOG);

  // 64-bit sums that must not pass 2^64.
  logic [64:0] a_sum, r_sum, w_sum;
  logic [65:0] a_end, r_end, w_end;
  logic        unused;
  assign a_sum = {1'b0, data} + {1'b0, a_offset};
  assign r_sum = {1'b0, data} + {1'b0, r_offset};
  assign w_sum = {1'b0, weights[64*(32'(port_q)%PORTS)+:64]} + {1'b0, w_offset};
  assign a_end = {1'b0, a_sum} + 66'(a_extent_q) + 66'({columns[31:6] + 26'(|columns[5:0]), 6'd0});
  assign r_end = {1'b0, r_sum} + 66'(r_extent_q) + 66'({rows[31:4] + 28'(|rows[3:0]), 6'd0});
  assign w_end = {1'b0, w_sum} + 66'({w_beats_q, BYTES_LOG'(0)});

  assign unused = ^{a_end[63:0], r_end[63:0], w_end[63:0]};

  // The rules that need no arithmetic, first broken rule first.
  logic [7:0] plain;
  always_comb begin
    if (opcode != `TRI_OP_MATMUL) plain = `TRI_ACCEL_BAD_OPCODE;
    else if (flags != 16'd0 || cmd_q[`TRI_CMD_RESERVED0_LSB+:32] != 32'd0
             || cmd_q[`TRI_CMD_RESERVED1_LSB+:64] != 64'd0) plain = `TRI_ACCEL_BAD_FLAGS;
    else if (rows == 32'd0 || rows > 32'd1048576) plain = `TRI_ACCEL_BAD_ROWS;
    else if (columns == 32'd0 || columns > 32'(K_MAX)) plain = `TRI_ACCEL_BAD_COLUMNS;
    else if (tokens == 32'd0 || tokens > 32'(T_MAX)) plain = `TRI_ACCEL_BAD_TOKENS;
    else if ((w_offset[5:0] | a_offset[5:0] | r_offset[5:0] | a_stride[5:0]
        | r_stride[5:0]) != 6'd0)
      plain = `TRI_ACCEL_BAD_ALIGNMENT;
    else if (a_stride < columns || r_stride[31:2] < 30'(rows)) plain = `TRI_ACCEL_BAD_STRIDE;
    else plain = `TRI_ACCEL_OK;
  end

  // ---- weight requests: one command's, taken by each port when it can ---------------------------
  logic [PORTS-1:0]  wreq_q;
  assign wreq_valid = wreq_q;

  // ---- activation loader ------------------------------------------------------------------------
  logic              bank_q;           // the bank to load next
  logic [6:0]        t_req_q, t_in_q;  // vectors requested, received
  logic [63:0]       a_addr_q;
  logic [31:0]       row_beats;        // data beats of one vector
  logic [31:0]       k_in_q;           // beats of this vector received
  logic [WORD_W-1:0] word_q;
  logic [2:0]        sub_q;
  logic              load_error_q;
  logic              last_in, last_vector;

  assign row_beats = (columns + 32'(BYTES - 1)) >> BYTES_LOG;
  assign last_in = k_in_q + 32'd1 == row_beats;
  assign last_vector = 32'(t_in_q) + 32'd1 == tokens;

  assign act_write = state_q == LOAD & in_valid;
  assign act_addr = ADDR'((32'(bank_q) * GROUPS + (32'(t_in_q) >> TOKENS_LOG)) * WORDS
      + 32'(word_q));
  assign act_lane = LANE_W'(32'(t_in_q) % TOKENS);
  assign act_sub = sub_q;
  assign act_data = in_data;

  // ---- hand-on ----------------------------------------------------------------------------------
  logic ready_to_hand_on;
  // The next command's weights are asked for before its activations have a bank.
  assign ready_to_hand_on = state_q == HAND_ON & (status_q != `TRI_ACCEL_OK | wreq_q == '0);
  assign cmd_valid = ready_to_hand_on;
  assign cmd_status = status_q;
  assign cmd_rows = 21'(rows);
  assign cmd_row_groups = row_groups;
  assign cmd_beats = (WORD_W + 1)'(beats_q);
  assign cmd_tokens = 7'(tokens);
  assign cmd_groups = (GROUP_W + 1)'((tokens + 32'(TOKENS - 1)) >> TOKENS_LOG);
  assign cmd_result = r_sum[63:0];
  assign cmd_stride = r_stride;

  always_comb begin
    req_valid = 1'b0;
    req_addr = list_q;
    req_beats = 32'(CMD_BEATS);
    if (state_q == FETCH) begin
      req_valid = 1'b1;
    end else if (state_q == LOAD && 32'(t_req_q) != tokens) begin
      req_valid = ~bank_loaded[bank_q] & ~bank_failed[bank_q];
      req_addr = a_addr_q;
      req_beats = row_beats;
    end
  end
  assign in_ready = state_q == RECEIVE | state_q == LOAD;

  logic [1:0] loaded_q, failed_q;
  assign bank_loaded = loaded_q;
  assign bank_failed = failed_q;

  always_ff @(posedge clk) begin
    for (int p = 0; p < PORTS; p++) if (wreq_ready[p]) wreq_q[p] <= 1'b0;
    loaded_q <= loaded_q & ~bank_release;
    failed_q <= failed_q & ~bank_release;

    unique case (state_q)
      IDLE: begin
        if (start) begin
          list_q <= commands;
          left_q <= count;
          if (count != 32'd0) state_q <= FETCH;
        end
      end

      FETCH: begin
        beat_q <= '0;
        fetch_error_q <= 1'b0;
        if (req_ready) begin
          list_q <= list_q + 64'd64;
          left_q <= left_q - 32'd1;
          state_q <= RECEIVE;
        end
      end

      RECEIVE: begin
        if (in_valid) begin
          for (int i = 0; i < CMD_BEATS; i++)
            if (beat_q == 3'(i)) cmd_q[i*BEAT_BITS+:BEAT_BITS] <= in_data;
          fetch_error_q <= fetch_error_q | in_error;
          beat_q <= beat_q + 3'd1;
          if (beat_q == 3'(CMD_BEATS - 1)) state_q <= CHECK;
        end
        check_q <= '0;
        overflow_q <= 1'b0;
        port_q <= '0;
      end

      CHECK: begin
        check_q <= check_q + 6'd1;
        if (check_q == 6'd0) begin
          rest_q <= {10'd0, 15'(columns + 32'(W - 1))};
          a_extent_q <= '0;
          r_extent_q <= '0;
          a_term_q <= {7'd0, a_stride};
          r_term_q <= {7'd0, r_stride};
          t_bits_q <= 7'(tokens - 32'd1);
          beats_q <= '0;
          status_q <= fetch_error_q ? `TRI_ACCEL_AXI_COMMAND_ERROR : plain;
          if (fetch_error_q || plain != `TRI_ACCEL_OK) state_q <= HAND_ON;
        end else if (check_q <= 6'd15) begin
          // Restoring division, one bit of the quotient per step.
          if (rest_q[24:14] >= 11'(W)) begin
            rest_q <= {rest_q[23:14] - 10'(W), rest_q[13:0], 1'b0};
            beats_q <= {beats_q[8:0], 1'b1};
          end else begin
            rest_q <= {rest_q[23:0], 1'b0};
            beats_q <= {beats_q[8:0], 1'b0};
          end
          if (t_bits_q[0]) begin
            a_extent_q <= a_extent_q + a_term_q;
            r_extent_q <= r_extent_q + r_term_q;
          end
          a_term_q <= {a_term_q[37:0], 1'b0};
          r_term_q <= {r_term_q[37:0], 1'b0};
          t_bits_q <= {1'b0, t_bits_q[6:1]};
          w_beats_q <= '0;
          w_term_q <= {10'd0, row_groups};
        end else if (check_q == 6'd16) begin
          b_bits_q <= beats_q;
        end else if (check_q <= 6'd26) begin
          if (b_bits_q[0]) w_beats_q <= w_beats_q + {1'b0, w_term_q};
          w_term_q <= {w_term_q[29:0], 1'b0};
          b_bits_q <= {1'b0, b_bits_q[9:1]};
        end else begin
          check_q <= check_q;
          overflow_q <= overflow_q | a_end[65:64] != 2'd0 | r_end[65:64] != 2'd0
              | w_end[65:64] != 2'd0;
          port_q <= port_q + 1'b1;
          if (port_q == (PORTS_LOG + 1)'(PORTS)) begin
            if (overflow_q) status_q <= `TRI_ACCEL_BAD_ADDRESS;
            state_q <= HAND_ON;
          end
        end
      end

      HAND_ON: begin
        t_req_q <= '0;
        t_in_q <= '0;
        k_in_q <= '0;
        word_q <= '0;
        sub_q <= '0;
        load_error_q <= 1'b0;
        a_addr_q <= a_sum[63:0];
        if (cmd_valid & cmd_ready) begin
          if (status_q == `TRI_ACCEL_OK) begin
            wreq_q <= '1;
            for (int p = 0; p < PORTS; p++)
              wreq_addr[64*p+:64] <= weights[64*p+:64] + w_offset;
            wreq_beats <= w_beats_q;
            state_q <= LOAD;
          end else begin
            state_q <= (left_q == 32'd0 || fetch_error_q) ? IDLE : FETCH;
          end
        end
      end

      LOAD: begin
        if (req_valid & req_ready) begin
          t_req_q <= t_req_q + 7'd1;
          a_addr_q <= a_addr_q + 64'(a_stride);
        end
        if (in_valid) begin
          load_error_q <= load_error_q | in_error;
          k_in_q <= last_in ? '0 : k_in_q + 32'd1;
          sub_q <= (last_in || sub_q == 3'(SUB - 1)) ? '0 : sub_q + 3'd1;
          if (last_in) word_q <= '0;
          else if (sub_q == 3'(SUB - 1)) word_q <= word_q + 1'b1;
          if (last_in) begin
            t_in_q <= t_in_q + 7'd1;
            if (last_vector) begin
              if (load_error_q | in_error) failed_q[bank_q] <= 1'b1;
              else loaded_q[bank_q] <= 1'b1;
              bank_q <= ~bank_q;
              state_q <= left_q == 32'd0 ? IDLE : FETCH;
            end
          end
        end
      end

      default: state_q <= IDLE;
    endcase

    if (!rst_n) begin
      state_q <= IDLE;
      wreq_q <= '0;
      loaded_q <= '0;
      failed_q <= '0;
      bank_q <= 1'b0;
    end
  end

endmodule
`default_nettype wire
