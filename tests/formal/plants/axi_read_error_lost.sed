# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_read.sv that its proof must find: looks at the wrong bit of the response.
s/in_data({m_axi_rresp\[1\]/in_data({m_axi_rresp[0]/
