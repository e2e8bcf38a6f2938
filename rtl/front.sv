// SPDX-License-Identifier: Apache-2.0
//
// The front end: checks the list's arguments, fetches commands, checks them, tells the weight
// readers what to stream, hands the command on and loads its activations. It runs ahead of the array
// by up to two commands, so the weights of the next command are prefetched while this one is
// multiplied. A bad command is handed on with its status; nothing else is touched for it. An AXI
// error on a command ends the list here.
//
// All addresses are sums, and all sums are made by one 64-bit adder (acc_q), one operand per cycle:
// an argument, a field of the command, or one of both shifted. What to add next is the table of
// steps below; a field is read from a memory of the command's 16 words, which are also looked at as
// they come. A product (rows times beats) is made beside it, a bit per cycle; K in beats is looked up.
// Latency: list_ok PORTS + 10 cycles after start; a command is handed on 31 + 3 PORTS cycles after its
// first word, and two for each token above one; its activations a memory latency and their beats
// later. Throughput: a command every fetch, check and load, which the command before hides.
// Handshake: valid/ready on every stream, valid does not wait for ready; banks by loaded and release;
// an argument is given in the cycle after arg_read.
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
  localparam int BYTES_LOG  = $clog2(BYTES);
  localparam int PORTS_LOG  = $clog2(PORTS);
  localparam int TOKENS_LOG = $clog2(TOKENS);
  localparam int CMD_BEATS  = 512 / BEAT_BITS;
  localparam int PRODUCT_LOG = BYTES_LOG - 4;   // the product counts 16 bytes, at least a beat
  localparam int BEAT_WORDS = BEAT_BITS / 32;
  localparam int BEAT_LOG   = $clog2(BEAT_WORDS);
  localparam int ROW_W      = $clog2(K_MAX / BYTES + 2);  // data beats of a row
  localparam int INDEX_W    = $clog2((K_MAX + 63) / BYTES + 1);

  localparam logic [2:0] IDLE = 3'd0, LIST = 3'd1, FETCH = 3'd2, CHECK = 3'd3, HAND_ON = 3'd4,
                         LOAD = 3'd5;
  // Words of a command; of 64 bits where read with wide.
  localparam logic [3:0] TAG = 4'd1, ROWS = 4'd2, COLUMNS = 4'd3, T = 4'd4, W_OFFSET = 4'd6,
                         A_OFFSET = 4'd8, R_OFFSET = 4'd10, A_STRIDE = 4'd12, R_STRIDE = 4'd13;
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
  logic         fetch_error_q;
  logic         word_valid;     // the command's word pc_q is there
  logic [31:0]  word;
  assign arg_read = op[ARG];
  assign word_valid = state_q == CHECK & ~pc_q[4] & in_valid;
  assign word = in_data[32*(32'(pc_q)%BEAT_WORDS)+:32];

  // ---- the command's words: a memory with a read port for the low and one for the high word ------
  (* ram_style = "block", no_rw_check *) logic [31:0] low [0:15], high [0:15];
  logic [31:0] low_q, high_q;
  logic [3:0]  field;
  always_ff @(posedge clk) begin
    if (word_valid) low[pc_q[3:0]] <= word;
    if (word_valid) high[pc_q[3:0]] <= word;
    if (op[FIELD]) low_q <= low[field];
    else low_q <= '0;
    if (op[WIDE]) high_q <= high[field|4'd1];
    else high_q <= '0;
  end

  // ---- the adder ----------------------------------------------------------------------------------
  logic [63:0] acc_q, addend;
  logic [65:0] sum_and_one;
  logic [64:0] sum;
  logic [32:0] product_q;
  logic        overflow_q;
  assign addend = op_q[SHIFT] ? {arg_data[58:0], 5'd0} | 64'({product_q, 4'd0})
                              : arg_data | {high_q, low_q};
  // Written as a difference, whose operands Yosys leaves in their order: the carry cells then take
  // acc_q as it is, and addend and sum are one LUT a bit.
  assign sum_and_one = {1'b0, acc_q, 1'b0} - ~{1'b0, addend, 1'b0};
  assign sum = sum_and_one[65:1];

  // ---- columns in beats, of the data port and of weights: looked up by (columns + 63) / BYTES -----
  (* ram_style = "block", rom_style = "block" *)
  logic [ROW_W+WORD_W:0] beats_of [0:(1<<INDEX_W)-1];
  logic [ROW_W-1:0]      row_beats;
  logic [WORD_W:0]       beats;
  localparam int MORE = 64 / BYTES - 1;
  initial begin
    for (int i = 0; i < (1 << INDEX_W); i++)
      beats_of[i] = {ROW_W'(i - MORE), (WORD_W + 1)'((i - MORE + SUB - 1) / SUB)};
  end
  always_ff @(posedge clk)
    if (op_q[LOOK_UP]) {row_beats, beats} <= beats_of[acc_q[BYTES_LOG+:INDEX_W]];

  // ---- row groups x beats, most significant bit first ----------------------------------------------
  logic [20:0] row_groups_q;
  logic [3:0]  bit_q;          // the next one, and whether there is one
  logic        bits_q, gated;
  assign gated = bits_q & |(beats & (WORD_W + 1)'(33'd1 << bit_q));
  always_ff @(posedge clk) begin
    if (op_q[GROUPED]) row_groups_q <= acc_q[PORTS_LOG+:21];
    if (op_q[LOOK_UP]) begin
      bits_q <= 1'b1;
      bit_q <= 4'(WORD_W);
    end else if (bits_q) begin
      bits_q <= bit_q != 4'd0;
      bit_q <= bit_q - 4'd1;
    end
    if (op_q[NONE]) product_q <= '0;
    else if (bits_q | op_q[FETCHED])
      product_q <= {product_q[31:0], 1'b0}
          + (gated ? 33'(row_groups_q) << PRODUCT_LOG : op_q[FETCHED] ? {fetched_q, 1'b0} : '0);
    if (!rst_n) bits_q <= 1'b0;
  end

  // ---- rules that need no sum; bits 1 to 8 as in the status -----------------------------------------
  logic [8:1] broken, broken_q;
  always_comb begin
    broken = '0;
    if (word_valid)
      unique case (pc_q[3:0])
        4'd0: {broken[2], broken[1]} = {word[31:16] != 16'd0, word[15:0] != `TRI_OP_MATMUL};
        ROWS: broken[3] = word == 32'd0 || word > 32'd1048576;
        COLUMNS: broken[4] = word == 32'd0 || word > 32'(K_MAX);
        T: broken[5] = word == 32'd0 || word > 32'(T_MAX);
        4'd5, 4'd14, 4'd15: broken[2] = word != 32'd0;
        W_OFFSET, A_OFFSET, R_OFFSET, A_STRIDE, R_STRIDE: broken[6] = word[5:0] != 6'd0;
        default: ;
      endcase
    broken[7] = op_q[COMPARE] & low_q[31:6] < acc_q[31:6];
  end
  logic [7:0] status;
  always_comb begin
    status = overflow_q ? `TRI_ACCEL_BAD_ADDRESS : `TRI_ACCEL_OK;
    for (int i = 7; i >= 1; i--) if (broken_q[i]) status = 8'(i);
    if (fetch_error_q) status = `TRI_ACCEL_AXI_COMMAND_ERROR;
  end

  // ---- steps ------------------------------------------------------------------------------------
  logic [6:0]        tokens_q, t_q;   // t_q: vectors added or requested, and one
  logic [PORT_W-1:0] port_q;
  logic              accepted;        // a request
  logic [6:0]        weights_q;       // number of its argument
  logic              last_t, last_port, stay, again, first_t, next_t, first_port, next_port;
  assign accepted = req_valid & req_ready;
  assign last_t = t_q == tokens_q;
  assign last_port = port_q == PORT_W'(PORTS - 1);

  always_comb begin
    op = '0;
    arg_word = DATA;
    field = ROWS;
    stay = 1'b0;        // the next step is this one
    again = 1'b0;       // or the first of a loop
    first_t = 1'b0;
    next_t = 1'b0;
    first_port = 1'b0;
    next_port = 1'b0;
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
        5'd4: begin                     // a vector's address is in acc_q
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
  logic              bank_q;           // the bank to load next
  logic [1:0]        loaded_q, failed_q;
  assign bank_loaded = loaded_q;
  assign bank_failed = failed_q;
  assign req_valid = (state_q == FETCH & pc_q == 5'd6)
      | (state_q == LOAD & pc_q == 5'd4 & ~loaded_q[bank_q] & ~failed_q[bank_q]);
  assign req_addr = {acc_q[63:6], 6'd0};
  assign req_beats = state_q == FETCH ? 32'(CMD_BEATS) : 32'(row_beats);
  assign in_ready = state_q == LOAD | (state_q == CHECK & ~pc_q[4] & (&pc_q[BEAT_LOG-1:0]));

  assign wput = op_q[PUT];
  assign wput_addr = {acc_q[63:6], 6'd0};
  assign wput_beats = 32'(product_q >> PRODUCT_LOG);
  assign wreq_valid = cmd_valid & cmd_ready & status == `TRI_ACCEL_OK;

  // ---- hand-on ----------------------------------------------------------------------------------
  logic [20:0] rows_q;
  logic [31:0] tag_q, stride_q;
  logic [63:0] result_q, completion_q;
  // The next command's weights are asked for before its activations have a bank.
  assign cmd_valid = state_q == HAND_ON & (status != `TRI_ACCEL_OK | wreq_ready);
  assign cmd_status = status;
  assign cmd_tag = tag_q;
  assign cmd_rows = rows_q;
  assign cmd_row_groups = row_groups_q;
  assign cmd_beats = beats;
  assign cmd_tokens = tokens_q;
  assign cmd_groups = (GROUP_W + 1)'((32'(tokens_q) + 32'(TOKENS - 1)) >> TOKENS_LOG);
  assign cmd_result = result_q;
  assign cmd_completion = completion_q;
  assign cmd_stride = stride_q;

  // ---- activations as they come -------------------------------------------------------------------
  logic [6:0]        t_in_q;           // vectors received
  logic [ROW_W-1:0]  k_in_q;           // beats of this vector received
  logic [WORD_W-1:0] word_q;
  logic [2:0]        sub_q;
  logic              load_error_q, last_in, last_vector;
  assign last_in = k_in_q + 1'b1 == row_beats;
  assign last_vector = t_in_q + 7'd1 == tokens_q;
  assign act_write = state_q == LOAD & in_valid;
  assign act_addr = ADDR'((32'(bank_q) * GROUPS + (32'(t_in_q) >> TOKENS_LOG)) * WORDS
      + 32'(word_q));
  assign act_lane = LANE_W'(32'(t_in_q) % TOKENS);
  assign act_sub = sub_q;
  assign act_data = in_data;

  logic unused;
  assign unused = ^{sum_and_one[0], product_q};

  logic list_end;
  assign list_end = state_q == LIST & pc_q == 5'd10;
  assign list_ok = list_end & ~overflow_q;
  assign list_bad = list_end & overflow_q;

  always_ff @(posedge clk) begin
    op_q <= op;
    wput_port <= port_q;
    if (op_q[CLEAR]) acc_q <= {58'd0, op_q[ONES] ? 6'd63 : op_q[ROUND] ? 6'(PORTS - 1) : 6'd0};
    else if (op_q[ADD]) acc_q <= sum[63:0];
    overflow_q <= overflow_q | (op_q[ADD] & sum[64]) | (op_q[ALIGN] & arg_data[5:0] != 6'd0);
    if (op_q[COMPLETION]) completion_q <= acc_q;
    if (op_q[RESULT]) result_q <= acc_q;

    broken_q <= broken_q | broken;
    if (word_valid) begin
      if (pc_q[3:0] == TAG) tag_q <= word;
      if (pc_q[3:0] == ROWS) rows_q <= word[20:0];
      if (pc_q[3:0] == T) tokens_q <= word[6:0];
      if (pc_q[3:0] == R_STRIDE) stride_q <= word;
      fetch_error_q <= fetch_error_q | in_error;
    end
    if (fetch_error_q) tag_q <= '1;

    loaded_q <= loaded_q & ~bank_release;
    failed_q <= failed_q & ~bank_release;

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
        state_q <= overflow_q | count == 32'd0 ? IDLE : FETCH;
      end

      FETCH: begin
        broken_q <= '0;
        overflow_q <= 1'b0;
        fetch_error_q <= 1'b0;
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
        t_in_q <= '0;
        k_in_q <= '0;
        word_q <= '0;
        sub_q <= '0;
        load_error_q <= 1'b0;
        if (cmd_valid & cmd_ready) begin
          if (status == `TRI_ACCEL_OK) state_q <= LOAD;
          else state_q <= (fetched_q == count || fetch_error_q) ? IDLE : FETCH;
        end
      end

      LOAD:
      if (in_valid) begin
        load_error_q <= load_error_q | in_error;
        k_in_q <= last_in ? '0 : k_in_q + 1'b1;
        sub_q <= (last_in || sub_q == 3'(SUB - 1)) ? '0 : sub_q + 3'd1;
        if (last_in) word_q <= '0;
        else if (sub_q == 3'(SUB - 1)) word_q <= word_q + 1'b1;
        if (last_in) begin
          t_in_q <= t_in_q + 7'd1;
          if (last_vector) begin
            if (load_error_q | in_error) failed_q[bank_q] <= 1'b1;
            else loaded_q[bank_q] <= 1'b1;
            bank_q <= ~bank_q;
            pc_q <= '0;
            state_q <= fetched_q == count ? IDLE : FETCH;
          end
        end
      end

      default: state_q <= IDLE;
    endcase

    if (!rst_n) begin
      state_q <= IDLE;
      op_q <= '0;
      overflow_q <= 1'b0;
      loaded_q <= '0;
      failed_q <= '0;
      bank_q <= 1'b0;
    end
  end

endmodule
`default_nettype wire
