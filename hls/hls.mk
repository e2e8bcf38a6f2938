# SPDX-License-Identifier: Apache-2.0
# The kernel in C: build/hls/DESIGN/libtritium_hls.so for each design, build/hls/DESIGN+PLANT/ with a
# planted bug, and the rules that a synthesiser needs. Always without sanitizers.

hls: build/hls/$(SIM_STEM)/libtritium_hls.so ## the C kernel of DESIGN=NAME, compiled with gcc (PLANT=NAME: a planted bug)

HLS_KERNEL_C := $(filter-out hls/model.c,$(wildcard hls/*.c))
HLS_H := $(wildcard hls/*.h) sim/sim.h base/design.h base/status.h
# gcc does not know HLS pragmas. With -O3 the lanes of a dot product become vector instructions.
HLS_FLAGS = -std=c17 $(WARNINGS) -Wno-unknown-pragmas -D_POSIX_C_SOURCE=200809L -O3 -g1 -fPIC -flto
hls_plant = $(word 2,$(subst +, ,$*))

build/hls/%/libtritium_hls.so: $(HLS_KERNEL_C) hls/model.c $(HLS_H) sim/exports.map hls/hls.mk \
		build/gen/accel.h build/gen/$$(firstword $$(subst +, ,$$*))/hls_params.h
	@echo "  HLS   $*"
	@mkdir -p $(@D)
	$(Q)$(CC) $(HLS_FLAGS) -I. -Ibuild/gen -I$(dir $(filter %/hls_params.h,$^)) \
	  $(if $(hls_plant),-DTRITIUM_PLANT_$(shell echo '$(hls_plant)' | tr a-z A-Z)) -shared -o $@.tmp \
	  $(filter %.c,$^) -Wl,--version-script=sim/exports.map -Wl,-Bsymbolic -Wl,-z,defs
	$(Q)mv $@.tmp $@

.PHONY: hls

# ---- the same lists on the golden model, the C kernel and the Verilated one -------------------------
FUZZ_DEVICE := build/tests/fuzz-device
FUZZ_DEVICE_O := $(patsubst tests/hls/%.c,build/tests/hls/%.o,$(wildcard tests/hls/*.c))
# A plus: the Verilated kernel too. The first four simulators are built for other tests anyway; the
# wide ones have the geometries that no other has, take a minute each to build, and are for fuzz-device
# alone.
FUZZ_THREE := kv260 p1_b128_b2_t2 p2_b128_b3_t4 p2_b512_b3_t1
FUZZ_WIDE := p8_b256_b3_t1 p16_b128_b2_t1
FUZZ_ENDS := $(notdir $(basename $(wildcard tests/hls/designs/*.yaml)))
FUZZ_ALL := $(DESIGNS) $(TEST_DESIGNS) $(FUZZ_ENDS)
# fuzz_designs: those in the argument on all three, the others on two.
fuzz_designs = $(addprefix +,$(1)) $(filter-out $(1),$(FUZZ_ALL))
FUZZ_NEEDS = $(FUZZ_DEVICE) $(FUZZ_THREE:%=build/sim/%/libtritium_sim.so) \
	$(FUZZ_ALL:%=build/hls/%/libtritium_hls.so)
FUZZ_SEED ?= 1
REF_HLS ?= 100000
ALL_THREE ?= 2000

$(DESIGN_GEN): tests/hls/designs/%.yaml build/tools/design_params
	$(design_params)

build/tests/hls/%.o: tests/hls/%.c tests/hls/case.h $(GEN)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 $(WARNINGS) -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen -O2 -g -c -o $@ $<

$(FUZZ_DEVICE): $(FUZZ_DEVICE_O) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ $(LIBS)

fuzz-device: $(FUZZ_NEEDS) $(FUZZ_WIDE:%=build/sim/%/libtritium_sim.so) ## random command lists on ref, hls and rtl: REF_HLS=100000 ALL_THREE=2000 FUZZ_SEED=1
	$(Q)$(FUZZ_DEVICE) search $(FUZZ_SEED) $(REF_HLS) $(ALL_THREE) build/reports/xrt.json \
	  $(call fuzz_designs,$(FUZZ_THREE) $(FUZZ_WIDE))

# ---- what make test runs -----------------------------------------------------------------------------
HLS_RULES := kv260 hbm p1_b128_b2_t2 wide
HLS_PLANTED := p2_b512_b3_t1
HLS_PLANTS := tail lone stride

test-hls: $(FUZZ_NEEDS) $(HLS_PLANTS:%=build/hls/$(HLS_PLANTED)+%/libtritium_hls.so) ## a slice of fuzz-device, and whether it finds planted bugs
	$(Q)$(FUZZ_DEVICE) search $(FUZZ_SEED) 10000 300 - $(call fuzz_designs,$(FUZZ_THREE))
	$(Q)tests/hls/planted.sh $(HLS_PLANTED) $(HLS_PLANTS)

test-hls-rules: $(HLS_RULES:%=build/gen/%/hls_params.h) build/gen/accel.h ## the C kernel can be synthesised: no heap, no recursion, bounded
	$(Q)for d in $(HLS_RULES); do hls/check.sh build/gen/$$d build/hls/rules/$$d || exit 1; done
	$(Q)tests/hls/rules.sh build/gen/$(word 1,$(HLS_RULES)) build/hls/rules/broken

TESTS += test-hls-rules test-hls
.PHONY: fuzz-device test-hls test-hls-rules

# The unit tests load two designs.
test-unit: build/hls/p1_b128_b2_t2/libtritium_hls.so build/hls/p2_b128_b3_t4/libtritium_hls.so
.SECONDARY: $(foreach d,$(FUZZ_ALL),build/gen/$(d)/hls_params.h)
