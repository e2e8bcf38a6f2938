# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: fills aborted bursts with strobes
# high.
s/stop ? STRB_BITS'(0) : in_strb/in_strb/
