# SPDX-License-Identifier: Apache-2.0
# A write address changes while it waits.
# file: axi_write rules: AW_HELD
s/\.ax_addr(m_axi_awaddr)/.ax_addr(planted)/
s/^  localparam int STRB_BITS/  logic [63:0] planted;\n  logic late_q = 1'b0;\n  always_ff @(posedge clk) late_q <= m_axi_awvalid \&\& !m_axi_awready;\n  assign m_axi_awaddr = {planted[63:13], planted[12] ^ late_q, planted[11:0]};\n&/
