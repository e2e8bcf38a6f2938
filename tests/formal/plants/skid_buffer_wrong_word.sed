# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/skid_buffer.sv that its proof must find: takes the wrong of two words after
# a stall.
s/out_data_q <= in_ready_q ?/out_data_q <= in_valid ?/
