# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: the count of waits for weights has no
# bit 26.
s/: weights_q + 32'(wait_weights);/: (weights_q + 32'(wait_weights)) \& 32'hfbff_ffff;/
