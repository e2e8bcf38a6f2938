// SPDX-License-Identifier: Apache-2.0
// The rules of every bus of tritium_core, by the names of its ports: axi_rules on the data port and on
// each weight port, axil_rules on the registers. Verilator binds it into the kernel (bind.sv); iverilog
// 11 knows no bind, so a test bench there instantiates it beside the kernel.
// Latency: the edge at which it happens. Throughput: every cycle. Handshake: none, it only looks.
`default_nettype none
`include "rules.svh"

module core_rules #(
  parameter int PORTS     = 4,
  parameter int BEAT_BITS = 128
) (
  input  wire logic ap_clk,
  input  wire logic ap_rst_n,
  `RULES_LITE_PORTS(s_axil_)
  `RULES_READ_PORTS(m_axi_data_, 1)
  `RULES_WRITE_PORTS(m_axi_data_)
  `RULES_READ_PORTS(m_axi_w_, PORTS)
  // [28:0] data port and registers, then 19 bits for each weight port
  output logic [29+PORTS*19-1:0] broken
);
  axil_rules u_registers (
      .clk(ap_clk), .rst_n(ap_rst_n), `RULES_LITE(s_axil_), .broken(broken[28:19]));

  axi_rules #(.BEAT_BITS(BEAT_BITS), .WRITES(1)) u_data (
      .clk(ap_clk), .rst_n(ap_rst_n), `RULES_READ(m_axi_data_, 0), `RULES_WRITE(m_axi_data_),
      .broken(broken[18:0]));

  generate
    for (genvar p = 0; p < PORTS; p++) begin : g_port
      axi_rules #(.BEAT_BITS(BEAT_BITS), .WRITES(0)) u_weights (
          .clk(ap_clk), .rst_n(ap_rst_n), `RULES_READ(m_axi_w_, p),
          .awvalid(1'b0), .awready(1'b0), .awaddr(64'd0), .awlen(8'd0),
          .wvalid(1'b0), .wready(1'b0), .wdata({BEAT_BITS{1'b0}}), .wstrb({BEAT_BITS/8{1'b0}}),
          .wlast(1'b0), .bvalid(1'b0), .bready(1'b0), .bresp(2'd0),
          .broken(broken[29+19*p+:19]));
    end
  endgenerate
endmodule

`default_nettype wire
