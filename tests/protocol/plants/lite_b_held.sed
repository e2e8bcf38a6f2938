# SPDX-License-Identifier: Apache-2.0
# The answer to a register write is withdrawn after one cycle.
# file: control rules: B_HELD
s/^    else if (s_axil_bready) s_axil_bvalid <= 1'b0;/    else s_axil_bvalid <= 1'b0;/
