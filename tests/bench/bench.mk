# SPDX-License-Identifier: Apache-2.0
# Figures that a document may quote, with the command that made them.

BENCH ?= tiny kv260
bench: $(PROGRAM) $(BENCH:%=build/sim/%/libtritium_sim.so) ## cycles of the demo model on BENCH="DESIGN ..."
	@tests/bench/bench.sh $(BENCH)

# tiktoken comes from the Python package index, into build/; without it its ratio is left out.
BENCH_VENV := build/bench-venv
$(BENCH_VENV)/ready:
	@python3 -m venv $(BENCH_VENV) && $(BENCH_VENV)/bin/pip -q install tiktoken 2>/dev/null || \
	  { mkdir -p $(BENCH_VENV)/bin; ln -sf "$$(command -v python3)" $(BENCH_VENV)/bin/python3; }
	@touch $@

bench-models: $(PROGRAM) $(B)/bench-models $(BENCH_VENV)/ready ## figures about model files and tokenizer, 3 GB of disk
	@$(BENCH_VENV)/bin/python3 tests/bench/models.py $(PROGRAM) $(B)/bench-models build/reports/models.json

$(B)/bench-models: $(call objects,tests/bench/models.c host/textfile.c host/interrupt.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)
-include $(O)/tests/bench/models.d

# How the Verilated accelerator streams, of two memories, and one whole token of 2B4T's shape with every
# sum compared; figures into build/reports/rtl.json beside those of others. About three minutes of CPU.
BENCH_RTL ?= kv260 hbm
bench-rtl: $(PROGRAM) $(B)/bench-rtl $(BENCH_RTL:%=build/sim/%/libtritium_sim.so) build/sim/kv260/libtritium_sim.so ## cycles of lists and of a token: utilisation, and the formula's error
	@mkdir -p build/reports
	@$(PROGRAM) bench --device sim:kv260 --model synth-2b4t --tokens 1 --check --json build/reports/token.json
	@$(B)/bench-rtl $(BENCH_RTL) --token build/reports/token.json --json build/reports/rtl.json

C_FLAGS_tests/bench/rtl := -O3
$(B)/bench-rtl: $(call objects,tests/bench/rtl.c sim/memory.c sim/memory_rules.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)
-include $(O)/tests/bench/rtl.d

.PHONY: bench bench-models bench-rtl
