# SPDX-License-Identifier: Apache-2.0
# The generators (contract, design parameters), what they write, and the fast checks of the sources.
# Generators always build without sanitizers, in build/tools, whatever SAN says.

build/tools/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARNINGS) -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen -O1 -MMD -MP -c -o $@ $<

CONTRACT_O := $(patsubst %,build/tools/obj/%.o,tools/contract tools/contract_read \
	tools/contract_write base/yaml base/status)
build/tools/contract: $(CONTRACT_O)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ -lyaml
-include $(CONTRACT_O:.o=.d)

build/gen/accel.h: rtl/accel.yaml build/tools/contract
	@echo "  GEN   $@"
	@mkdir -p $(@D)
	$(Q)build/tools/contract $< --c $@

build/gen/accel.svh: rtl/accel.yaml build/tools/contract
	@echo "  GEN   $@"
	@mkdir -p $(@D)
	$(Q)build/tools/contract $< --verilog $@

PARAMS_O := $(patsubst %,build/tools/obj/%.o,tools/design_params base/design base/yaml base/status)
build/tools/obj/tools/design_params.o build/tools/obj/base/design.o: | build/gen/accel.h
build/tools/design_params: $(PARAMS_O)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ -lyaml
-include $(PARAMS_O:.o=.d)

# build/gen/NAME/params.vlt, tritium_top.sv and hls_*.h of designs/NAME.yaml or designs/test/NAME.yaml.
DESIGNS := $(notdir $(basename $(wildcard designs/*.yaml)))
TEST_DESIGNS := $(notdir $(basename $(wildcard designs/test/*.yaml)))
DESIGN_GEN := $(addprefix build/gen/%/,params.vlt tritium_top.sv hls_params.h hls_interface.h)
define design_params
	@echo "  GEN   build/gen/$*"
	@mkdir -p build/gen/$*
	$(Q)build/tools/design_params $< build/gen/$*
endef
$(DESIGN_GEN): designs/%.yaml build/tools/design_params
	$(design_params)
$(DESIGN_GEN): designs/test/%.yaml build/tools/design_params
	$(design_params)

##@ Sources
lint: test-lint test-rtl-lint ## check style of sources, scripts and SystemVerilog
format: ## put all C and C++ sources into the house style
	@git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' '*.cpp' | \
	  xargs -0 ls -d 2>/dev/null | xargs clang-format -i

test-lint:
	@tools/lint

docs: contract ## write the generated pages of docs/
contract: build/tools/contract ## write docs/contract.md from rtl/accel.yaml
	build/tools/contract rtl/accel.yaml --markdown docs/contract.md

# The committed page is the one that the contract gives, and the C header compiles on its own.
test-contract: build/tools/contract $(GEN)
	$(Q)build/tools/contract rtl/accel.yaml --markdown build/gen/contract.md
	$(Q)diff -u docs/contract.md build/gen/contract.md || { \
	  echo "docs/contract.md is stale: make contract"; echo "0 passed, 1 failed"; exit 1; }
	$(Q)$(CC) -std=c17 $(WARNINGS) -fsyntax-only -x c build/gen/accel.h
	@echo "2 passed, 0 failed"

test-tools: ## the test runner and the installer themselves
	@tests/tools/tools.sh

.PHONY: test-tools lint format docs contract test-lint test-contract
