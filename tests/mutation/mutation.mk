# SPDX-License-Identifier: Apache-2.0
# Mutation testing: `make mutation` plants MUTANTS bugs in each module's netlist and counts how many its
# own tests find. MUTATED= picks models. Not part of `make test`: many minutes, and it fails as long as a
# survivor stands without its reason in survivors.txt.

MUTANTS ?= 24
MUTATED ?= trit_decode_b3 trit_decode_b2 dot_80 activation_buffer_4x4 result_buffer_256_4_2_2 sequencer_2 \
  front_4 write_back_256 run_control control_2 skid_buffer fifo_deep axi_read_wide axi_write_wide \
  weight_read_4 array_2x2

# The tests of a model, by a part of their names.
MUTANT_trit_decode_b3 := trit_decode b3
MUTANT_trit_decode_b2 := trit_decode b2
MUTANT_dot_80 := dot of 80
MUTANT_activation_buffer_4x4 := activation_buffer of 4
MUTANT_result_buffer_256_4_2_2 := result_buffer: beat 256
MUTANT_sequencer_2 := sequencer, 2
MUTANT_front_4 := front, 4
MUTANT_write_back_256 := write_back of 256
MUTANT_run_control := run_control
MUTANT_control_2 := control of 2
MUTANT_skid_buffer := skid_buffer
MUTANT_fifo_deep := fifo
MUTANT_axi_read_wide := axi_read
MUTANT_axi_write_wide := axi_write
MUTANT_weight_read_4 := weight_read of 4
MUTANT_array_2x2 := array of 2

MUTATION_OUT := build/mutation
mutated = $(MODULE_$(1))$(STREAM_$(1))
mutated_module = $(firstword $(call mutated,$(1)))
mutated_room = $(if $(MODULE_$(1)),modules,stream)
mutated_bench = tests/rtl/$(call mutated_room,$(1))/$(call mutated_module,$(1)).cpp
# The models of the same module that the bench knows besides.
mutated_beside = $(foreach m,$(filter-out $(1),$(MODULES) $(STREAM_MODELS)),\
  $(if $(filter $(call mutated_module,$(1)),$(call mutated_module,$(m))),build/rtl-$(call mutated_room,$(1))/V$(m)__ALL.a))
MUTATED_TESTS := $(MUTATED:%=$(MUTATION_OUT)/%/test)

# The module's Verilog and what it instantiates: netlist.d of the time before.
$(MUTATION_OUT)/%/mutants.txt: tests/mutation/netlist.py tests/mutation/files.py | build/gen/accel.svh
	@echo "  MUT   $*"
	$(Q)python3 -B tests/mutation/netlist.py $(call mutated_module,$*) $(@D) $(MUTANTS) \
	  $(subst -G,,$(wordlist 2,99,$(call mutated,$*)))

# The bench of the module alone, with the mutated model in place of the module's: nothing else of the
# room is built for it.
$(foreach m,$(MUTATED),$(eval $(MUTATION_OUT)/$(m)/test: $(call mutated_bench,$(m)) $(call mutated_beside,$(m))))
$(MUTATION_OUT)/%/test: $(MUTATION_OUT)/%/mutants.txt tests/mutation/main.cpp \
    $(wildcard tests/rtl/modules/*.h tests/rtl/stream/*.h) build/gen/accel.h $(LIB) \
    $(STREAM_OUT)/verilated.o $(STREAM_OUT)/verilated_threads.o
	@echo "  CXX   mutants of $*"
	$(Q)$(VERILATOR) --cc -Wno-fatal -Wno-lint -Wno-UNOPTFLAT -Wno-SYMRSVDWORD --Mdir $(@D) --prefix V$* \
	  --top-module $(call mutated_module,$*) $(@D)/$(call mutated_module,$*).sv
	$(Q)$(MAKE) -s -C $(@D) -f V$*.mk V$*__ALL.a OPT_FAST=-O1 >/dev/null
	$(Q)$(CXX) $(filter-out -I$(MODULES_OUT),$(MODULES_FLAGS)) -I$(@D) -Ibuild/rtl-$(call mutated_room,$*) \
	  -DTESTED=$(call mutated_module,$*)_tests -DDEFAULT_SEEDS=$(if $(MODULE_$*),4,8) \
	  -o $@ tests/mutation/main.cpp $(call mutated_bench,$*) $(@D)/V$*__ALL.a $(call mutated_beside,$*) \
	  $(STREAM_OUT)/verilated.o $(STREAM_OUT)/verilated_threads.o $(LIB) -lpthread -latomic

mutation: $(MUTATED_TESTS) ## how many planted bugs the tests of the modules find (MUTANTS= of each, MUTATED=)
	$(Q)python3 -B tests/mutation/run.py $(J) $(foreach m,$(MUTATED),'$(m)=env TEST="$(MUTANT_$(m))" $(MUTATION_OUT)/$(m)/test')

-include $(MUTATED:%=$(MUTATION_OUT)/%/netlist.d)
.PHONY: mutation
.SECONDARY: $(MUTATED:%=$(MUTATION_OUT)/%/mutants.txt)
