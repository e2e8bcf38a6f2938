# SPDX-License-Identifier: Apache-2.0
# The demo: a really trained ternary model speaks through the simulated accelerator of a KV260, and
# every integer of it is compared with the reference. `make demo` calls these two, in this order.

DEMO_DESIGN ?= kv260
DEMO_PROMPT ?= Once upon a time there was a king who had
DEMO_SAMPLING ?= -n 64 --temperature 0.6 --top-k 40 --repetition-penalty 1.05 --seed 38

demo-build: $(PROGRAM) build/sim/$(DEMO_DESIGN)/libtritium_sim.so

demo-run:
	@mkdir -p build/reports
	$(Q)$(PROGRAM) run -m tests/models/demo --device sim:$(DEMO_DESIGN) --check --echo --stats \
	  -p '$(DEMO_PROMPT)' $(DEMO_SAMPLING) --report build/reports/demo.json

.PHONY: demo-build demo-run

# Loops over bytes that compilers turn into vectors only here: they read or write whole models.
C_FLAGS_host/survey := -O3
C_FLAGS_host/randommodel := -O3
C_FLAGS_ref/pack := -O3
C_FLAGS_ref/narrow := -O3
C_FLAGS_ref/layout := -O3
C_FLAGS_ref/table := -O3
