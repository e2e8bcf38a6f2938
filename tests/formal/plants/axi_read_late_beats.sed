# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_read.sv that its proof must find: beats of an aborted request are
# delivered when abort was short.
s/draining_q <= abort || .*;/draining_q <= abort;/
