# SPDX-License-Identifier: Apache-2.0
# The last beat is marked one beat early.
# file: axi_write rules: W_LAST
s/^    .in_data({last, stop/    .in_data({left_q == BEATS_BITS'(2), stop/
