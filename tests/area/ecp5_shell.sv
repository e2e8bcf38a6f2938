// SPDX-License-Identifier: Apache-2.0
//
// The whole kernel in a shell of shift registers, so that it can be placed and routed without
// hundreds of pins: every input comes from a register that shifts, every output goes into one.
// Paths between them and the kernel count, like those inside; nothing else does. Not a product.
`default_nettype none

module ecp5_shell #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128,
  parameter int ENCODING  = 0,
  parameter int TOKENS    = 1,
  parameter int K_MAX     = 6912,
  parameter int T_MAX     = 8,
  parameter int PREFETCH  = 512,
  localparam int IN  = 12 + 1 + 32 + 4 + 1 + 1 + 12 + 1 + 1 + 1 + 1 + BEAT_BITS + 2 + 1 + 1 + 1 + 1 + 2
                       + PORTS * (1 + 1 + BEAT_BITS + 2 + 1),
  localparam int OUT = 1 + 1 + 1 + 2 + 1 + 1 + 32 + 2 + 1 + 1 + 64 + 8 + 1 + 1 + 64 + 8 + 1
                       + BEAT_BITS + BEAT_BITS / 8 + 1 + 1 + PORTS * (1 + 64 + 8 + 1)
) (
  input  wire logic clk,
  input  wire logic rst_n,
  input  wire logic shift_in,
  input  wire logic capture,
  output logic      shift_out
);

  logic           rst_q;
  logic [IN-1:0]  in_q;
  logic [OUT-1:0] out, out_q;
  always_ff @(posedge clk) begin
    rst_q <= rst_n;
    in_q <= {in_q[IN-2:0], shift_in};
    out_q <= capture ? out : {out_q[OUT-2:0], 1'b0};
  end
  assign shift_out = out_q[OUT-1];

  logic [11:0]                s_axil_awaddr, s_axil_araddr;
  logic [31:0]                s_axil_wdata, s_axil_rdata;
  logic [3:0]                 s_axil_wstrb;
  logic                       s_axil_awvalid, s_axil_wvalid, s_axil_bready, s_axil_arvalid,
      s_axil_rready, s_axil_awready, s_axil_wready, s_axil_bvalid, s_axil_arready, s_axil_rvalid;
  logic [1:0]                 s_axil_bresp, s_axil_rresp;
  logic                       irq;
  logic                       m_axi_data_arready, m_axi_data_rvalid, m_axi_data_rlast,
      m_axi_data_awready, m_axi_data_wready, m_axi_data_bvalid, m_axi_data_arvalid,
      m_axi_data_rready, m_axi_data_awvalid, m_axi_data_wvalid, m_axi_data_wlast,
      m_axi_data_bready;
  logic [BEAT_BITS-1:0]       m_axi_data_rdata, m_axi_data_wdata;
  logic [BEAT_BITS/8-1:0]     m_axi_data_wstrb;
  logic [1:0]                 m_axi_data_rresp, m_axi_data_bresp;
  logic [63:0]                m_axi_data_araddr, m_axi_data_awaddr;
  logic [7:0]                 m_axi_data_arlen, m_axi_data_awlen;
  logic [PORTS-1:0]           m_axi_w_arready, m_axi_w_rvalid, m_axi_w_rlast, m_axi_w_arvalid,
      m_axi_w_rready;
  logic [PORTS*BEAT_BITS-1:0] m_axi_w_rdata;
  logic [PORTS*2-1:0]         m_axi_w_rresp;
  logic [PORTS*64-1:0]        m_axi_w_araddr;
  logic [PORTS*8-1:0]         m_axi_w_arlen;

  assign {s_axil_awaddr, s_axil_awvalid, s_axil_wdata, s_axil_wstrb, s_axil_wvalid, s_axil_bready,
          s_axil_araddr, s_axil_arvalid, s_axil_rready, m_axi_data_arready, m_axi_data_rvalid,
          m_axi_data_rdata, m_axi_data_rresp, m_axi_data_rlast, m_axi_data_awready,
          m_axi_data_wready, m_axi_data_bvalid, m_axi_data_bresp, m_axi_w_arready, m_axi_w_rvalid,
          m_axi_w_rdata, m_axi_w_rresp, m_axi_w_rlast} = in_q;
  assign out = {s_axil_awready, s_axil_wready, s_axil_bvalid, s_axil_bresp, s_axil_arready,
                s_axil_rvalid, s_axil_rdata, s_axil_rresp, irq, m_axi_data_arvalid,
                m_axi_data_araddr, m_axi_data_arlen, m_axi_data_rready, m_axi_data_awvalid,
                m_axi_data_awaddr, m_axi_data_awlen, m_axi_data_wvalid, m_axi_data_wdata,
                m_axi_data_wstrb, m_axi_data_wlast, m_axi_data_bready, m_axi_w_arvalid,
                m_axi_w_araddr, m_axi_w_arlen, m_axi_w_rready};

  tritium_core #(.PORTS(PORTS), .BEAT_BITS(BEAT_BITS), .ENCODING(ENCODING), .TOKENS(TOKENS),
                 .K_MAX(K_MAX), .T_MAX(T_MAX), .PREFETCH(PREFETCH)) u_core (
      .ap_clk(clk), .ap_rst_n(rst_q), .interrupt(irq), .*);

endmodule
`default_nettype wire
