# SPDX-License-Identifier: Apache-2.0
# Read addresses are eight bytes off.
# file: axi_read rules: AR_BEAT
s/\.ax_addr(m_axi_araddr)/.ax_addr(planted)/
s/^  localparam int COUNT_BITS/  logic [63:0] planted;\n  assign m_axi_araddr = planted + 64'd8;\n&/
