# SPDX-License-Identifier: Apache-2.0
# Read bursts say that they have 64 beats more.
# file: axi_read rules: AR_LEN
s/\.ax_len(m_axi_arlen)/.ax_len(planted)/
s/^  localparam int COUNT_BITS/  logic [7:0] planted;\n  assign m_axi_arlen = planted | 8'd64;\n&/
