# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/fifo.sv that its proof must find: reads where it writes.
s/out_data_q <= mem\[read_q\]/out_data_q <= mem[write_q]/
