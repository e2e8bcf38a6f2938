# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: takes a command without room
# for its record.
s/assign cmd_ready = ~busy_q \& record_ready;/assign cmd_ready = ~busy_q;/
