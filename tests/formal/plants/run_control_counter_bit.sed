# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/run_control.sv that its proof must find: the count of waits for weights loses
# what is carried into bit 49.
s/if (wait_weights) counter_q\[5\] <= counter_q\[5\] + 64'd1;/if (wait_weights) counter_q[5] <= (counter_q[5] + 64'd1) \& ~(64'd1 << 49);/
