# SPDX-License-Identifier: Apache-2.0
# Figures that a document may quote, with the command that made them.

BENCH ?= tiny kv260
bench: bench-cycles bench-cpu ## bench-cycles and bench-cpu

bench-cycles: $(PROGRAM) $(BENCH:%=build/sim/%/libtritium_sim.so) ## cycles of the demo model on BENCH="DESIGN ..."
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

.PHONY: bench-rtl
.PHONY: bench bench-cycles bench-models

HEAD_STATES ?= 20
bench-head: $(B)/bench-head ## rows and bytes that the screened output head reads, HEAD_STATES=20 random ones
	@mkdir -p build/reports
	@$(B)/bench-head tests/models/demo tests/vectors/demo/vectors.json $(HEAD_STATES) \
	  > build/reports/head.json

$(B)/bench-head: $(call objects,tests/bench/head.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

# The host engine against other programs' own benchmarks: PEERS is a file of lines NAME = COMMAND.
PEERS ?=
BENCH_CPU ?=
CPU_VENV := build/cpu-venv
$(CPU_VENV)/ready:
	@python3 -m venv $(CPU_VENV) && $(CPU_VENV)/bin/pip -q install matplotlib 2>/dev/null || \
	  { mkdir -p $(CPU_VENV)/bin; ln -sf "$$(command -v python3)" $(CPU_VENV)/bin/python3; }
	@touch $@

bench-cpu: $(PROGRAM) $(B)/cpu-engine $(CPU_VENV)/ready ## speed of the host engine at 2B4T's shapes, and of PEERS=FILE, 3 GB of memory
	@$(CPU_VENV)/bin/python3 -B tests/bench/cpu.py --program $(PROGRAM) --engine $(B)/cpu-engine \
	  $(if $(PEERS),--peers $(PEERS)) $(BENCH_CPU)

C_FLAGS_tests/bench/cpu_engine = -O3
$(B)/cpu-engine: $(call objects,tests/bench/cpu_engine.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

test-bench: ## what bench-cpu rests on: peers' answers, bytes, ratios, the table
	@python3 -B tests/bench/cpu_check.py build/reports/bench-check

TESTS += test-bench
.PHONY: bench-cpu test-bench

bench-kernels: $(B)/cpu-kernels ## speed of the ternary products against what memory and instructions give, 2 GB of memory
	@$(B)/cpu-kernels $(ROUNDS)

$(B)/cpu-kernels: $(call objects,tests/bench/cpu_kernels.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

.PHONY: bench-kernels
