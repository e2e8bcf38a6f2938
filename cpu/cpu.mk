# SPDX-License-Identifier: Apache-2.0
# The fast host engine: sources in cpu/ join libtritium.a; each file that needs an instruction set gets
# its flags here, and is empty where the compiler's target has none.

MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
X86 := $(filter x86_64%,$(MACHINE))

# The kernels of product_*.c: intrinsics are slow unless inlined, so -O3 even where CFLAGS says less.
X86_AVX512 := -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi -mavx512vnni
C_FLAGS_cpu/packing = -O3
C_FLAGS_ref/layout = -O3 # packing reads all rows through it: 2 to 13 times as fast
C_FLAGS_cpu/product = -O3
C_FLAGS_cpu/product_portable = -O3
ifneq ($(X86),)
C_FLAGS_cpu/product_avx2 = -O3 -mavx2
C_FLAGS_cpu/product_avx512 = -O3 $(X86_AVX512)
C_FLAGS_cpu/product_amx = -O3 $(X86_AVX512) -mamx-tile -mamx-int8
endif
ifneq ($(filter aarch64%,$(MACHINE)),)
C_FLAGS_cpu/product_neon_dot = -O3 -march=armv8.2-a+dotprod
C_FLAGS_cpu/product_neon = -O3
endif

# The products alone under qemu, on an ARM with SDOT and on one without.
PRODUCTS_CHECK_C := $(addprefix ref/,ternary.c layout.c files.c map.c) base/status.c cpu/isa.c \
	cpu/pool.c cpu/pool_cores.c cpu/packing.c $(wildcard cpu/product*.c) tests/tools/products_check.c
$(B)/products-check: $(call objects,$(PRODUCTS_CHECK_C))
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -static -o $@ $^ -lpthread -lm

test-cpu-products: ## the ternary products on 64-bit ARM, with and without dot products, by qemu
	+$(Q)if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then \
	  $(MAKE) CC=aarch64-linux-gnu-gcc B=build/aarch64 build/aarch64/products-check && \
	  qemu-aarch64 -cpu cortex-a53 build/aarch64/products-check neon && \
	  qemu-aarch64 -cpu max build/aarch64/products-check sdot; \
	else echo "install gcc-aarch64-linux-gnu and qemu-user"; echo "0 passed, 1 failed"; exit 1; fi

TESTS += test-cpu-products
.PHONY: test-cpu-products

# The operators: one file for each instruction set.
C_FLAGS_cpu/operators_portable = -O3
ifneq ($(X86),)
C_FLAGS_cpu/operators_avx2 = -O3 -mavx2
C_FLAGS_cpu/operators_avx512 = -O3 $(X86_AVX512)
endif
ifneq ($(filter aarch64%,$(MACHINE)),)
C_FLAGS_cpu/operators_neon = -O3
endif

# The narrow head: the same, and its plain loops (head_row.h) become vectors of each file's set.
C_FLAGS_cpu/head_portable = -O3
C_FLAGS_cpu/head_read = -O3
C_FLAGS_cpu/head_search = -O3
C_FLAGS_cpu/head_state = -O3
C_FLAGS_cpu/head_build = -O3
C_FLAGS_cpu/head_neon = -O3
ifneq ($(X86),)
C_FLAGS_cpu/head_avx2 = -O3 -mavx2
C_FLAGS_cpu/head_avx512 = -O3 $(X86_AVX512)
endif

# The engine against the reference without any library, so that it also runs on 64-bit ARM by qemu.
ENGINE_CHECK_C := $(addprefix ref/,elementary.c numerics.c rope.c ternary.c layout.c table.c files.c \
	map.c session.c attention.c forward.c sampler.c pack.c) base/status.c $(wildcard cpu/*.c) \
	tests/tools/engine_check.c
$(B)/engine-check: $(call objects,$(ENGINE_CHECK_C))
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -static -o $@ $^ -lpthread -lm

# The operators alone, the same way.
OPERATORS_CHECK_C := $(addprefix ref/,elementary.c numerics.c rope.c attention.c) base/status.c \
	cpu/isa.c $(wildcard cpu/operators*.c) tests/tools/operators_check.c
$(B)/operators-check: $(call objects,$(OPERATORS_CHECK_C))
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -static -o $@ $^

test-cpu-aarch64: ## the fast engine on 64-bit ARM, by qemu, gives the reference's logits and tokens
	+$(Q)if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then \
	  $(MAKE) CC=aarch64-linux-gnu-gcc B=build/aarch64 build/aarch64/engine-check \
	    build/aarch64/operators-check && \
	  qemu-aarch64 build/aarch64/operators-check && qemu-aarch64 build/aarch64/engine-check; \
	else echo "install gcc-aarch64-linux-gnu and qemu-user"; echo "0 passed, 1 failed"; exit 1; fi

TESTS += test-cpu-aarch64
.PHONY: test-cpu-aarch64

# What overlapping gains, with a device that only sleeps: OVERLAP="MODEL TOKENS MICROSECONDS".
OVERLAP ?= tests/models/demo 256 100
bench-overlap: $(B)/bench-overlap ## a token's cost beside its products, and how much of it a device hides
	$(Q)$(B)/bench-overlap $(OVERLAP)

$(B)/bench-overlap: $(call objects,tests/bench/cpu_overlap.c host/options.c host/interrupt.c) $(B)/libtritium.a
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)
.PHONY: bench-overlap

# The screened head alone on 64-bit ARM, too.
HEAD_CHECK_C := $(addprefix ref/,elementary.c numerics.c rope.c attention.c ternary.c layout.c table.c \
	files.c map.c sampler.c) base/status.c cpu/isa.c $(wildcard cpu/head*.c cpu/operators*.c cpu/pool*.c) \
	tests/tools/head_check.c
$(B)/head-check: $(call objects,$(HEAD_CHECK_C))
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -static -o $@ $^ -lpthread -lm

test-cpu-head: ## the screened head on 64-bit ARM, by qemu, gives the reference's tokens
	+$(Q)if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then \
	  $(MAKE) CC=aarch64-linux-gnu-gcc B=build/aarch64 build/aarch64/head-check && \
	  qemu-aarch64 build/aarch64/head-check; \
	else echo "install gcc-aarch64-linux-gnu and qemu-user"; echo "0 passed, 1 failed"; exit 1; fi

TESTS += test-cpu-head
.PHONY: test-cpu-head
