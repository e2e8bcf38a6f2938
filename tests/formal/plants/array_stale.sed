# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/array.sv that its proof must find: a step right behind one of the same row
# adds to the sum before it.
s/same_q <= ~next_first/same_q <= 1'b0/
