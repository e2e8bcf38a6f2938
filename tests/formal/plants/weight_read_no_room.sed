# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/weight_read.sv that its proof must find: issues a burst without room for it.
s/ & used <= COUNT'(DEPTH - BURST)//
