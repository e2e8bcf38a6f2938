# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_read.sv that its proof must find: does not leave the
# draining state.
s/draining_q <= abort || (draining_q \&\& !idle);/draining_q <= abort || draining_q;/
