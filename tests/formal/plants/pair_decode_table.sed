# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/xilinx/pair_decode.sv that its proof must find: escape reads its second
# bit the wrong way round.
s/~i\[2\] : i\[3\] & ~i\[2\] ?/i[2] : i[3] \& ~i[2] ?/
