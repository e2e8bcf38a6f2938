# SPDX-License-Identifier: Apache-2.0
# Real XRT in front of the simulated accelerator: build/tritium-xrt, the driver's helper (only where
# XRT's headers are), and build/xrt/DESIGN.xclbin, which carries the simulator that XRT starts.
# UNITS compute units, MODEL=sim or hls, BANK_KIB memory for each port.

UNITS ?= 1
MODEL ?= sim
XCLBIN_STEM = $(DESIGN)$(if $(filter-out sim,$(MODEL)),-$(UNITS)-$(MODEL),$(if $(filter-out 1,$(UNITS)),-$(UNITS)))
BANK_KIB ?= 524288

# AMD's own installation first, then Debian's.
XRT_INCLUDE := $(firstword $(wildcard $(XILINX_XRT)/include/xrt/xrt_device.h \
	/opt/xilinx/xrt/include/xrt/xrt_device.h /usr/include/xrt/xrt/xrt_device.h))
XRT_ROOT := $(patsubst %/xrt/xrt_device.h,%,$(XRT_INCLUDE))
XRT_LIBS := $(if $(filter /usr/%,$(XRT_ROOT)),,-L$(patsubst %/include,%/lib,$(XRT_ROOT))) \
	-lxrt_coreutil -luuid
XRT_HELPER := build/tritium-xrt
XRT_O := build/obj/xrt

##@ Simulation
xclbin: build/xrt/$(XCLBIN_STEM).xclbin ## an xclbin of DESIGN=NAME, UNITS=N units, MODEL=sim or hls, for XRT's emulation

##@ Build
xrt: $(XRT_HELPER) ## build/tritium-xrt: devices behind XRT (needs libxrt-dev, or AMD's XRT)

XRT_HELPER_C := driver/xrt_helper/main.c driver/xrt_rundir.c base/status.c
$(XRT_O)/%.o: %.c | $(GEN)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARNINGS) -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen -O2 -g -MMD -MP -c -o $@ $<

$(XRT_O)/facade.o: driver/xrt_helper/facade.cpp | $(GEN)
	@echo "  CXX   $<"
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-error=deprecated-declarations \
	  -O2 -g -I. -Ibuild/gen \
	  -isystem $(XRT_ROOT) -MMD -MP -c -o $@ $<

# -rdynamic: XRT's libraries must find this program's sleep(), see main.c.
ifneq ($(XRT_ROOT),)
$(XRT_HELPER): $(XRT_HELPER_C:%.c=$(XRT_O)/%.o) $(XRT_O)/facade.o
	@echo "  LD    $@"
	$(Q)$(CXX) -rdynamic -o $@ $^ $(XRT_LIBS) -lpthread
else
$(XRT_HELPER):
	@echo "xrt: wanted XRT's headers, found none: install libxrt-dev (Debian) or AMD's XRT, or set XILINX_XRT"
	@false
endif

# ---- the emulated device ---------------------------------------------------------------------------
XRT_DEVICE := build/xrt/tritium_device
XRT_DEVICE_C := $(wildcard sim/xrt_device/*.c) base/design.c base/yaml.c base/status.c
$(XRT_DEVICE): $(XRT_DEVICE_C:%.c=$(XRT_O)/%.o)
	@echo "  LD    $@"
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lyaml -ldl -lpthread
-include $(patsubst %.c,$(XRT_O)/%.d,$(XRT_HELPER_C) $(XRT_DEVICE_C)) $(XRT_O)/facade.d

XCLBIN_O := $(patsubst %,build/tools/obj/%.o,tools/xclbin tools/xclbin_plan tools/contract_read \
	base/design base/yaml base/status)
build/tools/xclbin: $(XCLBIN_O)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ -lyaml
-include $(XCLBIN_O:.o=.d)

# DESIGN.xclbin, DESIGN-2.xclbin (two units), DESIGN-1-hls.xclbin, DESIGN-1-sim-64.xclbin (KiB a bank)
xclbin_word = $(word $(1),$(subst -, ,$*))
xclbin_design = $(firstword $(wildcard designs/$(call xclbin_word,1).yaml \
	designs/test/$(call xclbin_word,1).yaml bitstreams/$(call xclbin_word,1)/design.yaml))
xclbin_model = $(or $(call xclbin_word,3),sim)
build/xrt/%.xclbin: build/tools/xclbin $(XRT_DEVICE) sim/xrt_device/simulate.sh tools/xclbin.sh \
		rtl/accel.yaml $$(call xclbin_design) \
		build/$$(call xclbin_model)/$$(call xclbin_word,1)/libtritium_$$(call xclbin_model).so
	@echo "  XCLB  $@"
	$(Q)tools/xclbin.sh $(call xclbin_design) $(or $(call xclbin_word,2),1) \
	  $(or $(call xclbin_word,4),$(BANK_KIB)) \
	  build/$(call xclbin_model)/$(call xclbin_word,1)/libtritium_$(call xclbin_model).so $@

.PHONY: xclbin xrt

# ---- what XRT costs ----------------------------------------------------------------------------------
XRT_MEASURE := build/tests/xrt-measure
build/tests/xrt/%.o: tests/xrt/%.c | $(GEN)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARNINGS) -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen -O2 -g -MMD -MP -c -o $@ $<
$(XRT_MEASURE): build/tests/xrt/measure.o $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ $(LIBS)
-include build/tests/xrt/measure.d build/tests/xrt/test_device.d build/tests/xrt/test_files.d

measure-xrt: $(XRT_MEASURE) $(XRT_HELPER) build/xrt/tiny.xclbin build/xrt/kv260-2-hls.xclbin ## launch cost and upload through XRT's emulation, into build/reports/xrt.json
	@mkdir -p build/reports
	$(Q)$(XRT_MEASURE) launch build/reports/xrt.json build/xrt/tiny.xclbin sim:tiny
	$(Q)$(XRT_MEASURE) upload build/reports/xrt.json build/xrt/kv260-2-hls.xclbin

.PHONY: measure-xrt

# ---- what make test runs ------------------------------------------------------------------------------
XRT_UNIT := build/tests/xrt-unit
$(XRT_UNIT): build/tests/xrt/test_device.o build/tests/xrt/test_files.o $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ -lcriterion $(LIBS)

XRT_TEST_FILES := $(patsubst %,build/xrt/%.xclbin,p1_b128_b2_t2 p2_b128_b3_t4-2 p2_b128_b3_t4-3-hls \
	p1_b128_b2_t2-1-hls-128)

# A card's driver that says no: the only part of XRT that these tests do not have for real.
XRT_REFUSING := build/tests/xrt/refusing/lib/libxrt_coreutil.so.2
$(XRT_REFUSING): tests/xrt/refusing_xrt.cpp
	@echo "  CXX   $<"
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Werror -O1 -fPIC -shared -isystem $(XRT_ROOT) \
	  -Wl,-soname,libxrt_coreutil.so.2 -o $@ $<

test-xrt: $(XRT_UNIT) $(XRT_HELPER) $(XRT_TEST_FILES) $(XRT_REFUSING) $(PROGRAM) build/tools/xclbin \
		build/sim/p1_b128_b2_t2/libtritium_sim.so ## devices behind the real XRT, in emulation; TEST='suite/name*' picks some
	$(Q)$(XRT_UNIT) --jobs $(J) --timeout 60 $(if $(TEST),--filter '$(TEST)')
	$(Q)$(if $(TEST),,TRITIUM=$(PROGRAM) tests/xrt/xrt.sh)

TESTS += test-xrt
.PHONY: test-xrt

# ---- the demo ----------------------------------------------------------------------------------------
##@ Use
demo-xrt: ## the demo through the real XRT, in emulation: same tokens, every product checked
	@tools/deps xrt
	+@$(MAKE) -j$(J) demo-xrt-build
	+@$(MAKE) demo-xrt-run

demo-xrt-build: $(PROGRAM) $(XRT_HELPER) build/xrt/$(DEMO_DESIGN).xclbin
# The reference says the same afterwards, or the demo fails.
demo_xrt = $(PROGRAM) run -m tests/models/demo --echo -p '$(DEMO_PROMPT)' $(DEMO_SAMPLING)
demo-xrt-run:
	@mkdir -p build/reports
	$(Q)$(demo_xrt) --device xrt:build/xrt/$(DEMO_DESIGN).xclbin --check --stats \
	  --report build/reports/demo-xrt.json >build/reports/demo-xrt.txt; status=$$?; \
	  cat build/reports/demo-xrt.txt; exit $$status
	$(Q)$(demo_xrt) | cmp - build/reports/demo-xrt.txt
	@echo "The same text as the reference's, token for token."

.PHONY: demo-xrt demo-xrt-build demo-xrt-run
