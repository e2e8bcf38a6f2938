# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_read.sv that its proof must find: issues bursts without room for them.
s/\.room(.*)\(,.*\)$/.room(1'b1)\1/
