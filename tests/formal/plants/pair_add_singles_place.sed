# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/xilinx/pair_add.sv that its proof must find: the second trit's
# negation is lost.
s/(i\[5\] & (i\[1\] ^ i\[4\]))/(i[5] \& i[1])/
