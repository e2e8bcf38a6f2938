# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/fifo.sv that its proof must find: accepts words into a full memory.
s/assign in_ready  = .*/assign in_ready = 1'b1;/
