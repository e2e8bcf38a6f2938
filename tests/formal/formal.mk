# SPDX-License-Identifier: Apache-2.0
# Proofs of decoder, lanes, sums, sequencer, stream and AXI modules, and the planted bugs that they must
# find: target formal, about four minutes of CPU time, which CI runs beside `make test`; test-formal is
# its quick part. PROOF= runs only those whose name holds it.

TESTS += test-formal

.PHONY: formal test-formal
formal: ## prove decoder, sums, sequencer and buses (Yosys, z3); PROOF= picks by name
	$(Q)tests/formal/prove $(PROOF)

test-formal: ## the proofs of safety that take z3 seconds
	$(Q)tests/formal/prove --safety
