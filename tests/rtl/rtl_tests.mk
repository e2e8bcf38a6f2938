# SPDX-License-Identifier: Apache-2.0
# Tests of the SystemVerilog in Verilator: test-rtl-modules (each module alone), test-rtl-kernel (the
# whole kernel through sim/sim.h), lint-rtl (geometries no design has); test-rtl is all of them.
# SEED= gives the first seed, SEEDS= the number of seeds for each test, TEST= a part of their names.

include tests/rtl/stream/stream.mk

##@ Hardware tests
test-rtl: test-rtl-stream test-rtl-modules test-rtl-kernel lint-rtl ## the four suites of the Verilog

# ---- each module alone ---------------------------------------------------------------------------
MODULES_OUT := build/rtl-modules
MODULES_CXX := $(wildcard tests/rtl/modules/*.cpp)

# Model: module and parameters.
MODULE_trit_decode_b2 := trit_decode -GENCODING=0
MODULE_trit_decode_b3 := trit_decode -GENCODING=1
MODULE_dot_64  := dot -GW=64
MODULE_dot_80  := dot -GW=80
MODULE_dot_320 := dot -GW=320
MODULE_activation_buffer_5x1 := activation_buffer -GSUB=5 -GWORDS=4 -GGROUPS=2
MODULE_activation_buffer_4x4 := activation_buffer -GBEAT_BITS=512 -GSUB=4 -GTOKENS=4 -GWORDS=2 -GGROUPS=1
# Beat, ports, tokens, groups.
RESULT_BUFFERS := 128_1_1_4 128_16_1_1 256_4_2_2 512_1_4_2 512_16_2_1
result_buffer = result_buffer -GBEAT_BITS=$(word 1,$(1)) -GPORTS=$(word 2,$(1)) \
  -GTOKENS=$(word 3,$(1)) -GGROUPS=$(word 4,$(1))
$(foreach s,$(RESULT_BUFFERS),$(eval \
  MODULE_result_buffer_$(s) := $(call result_buffer,$(subst _, ,$(s)))))
MODULE_sequencer_2 := sequencer -GPORTS=2 -GWORDS=8 -GGROUPS=4 -GSLOTS=4
MODULE_sequencer_4 := sequencer -GPORTS=4 -GWORDS=4 -GGROUPS=1 -GSLOTS=8
MODULE_front_4  := front -GPORTS=4 -GBEAT_BITS=128 -GSUB=5 -GTOKENS=1 -GK_MAX=6912 -GT_MAX=8 \
  -GWORDS=128 -GGROUPS=8
MODULE_front_1  := front -GPORTS=1 -GBEAT_BITS=512 -GSUB=4 -GTOKENS=4 -GK_MAX=1024 -GT_MAX=8 \
  -GWORDS=4 -GGROUPS=2
MODULE_front_16 := front -GPORTS=16 -GBEAT_BITS=256 -GSUB=5 -GTOKENS=8 -GK_MAX=23040 -GT_MAX=64 \
  -GWORDS=256 -GGROUPS=8
MODULE_write_back_128 := write_back -GBEAT_BITS=128 -GTOKENS=1 -GGROUPS=2
MODULE_write_back_256 := write_back -GBEAT_BITS=256 -GTOKENS=2 -GGROUPS=2
MODULE_write_back_512 := write_back -GBEAT_BITS=512 -GTOKENS=4 -GGROUPS=1
MODULE_run_control := run_control -GPORTS=4
MODULE_control_2  := control -GPORTS=2 -GBEAT_BITS=128 -GENCODING=0 -GTOKENS=4 -GK_MAX=1000 -GT_MAX=8 \
  -GPREFETCH=256 "-GDESIGN_HASH=64'h0123456789abcdef"
MODULE_control_16 := control -GPORTS=16 -GBEAT_BITS=512 -GENCODING=1 -GTOKENS=1 -GK_MAX=23040 -GT_MAX=64 \
  -GPREFETCH=4096 "-GDESIGN_HASH=64'hfedcba9876543210"

MODULE_array_2x2 := array -GPORTS=2 -GBEAT_BITS=128 -GENCODING=1 -GW=80 -GTOKENS=2 -GK_MAX=1000 \
  -GGROUPS=2 -GSLOTS=4
MODULE_array_1 := array -GPORTS=1 -GBEAT_BITS=128 -GENCODING=0 -GW=64 -GTOKENS=1 -GK_MAX=500 \
  -GGROUPS=1 -GSLOTS=2

MODULES := $(patsubst MODULE_%,%,$(filter MODULE_%,$(.VARIABLES)))
MODULES_LIBS := $(MODULES:%=$(MODULES_OUT)/V%__ALL.a)
MODULES_OBJECTS := $(patsubst tests/rtl/modules/%.cpp,$(MODULES_OUT)/%.o,$(MODULES_CXX)) \
  $(STREAM_OUT)/verilated.o $(STREAM_OUT)/verilated_threads.o
MODULES_FLAGS = -std=c++17 -O1 -I. -Ibuild/gen -I$(MODULES_OUT) -isystem $(VERILATOR_INCLUDE)

$(MODULES_OUT)/V%__ALL.a: $(RTL_SV) build/gen/accel.svh tests/rtl/rtl_tests.mk
	@echo "  VLT   $*"
	@mkdir -p $(MODULES_OUT)
	$(Q)$(VERILATOR) -Wall --cc --Mdir $(MODULES_OUT) --prefix V$* -Irtl -Ibuild/gen \
	  --top-module $(MODULE_$*) rtl/$(firstword $(MODULE_$*)).sv
	$(Q)$(MAKE) -s -C $(MODULES_OUT) -f V$*.mk V$*__ALL.a OPT_FAST=-O1 >/dev/null
	@touch $@

# The models' headers come with their libraries.
$(MODULES_OUT)/%.o: tests/rtl/modules/%.cpp $(wildcard tests/rtl/modules/*.h) \
    tests/rtl/stream/bench.h tests/rtl/stream/runner.h build/gen/accel.h $(MODULES_LIBS)
	@echo "  CXX   $<"
	@mkdir -p $(@D)
	$(Q)$(CXX) $(MODULES_FLAGS) -Wall -Wextra -c -o $@ $<

$(MODULES_OUT)/test_modules: $(MODULES_OBJECTS) $(MODULES_LIBS) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CXX) -o $@ $^ -lpthread -latomic

TESTS += test-rtl-modules
test-rtl-modules: $(MODULES_OUT)/test_modules ## random tests of the kernel's modules
	$(Q)SEED=$(SEED) SEEDS=$(SEEDS) $<

# ---- the whole kernel ----------------------------------------------------------------------------
# Simulators that demo and test-e2e build anyway: one to four ports, both widths, both encodings, one,
# two and four tokens at once.
KERNEL_DESIGNS := p1_b128_b2_t2 p2_b128_b3_t4 p2_b512_b3_t1 kv260
KERNEL_OUT := build/rtl-kernel
KERNEL_OBJECTS := $(patsubst tests/rtl/kernel/%.cpp,$(KERNEL_OUT)/%.o,$(wildcard tests/rtl/kernel/*.cpp))

$(KERNEL_OUT)/%.o: tests/rtl/kernel/%.cpp tests/rtl/kernel/kernel.h tests/rtl/modules/rules.h \
    tests/rtl/stream/bench.h tests/rtl/stream/runner.h sim/sim.h base/design.h build/gen/accel.h
	@echo "  CXX   $<"
	@mkdir -p $(@D)
	$(Q)$(CXX) $(MODULES_FLAGS) -O2 -Wall -Wextra -c -o $@ $<

$(KERNEL_OUT)/test_kernel: $(KERNEL_OBJECTS) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CXX) -o $@ $^ $(LIBS)

TESTS += test-rtl-kernel
test-rtl-kernel: $(KERNEL_OUT)/test_kernel $(KERNEL_DESIGNS:%=build/sim/%/libtritium_sim.so) ## random tests of the kernel
	@mkdir -p build/reports
	$(Q)SEED=$(SEED) SEEDS=$(SEEDS) $< \
	  $(foreach d,$(KERNEL_DESIGNS),$(wildcard designs/$(d).yaml designs/test/$(d).yaml))

# ---- geometries no design has ----------------------------------------------------------------------
# PORTS_BEAT_ENCODING_TOKENS_KMAX_TMAX_PREFETCH: each parameter at both of its ends.
LINT_GEOMETRIES := 1_128_0_1_65_1_128 16_128_1_1_6912_8_512 4_256_1_2_6912_8_512 \
  2_512_0_1_23040_64_4096 1_512_1_8_23040_64_128 1_128_1_8_23040_64_512 8_256_0_4_4096_16_256 \
  2_256_0_8_2560_8_1024 16_512_1_1_6912_8_512 16_256_1_8_23040_64_512
LINT_NAMES := PORTS BEAT_BITS ENCODING TOKENS K_MAX T_MAX PREFETCH
LINT_STAMPS := $(foreach t,verilator iverilog yosys,$(LINT_GEOMETRIES:%=build/lint/core/%.$(t)))
lint_word = $(word $(1),$(subst _, ,$(2)))
lint_parameters = $(foreach i,1 2 3 4 5 6 7,$(word $(i),$(LINT_NAMES))=$(call lint_word,$(i),$(1)))

# A complaint that a tool survives is in the log; of Verilator and Icarus even that is a failure.
$(LINT_STAMPS): $(RTL_SV) build/gen/accel.svh tests/rtl/lint/core.sh
	@echo "  LINT  $(@:build/lint/core/%=%)"
	@mkdir -p $(@D)
	$(Q)tests/rtl/lint/core.sh $(subst .,,$(suffix $@)) $(call lint_parameters,$(basename $(@F))) >$@.log 2>&1 && \
	  { [ $(suffix $@) = .yosys ] || [ ! -s $@.log ]; } || { cat $@.log; exit 1; }
	@touch $@

TESTS += lint-rtl
lint-rtl: $(LINT_STAMPS) ## the kernel in geometries from end to end, and impossible ones refused
	$(Q)tests/rtl/lint/illegal.sh $(words $(LINT_STAMPS))

.PHONY: test-rtl test-rtl-modules test-rtl-kernel lint-rtl
