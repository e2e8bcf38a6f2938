# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: does not fill the bursts
# that an abort left.
s/some_left \&\& (in_valid || stop);/some_left \&\& in_valid \&\& !stop;/
