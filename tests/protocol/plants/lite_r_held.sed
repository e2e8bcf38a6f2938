# SPDX-License-Identifier: Apache-2.0
# The answer to a register read is withdrawn after one cycle.
# file: control rules: R_HELD
s/^    else if (s_axil_rready) s_axil_rvalid <= 1'b0;/    else s_axil_rvalid <= 1'b0;/
