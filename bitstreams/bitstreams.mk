# SPDX-License-Identifier: Apache-2.0
# Bitstreams for boards: build/bitstreams/BOARD/tritium.xclbin with the vendor's tools, and what those
# tools read, which is made and checked without them. A file that a tool did not make is not there.

BOARDS := $(notdir $(patsubst %/,%,$(dir $(wildcard bitstreams/*/board.yaml))))
BITSTREAMS ?= build/bitstreams
BOARD ?=
PLATFORM ?=
export PLATFORM

# A board's own design is bitstreams/BOARD/design.yaml; a link there means one of designs/.
$(DESIGN_GEN): bitstreams/%/design.yaml build/tools/design_params
	$(design_params)
board_design = $(shell sed -n 's/^name: *//p' $(wildcard bitstreams/$(1)/design.yaml) </dev/null)
board_kind = $(shell sed -n 's/^kind: *//p' $(wildcard bitstreams/$(1)/board.yaml) </dev/null)

BOARD_O := $(patsubst %,build/tools/obj/%.o,tools/board tools/board_read tools/board_write \
	tools/xclbin_plan tools/contract_read base/design base/yaml base/status)
build/tools/obj/tools/board.o build/tools/obj/tools/board_read.o \
	build/tools/obj/tools/board_write.o build/tools/obj/tools/xclbin_plan.o: | build/gen/accel.h
build/tools/board: $(BOARD_O)
	@echo "  LD    $@"
	$(Q)$(CC) -o $@ $^ -lyaml
-include $(BOARD_O:.o=.d)

##@ Build
bitstream: ## BOARD=u55c, u280 or kv260: its xclbin, with AMD's tools; says what is missing
	@bitstreams/missing.sh "$(BOARD)"
	+@$(MAKE) $(BITSTREAMS)/$(BOARD)/$(if $(filter kria,$(call board_kind,$(BOARD))),deployed,tritium.xclbin)

bitstream-files: $(BOARDS:%=$(BITSTREAMS)/%/link.cfg) ## what AMD's tools read, for every board, without them

# made: the recipe before it says it made $@; a tool that ends well without its file is caught here.
made = @test -s $@ || { echo "bitstream: $@ was not made" >&2; exit 1; }

.SECONDEXPANSION:
$(BITSTREAMS)/%/link.cfg: bitstreams/%/board.yaml bitstreams/%/design.yaml rtl/accel.yaml \
		build/tools/board
	@echo "  GEN   $(@D)"
	@mkdir -p $(@D)
	$(Q)build/tools/board $< rtl/accel.yaml bitstreams/$*/design.yaml $(@D)

$(BITSTREAMS)/%/tritium_top.xo: $(BITSTREAMS)/%/link.cfg bitstreams/package_kernel.tcl $(RTL_SV) \
		build/gen/accel.svh build/gen/$$(call board_design,$$*)/tritium_top.sv
	@echo "  XO    $@"
	$(Q)vivado -mode batch -nojournal -log $(@D)/vivado.log -source bitstreams/package_kernel.tcl \
	  -tclargs $(@D)/kernel.tcl $(lastword $^) $@ $(@D)/package
	$(made)

# Vitis scatters files around the working directory; the recipes move into the board's own.
vpp = cd $(@D) && v++ -t hw --platform $$(cd $(CURDIR) && bitstreams/missing.sh --platform $*) \
	--save-temps --temp_dir temp --log_dir logs --report_dir reports
$(BITSTREAMS)/%/link.xclbin: $(BITSTREAMS)/%/tritium_top.xo
	@echo "  LINK  $@"
	$(Q)$(vpp) -l --config link.cfg -o $(@F) $(<F)
	$(made)

# A card's file goes through v++'s packaging; a Kria's is loaded beside a bitstream that Linux loads.
$(BITSTREAMS)/%/packaged.xclbin: $(BITSTREAMS)/%/link.xclbin
	@echo "  PACK  $@"
	$(Q)$(if $(filter kria,$(call board_kind,$*)),cp $< $@,$(vpp) -p --package.out_dir package -o $(@F) $(<F))
	$(made)

# The design travels in the xclbin: xrt:FILE.xclbin needs no other file.
$(BITSTREAMS)/%/tritium.xclbin: $(BITSTREAMS)/%/packaged.xclbin bitstreams/%/design.yaml
	@echo "  XCLBIN $@"
	$(Q)xclbinutil --force --input $< --output $@ \
	  --add-replace-section USER_METADATA:RAW:bitstreams/$*/design.yaml
	$(made)

# ---- Kria: the folder that goes to /lib/firmware/xilinx ----------------------------------------------
$(BITSTREAMS)/%/tritium.bit: $(BITSTREAMS)/%/link.xclbin
	$(Q)xclbinutil --force --input $< --dump-section BITSTREAM:RAW:$@
	$(made)

$(BITSTREAMS)/%/tritium.bit.bin: $(BITSTREAMS)/%/tritium.bit
	$(Q)cd $(@D) && bootgen -w -arch zynqmp -process_bitstream bin -image bootgen.bif -o $(@F)
	$(made)

$(BITSTREAMS)/%/tritium.dtbo: $(BITSTREAMS)/%/link.cfg
	$(Q)dtc -q -@ -I dts -O dtb -o $@ $(@D)/overlay.dtso
	$(made)

$(BITSTREAMS)/%/deployed: $(BITSTREAMS)/%/tritium.xclbin $(BITSTREAMS)/%/tritium.bit.bin \
		$(BITSTREAMS)/%/tritium.dtbo
	$(Q)rm -rf $(@D)/tritium && mkdir -p $(@D)/tritium
	$(Q)cp $^ $(@D)/shell.json $(@D)/tritium/
	@echo "copy $(@D)/tritium to /lib/firmware/xilinx/ of the board; then: xmutil unloadapp; xmutil loadapp tritium"
	$(Q)touch $@

.PRECIOUS: $(BITSTREAMS)/%/link.cfg $(BITSTREAMS)/%/tritium_top.xo $(BITSTREAMS)/%/link.xclbin \
	$(BITSTREAMS)/%/packaged.xclbin $(BITSTREAMS)/%/tritium.xclbin $(BITSTREAMS)/%/tritium.bit \
	$(BITSTREAMS)/%/tritium.bit.bin $(BITSTREAMS)/%/tritium.dtbo
.PHONY: bitstream bitstream-files
