# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/xilinx/add3.sv that its proof must find: the majority is two of its three terms.
s/ | (i\[1\] & i\[2\])$//; s/(i\[0\] & i\[2\]) | (i\[1\] & i\[2\])/(i[0] \& i[2])/
