# SPDX-License-Identifier: Apache-2.0
# The Verilated accelerator: build/sim/DESIGN/libtritium_sim.so for each design, build/sim/DESIGN+PLANT/
# with a planted bug. Any rule may depend on such a file. Always without sanitizers.

DESIGN ?= kv260
PLANT ?=
# Where simulators and their parameters lie. explore/ builds others of its own, which run briefly:
# make SIM=FOLDER SIM_GEN=FOLDER SIM_TRACE= SIM_FAST=-O1 SIM_SLOW=-O0 FOLDER/NAME/libtritium_sim.so
SIM := build/sim
SIM_GEN := build/gen
SIM_TRACE := --trace-fst --trace-structs
SIM_FAST := -O2
SIM_SLOW := -O1
SIM_STEM = $(DESIGN)$(if $(PLANT),+$(PLANT))

##@ Simulation
sim: build/sim/$(SIM_STEM)/libtritium_sim.so ## the simulated accelerator of DESIGN=NAME (PLANT=NAME: a planted bug)

VERILATOR ?= verilator
VERILATOR_INCLUDE = $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)/include
SIM_CXX_FLAGS := -std=c++17 -fPIC -fvisibility=hidden -fno-gnu-unique -fno-math-errno
# Verilog that stops must not end the process: sim/sim.cpp has these three hooks.
SIM_DEFINES := -DVL_USER_FINISH -DVL_USER_STOP -DVL_USER_FATAL
SIM_INCLUDE = -I. -Ibuild/gen -I$(VERILATOR_INCLUDE) -I$(VERILATOR_INCLUDE)/vltstd
# Its data-flow pass would turn the small always_comb blocks that Verilator makes tables of into
# expressions: half the speed.
SIM_VERILATE := --cc -O3 -fno-dfg -Wall $(SIM_TRACE) --x-assign fast --x-initial fast \
	--top-module tritium_core --prefix Vtritium_core -Irtl -Ibuild/gen

# Verilator's own run-time and the memory model are the same for every design.
SIM_RUNTIME := $(patsubst %,$(SIM)/runtime/%.o,verilated $(if $(SIM_TRACE),verilated_fst_c) verilated_threads)
SIM_MEMORY := $(patsubst %,$(SIM)/runtime/%.o,memory memory_rules)

$(SIM_RUNTIME): $(SIM)/runtime/%.o:
	@echo "  CXX   $*"
	@mkdir -p $(@D)
	$(Q)$(CXX) $(SIM_CXX_FLAGS) -O3 -w $(SIM_DEFINES) $(SIM_INCLUDE) -c -o $@ \
	  $(VERILATOR_INCLUDE)/$*.cpp

$(SIM_MEMORY): $(SIM)/runtime/%.o: sim/%.c
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARNINGS) -D_POSIX_C_SOURCE=200809L -I. -O3 -fPIC -fvisibility=hidden \
	  -MMD -MP -c -o $@ $<
-include $(SIM_MEMORY:.o=.d)

# The stem is DESIGN or DESIGN+PLANT; a plant is the Verilog macro TRITIUM_PLANT_NAME.
sim_plant = $(word 2,$(subst +, ,$*))
.SECONDEXPANSION:
$(SIM)/%/obj/Vtritium_core.mk: $(SIM_GEN)/$$(firstword $$(subst +, ,$$*))/params.vlt \
		$(RTL_SV) build/gen/accel.svh sim/sim.mk
	@echo "  VLT   $*"
	@mkdir -p $(@D)
	$(Q)$(VERILATOR) $(SIM_VERILATE) -f $< --Mdir $(@D) \
	  -CFLAGS "$(SIM_CXX_FLAGS)" \
	  $(if $(sim_plant),-DTRITIUM_PLANT_$(shell echo '$(sim_plant)' | tr a-z A-Z)) \
	  rtl/tritium_core.sv
	@touch $@

$(SIM)/%/libtritium_sim.so: $(SIM)/%/obj/Vtritium_core.mk sim/sim.cpp sim/sim.h sim/memory.h \
		sim/exports.map $(SIM_RUNTIME) $(SIM_MEMORY)
	@echo "  CXX   $(SIM)/$*"
	+$(Q)$(MAKE) -C $(@D)/obj -f Vtritium_core.mk Vtritium_core__ALL.a OPT_FAST=$(SIM_FAST) OPT_SLOW=$(SIM_SLOW) \
	  >$(@D)/build.log 2>&1 || { cat $(@D)/build.log; exit 1; }
	$(Q)$(CXX) $(SIM_CXX_FLAGS) -O3 -Wall -Wextra -Werror $(SIM_DEFINES) $(if $(SIM_TRACE),-DVM_TRACE=1 -DVM_TRACE_FST=1,-DVM_TRACE=0) \
	  $$(sed -n 's/^-G\(PORTS\|BEAT_BITS\)=/-DTRI_SIM_\1=/p' \
	     $(SIM_GEN)/$(firstword $(subst +, ,$*))/params.vlt) \
	  -I$(@D)/obj $(subst -I$(VERILATOR_INCLUDE),-isystem $(VERILATOR_INCLUDE),$(SIM_INCLUDE)) \
	  -c -o $(@D)/sim.o sim/sim.cpp
	$(Q)$(CXX) -shared -o $@.tmp $(@D)/sim.o $(SIM_RUNTIME) $(SIM_MEMORY) \
	  $(@D)/obj/Vtritium_core__ALL.a -Wl,--version-script=sim/exports.map -Wl,-Bsymbolic \
	  -Wl,--gc-sections -lz -lpthread
	$(Q)mv $@.tmp $@

.PRECIOUS: $(SIM)/%/obj/Vtritium_core.mk $(SIM_GEN)/%/params.vlt

ifneq ($(SIM_GEN),build/gen)
$(SIM_GEN)/%/params.vlt: $(SIM_GEN)/%/design.yaml build/tools/design_params
	$(Q)build/tools/design_params $< $(@D)
endif
# What all of them share, so that several may then be built at once.
sim-shared: $(SIM_RUNTIME) $(SIM_MEMORY) $(GEN) build/tools/design_params

# The memory model is tested without Verilog; the simulated device with two small designs, one of them
# with a planted bug too.
$(UNIT): $(call objects,sim/memory.c sim/memory_rules.c)
test-unit: $(patsubst %,build/sim/%/libtritium_sim.so,p2_b128_b3_t4 p1_b128_b2_t2 \
	p1_b128_b2_t2+accumulate)

.PHONY: sim sim-shared
