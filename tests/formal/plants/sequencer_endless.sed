# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: the last group is never seen.
s/assign last_group = group_q + 1.b1 == groups_q;/assign last_group = group_q == groups_q;/
