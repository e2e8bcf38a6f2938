# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: a row goes on for a beat
# too many.
s/assign last_word = word_q + 1'b1 == beats_q;/assign last_word = word_q == beats_q;/
