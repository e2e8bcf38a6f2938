# SPDX-License-Identifier: Apache-2.0
# An address is withdrawn after one cycle.
# file: axi_bursts rules: AR_HELD
s/^    if (ax_ready) ax_valid_q <= 1'b0;/    ax_valid_q <= 1'b0;/
