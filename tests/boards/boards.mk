# SPDX-License-Identifier: Apache-2.0
# Boards without their tools: everything that bitstreams/ generates is read back and compared with the
# contract, the designs and the boards; `make bitstream` is run with stand-ins that record their
# arguments; `tritium selftest` runs on every kind of device that is here.

BOARD_TESTS := build/tests/boards
# Through real XRT with the simulator behind it, where XRT is installed: one unit and two; and the two
# units of the U55C with the C kernel behind it.
BOARD_XRT := $(if $(XRT_ROOT),$(patsubst %,build/xrt/%.xclbin,p1_b128_b2_t2 p2_b128_b3_t4-2))
BOARD_XRT_HLS := $(if $(XRT_ROOT),build/xrt/u55c-2-hls.xclbin)
BOARD_SIM := kv260 p1_b128_b2_t2+accumulate
BOARD_HLS := u55c hbm kv260 p2_b512_b3_t1+lone p2_b512_b3_t1+stride

test-boards: $(PROGRAM) build/tools/board build/gen/accel.svh \
		$(BOARDS:%=$(BITSTREAMS)/%/link.cfg) \
		$(foreach b,$(BOARDS),build/gen/$(call board_design,$(b))/tritium_top.sv) \
		$(BOARD_SIM:%=build/sim/%/libtritium_sim.so) $(BOARD_HLS:%=build/hls/%/libtritium_hls.so) \
		$(BOARD_XRT) $(BOARD_XRT_HLS) $(if $(BOARD_XRT),$(XRT_HELPER)) ## boards: generated files, make bitstream with stand-ins, selftest
	@BOARD_XRT='$(BOARD_XRT)' BOARD_XRT_HLS='$(BOARD_XRT_HLS)' tests/boards/sum.sh $(BOARD_TESTS) $(PROGRAM) $(BOARDS)

TESTS += test-boards
.PHONY: test-boards
