# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/dot.sv that its proof must find: the eighth lane's one of negation is
# not added.
s/one_q\[g\] <= neg\[8\*g+7\]/one_q[g] <= 1'b0/
