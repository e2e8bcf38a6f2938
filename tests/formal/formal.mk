# SPDX-License-Identifier: Apache-2.0
# Proofs of decoder, lanes, sums, sequencer, stream and AXI modules, and the planted bugs that they must find: target
# formal. Four minutes of CPU time.
# PROOF= runs only those whose name holds it.

TESTS += test-formal

.PHONY: formal test-formal
formal test-formal: ## prove decoder, sums, sequencer and buses (Yosys, z3); PROOF= picks by name
	$(Q)tests/formal/prove $(PROOF)
