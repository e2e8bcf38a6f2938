# SPDX-License-Identifier: Apache-2.0
# The reference's numbers on every compiler at hand: one program, many builds, one hash.

TESTS += test-hash test-shapes

HASH_C := $(addprefix ref/,elementary.c numerics.c rope.c ternary.c layout.c table.c master.c map.c files.c session.c attention.c \
	forward.c sampler.c) base/status.c tests/tools/ref_hash.c
HASH_FLAGS := -std=c17 $(WARNINGS) -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I.
HASH_OUT := build/ref-hash

test-hash: ## the reference gives the same bits with gcc, clang and aarch64, -O0 to -O3
	$(Q)sh tests/tools/ref_hash.sh $(HASH_OUT) '$(HASH_FLAGS)' $(HASH_C)

# The second implementation is in Python with numpy, from Debian's own Python where others lack it.
NUMPY = PYTHONDONTWRITEBYTECODE=1 $$(for p in python3 /usr/bin/python3; do \
	$$p -c 'import numpy' 2>/dev/null && echo $$p && break; done)

$(B)/dump-model: $(call objects,tests/tools/dump_model.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

test-shapes: $(B)/dump-model ## every published model shape in small, in every file format, against numpy
	$(Q)$(NUMPY) tests/tools/np_shapes.py $(B)/dump-model build/shapes

# A file of the full 2.4 billion parameters (1.2 GB in build/), one token, all 210 BitLinears. Minutes:
# not a part of `make test`.
FULL_MODEL ?= build/full/2b4t.gguf
FULL_LAYOUT ?= none
$(FULL_MODEL): | $(PROGRAM)
	@mkdir -p $(@D)
	$(PROGRAM) synth --shape 2b4t --seed 1 --format i2_s --out $@

test-full: $(B)/dump-model $(FULL_MODEL) ## one token of a full-size 2B4T model, all BitLinears against numpy
	$(Q)$(B)/dump-model $(FULL_MODEL) $(FULL_LAYOUT) build/full.dump 128000
	$(Q)$(NUMPY) tests/tools/np_model.py build/full.dump $(FULL_MODEL) \
	  && echo "1 passed, 0 failed" || { echo "0 passed, 1 failed"; exit 1; }

.PHONY: test-hash test-shapes test-full
