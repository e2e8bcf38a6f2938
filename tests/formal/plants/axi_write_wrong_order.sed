# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: words of an abort keep their
# strobes off one too early.
s/stop ? STRB_BITS'(0) : in_strb/abort || some_left \&\& last ? STRB_BITS'(0) : in_strb/
