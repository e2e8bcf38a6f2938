# SPDX-License-Identifier: Apache-2.0
# Write bursts begin at the end of a page.
# file: axi_write rules: AW_4K
s/\.ax_addr(m_axi_awaddr)/.ax_addr(planted)/
s/^  localparam int STRB_BITS/  logic [63:0] planted;\n  assign m_axi_awaddr = planted | 64'hff0;\n&/
