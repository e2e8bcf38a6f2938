# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/run_control.sv that its proof must find: bit 31 of the watchdog's time is lost, so
# a watchdog of more than 2^31 cycles bites at once.
s/assign timeout = quiet_q >= watchdog/assign timeout = quiet_q[30:0] >= watchdog[30:0]/
