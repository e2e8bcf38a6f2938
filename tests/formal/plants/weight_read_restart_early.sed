# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/weight_read.sv that its proof must find: an abort forgets the beats that are
# still to arrive.
s/(abort & (&arrived))/abort/
