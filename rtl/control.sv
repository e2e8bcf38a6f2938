// SPDX-License-Identifier: Apache-2.0
//
// The AXI4-Lite slave: ap_ctrl_hs, interrupt, arguments, and the read-only registers. One write and
// one read at a time; a write or a read takes 3 cycles. Registers that do not exist read as zero
// and ignore writes (response OKAY). Offsets and meanings: rtl/accel.yaml.
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
  output logic [63:0]               commands,
  output logic [31:0]               count,
  output logic [63:0]               completions,
  output logic [63:0]               data,
  output logic [PORTS*64-1:0]       weights,
  output logic [31:0]               watchdog,
  input  wire logic [7:0]           status,
  input  wire logic [31:0]          completed,
  input  wire logic [9*64-1:0]      counters       // in the order of rtl/accel.yaml
);

  logic unused;
  assign unused = ^{s_axil_awaddr[1:0], s_axil_araddr[1:0]};  // registers are words

  // ---- write channel: address and data are taken together ---------------------------------------
  logic        write;
  logic [11:0] waddr;
  assign write = s_axil_awvalid & s_axil_wvalid & ~s_axil_bvalid & ~s_axil_awready;
  assign waddr = {s_axil_awaddr[11:2], 2'b00};
  assign s_axil_wready = s_axil_awready;
  assign s_axil_bresp = 2'b00;
  assign s_axil_rresp = 2'b00;

  function automatic logic [31:0] merge(input logic [31:0] old, input logic [31:0] wdata,
                                        input logic [3:0] strb);
    merge = old;
    for (int i = 0; i < 4; i++) if (strb[i]) merge[8*i+:8] = wdata[8*i+:8];
  endfunction

  logic       start_q, done_q, ready_q, restart_q, gie_q;
  logic [1:0] ier_q, isr_q;
  logic       read;
  logic [11:0] raddr;
  assign read = s_axil_arvalid & ~s_axil_rvalid & ~s_axil_arready;
  assign raddr = {s_axil_araddr[11:2], 2'b00};
  logic [1:0] toggle;
  assign toggle = write && waddr == `TRI_REG_ISR && s_axil_wstrb[0] ? s_axil_wdata[1:0] : 2'b00;
  assign start = start_q;
  assign interrupt = gie_q & (isr_q != 2'b00);

  logic [31:0] rdata;
  always_comb begin
    rdata = 32'd0;
    unique case (raddr)
      `TRI_REG_CTRL: rdata = {24'd0, restart_q, 3'd0, ready_q, idle & ~start_q, done_q, start_q};
      `TRI_REG_GIE: rdata = 32'(gie_q);
      `TRI_REG_IER: rdata = 32'(ier_q);
      `TRI_REG_ISR: rdata = 32'(isr_q);
      `TRI_REG_COMMANDS: rdata = commands[31:0];
      `TRI_REG_COMMANDS + 12'd4: rdata = commands[63:32];
      `TRI_REG_COUNT: rdata = count;
      `TRI_REG_COMPLETIONS: rdata = completions[31:0];
      `TRI_REG_COMPLETIONS + 12'd4: rdata = completions[63:32];
      `TRI_REG_DATA: rdata = data[31:0];
      `TRI_REG_DATA + 12'd4: rdata = data[63:32];
      `TRI_REG_MAGIC: rdata = `TRI_MAGIC;
      `TRI_REG_VERSION: rdata = `TRI_VERSION;
      `TRI_REG_DESIGN_HASH: rdata = DESIGN_HASH[31:0];
      `TRI_REG_DESIGN_HASH + 12'd4: rdata = DESIGN_HASH[63:32];
      `TRI_REG_PORTS: rdata = 32'(PORTS);
      `TRI_REG_BEAT_BITS: rdata = 32'(BEAT_BITS);
      `TRI_REG_ENCODING: rdata = 32'(ENCODING);
      `TRI_REG_TOKENS: rdata = 32'(TOKENS);
      `TRI_REG_K_MAX: rdata = 32'(K_MAX);
      `TRI_REG_T_MAX: rdata = 32'(T_MAX);
      `TRI_REG_PREFETCH: rdata = 32'(PREFETCH);
      `TRI_REG_STATUS: rdata = 32'(status);
      `TRI_REG_COMPLETED: rdata = completed;
      `TRI_REG_WATCHDOG: rdata = watchdog;
      default: begin
        for (int i = 0; i < PORTS; i++) begin
          if (raddr == 12'(32'(`TRI_REG_WEIGHTS) + i * `TRI_REG_WEIGHTS_STRIDE))
              rdata = weights[64*i+:32];
          if (raddr == 12'(32'(`TRI_REG_WEIGHTS) + i * `TRI_REG_WEIGHTS_STRIDE + 4))
            rdata = weights[64*i+32+:32];
        end
        for (int i = 0; i < 18; i++)
          if (raddr == 12'(32'(`TRI_REG_CYCLES_ACTIVE) + 4 * i)) rdata = counters[32*i+:32];
      end
    endcase
  end

  always_ff @(posedge clk) begin
    // Handshakes: one cycle of ready, then the response until it is taken.
    s_axil_awready <= write;
    if (s_axil_awready) s_axil_bvalid <= 1'b1;
    else if (s_axil_bready) s_axil_bvalid <= 1'b0;
    s_axil_arready <= read;
    if (read) s_axil_rdata <= rdata;
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
        `TRI_REG_COMMANDS: commands[31:0] <= merge(commands[31:0], s_axil_wdata, s_axil_wstrb);
        `TRI_REG_COMMANDS + 12'd4: commands[63:32] <= merge(commands[63:32], s_axil_wdata,
            s_axil_wstrb);
        `TRI_REG_COUNT: count <= merge(count, s_axil_wdata, s_axil_wstrb);
        `TRI_REG_COMPLETIONS: completions[31:0] <= merge(completions[31:0], s_axil_wdata,
            s_axil_wstrb);
        `TRI_REG_COMPLETIONS + 12'd4:
        completions[63:32] <= merge(completions[63:32], s_axil_wdata, s_axil_wstrb);
        `TRI_REG_DATA: data[31:0] <= merge(data[31:0], s_axil_wdata, s_axil_wstrb);
        `TRI_REG_DATA + 12'd4: data[63:32] <= merge(data[63:32], s_axil_wdata, s_axil_wstrb);
        `TRI_REG_WATCHDOG: watchdog <= merge(watchdog, s_axil_wdata, s_axil_wstrb);
        default:
        for (int i = 0; i < PORTS; i++) begin
          if (waddr == 12'(32'(`TRI_REG_WEIGHTS) + i * `TRI_REG_WEIGHTS_STRIDE))
            weights[64*i+:32] <= merge(weights[64*i+:32], s_axil_wdata, s_axil_wstrb);
          if (waddr == 12'(32'(`TRI_REG_WEIGHTS) + i * `TRI_REG_WEIGHTS_STRIDE + 4))
            weights[64*i+32+:32] <= merge(weights[64*i+32+:32], s_axil_wdata, s_axil_wstrb);
        end
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
      commands <= '0;
      count <= '0;
      completions <= '0;
      data <= '0;
      weights <= '0;
      watchdog <= `TRI_REG_WATCHDOG_RESET;
    end
  end

endmodule
`default_nettype wire
