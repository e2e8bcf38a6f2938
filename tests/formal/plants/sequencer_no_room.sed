# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: steps without a free result bank.
s/assign room = chunk_open_q | room_q != 2'd0;/assign room = 1'b1;/
