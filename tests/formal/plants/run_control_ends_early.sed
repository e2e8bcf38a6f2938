# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/run_control.sv that its proof must find: the run ends before the last completion.
s/else if (completed_q + 32'd1 == count) state_q <= END;/else if (completed_q + 32'd2 >= count) state_q <= END;/
