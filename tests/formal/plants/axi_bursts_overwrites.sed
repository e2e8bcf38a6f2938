# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_bursts.sv that its proof must find: replaces an address that was not
# yet accepted.
s/ && (ax_ready || !ax_valid_q);/;/
