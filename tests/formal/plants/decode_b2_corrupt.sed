# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/trit_decode.sv that its proof must find: a 11 in the third trit is
# not corrupt.
s/(b7 & b6) | (b5 & b4) |/(b7 \& b6) |/
