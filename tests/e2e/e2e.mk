# SPDX-License-Identifier: Apache-2.0
# End to end: the program, real models, golden model and Verilated accelerator. Each script writes a
# log; sum.sh adds them up. Simulators are built as needed and kept, logs are always made again.

E2E := build/e2e
# Every design of designs/test on the golden model; these, with every number of ports, both widths, both
# encodings and 1, 2 and 4 tokens at once, also in Verilog.
E2E_SIM := p1_b128_b2_t2 p1_b128_b3_t1 p1_b512_b3_t2 p2_b128_b2_t1 p2_b128_b3_t4 p2_b512_b3_t1 \
	p4_b128_b2_t2 p4_b128_b3_t4 p4_b512_b2_t1
# The C kernel: one port with b2, four with b3, wide beats with several tokens at once.
E2E_HLS := kv260 tiny p2_b512_b3_t4
E2E_PLANTED := p2_b128_b2_t1
E2E_REF := $(basename $(notdir $(wildcard designs/test/*.yaml)))
E2E_LOGS := $(patsubst %,$(E2E)/%.log,bad_command bad_input output convert commands engine planted reference \
	cpu-b2 cpu-b3 $(addprefix ref-,$(E2E_REF)) $(addprefix sim-,$(E2E_SIM)) $(addprefix hls-,$(E2E_HLS)))

# A script that fails has said so in its log; sum.sh decides.
e2e_run = @mkdir -p $(E2E); echo "  E2E   $(1)"; TRITIUM=$(PROGRAM) tests/e2e/$(1) >$@ 2>&1 || true
e2e_sim = build/sim/$(1)/libtritium_sim.so

test-e2e: $(E2E_LOGS) ## end to end: program, models, golden model, Verilated accelerator
	@tests/e2e/sum.sh $(E2E_LOGS)

$(E2E_LOGS): $(PROGRAM) e2e-again
$(patsubst %,$(E2E)/%.log,bad_command bad_input output convert commands engine reference): $(E2E)/%.log:
	$(call e2e_run,$*.sh)
$(E2E)/planted.log: $(call e2e_sim,$(E2E_PLANTED)) $(call e2e_sim,$(E2E_PLANTED)+accumulate)
	$(call e2e_run,planted.sh $(E2E_PLANTED))
$(E2E)/cpu-b2.log $(E2E)/cpu-b3.log: $(E2E)/cpu-%.log: $(E2E)/reference.log
	$(call e2e_run,matrix.sh cpu:$*)
$(patsubst %,$(E2E)/ref-%.log,$(E2E_REF)): $(E2E)/ref-%.log: $(E2E)/reference.log
	$(call e2e_run,matrix.sh ref:$*)
$(patsubst %,$(E2E)/sim-%.log,$(E2E_SIM)): $(E2E)/sim-%.log: $(E2E)/reference.log \
		build/sim/%/libtritium_sim.so
	$(call e2e_run,matrix.sh sim:$*)
$(patsubst %,$(E2E)/hls-%.log,$(E2E_HLS)): $(E2E)/hls-%.log: $(E2E)/reference.log \
		build/hls/%/libtritium_hls.so
	$(call e2e_run,matrix.sh hls:$*)
e2e-again:

TESTS += test-e2e
.PHONY: test-e2e e2e-again
