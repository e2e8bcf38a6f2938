# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/array.sv that its proof must find: accumulators lack a bit.
s/\$clog2((K_MAX + W) \* 128) + 1;/$clog2((K_MAX + W) * 128);/
