# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/skid_buffer.sv that its proof must find: goes on being ready while its
# spare word is taken.
s/in_ready_q <= 1'b0;/in_ready_q <= 1'b1;/
