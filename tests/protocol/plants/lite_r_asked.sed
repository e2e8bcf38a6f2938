# SPDX-License-Identifier: Apache-2.0
# A register read is answered twice.
# file: control rules: R_ASKED
s/^    if (s_axil_arready) s_axil_rvalid <= 1'b1;/    if (s_axil_arready || (s_axil_rvalid \&\& s_axil_rready)) s_axil_rvalid <= 1'b1;/
