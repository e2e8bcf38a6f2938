# SPDX-License-Identifier: Apache-2.0
# A beat is offered when a burst is requested, before its address is.
# file: axi_write rules: W_ASKED
s/\.out_valid(m_axi_wvalid)/.out_valid(planted)/
s/^  localparam int STRB_BITS/  logic planted;\n  assign m_axi_wvalid = planted || (req_valid \&\& req_ready);\n&/
