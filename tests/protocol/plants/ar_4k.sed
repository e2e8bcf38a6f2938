# SPDX-License-Identifier: Apache-2.0
# Read bursts begin at the end of a page.
# file: axi_read rules: AR_4K
s/\.ax_addr(m_axi_araddr)/.ax_addr(planted)/
s/^  localparam int COUNT_BITS/  logic [63:0] planted;\n  assign m_axi_araddr = planted | 64'hff0;\n&/
