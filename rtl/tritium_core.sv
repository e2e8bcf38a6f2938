// SPDX-License-Identifier: Apache-2.0
//
// The kernel: one AXI4-Lite slave for control, one AXI4 master for commands, activations, results
// and completions, and PORTS AXI4 read masters for weights (packed side by side; the Vitis-facing
// top with named ports is generated). Contract: rtl/accel.yaml. This file only connects:
//   control - run_control          registers, one run
//   front                          fetch, check, weight requests, activations
//   weight_read                    weights of all ports, prefetched across commands
//   sequencer - array              steps, products, sums
//   write_back - axi_write         results, completions
// Latency and throughput of a command list: docs/accelerator.md. Handshake: ap_ctrl_hs in
// registers, AXI4 and AXI4-Lite on the buses.
`default_nettype none

module tritium_core #(
  parameter int PORTS    = 4,      // weight ports: 1, 2, 4, 8, 16
  parameter int BEAT_BITS = 128,   // 128, 256, 512
  parameter int ENCODING = 1,      // 0: b2, 1: b3
  parameter int TOKENS   = 1,      // activation vectors multiplied at once: 1, 2, 4, 8
  parameter int K_MAX    = 6912,   // longest row, up to 23040
  // most tokens of one command, TOKENS times a power of two, up to 64
  parameter int T_MAX    = 8,
  parameter int PREFETCH = 512,    // beats of each weight FIFO, power of two, 128 to 4096
  parameter logic [63:0] DESIGN_HASH = 64'd0
) (
  input  wire logic                        ap_clk,
  input  wire logic                        ap_rst_n,
  // verilator lint_off SYMRSVDWORD
  output logic                             interrupt,
  // verilator lint_on SYMRSVDWORD

  input  wire logic [11:0]                 s_axil_awaddr,
  input  wire logic                        s_axil_awvalid,
  output logic                             s_axil_awready,
  input  wire logic [31:0]                 s_axil_wdata,
  input  wire logic [3:0]                  s_axil_wstrb,
  input  wire logic                        s_axil_wvalid,
  output logic                             s_axil_wready,
  output logic [1:0]                       s_axil_bresp,
  output logic                             s_axil_bvalid,
  input  wire logic                        s_axil_bready,
  input  wire logic [11:0]                 s_axil_araddr,
  input  wire logic                        s_axil_arvalid,
  output logic                             s_axil_arready,
  output logic [31:0]                      s_axil_rdata,
  output logic [1:0]                       s_axil_rresp,
  output logic                             s_axil_rvalid,
  input  wire logic                        s_axil_rready,

  output logic                             m_axi_data_arvalid,
  input  wire logic                        m_axi_data_arready,
  output logic [63:0]                      m_axi_data_araddr,
  output logic [7:0]                       m_axi_data_arlen,
  input  wire logic                        m_axi_data_rvalid,
  output logic                             m_axi_data_rready,
  input  wire logic [BEAT_BITS-1:0]        m_axi_data_rdata,
  input  wire logic [1:0]                  m_axi_data_rresp,
  input  wire logic                        m_axi_data_rlast,
  output logic                             m_axi_data_awvalid,
  input  wire logic                        m_axi_data_awready,
  output logic [63:0]                      m_axi_data_awaddr,
  output logic [7:0]                       m_axi_data_awlen,
  output logic                             m_axi_data_wvalid,
  input  wire logic                        m_axi_data_wready,
  output logic [BEAT_BITS-1:0]             m_axi_data_wdata,
  output logic [BEAT_BITS/8-1:0]           m_axi_data_wstrb,
  output logic                             m_axi_data_wlast,
  input  wire logic                        m_axi_data_bvalid,
  output logic                             m_axi_data_bready,
  input  wire logic [1:0]                  m_axi_data_bresp,

  output logic [PORTS-1:0]                 m_axi_w_arvalid,
  input  wire logic [PORTS-1:0]            m_axi_w_arready,
  output logic [PORTS*64-1:0]              m_axi_w_araddr,
  output logic [PORTS*8-1:0]               m_axi_w_arlen,
  input  wire logic [PORTS-1:0]            m_axi_w_rvalid,
  output logic [PORTS-1:0]                 m_axi_w_rready,
  input  wire logic [PORTS*BEAT_BITS-1:0]  m_axi_w_rdata,
  input  wire logic [PORTS*2-1:0]          m_axi_w_rresp,
  input  wire logic [PORTS-1:0]            m_axi_w_rlast
);

  localparam int BYTES   = BEAT_BITS / 8;
  localparam int SUB     = ENCODING == 1 ? 5 : 4;         // data beats in one step's activations
  localparam int W       = BYTES * SUB;                   // weights of a beat
  localparam int WORDS   = 1 << $clog2((K_MAX + W - 1) / W);
  localparam int WORD_W  = $clog2(WORDS);
  localparam int GROUPS  = T_MAX > TOKENS ? T_MAX / TOKENS : 1;  // 0 would stop before the checks
  localparam int GROUP_W = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam int LANE_W  = TOKENS > 1 ? $clog2(TOKENS) : 1;
  localparam int ROWS    = 64;                            // rows of a result chunk
  localparam int SLOTS   = ROWS / PORTS;
  localparam int SLOT_W  = $clog2(SLOTS);
  localparam int RES_W   = $clog2(ROWS * 32 / BEAT_BITS);
  localparam int ACT_W   = $clog2(2 * GROUPS * WORDS);
  localparam int BURST   = 64;

  generate
    if (PORTS != 1 && PORTS != 2 && PORTS != 4 && PORTS != 8 && PORTS != 16) begin : g_ports
      PARAM_PORTS_MUST_BE_1_2_4_8_OR_16 u_check ();
    end
    if (BEAT_BITS != 128 && BEAT_BITS != 256 && BEAT_BITS != 512) begin : g_beat
      PARAM_BEAT_BITS_MUST_BE_128_256_OR_512 u_check ();
    end
    if (TOKENS != 1 && TOKENS != 2 && TOKENS != 4 && TOKENS != 8) begin : g_tokens
      PARAM_TOKENS_MUST_BE_1_2_4_OR_8 u_check ();
    end
    if (K_MAX <= W || K_MAX > 23040) begin : g_k
      PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 u_check ();
    end
    if (T_MAX > 64 || T_MAX < TOKENS || (T_MAX / TOKENS) * TOKENS != T_MAX
        || (1 << $clog2(T_MAX)) != T_MAX) begin : g_t
      PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 u_check ();
    end
    if (PREFETCH < 128 || PREFETCH > 4096 || (1 << $clog2(PREFETCH)) != PREFETCH) begin : g_prefetch
      PARAM_PREFETCH_MUST_BE_A_POWER_OF_TWO_FROM_128_TO_4096 u_check ();
    end
  endgenerate

  logic clk, rst_n, run_rst_n;
  assign clk = ap_clk;
  assign rst_n = ap_rst_n;

  // ---- control ----------------------------------------------------------------------------------
  logic            start, done, idle, run_start, drain, expired, active, list_ok, list_bad, arg_read;
  logic [6:0]      arg_word;
  logic [63:0]     arg_data;
  logic [31:0]     count, watchdog, completed;
  logic [7:0]      status;
  logic [9*64-1:0] counters;

  control #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .TOKENS(TOKENS),
      .K_MAX(K_MAX),
            .T_MAX(T_MAX), .PREFETCH(PREFETCH), .DESIGN_HASH(DESIGN_HASH)) u_control (.*);

  // ---- data port --------------------------------------------------------------------------------
  logic                 rd_req_valid, rd_req_ready, rd_valid, rd_ready, rd_flag, rd_idle, rd_error;
  logic [63:0]          rd_req_addr;
  logic [31:0]          rd_req_beats;
  logic [BEAT_BITS-1:0] rd_data;

  axi_read #(.BEAT_BITS(BEAT_BITS), .BURST(BURST), .DEPTH(2 * BURST)) u_data_read (
      .clk, .rst_n, .abort(drain), .idle(rd_idle), .error(rd_error),
      .req_valid(rd_req_valid), .req_ready(rd_req_ready), .req_addr(rd_req_addr),
      .req_beats(rd_req_beats),
      .out_valid(rd_valid), .out_ready(rd_ready), .out_data(rd_data), .out_error(rd_flag),
      .m_axi_arvalid(m_axi_data_arvalid), .m_axi_arready(m_axi_data_arready),
      .m_axi_araddr(m_axi_data_araddr), .m_axi_arlen(m_axi_data_arlen),
      .m_axi_rvalid(m_axi_data_rvalid), .m_axi_rready(m_axi_data_rready),
      .m_axi_rdata(m_axi_data_rdata),
      .m_axi_rresp(m_axi_data_rresp), .m_axi_rlast(m_axi_data_rlast));

  logic                 wr_req_valid, wr_req_ready, wr_valid, wr_ready, wr_idle, wr_error;
  logic [63:0]          wr_req_addr;
  logic [31:0]          wr_req_beats;
  logic [BEAT_BITS-1:0] wr_data;
  logic [BYTES-1:0]     wr_strb;

  axi_write #(.BEAT_BITS(BEAT_BITS), .BURST(BURST)) u_data_write (
      .clk, .rst_n, .abort(drain), .idle(wr_idle), .error(wr_error),
      .req_valid(wr_req_valid), .req_ready(wr_req_ready), .req_addr(wr_req_addr),
      .req_beats(wr_req_beats),
      .in_valid(wr_valid), .in_ready(wr_ready), .in_data(wr_data), .in_strb(wr_strb),
      .m_axi_awvalid(m_axi_data_awvalid), .m_axi_awready(m_axi_data_awready),
      .m_axi_awaddr(m_axi_data_awaddr), .m_axi_awlen(m_axi_data_awlen),
      .m_axi_wvalid(m_axi_data_wvalid), .m_axi_wready(m_axi_data_wready),
      .m_axi_wdata(m_axi_data_wdata),
      .m_axi_wstrb(m_axi_data_wstrb), .m_axi_wlast(m_axi_data_wlast),
      .m_axi_bvalid(m_axi_data_bvalid), .m_axi_bready(m_axi_data_bready),
      .m_axi_bresp(m_axi_data_bresp));

  // ---- weight ports -----------------------------------------------------------------------------
  localparam int PORT_W = PORTS > 1 ? $clog2(PORTS) : 1;
  logic                       wput, wreq_valid, wreq_ready, weights_valid, weights_take,
      weights_idle;
  logic [PORT_W-1:0]          wput_port;
  logic [63:0]                wput_addr;
  logic [31:0]                wput_beats;
  logic [PORTS-1:0]           weight_flags, weight_error;
  logic [PORTS*BEAT_BITS-1:0] beats;

  weight_read #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .BURST(BURST), .DEPTH(PREFETCH)) u_weights (
      .clk, .rst_n, .abort(drain), .idle(weights_idle), .error(weight_error),
      .put(wput), .put_port(wput_port), .put_addr(wput_addr), .put_beats(wput_beats),
      .req_valid(wreq_valid), .req_ready(wreq_ready),
      .out_valid(weights_valid), .out_ready(weights_take), .out_data(beats),
      .out_error(weight_flags),
      .m_axi_arvalid(m_axi_w_arvalid), .m_axi_arready(m_axi_w_arready),
      .m_axi_araddr(m_axi_w_araddr), .m_axi_arlen(m_axi_w_arlen),
      .m_axi_rvalid(m_axi_w_rvalid), .m_axi_rready(m_axi_w_rready),
      .m_axi_rdata(m_axi_w_rdata), .m_axi_rresp(m_axi_w_rresp), .m_axi_rlast(m_axi_w_rlast));

  // ---- front end --------------------------------------------------------------------------------
  logic                 cmd_valid, cmd_ready, seq_ready, back_ready;
  logic [7:0]           cmd_status;
  logic [31:0]          cmd_tag, cmd_stride;
  logic [20:0]          cmd_rows, cmd_row_groups;
  logic [WORD_W:0]      cmd_beats;
  logic [6:0]           cmd_tokens;
  logic [GROUP_W:0]     cmd_groups;
  logic [63:0]          cmd_result, cmd_completion;
  logic                 act_write;
  logic [ACT_W-1:0]     act_addr;
  logic [LANE_W-1:0]    act_lane;
  logic [2:0]           act_sub;
  logic [BEAT_BITS-1:0] act_data;
  logic [1:0]           bank_loaded, bank_failed, bank_release;

  assign cmd_ready = seq_ready & back_ready;

  front #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .SUB(SUB), .TOKENS(TOKENS), .K_MAX(K_MAX),
          .T_MAX(T_MAX), .WORDS(WORDS), .GROUPS(GROUPS)) u_front (
      .clk, .rst_n(run_rst_n), .start(run_start), .count, .list_ok, .list_bad,
      .arg_read, .arg_word, .arg_data,
      .req_valid(rd_req_valid), .req_ready(rd_req_ready), .req_addr(rd_req_addr),
      .req_beats(rd_req_beats),
      .in_valid(rd_valid), .in_ready(rd_ready), .in_data(rd_data), .in_error(rd_flag),
      .wput, .wput_port, .wput_addr, .wput_beats, .wreq_valid, .wreq_ready,
      .cmd_valid, .cmd_ready, .cmd_status, .cmd_tag, .cmd_rows, .cmd_row_groups, .cmd_beats,
      .cmd_tokens,
      .cmd_groups, .cmd_result, .cmd_completion, .cmd_stride,
      .act_write, .act_addr, .act_lane, .act_sub, .act_data, .bank_loaded, .bank_failed,
      .bank_release);

  // The command goes to the sequencer and, for later, to write-back.
  localparam int SEQ_BITS  = 8 + 21 + (WORD_W + 1) + (GROUP_W + 1);
  localparam int BACK_BITS = 8 + 32 + 21 + 7 + 64 + 64 + 32;
  logic             seq_valid, seq_take, back_valid, back_take;
  logic [7:0]       seq_status, back_status;
  logic [20:0]      seq_row_groups, back_rows;
  logic [WORD_W:0]  seq_beats;
  logic [GROUP_W:0] seq_groups;
  logic [31:0]      back_tag, back_stride;
  logic [6:0]       back_tokens;
  logic [63:0]      back_result, back_completion;
  logic [2:0]       unused_seq, unused_back;

  fifo #(.WIDTH(SEQ_BITS), .DEPTH(4), .STYLE("block")) u_seq_queue (
      .clk, .rst_n(run_rst_n), .clear(1'b0), .in_valid(cmd_valid & back_ready),
      .in_ready(seq_ready),
      .in_data({cmd_status, cmd_row_groups, cmd_beats, cmd_groups}),
      .out_valid(seq_valid), .out_ready(seq_take),
      .out_data({seq_status, seq_row_groups, seq_beats, seq_groups}), .count(unused_seq));

  fifo #(.WIDTH(BACK_BITS), .DEPTH(4), .STYLE("block")) u_back_queue (
      .clk, .rst_n(run_rst_n), .clear(1'b0), .in_valid(cmd_valid & seq_ready),
      .in_ready(back_ready),
      .in_data({cmd_status, cmd_tag, cmd_rows, cmd_tokens, cmd_result, cmd_completion,
                cmd_stride}),
      .out_valid(back_valid), .out_ready(back_take),
      .out_data({back_status, back_tag, back_rows, back_tokens, back_result, back_completion,
                 back_stride}),
      .count(unused_back));

  // ---- array ------------------------------------------------------------------------------------
  logic               step, step_first, step_last, step_end, step_chunk, step_bank, step_chunk_bank;
  logic [WORD_W-1:0]  step_word;
  logic [GROUP_W-1:0] step_group;
  logic [SLOT_W-1:0]  step_slot;
  logic               record_valid, record_ready;
  logic [7:0]         record_status;
  logic [191:0]       record_counts;
  logic               wait_command, wait_activations, wait_results, wait_weights;
  logic               chunk_freed;

  sequencer #(.PORTS(PORTS), .WORDS(WORDS), .GROUPS(GROUPS), .SLOTS(SLOTS)) u_sequencer (
      .clk, .rst_n(run_rst_n), .active, .cmd_valid(seq_valid), .cmd_ready(seq_take),
      .cmd_status(seq_status), .cmd_row_groups(seq_row_groups), .cmd_beats(seq_beats),
      .cmd_groups(seq_groups), .bank_loaded, .bank_failed, .bank_release,
      .weights_valid({PORTS{weights_valid}}), .weights_take,
      .chunk_freed, .step, .step_first, .step_last, .step_end, .step_chunk, .step_bank,
      .step_chunk_bank,
      .step_word, .step_group, .step_slot, .record_valid, .record_ready, .record_status,
      .record_counts,
      .wait_command, .wait_activations, .wait_results, .wait_weights);

  logic [TOKENS*W*8-1:0] activations;

  activation_buffer #(.BEAT_BITS(BEAT_BITS), .SUB(SUB), .TOKENS(TOKENS), .WORDS(WORDS),
                      .GROUPS(GROUPS)) u_activations (
      .clk, .write(act_write), .write_addr(act_addr), .write_lane(act_lane), .write_sub(act_sub),
      .write_data(act_data), .read(step),
      .read_addr(ACT_W'((32'(step_bank) * GROUPS + 32'(step_group)) * WORDS + 32'(step_word))),
      .read_data(activations));

  logic                       result_write, result_bank, chunk_filled;
  logic [GROUP_W-1:0]         result_group;
  logic [SLOT_W-1:0]          result_slot;
  logic [TOKENS*PORTS*32-1:0] result_data;
  logic                       flags_valid, flags_corrupt, flags_axi, corrupt;

  array #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .W(W), .TOKENS(TOKENS),
          .K_MAX(K_MAX), .GROUPS(GROUPS), .SLOTS(SLOTS)) u_array (
      .clk, .rst_n(run_rst_n), .step, .step_first, .step_last, .step_end, .step_chunk,
      .step_chunk_bank,
      .step_group, .step_slot, .beats, .beat_errors(weight_flags), .activations,
      .result_write, .result_bank, .result_group, .result_slot, .result_data, .chunk_filled,
      .flags_valid, .flags_corrupt, .flags_axi, .corrupt);

  // ---- write-back -------------------------------------------------------------------------------
  logic                 res_read, res_bank;
  logic [GROUP_W-1:0]   res_group;
  logic [LANE_W-1:0]    res_lane;
  logic [RES_W-1:0]     res_beat;
  logic [BEAT_BITS-1:0] res_data;

  result_buffer #(.BEAT_BITS(BEAT_BITS), .PORTS(PORTS), .TOKENS(TOKENS), .GROUPS(GROUPS),
                  .ROWS(ROWS)) u_results (
      .clk, .write(result_write), .write_bank(result_bank), .write_group(result_group),
      .write_slot(result_slot), .write_data(result_data), .read(res_read), .read_bank(res_bank),
      .read_group(res_group), .read_lane(res_lane), .read_beat(res_beat), .read_data(res_data));

  // Records (at a command's last step) and flags (when it has left the array), up to four commands.
  logic         rec_valid, rec_take, flg_valid, flg_take, flg_corrupt, flg_axi;
  logic [7:0]   rec_status;
  logic [191:0] rec_counts;
  logic [2:0]   unused_rec;
  logic [3:0]   unused_flg;
  logic         unused_flags_ready;  // as many as commands in flight, which records bound

  fifo #(.WIDTH(200), .DEPTH(4), .STYLE("block")) u_records (
      .clk, .rst_n(run_rst_n), .clear(1'b0), .in_valid(record_valid), .in_ready(record_ready),
      .in_data({record_status, record_counts}), .out_valid(rec_valid), .out_ready(rec_take),
      .out_data({rec_status, rec_counts}), .count(unused_rec));
  fifo #(.WIDTH(2), .DEPTH(8)) u_flags (
      .clk, .rst_n(run_rst_n), .clear(1'b0), .in_valid(flags_valid), .in_ready(unused_flags_ready),
      .in_data({flags_corrupt, flags_axi}), .out_valid(flg_valid), .out_ready(flg_take),
      .out_data({flg_corrupt, flg_axi}), .count(unused_flg));

  logic       completion, completion_bad;
  logic [7:0] completion_status;

  write_back #(.BEAT_BITS(BEAT_BITS), .TOKENS(TOKENS), .GROUPS(GROUPS), .ROWS(ROWS)) u_write_back (
      .clk, .rst_n(run_rst_n), .expired,
      .cmd_valid(back_valid), .cmd_ready(back_take), .cmd_status(back_status), .cmd_tag(back_tag),
      .cmd_rows(back_rows), .cmd_tokens(back_tokens), .cmd_result(back_result),
      .cmd_completion(back_completion),
      .cmd_stride(back_stride),
      .record_valid(rec_valid), .record_ready(rec_take), .record_status(rec_status),
      .record_counts(rec_counts), .flags_valid(flg_valid), .flags_ready(flg_take),
      .flags_corrupt(flg_corrupt), .flags_axi(flg_axi), .chunk_filled, .chunk_freed,
      .read(res_read), .read_bank(res_bank), .read_group(res_group), .read_lane(res_lane),
      .read_beat(res_beat), .read_data(res_data),
      .req_valid(wr_req_valid), .req_ready(wr_req_ready), .req_addr(wr_req_addr),
      .req_beats(wr_req_beats),
      .out_valid(wr_valid), .out_ready(wr_ready), .out_data(wr_data), .out_strb(wr_strb),
      .write_idle(wr_idle), .write_error(wr_error),
      .completed(completion), .completed_bad(completion_bad), .completed_status(completion_status));

  // ---- one run ----------------------------------------------------------------------------------
  logic progress, buses_idle;
  assign buses_idle = rd_idle & wr_idle & weights_idle;
  assign progress = step
                    | (m_axi_data_arvalid & m_axi_data_arready)
                    | (m_axi_data_rvalid & m_axi_data_rready)
                    | (m_axi_data_awvalid & m_axi_data_awready)
                    | (m_axi_data_wvalid & m_axi_data_wready)
                    | (m_axi_data_bvalid & m_axi_data_bready)
                    | (|(m_axi_w_arvalid & m_axi_w_arready))
                    | (|(m_axi_w_rvalid & m_axi_w_rready));

  run_control #(.PORTS(PORTS)) u_run (
      .clk, .rst_n, .start, .done, .idle, .list_ok, .list_bad, .count, .watchdog, .status, .completed,
      .counters,
      .run_rst_n, .run_start, .drain, .expired, .active, .progress, .buses_idle,
      .completion, .completion_bad, .completion_status,
      .step, .wait_command, .wait_activations, .wait_results, .wait_weights,
      .beats(weights_take), .corrupt,
      .axi_error({rd_error, wr_error, weight_error}));

endmodule
`default_nettype wire
