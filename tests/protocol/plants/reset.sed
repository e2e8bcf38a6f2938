# SPDX-License-Identifier: Apache-2.0
# An address is valid during reset.
# file: axi_bursts rules: RESET
s/^  assign ax_valid    = ax_valid_q;/  assign ax_valid    = ax_valid_q || !rst_n;/
