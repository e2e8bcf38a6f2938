# SPDX-License-Identifier: Apache-2.0
# The front door. `make` lists the targets; each room adds its own in ROOM/ROOM.mk, and nothing but
# build/ is ever written. Variables: V=1 shows commands, J= parallel jobs, SAN= sanitizers, O= objects.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
V ?= 0
Q := $(if $(filter 0,$(V)),@)
J ?= $(shell nproc 2>/dev/null || echo 1)
CC = gcc
AR = ar

# SAN=address,undefined (or thread) builds everything a second time, in a directory of its own.
SAN ?=
comma := ,
B := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
O ?= $(B)/obj

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
CFLAGS ?= -O2 -g
# The definition of the numbers forbids contraction; CFLAGS may be anything that keeps IEEE arithmetic.
C_FLAGS = -std=c17 $(WARNINGS) -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen \
	$(CFLAGS) $(SAN_FLAGS) -MMD -MP
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LIBS = -lyaml -ljansson -lutf8proc -lisal -ledit -lmuparser -ldl -lpthread -lm

LIB := $(B)/libtritium.a
PROGRAM := $(B)/tritium
UNIT := $(B)/unit
GEN := build/gen/accel.h build/gen/accel.svh

LIB_C := $(wildcard base/*.c ref/*.c driver/*.c cpu/*.c explore/*.c)
HOST_C := $(wildcard host/*.c)
UNIT_C := $(wildcard tests/unit/*.c)
objects = $(patsubst %.c,$(O)/%.o,$(1))

# Suites of `make test`, in order; rooms append. Each is a target that prints Criterion's synthesis or
# a line "N passed, N failed".
TESTS := test-lint test-tools test-contract test-unit

##@ Use
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## "; n = split("Use Build Simulation Test Sources", order, " ") } \
	  FNR == 1 { section = FILENAME ~ /^tests\// ? "Test" : "Build" } \
	  /^##@ / { section = substr($$0, 5) } \
	  /^[a-z][a-z0-9-]*:.*## / { at = section; if ($$1 ~ /^test-/) at = "Test"; \
	    lines[at] = lines[at] sprintf("  %-16s %s\n", $$1, $$2) } \
	  END { for (i = 1; i <= n; i++) if (lines[order[i]]) printf "%s\n%s\n", order[i], lines[order[i]] }' \
	  $(MAKEFILE_LIST)
	@printf 'Variables: V=1 shows commands, J=%s jobs, CFLAGS="%s"\n' '$(J)' '$(CFLAGS)'

# The goals a user types fetch what is missing first, then build: a fresh clone needs only make.
demo: ## a trained ternary model speaks through the simulated accelerator
	@tools/deps demo
	+@$(MAKE) -j$(J) demo-build
	+@$(MAKE) demo-run

test: ## every test: install what is missing, build, run, count
	@tools/deps test
	+@tools/suites $(J) $(TESTS)

deps: ## install the packages that demo and test need
	@tools/deps test

doctor: ## say for each tool and library: version found, or package to install
	@tools/doctor

clean: ## remove build/
	rm -rf build

##@ Build
host: $(PROGRAM) ## build/tritium, the program a user runs
ref: $(call objects,$(wildcard base/*.c ref/*.c)) ## compile the reference alone
driver: $(LIB) ## build/libtritium.a: reference, driver and formats

$(LIB): $(call objects,$(LIB_C))
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(PROGRAM): $(call objects,$(HOST_C)) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# Unit tests see the host's parts too, but not its main.
$(UNIT): $(call objects,$(UNIT_C) $(filter-out host/main.c,$(HOST_C))) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) -lcriterion $(LIBS)

$(O)/%.o: %.c | $(GEN)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) $(C_FLAGS_$(basename $<)) -c -o $@ $<

# Each room adds its targets and, by TESTS += NAME, its suites.
# A room that is missing is an error: it would take its suites with it.
include tools/tools.mk cpu/cpu.mk rtl/rtl.mk sim/sim.mk hls/hls.mk host/host.mk sim/xrt.mk
include tests/unit/unit.mk docs/docs.mk ref/ref.mk tests/rtl/rtl_tests.mk
include tests/cocotb/cocotb.mk tests/geometry/geometry.mk
include tests/mutation/mutation.mk tests/formal/formal.mk
include tests/e2e/e2e.mk tests/bench/bench.mk tests/fuzz/fuzz.mk tests/area/area.mk
include bitstreams/bitstreams.mk tests/boards/boards.mk explore/explore.mk
TESTS += test-san test-tsan

# What the compiler wrote of every object's headers, whoever builds it: a forgotten one leaves an object stale.
-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d)

.PHONY: help demo test deps doctor clean host ref driver
