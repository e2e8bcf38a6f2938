# SPDX-License-Identifier: Apache-2.0
# Write bursts say that they have 64 beats more.
# file: axi_write rules: AW_LEN
s/\.ax_len(m_axi_awlen)/.ax_len(planted)/
s/^  localparam int STRB_BITS/  logic [7:0] planted;\n  assign m_axi_awlen = planted | 8'd64;\n&/
