# SPDX-License-Identifier: Apache-2.0
# Write addresses are eight bytes off.
# file: axi_write rules: AW_BEAT
s/\.ax_addr(m_axi_awaddr)/.ax_addr(planted)/
s/^  localparam int STRB_BITS/  logic [63:0] planted;\n  assign m_axi_awaddr = planted + 64'd8;\n&/
