# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/lattice/gated_add.sv that its proof must find: a is extended with zeros.
s/(2 \* CELLS - 1 - IN){a\[IN-1\]}/(2 * CELLS - 1 - IN){1'b0}/
