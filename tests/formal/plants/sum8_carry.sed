# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sum8.sv that its proof must find: the last adder takes no one.
s/q\[1+:BITS+2\], ones\[6\]}/q[1+:BITS+2], 1'b0}/
