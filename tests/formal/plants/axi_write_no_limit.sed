# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: issues bursts beyond the limit.
s/\.room(.*)\(,.*\)$/.room(1'b1)\1/
