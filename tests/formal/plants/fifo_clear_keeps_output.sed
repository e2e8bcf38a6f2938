# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/fifo.sv that its proof must find: a clear leaves the output word standing.
s/^      out_valid_q <= 1'b0;/      if (!rst_n) out_valid_q <= 1'b0;/
