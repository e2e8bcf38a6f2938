# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/weight_read.sv that its proof must find: bursts do not end at their natural
# boundary.
s/assign len = last .*/assign len = last ? ~fewer[INDEX-1:0] : '1;/
