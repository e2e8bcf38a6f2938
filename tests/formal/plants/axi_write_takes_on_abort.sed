# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/axi_write.sv that its proof must find: takes words from the stream while
# aborting.
s/some_left \&\& beat_ready \&\& !stop/some_left \&\& beat_ready/
