// SPDX-License-Identifier: Apache-2.0
//
// The front end: checks the list's arguments, fetches commands, checks them, tells the weight
// readers what to stream, hands the command on and loads its activations. It runs ahead of the
// array by up to two commands, so the weights of the next command are prefetched while this one is
// multiplied. A bad command is handed on with its status; nothing else is touched for it. An AXI
// error on a command ends the list here.
//
// This file is the order of things: states, and the table of their steps. All addresses are sums,
// made one operand per cycle by one adder (command_sum); a matrix's size is made beside it
// (matrix_size); a command's words are looked at as they come (command_check), and its activations
// are put in their places (activation_load).
// Latency: list_ok PORTS + 10 cycles after start; a command is handed on 31 + 3 PORTS cycles after
// its first word, and two for each token above one; its activations a memory latency and their
// beats later. Throughput: a command every fetch, check and load, which the command before hides.
// Handshake: valid/ready on every stream, valid does not wait for ready; banks by loaded and
// release; an argument is given in the cycle after arg_read.
`default_nettype none
`include "accel.svh"

module front #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int SUB       = 5,     // data beats in one step's activations
  parameter int TOKENS    = 1,
  parameter int K_MAX     = 6912,
  parameter int T_MAX     = 8,
  parameter int WORDS     = 128,   // steps of the longest row, power of two
  parameter int GROUPS    = 8,     // token groups, power of two
  localparam int WORD_W   = $clog2(WORDS),
  localparam int GROUP_W  = GROUPS > 1 ? $clog2(GROUPS) : 1,
  localparam int LANE_W   = TOKENS > 1 ? $clog2(TOKENS) : 1,
  localparam int PORT_W   = PORTS > 1 ? $clog2(PORTS) : 1,
  localparam int ADDR     = $clog2(2 * GROUPS * WORDS)
) (
  input  wire logic                   clk,
  input  wire logic                   rst_n,        // also low between runs
  input  wire logic                   start,        // one cycle: arguments are valid
  input  wire logic [31:0]            count,
  output logic                        list_ok,      // one cycle, after start: one of the two
  output logic                        list_bad,     // not aligned, or a list reaches 2^64

  // Arguments, as 64 bits from the register of this number (address / 4) on; else zero.
  output logic                        arg_read,
  output logic [6:0]                  arg_word,
  input  wire logic [63:0]            arg_data,     // a cycle later

  // Data port reader (axi_read).
  output logic                        req_valid,
  input  wire logic                   req_ready,
  output logic [63:0]                 req_addr,
  output logic [31:0]                 req_beats,
  input  wire logic                   in_valid,
  output logic                        in_ready,
  input  wire logic [BEAT_BITS-1:0]   in_data,
  input  wire logic                   in_error,

  // Weight readers: addresses port by port, then all at once the request.
  output logic                        wput,
  output logic [PORT_W-1:0]           wput_port,
  output logic [63:0]                 wput_addr,
  output logic [31:0]                 wput_beats,
  output logic                        wreq_valid,
  input  wire logic                   wreq_ready,

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
  output logic [63:0]                 cmd_completion,
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
  localparam int PORTS_LOG  = $clog2(PORTS);
  localparam int TOKENS_LOG = $clog2(TOKENS);
  localparam int CMD_BEATS  = 512 / BEAT_BITS;
  localparam int PRODUCT_LOG = $clog2(BYTES) - 4;
  localparam int BEAT_WORDS = BEAT_BITS / 32;
  localparam int BEAT_LOG   = $clog2(BEAT_WORDS);
  localparam int ROW_W      = $clog2(K_MAX / BYTES + 2);  // data beats of a row

  localparam logic [2:0] IDLE = 3'd0, LIST = 3'd1, FETCH = 3'd2, CHECK = 3'd3, HAND_ON = 3'd4,
                         LOAD = 3'd5;
  // Words of a command; of 64 bits where read with wide.
  localparam logic [3:0] ROWS = 4'(`TRI_CMD_ROWS_LSB / 32), COLUMNS = 4'(`TRI_CMD_COLUMNS_LSB / 32),
                         W_OFFSET = 4'(`TRI_CMD_WEIGHT_OFFSET_LSB / 32),
                         A_OFFSET = 4'(`TRI_CMD_ACTIVATION_OFFSET_LSB / 32),
                         R_OFFSET = 4'(`TRI_CMD_RESULT_OFFSET_LSB / 32),
                         A_STRIDE = 4'(`TRI_CMD_ACTIVATION_STRIDE_LSB / 32),
                         R_STRIDE = 4'(`TRI_CMD_RESULT_STRIDE_LSB / 32);
  localparam logic [6:0] COMMANDS = 7'(`TRI_REG_COMMANDS >> 2), COUNT = 7'(`TRI_REG_COUNT >> 2),
                         COMPLETIONS = 7'(`TRI_REG_COMPLETIONS >> 2),
                         DATA = 7'(`TRI_REG_DATA >> 2), WEIGHTS = 7'(`TRI_REG_WEIGHTS >> 2),
                         WEIGHTS_NEXT = 7'(`TRI_REG_WEIGHTS_STRIDE / 4);

  // What a step does, now (a read) or in the next cycle with what was read (op_q).
  localparam int ARG = 0,      // read argument number arg_word
                 FIELD = 1,    // read field number `field`, 32 bits
                 WIDE = 2,     // and the 32 above
                 ADD = 3,      // add what was read
                 SHIFT = 4,    // or {the argument << 5 | product << 4}
                 CLEAR = 5,    // start a sum (the last one's carry is kept all the same)
                 ONES = 6,     // with 63: rounds up to 64 bytes
                 ROUND = 7,    // with PORTS - 1
                 ALIGN = 8,    // the argument must be a multiple of 64
                 COMPARE = 9,  // the field, a stride, must not be below the sum
                 LOOK_UP = 10, // the sum is columns + 63
                 GROUPED = 11, // the sum is rows + PORTS - 1
                 COMPLETION = 12, // the sum is the completion's address
                 RESULT = 13,  // the sum is the results' address
                 PUT = 14,     // the sum is the address of a port's weights
                 NONE = 15,    // the product is zero
                 FETCHED = 16, // the product, zero before, is twice the number of commands fetched
                 OPS = 17;
  localparam logic [OPS-1:0] GET = OPS'(1 << ARG | 1 << ADD), SUM = OPS'(1 << FIELD | 1 << ADD),
                             SUM64 = OPS'(1 << FIELD | 1 << WIDE | 1 << ADD);
  logic [OPS-1:0] op, op_q;

  logic [2:0]   state_q;
  logic [4:0]   pc_q;           // step of the state
  logic [31:0]  fetched_q;      // commands
  // The command's word pc_q, and whether it is there.
  wire logic        word_valid = state_q == CHECK & ~pc_q[4] & in_valid;
  wire logic [31:0] word = in_data[32*(32'(pc_q)%BEAT_WORDS)+:32];
  assign arg_read = op[ARG];

  // ---- what the steps work with -----------------------------------------------------------------
  logic [3:0]        field;
  logic [63:0]       sum;
  logic [32:0]       product;
  logic              field_below, overflow, fetch_error, load_done, bank_free;
  logic [ROW_W-1:0]  row_beats;

  command_sum #(.PORTS(PORTS)) u_sum (
      .clk, .rst_n, .forget(state_q == FETCH), .word_valid, .word_index(pc_q[3:0]), .word,
      .read_low(op[FIELD]), .read_high(op[WIDE]), .field, .arg_data, .product,
      .clear(op_q[CLEAR]), .ones(op_q[ONES]), .round(op_q[ROUND]), .add(op_q[ADD]),
      .shift(op_q[SHIFT]), .align(op_q[ALIGN]), .sum, .field_below, .overflow);

  matrix_size #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .SUB(SUB), .K_MAX(K_MAX),
                .WORDS(WORDS)) u_size (
      .clk, .rst_n, .sum(sum[PORTS_LOG+20:0]), .look_up(op_q[LOOK_UP]), .grouped(op_q[GROUPED]),
      .none(op_q[NONE]), .twice(op_q[FETCHED]), .number(fetched_q), .row_beats,
      .beats(cmd_beats), .row_groups(cmd_row_groups), .product);

  command_check #(.K_MAX(K_MAX), .T_MAX(T_MAX)) u_check (
      .clk, .forget(state_q == FETCH), .word_valid, .word_index(pc_q[3:0]), .word,
      .word_error(in_error), .short_stride(op_q[COMPARE] & field_below), .overflow, .fetch_error,
      .status(cmd_status), .tag(cmd_tag), .rows(cmd_rows), .tokens(cmd_tokens),
      .stride(cmd_stride));

  activation_load #(.BEAT_BITS(BEAT_BITS), .SUB(SUB), .TOKENS(TOKENS), .K_MAX(K_MAX),
                    .WORDS(WORDS), .GROUPS(GROUPS)) u_load (
      .clk, .rst_n, .clear(state_q == HAND_ON), .load(state_q == LOAD), .tokens(cmd_tokens),
      .row_beats, .done(load_done), .bank_free, .in_valid, .in_data, .in_error, .act_write,
      .act_addr, .act_lane, .act_sub, .act_data, .bank_loaded, .bank_failed, .bank_release);

  // ---- steps ------------------------------------------------------------------------------------
  logic [6:0]        t_q;             // vectors added or requested, and one
  logic [PORT_W-1:0] port_q;
  logic [6:0]        weights_q;       // number of its argument
  logic              stay, again, first_t, next_t, first_port, next_port;
  wire logic         accepted = req_valid & req_ready;
  wire logic         last_t = t_q == cmd_tokens;
  wire logic         last_port = port_q == PORT_W'(PORTS - 1);

  always_comb begin
    op = '0;
    arg_word = DATA;
    field = ROWS;
    stay = 1'b0;        // the next step is this one
    again = 1'b0;       // or the first of a loop
    {first_t, next_t, first_port, next_port} = '0;
    unique case (state_q)
      LIST:
      unique case (pc_q)
        5'd0: begin
          op = OPS'(1 << CLEAR | 1 << NONE);
          first_port = 1'b1;
        end
        5'd1: {op, arg_word} = {GET | OPS'(1 << ALIGN), COMPLETIONS};
        5'd2: {op, arg_word} = {GET | OPS'(1 << SHIFT), COUNT};
        5'd3: op[CLEAR] = 1'b1;
        5'd4: {op, arg_word} = {GET | OPS'(1 << ALIGN), COMMANDS};
        5'd5, 5'd6: {op, arg_word} = {GET | OPS'(1 << SHIFT), COUNT};
        5'd7: op = OPS'(1 << ARG | 1 << ALIGN);
        5'd8: begin
          {op, arg_word} = {OPS'(1 << ARG | 1 << ALIGN), weights_q};
          stay = ~last_port;
          next_port = 1'b1;
        end
        default: ;
      endcase

      FETCH:
      unique case (pc_q)
        5'd0: op = OPS'(1 << CLEAR | 1 << NONE);
        5'd1: op[FETCHED] = 1'b1;
        5'd2: {op, arg_word} = {GET, COMMANDS};
        5'd3, 5'd4: op = OPS'(1 << ADD | 1 << SHIFT);
        5'd5: ;
        5'd6: stay = ~accepted;
        5'd7: op[CLEAR] = 1'b1;
        5'd8: {op, arg_word} = {GET, COMPLETIONS};
        5'd9: op = OPS'(1 << ADD | 1 << SHIFT);
        5'd10: op[COMPLETION] = 1'b1;
        default: ;
      endcase

      // A word can be read in the step after the one of its number.
      CHECK: begin
        stay = ~pc_q[4] & ~in_valid;
        if (!stay)
          unique case (pc_q)
            5'd0: begin
              op[NONE] = 1'b1;
              first_port = 1'b1;
            end
            5'd3: op = OPS'(1 << CLEAR | 1 << ROUND);
            5'd4: op = SUM;                                                   // rows
            5'd5: op = OPS'(1 << GROUPED | 1 << CLEAR | 1 << ONES);
            5'd6: {op, field} = {SUM, COLUMNS};
            5'd7: op[LOOK_UP] = 1'b1;
            5'd8: op = OPS'(1 << CLEAR | 1 << ONES);
            5'd9, 5'd10, 5'd11, 5'd12: op = SUM;                              // 4 rows
            5'd14: {op, field} = {OPS'(1 << FIELD | 1 << COMPARE), R_STRIDE};
            5'd15: begin
              op = GET;                                                       // data
              first_t = 1'b1;
            end
            5'd16: {op, field} = {SUM64, R_OFFSET};
            5'd17: begin
              {op, field} = {last_t ? '0 : SUM, R_STRIDE};
              stay = ~last_t;
              next_t = 1'b1;
            end
            5'd18: op = OPS'(1 << CLEAR | 1 << ONES);
            5'd19: {op, field} = {SUM, COLUMNS};
            5'd20: {op, field} = {OPS'(1 << FIELD | 1 << COMPARE), A_STRIDE};
            5'd21: begin
              op = GET;
              first_t = 1'b1;
            end
            5'd22: {op, field} = {SUM64, A_OFFSET};
            5'd23: begin
              {op, field} = {last_t ? '0 : SUM, A_STRIDE};
              stay = ~last_t;
              next_t = 1'b1;
            end
            5'd24: op[CLEAR] = 1'b1;
            5'd25: op = GET;
            5'd26: {op, field} = {SUM64, R_OFFSET};
            5'd27: op = OPS'(1 << RESULT | 1 << CLEAR);
            5'd28: begin
              {op, arg_word} = {wreq_ready ? GET : '0, weights_q};
              stay = ~wreq_ready;
            end
            5'd29: {op, field} = {SUM64, W_OFFSET};
            5'd30: begin
              op = OPS'(1 << PUT | 1 << ADD | 1 << SHIFT | 1 << CLEAR);
              again = ~last_port;
              next_port = 1'b1;
            end
            default: ;
          endcase
      end

      LOAD:
      unique case (pc_q)
        5'd0: begin
          op[CLEAR] = 1'b1;
          first_t = 1'b1;
        end
        5'd1: op = GET;
        5'd2: {op, field} = {SUM64, A_OFFSET};
        5'd3: ;
        5'd4: begin                     // a vector's address is the sum
          stay = ~accepted;
          again = accepted & ~last_t;
          {op, field} = {again ? SUM : '0, A_STRIDE};
          next_t = again;
        end
        default: stay = 1'b1;
      endcase

      default: ;
    endcase
  end

  // ---- requests ---------------------------------------------------------------------------------
  assign req_valid = (state_q == FETCH & pc_q == 5'd6)
      | (state_q == LOAD & pc_q == 5'd4 & bank_free);
  assign req_addr = {sum[63:6], 6'd0};
  assign req_beats = state_q == FETCH ? 32'(CMD_BEATS) : 32'(row_beats);
  assign in_ready = state_q == LOAD | (state_q == CHECK & ~pc_q[4] & (&pc_q[BEAT_LOG-1:0]));

  assign wput = op_q[PUT];
  assign wput_addr = {sum[63:6], 6'd0};
  assign wput_beats = 32'(product >> PRODUCT_LOG);
  assign wreq_valid = cmd_valid & cmd_ready & cmd_status == `TRI_ACCEL_OK;

  // ---- hand-on ----------------------------------------------------------------------------------
  // The next command's weights are asked for before its activations have a bank.
  assign cmd_valid = state_q == HAND_ON & (cmd_status != `TRI_ACCEL_OK | wreq_ready);
  assign cmd_groups = (GROUP_W + 1)'((32'(cmd_tokens) + 32'(TOKENS - 1)) >> TOKENS_LOG);
  wire logic unused = ^product;

  // ---- the list's arguments are known -----------------------------------------------------------
  wire logic list_end = state_q == LIST & pc_q == 5'd10;
  assign list_ok = list_end & ~overflow;
  assign list_bad = list_end & overflow;

  always_ff @(posedge clk) begin
    op_q <= op;
    wput_port <= port_q;
    if (op_q[COMPLETION]) cmd_completion <= sum;
    if (op_q[RESULT]) cmd_result <= sum;

    if (again) pc_q <= state_q == CHECK ? 5'd28 : 5'd3;
    else if (!stay) pc_q <= pc_q + 5'd1;
    // Vectors of a sum, ports of a loop.
    if (first_t) t_q <= 7'd1;
    else if (next_t) t_q <= t_q + 7'd1;
    if (first_port) begin
      port_q <= '0;
      weights_q <= WEIGHTS;
    end else if (next_port) begin
      port_q <= port_q + 1'b1;
      weights_q <= weights_q + WEIGHTS_NEXT;
    end

    unique case (state_q)
      IDLE: begin
        pc_q <= '0;
        fetched_q <= '0;
        if (start) state_q <= LIST;
      end

      LIST:
      if (list_end) begin
        pc_q <= '0;
        state_q <= overflow | count == 32'd0 ? IDLE : FETCH;
      end

      FETCH: begin
        if (accepted) fetched_q <= fetched_q + 32'd1;
        if (pc_q == 5'd10) begin
          pc_q <= '0;
          state_q <= CHECK;
        end
      end

      CHECK:
      if (pc_q == 5'd31) state_q <= HAND_ON;

      HAND_ON: begin
        pc_q <= '0;
        if (cmd_valid & cmd_ready) begin
          if (cmd_status == `TRI_ACCEL_OK) state_q <= LOAD;
          else state_q <= (fetched_q == count || fetch_error) ? IDLE : FETCH;
        end
      end

      LOAD:
      if (load_done) begin
        pc_q <= '0;
        state_q <= fetched_q == count ? IDLE : FETCH;
      end

      default: state_q <= IDLE;
    endcase

    if (!rst_n) begin
      state_q <= IDLE;
      op_q <= '0;
    end
  end

endmodule
`default_nettype wire
