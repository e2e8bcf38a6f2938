# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/xilinx/pair_add.sv that its proof must find: the sign is taken from the
# place below.
s/\.I0(x\[7\]), \.I1(y\[7\])/.I0(x[6]), .I1(y[7])/
