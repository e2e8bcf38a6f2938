# SPDX-License-Identifier: Apache-2.0
# The C kernel through Vitis HLS to an xo: from the root of the tree, after make hls DESIGN=NAME,
#   DESIGN=kv260 PART=xck26-sfvc784-2LV-c CLOCK=250MHz vitis_hls -f hls/vitis_hls.tcl
# Has not been run: docs/hls.md.

proc setting {name} {
    if {![info exists ::env($name)]} {
        puts stderr "vitis_hls.tcl: set $name in the environment"
        exit 2
    }
    return $::env($name)
}

set design [setting DESIGN]
set flags "-std=c17 -I[pwd] -I[pwd]/build/gen -I[pwd]/build/gen/$design"
if {![file exists build/gen/$design/hls_params.h]} {
    puts stderr "vitis_hls.tcl: no build/gen/$design/hls_params.h, run: make hls DESIGN=$design"
    exit 2
}

file mkdir build/hls/vitis
open_component -reset build/hls/vitis/$design -flow_target vitis
foreach file [lsort [glob hls/*.c]] {
    # The model is the bus around the kernel in gcc; in hardware the bus is there already.
    if {[file tail $file] ne "model.c"} { add_files $file -cflags $flags }
}
set_top tritium_hls
set_part [setting PART]
create_clock -period [setting CLOCK]
config_interface -m_axi_addr64
csynth_design
export_design -format xo -output build/hls/vitis/$design/tritium_hls.xo
exit
