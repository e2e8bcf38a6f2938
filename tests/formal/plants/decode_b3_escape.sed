# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/trit_decode.sv that its proof must find: the code 0110 under the two
# escapes stands for trits.
s/{b3, b2} == 2'b00 \&\& {b1, b0}/{b1, b0}/
