# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_bursts.sv that its proof must find: bursts do not end at their natural
# boundary.
s/BEATS_BITS'(BURST) - {.*};/BEATS_BITS'(BURST);/
