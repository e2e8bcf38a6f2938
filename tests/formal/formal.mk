# SPDX-License-Identifier: Apache-2.0
# Proofs of the stream and AXI modules, and the planted bugs that they must find: target formal.
# PROOF= runs only those whose name holds it.

TESTS += test-formal

.PHONY: formal test-formal
formal test-formal: ## prove the stream and AXI modules (Yosys, z3); PROOF= picks by name
	$(Q)tests/formal/prove $(PROOF)
