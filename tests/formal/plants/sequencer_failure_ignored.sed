# SPDX-License-Identifier: Apache-2.0
# A planted bug in rtl/sequencer.sv that its proof must find: activations that
# failed to load end nothing.
s/assign finish = (step \& step_end) | failed;/assign finish = step \& step_end;/
