# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/array.sv that its proof must find: a step adds to the sum of the step before,
# whichever group that was of.
s/ & (GROUPS == 1 | group == next_group)//
