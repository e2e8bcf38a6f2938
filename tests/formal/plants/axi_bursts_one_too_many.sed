# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_bursts.sv that its proof must find: asks for one beat beyond the request.
s/left_q <= req_beats;/left_q <= req_beats + 32'd1;/
