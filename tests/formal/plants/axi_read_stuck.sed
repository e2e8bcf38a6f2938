# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_read.sv that its proof must find: wants room for more than its memory
# can hold.
s/\.room(.*),  \/\/ free_q/.room(1'b0),  \/\/ free_q/
