# SPDX-License-Identifier: Apache-2.0
# Static checks of the SystemVerilog: every tool that will have to read it reads it, for geometries from
# one end to the other. Behaviour is tested in tests/rtl, tests/formal and tests/e2e.

RTL_SV := $(wildcard rtl/*.sv rtl/*.svh)
RTL_LINT := tiny kv260 hbm p1_b512_b2_t4 p2_b512_b3_t4 p4_b128_b3_t4
VERILATOR ?= verilator

##@ Test
rtl: test-rtl-lint ## check the SystemVerilog with Verilator, Icarus and Yosys

# All Verilator warnings are errors; exceptions are written where they occur, with a reason.
build/lint/%.verilator: build/gen/%/tritium_top.sv $(RTL_SV) build/gen/accel.svh
	@echo "  LINT  $* (verilator)"
	@mkdir -p $(@D)
	$(Q)$(VERILATOR) --lint-only -Wall -Irtl -Ibuild/gen --top-module tritium_top $<
	@touch $@

# Icarus ignores what it does not know; its notes on constant selects say that it is only slower.
build/lint/%.iverilog: build/gen/%/tritium_top.sv $(RTL_SV) build/gen/accel.svh
	@echo "  LINT  $* (iverilog)"
	@mkdir -p $(@D)
	$(Q)iverilog -g2012 -t null -Irtl -Ibuild/gen -y rtl -Y .sv -s tritium_top $< >$@.log 2>&1 || \
	  { cat $@.log; exit 1; }
	@touch $@

build/lint/%.yosys: build/gen/%/tritium_top.sv $(RTL_SV) build/gen/accel.svh
	@echo "  LINT  $* (yosys)"
	@mkdir -p $(@D)
	$(Q)yosys -q -p "read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen $(filter %.sv,$(RTL_SV)) $<; \
	  hierarchy -check -top tritium_top; proc; check -assert" >$@.log 2>&1 || { tail -n 20 $@.log; exit 1; }
	@touch $@

RTL_CHECKS := $(RTL_LINT:%=build/lint/%.verilator) $(RTL_LINT:%=build/lint/%.iverilog) \
	build/lint/tiny.yosys build/lint/p2_b512_b3_t4.yosys

# Every module opens with what it is, latency, throughput and handshake.
build/lint/headers: $(RTL_SV) rtl/rtl.mk
	@mkdir -p $(@D)
	$(Q)for f in $(filter %.sv,$(RTL_SV)); do for word in Latency Throughput Handshake; do \
	  sed '/^[`m]/,$$d' $$f | grep -qi $$word || { echo "$$f: wanted $$word in its first comment"; exit 1; }; \
	  done; done
	@touch $@

TESTS += test-rtl-lint
test-rtl-lint: $(RTL_CHECKS) build/lint/headers
	@echo "$(words $^) passed, 0 failed"

.PHONY: rtl test-rtl-lint
# Make would remove these as intermediate files of a chain of patterns.
.SECONDARY: $(foreach d,$(RTL_LINT),build/gen/$(d)/tritium_top.sv)
