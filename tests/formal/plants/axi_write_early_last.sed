# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: marks the first beat of a full burst
# as its last.
s/in_data({last,/in_data({left_q == BEATS_BITS'(BURST),/
