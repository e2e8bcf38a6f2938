# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/array.sv that its proof must find: a row that does not begin right behind
# another step starts from what the group's row before left.
/if (next_first) old_q/s/next_first/next_first \& valid_q[4]/
