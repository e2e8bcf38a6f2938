# SPDX-License-Identifier: Apache-2.0
# Random Verilator tests of skid_buffer, fifo, axi_read, axi_write and weight_read: target test-rtl-stream.
# SEED= gives the first seed, SEEDS= the number of seeds for each test.

TESTS += test-rtl-stream

STREAM_OUT := build/rtl-stream
STREAM_RTL := $(addprefix rtl/,skid_buffer.sv fifo.sv axi_bursts.sv axi_read.sv axi_write.sv \
  weight_read.sv)
STREAM_CXX := $(wildcard tests/rtl/stream/*.cpp)
STREAM_MODELS := skid_buffer fifo_deep fifo_tiny axi_read_wide axi_read_byte axi_write_wide \
  axi_write_byte weight_read_4 weight_read_2 weight_read_page

# Model: module and parameters.
STREAM_skid_buffer    := skid_buffer -GWIDTH=64
STREAM_fifo_deep      := fifo -GWIDTH=64 -GDEPTH=16
STREAM_fifo_tiny      := fifo -GWIDTH=64 -GDEPTH=2
STREAM_axi_read_wide  := axi_read -GBEAT_BITS=64 -GBURST=16 -GDEPTH=64
STREAM_axi_read_byte  := axi_read -GBEAT_BITS=8 -GBURST=4 -GDEPTH=4
STREAM_axi_write_wide := axi_write -GBEAT_BITS=64 -GBURST=16 -GOUTSTANDING=16
STREAM_axi_write_byte := axi_write -GBEAT_BITS=8 -GBURST=4 -GOUTSTANDING=2
STREAM_weight_read_4    := weight_read -GPORTS=4 -GBEAT_BITS=64 -GBURST=16 -GDEPTH=64
STREAM_weight_read_2    := weight_read -GPORTS=2 -GBEAT_BITS=16 -GBURST=4 -GDEPTH=4
STREAM_weight_read_page := weight_read -GPORTS=1 -GBEAT_BITS=512 -GBURST=64 -GDEPTH=128

STREAM_LIBS := $(foreach m,$(STREAM_MODELS),$(STREAM_OUT)/V$(m)__ALL.a)
STREAM_OBJECTS := $(patsubst tests/rtl/stream/%.cpp,$(STREAM_OUT)/%.o,$(STREAM_CXX)) \
  $(STREAM_OUT)/verilated.o $(STREAM_OUT)/verilated_threads.o
STREAM_FLAGS = -std=c++17 -O1 -I. -I$(STREAM_OUT) -isystem $(VERILATOR_INCLUDE)

$(STREAM_OUT)/V%__ALL.a: $(STREAM_RTL) rtl/assert.svh tests/rtl/stream/stream.mk
	@echo "  VLT   $*"
	@mkdir -p $(STREAM_OUT)
	$(Q)$(VERILATOR) -Wall --cc -Irtl --Mdir $(STREAM_OUT) --prefix V$* \
	  --top-module $(STREAM_$*) rtl/$(firstword $(STREAM_$*)).sv
	$(Q)$(MAKE) -s -C $(STREAM_OUT) -f V$*.mk V$*__ALL.a OPT_FAST=-O1 >/dev/null
	@touch $@

# The models' headers come with their libraries.
$(STREAM_OUT)/%.o: tests/rtl/stream/%.cpp $(wildcard tests/rtl/stream/*.h) $(STREAM_LIBS)
	@echo "  CXX   $<"
	$(Q)$(CXX) $(STREAM_FLAGS) -Wall -Wextra -c -o $@ $<

$(STREAM_OUT)/verilated.o $(STREAM_OUT)/verilated_threads.o: \
  $(STREAM_OUT)/%.o: $(VERILATOR_INCLUDE)/%.cpp
	@mkdir -p $(@D)
	$(Q)$(CXX) $(STREAM_FLAGS) -w -c -o $@ $<

$(STREAM_OUT)/test_stream: $(STREAM_OBJECTS) $(STREAM_LIBS)
	@echo "  LD    $@"
	$(Q)$(CXX) -o $@ $^ -lpthread -latomic

.PHONY: test-rtl-stream
test-rtl-stream: $(STREAM_OUT)/test_stream ## random tests of the stream and AXI modules
	$(Q)SEED=$(SEED) SEEDS=$(SEEDS) $<
