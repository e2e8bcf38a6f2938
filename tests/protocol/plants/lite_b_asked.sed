# SPDX-License-Identifier: Apache-2.0
# A register is written before its data came.
# file: control rules: B_ASKED
s/^  assign write = s_axil_awvalid & s_axil_wvalid /  assign write = s_axil_awvalid /
