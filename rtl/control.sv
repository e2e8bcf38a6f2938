// SPDX-License-Identifier: Apache-2.0
//
// The AXI4-Lite slave: ap_ctrl_hs, interrupt, arguments, and the read-only registers. One write and
// one read at a time; a write or a read takes 3 cycles, the first after a reset WORDS more.
// Registers that do not exist read as zero and ignore writes (response OKAY). Offsets and meanings:
// rtl/accel.yaml. Arguments and watchdog ignore writes while a run is active: the kernel looks at them
// all the time.
//
// Arguments are kept in a memory, from which software reads them back and the kernel takes them, 64
// bits at a time; count and watchdog in registers too. The same memory holds the constants. After a
// reset it is filled word by word.
// Latency: an access is answered two cycles after it is offered. Throughput: one write and one read
// every three cycles; an argument every cycle, one cycle after arg_read. Handshake: AXI4-Lite; start
// is a level until done, a pulse of one cycle.
`default_nettype none
`include "accel.svh"

module control #(
  parameter int PORTS               = 4,
  parameter int BEAT_BITS           = 128,
  parameter int ENCODING            = 1,
  parameter int TOKENS              = 1,
  parameter int K_MAX               = 6912,
  parameter int T_MAX               = 8,
  parameter int PREFETCH            = 512,
  parameter logic [63:0] DESIGN_HASH = 64'd0
) (
  input  wire logic                 clk,
  input  wire logic                 rst_n,

  input  wire logic [11:0]          s_axil_awaddr,
  input  wire logic                 s_axil_awvalid,
  output logic                      s_axil_awready,
  input  wire logic [31:0]          s_axil_wdata,
  input  wire logic [3:0]           s_axil_wstrb,
  input  wire logic                 s_axil_wvalid,
  output logic                      s_axil_wready,
  output logic [1:0]                s_axil_bresp,
  output logic                      s_axil_bvalid,
  input  wire logic                 s_axil_bready,
  input  wire logic [11:0]          s_axil_araddr,
  input  wire logic                 s_axil_arvalid,
  output logic                      s_axil_arready,
  output logic [31:0]               s_axil_rdata,
  output logic [1:0]                s_axil_rresp,
  output logic                      s_axil_rvalid,
  input  wire logic                 s_axil_rready,
  // verilator lint_off SYMRSVDWORD
  output logic                      interrupt,
  // verilator lint_on SYMRSVDWORD

  output logic                      start,         // level: ap_start
  input  wire logic                 done,          // one cycle: the run has ended
  input  wire logic                 idle,
  output logic [31:0]               count,
  output logic [31:0]               watchdog,
  input  wire logic                 arg_read,
  input  wire logic [6:0]           arg_word,      // number (address / 4) of the low word
  output logic [63:0]               arg_data,      // zero after a cycle without arg_read
  input  wire logic [7:0]           status,
  input  wire logic [31:0]          completed,
  input  wire logic [9*64-1:0]      counters       // in the order of rtl/accel.yaml
);

  logic unused;
  assign unused = ^{s_axil_awaddr[1:0], s_axil_araddr[1:0]};  // registers are words

  // ---- write channel: address and data are taken together ---------------------------------------
  logic        write, filling_q;
  logic        start_q, done_q, ready_q, restart_q, gie_q;
  logic [11:0] waddr, raddr;
  logic        read;
  assign write = s_axil_awvalid & s_axil_wvalid & ~s_axil_bvalid & ~s_axil_awready & ~filling_q;
  assign waddr = {s_axil_awaddr[11:2], 2'b00};

  // ---- the memory of what is written, and of constants -------------------------------------------
  localparam int WORDS = 128;  // everything below 0x200
  // What stands in it after a reset.
  function automatic logic [31:0] constant_of(input int word);
    constant_of = 32'd0;
    case (12'(4 * word))
      `TRI_REG_MAGIC: constant_of = `TRI_MAGIC;
      `TRI_REG_VERSION: constant_of = `TRI_VERSION;
      `TRI_REG_DESIGN_HASH: constant_of = DESIGN_HASH[31:0];
      `TRI_REG_DESIGN_HASH + 12'd4: constant_of = DESIGN_HASH[63:32];
      `TRI_REG_PORTS: constant_of = 32'(PORTS);
      `TRI_REG_BEAT_BITS: constant_of = 32'(BEAT_BITS);
      `TRI_REG_ENCODING: constant_of = 32'(ENCODING);
      `TRI_REG_TOKENS: constant_of = 32'(TOKENS);
      `TRI_REG_K_MAX: constant_of = 32'(K_MAX);
      `TRI_REG_T_MAX: constant_of = 32'(T_MAX);
      `TRI_REG_PREFETCH: constant_of = 32'(PREFETCH);
      `TRI_REG_WATCHDOG: constant_of = `TRI_REG_WATCHDOG_RESET;
      default: ;
    endcase
  endfunction

  // Words that software writes into it: the arguments. Not '1, of which Yosys 0.23 keeps the lowest bit
  // in a function of constants.
  function automatic logic [WORDS-1:0] arguments();
    arguments = '0;
    arguments[32'(`TRI_REG_COMMANDS)/4+:2] = 2'b11;
    arguments[32'(`TRI_REG_COUNT)/4] = 1'b1;
    arguments[32'(`TRI_REG_COMPLETIONS)/4+:2] = 2'b11;
    arguments[32'(`TRI_REG_DATA)/4+:2] = 2'b11;
    arguments[32'(`TRI_REG_WATCHDOG)/4] = 1'b1;
    for (int i = 0; i < PORTS; i++)
      arguments[(32'(`TRI_REG_WEIGHTS)+i*`TRI_REG_WEIGHTS_STRIDE)/4+:2] = 2'b11;
  endfunction
  localparam logic [WORDS-1:0] ARGUMENTS = arguments();

  (* rom_style = "block", ram_style = "block" *) logic [31:0] constants [0:WORDS-1];
  initial for (int i = 0; i < WORDS; i++) constants[i] = constant_of(i);

  (* ram_style = "block", no_rw_check *) logic [31:0] mem [0:WORDS-1];
  logic [31:0] constant_q, mem_q, put, arg_low_q, arg_high_q;
  logic [6:0]  fill_q, put_addr;
  logic [3:0]  put_bytes;
  assign put = filling_q ? constant_q : s_axil_wdata;
  assign put_addr = filling_q ? fill_q : waddr[8:2];
  assign put_bytes = filling_q ? 4'hf
      : {4{write && ~start_q && waddr[11:9] == 3'd0 && ARGUMENTS[waddr[8:2]]}} & s_axil_wstrb;
  assign arg_data = {arg_high_q, arg_low_q};
  always_ff @(posedge clk) begin
    for (int i = 0; i < 4; i++) if (put_bytes[i]) mem[put_addr][8*i+:8] <= put[8*i+:8];
    if (read) mem_q <= mem[raddr[8:2]];
    arg_low_q <= arg_read ? mem[arg_word] : '0;
    arg_high_q <= arg_read ? mem[arg_word+7'd1] : '0;
    constant_q <= constants[fill_next];
    if (filling_q) fill_q <= fill_next;
    if (&fill_q) filling_q <= 1'b0;
    if (!rst_n) begin
      fill_q <= '0;
      filling_q <= 1'b1;
    end
  end
  // Word 0 gets the constant of word 1; both are zero.
  logic [6:0] fill_next;
  assign fill_next = fill_q + 7'd1;

  always_ff @(posedge clk) begin
    for (int j = 0; j < 4; j++)
      if (write & ~start_q & s_axil_wstrb[j]) begin
        if (waddr == `TRI_REG_COUNT) count[8*j+:8] <= s_axil_wdata[8*j+:8];
        if (waddr == `TRI_REG_WATCHDOG) watchdog[8*j+:8] <= s_axil_wdata[8*j+:8];
      end
    if (!rst_n) begin
      count <= '0;
      watchdog <= `TRI_REG_WATCHDOG_RESET;
    end
  end

  assign s_axil_wready = s_axil_awready;
  assign s_axil_bresp = 2'b00;
  assign s_axil_rresp = 2'b00;

  logic [1:0] ier_q, isr_q;
  assign read = s_axil_arvalid & ~s_axil_rvalid & ~s_axil_arready & ~filling_q & ~write;
  assign raddr = {s_axil_araddr[11:2], 2'b00};
  logic [1:0] toggle;
  assign toggle = write && waddr == `TRI_REG_ISR && s_axil_wstrb[0] ? s_axil_wdata[1:0] : 2'b00;
  assign start = start_q;
  assign interrupt = gie_q & (isr_q != 2'b00);

  // What the memory does not hold; elsewhere it holds zeros.
  logic [31:0] rdata, rdata_q;
  logic        stored_q;
  // Nine counters of two words, each at the low five bits of its register's number.
  logic [32*32-1:0] counter_words;
  always_comb begin
    counter_words = '0;
    for (int i = 0; i < 18; i++)
      counter_words[32*((32'(`TRI_REG_CYCLES_ACTIVE)/4+i)%32)+:32] = counters[32*i+:32];
  end
  assign s_axil_rdata = rdata_q | (mem_q & {32{stored_q}});
  always_comb begin
    rdata = 32'd0;
    unique case (raddr)
      `TRI_REG_CTRL: rdata = {24'd0, restart_q, 3'd0, ready_q, idle & ~start_q, done_q, start_q};
      `TRI_REG_GIE: rdata = 32'(gie_q);
      `TRI_REG_IER: rdata = 32'(ier_q);
      `TRI_REG_ISR: rdata = 32'(isr_q);
      `TRI_REG_STATUS: rdata = 32'(status);
      `TRI_REG_COMPLETED: rdata = completed;
      default:
      if (raddr >= `TRI_REG_CYCLES_ACTIVE && raddr < `TRI_REG_CYCLES_ACTIVE + 12'd72)
        rdata = counter_words[32*raddr[6:2]+:32];
    endcase
  end

  always_ff @(posedge clk) begin
    // Handshakes: one cycle of ready, then the response until it is taken.
    s_axil_awready <= write;
    if (s_axil_awready) s_axil_bvalid <= 1'b1;
    else if (s_axil_bready) s_axil_bvalid <= 1'b0;
    s_axil_arready <= read;
    if (read) begin
      rdata_q <= rdata;
      stored_q <= raddr[11:9] == 3'd0;
    end
    if (s_axil_arready) s_axil_rvalid <= 1'b1;
    else if (s_axil_rready) s_axil_rvalid <= 1'b0;

    if (read && raddr == `TRI_REG_CTRL) begin
      done_q <= 1'b0;
      ready_q <= 1'b0;
    end

    if (write) begin
      unique case (waddr)
        `TRI_REG_CTRL:
        if (s_axil_wstrb[0]) begin
          if (s_axil_wdata[0]) start_q <= 1'b1;
          restart_q <= s_axil_wdata[7];
        end
        `TRI_REG_GIE: if (s_axil_wstrb[0]) gie_q <= s_axil_wdata[0];
        `TRI_REG_IER: if (s_axil_wstrb[0]) ier_q <= s_axil_wdata[1:0];
        `TRI_REG_ISR: isr_q <= isr_q ^ toggle;
        default: ;
      endcase
    end

    if (done) begin
      start_q <= restart_q;
      done_q <= 1'b1;
      ready_q <= 1'b1;
      isr_q <= (isr_q ^ toggle) | ier_q;
    end

    if (!rst_n) begin
      s_axil_awready <= 1'b0;
      s_axil_bvalid <= 1'b0;
      s_axil_arready <= 1'b0;
      s_axil_rvalid <= 1'b0;
      start_q <= 1'b0;
      done_q <= 1'b0;
      ready_q <= 1'b0;
      restart_q <= 1'b0;
      gie_q <= 1'b0;
      ier_q <= 2'b00;
      isr_q <= 2'b00;
    end
  end

endmodule
`default_nettype wire
