// SPDX-License-Identifier: Apache-2.0
// The rules of every bus of tritium_core, by the names of its ports: axi_rules on the data port and on
// each weight port, axil_rules on the registers. Verilator binds it into the kernel (bind.sv); iverilog
// 11 knows no bind, so a test bench there instantiates it beside the kernel.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none

module core_rules #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128
) (
  input  wire logic                          ap_clk,
  input  wire logic                          ap_rst_n,
  input  wire logic [11:0]                   s_axil_awaddr,
  input  wire logic                          s_axil_awvalid,
  input  wire logic                          s_axil_awready,
  input  wire logic [31:0]                   s_axil_wdata,
  input  wire logic [3:0]                    s_axil_wstrb,
  input  wire logic                          s_axil_wvalid,
  input  wire logic                          s_axil_wready,
  input  wire logic [1:0]                    s_axil_bresp,
  input  wire logic                          s_axil_bvalid,
  input  wire logic                          s_axil_bready,
  input  wire logic [11:0]                   s_axil_araddr,
  input  wire logic                          s_axil_arvalid,
  input  wire logic                          s_axil_arready,
  input  wire logic [31:0]                   s_axil_rdata,
  input  wire logic [1:0]                    s_axil_rresp,
  input  wire logic                          s_axil_rvalid,
  input  wire logic                          s_axil_rready,
  input  wire logic                          m_axi_data_arvalid,
  input  wire logic                          m_axi_data_arready,
  input  wire logic [63:0]                   m_axi_data_araddr,
  input  wire logic [7:0]                    m_axi_data_arlen,
  input  wire logic                          m_axi_data_rvalid,
  input  wire logic                          m_axi_data_rready,
  input  wire logic [BEAT_BITS-1:0]          m_axi_data_rdata,
  input  wire logic [1:0]                    m_axi_data_rresp,
  input  wire logic                          m_axi_data_rlast,
  input  wire logic                          m_axi_data_awvalid,
  input  wire logic                          m_axi_data_awready,
  input  wire logic [63:0]                   m_axi_data_awaddr,
  input  wire logic [7:0]                    m_axi_data_awlen,
  input  wire logic                          m_axi_data_wvalid,
  input  wire logic                          m_axi_data_wready,
  input  wire logic [BEAT_BITS-1:0]          m_axi_data_wdata,
  input  wire logic [BEAT_BITS/8-1:0]        m_axi_data_wstrb,
  input  wire logic                          m_axi_data_wlast,
  input  wire logic                          m_axi_data_bvalid,
  input  wire logic                          m_axi_data_bready,
  input  wire logic [1:0]                    m_axi_data_bresp,
  input  wire logic [PORTS-1:0]              m_axi_w_arvalid,
  input  wire logic [PORTS-1:0]              m_axi_w_arready,
  input  wire logic [PORTS*64-1:0]           m_axi_w_araddr,
  input  wire logic [PORTS*8-1:0]            m_axi_w_arlen,
  input  wire logic [PORTS-1:0]              m_axi_w_rvalid,
  input  wire logic [PORTS-1:0]              m_axi_w_rready,
  input  wire logic [PORTS*BEAT_BITS-1:0]    m_axi_w_rdata,
  input  wire logic [PORTS*2-1:0]            m_axi_w_rresp,
  input  wire logic [PORTS-1:0]              m_axi_w_rlast,
  // [28:0] data port and registers, then 19 bits for each weight port
  output logic [29+PORTS*19-1:0] broken
);
  axil_rules u_registers (
      .clk(ap_clk), .rst_n(ap_rst_n),
      .awaddr(s_axil_awaddr), .awvalid(s_axil_awvalid), .awready(s_axil_awready),
      .wdata(s_axil_wdata), .wstrb(s_axil_wstrb), .wvalid(s_axil_wvalid), .wready(s_axil_wready),
      .bresp(s_axil_bresp), .bvalid(s_axil_bvalid), .bready(s_axil_bready),
      .araddr(s_axil_araddr), .arvalid(s_axil_arvalid), .arready(s_axil_arready),
      .rdata(s_axil_rdata), .rresp(s_axil_rresp), .rvalid(s_axil_rvalid), .rready(s_axil_rready),
      .broken(broken[28:19]));

  axi_rules #(.BEAT_BITS(BEAT_BITS), .WRITES(1)) u_data (
      .clk(ap_clk), .rst_n(ap_rst_n),
      .arvalid(m_axi_data_arvalid), .arready(m_axi_data_arready), .araddr(m_axi_data_araddr),
      .arlen(m_axi_data_arlen), .rvalid(m_axi_data_rvalid), .rready(m_axi_data_rready),
      .rdata(m_axi_data_rdata), .rresp(m_axi_data_rresp), .rlast(m_axi_data_rlast),
      .awvalid(m_axi_data_awvalid), .awready(m_axi_data_awready), .awaddr(m_axi_data_awaddr),
      .awlen(m_axi_data_awlen), .wvalid(m_axi_data_wvalid), .wready(m_axi_data_wready),
      .wdata(m_axi_data_wdata), .wstrb(m_axi_data_wstrb), .wlast(m_axi_data_wlast),
      .bvalid(m_axi_data_bvalid), .bready(m_axi_data_bready), .bresp(m_axi_data_bresp),
      .broken(broken[18:0]));

  generate
    for (genvar p = 0; p < PORTS; p++) begin : g_port
      axi_rules #(.BEAT_BITS(BEAT_BITS), .WRITES(0)) u_weights (
          .clk(ap_clk), .rst_n(ap_rst_n),
          .arvalid(m_axi_w_arvalid[p]), .arready(m_axi_w_arready[p]),
          .araddr(m_axi_w_araddr[64*p+:64]), .arlen(m_axi_w_arlen[8*p+:8]),
          .rvalid(m_axi_w_rvalid[p]), .rready(m_axi_w_rready[p]),
          .rdata(m_axi_w_rdata[BEAT_BITS*p+:BEAT_BITS]), .rresp(m_axi_w_rresp[2*p+:2]),
          .rlast(m_axi_w_rlast[p]),
          .awvalid(1'b0), .awready(1'b0), .awaddr(64'd0), .awlen(8'd0),
          .wvalid(1'b0), .wready(1'b0), .wdata({BEAT_BITS{1'b0}}), .wstrb({BEAT_BITS/8{1'b0}}),
          .wlast(1'b0), .bvalid(1'b0), .bready(1'b0), .bresp(2'd0),
          .broken(broken[29+19*p+:19]));
    end
  endgenerate
endmodule

`default_nettype wire
