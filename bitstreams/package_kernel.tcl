# SPDX-License-Identifier: Apache-2.0
# Packs the RTL as a Vitis kernel: vivado -mode batch -source bitstreams/package_kernel.tcl -tclargs
# KERNEL.tcl TOP.sv OUT.xo WORK_DIRECTORY, from the root of the tree. Registers, masters, part and
# clock come from KERNEL.tcl (tools/board); nothing of the accelerator is written here.

if {[llength $argv] != 4} {
    puts stderr "package_kernel.tcl: wanted KERNEL.tcl TOP.sv OUT.xo WORK_DIRECTORY, got: $argv"
    exit 2
}
lassign $argv kernel top xo work
source $kernel

# ---- a project with the sources ----

create_project -force -part $tri_part package_kernel $work/project
add_files -norecurse [list {*}[lsort [glob rtl/*.sv]] $top]
add_files -norecurse [list rtl/assert.svh build/gen/accel.svh]
# The top has ports and wires only, so that a packager that wants plain Verilog there gets it.
set_property file_type Verilog [get_files [file tail $top]]
set_property file_type {Verilog Header} [get_files {assert.svh accel.svh}]
set_property include_dirs [list [file normalize rtl] [file normalize build/gen]] \
    [get_filesets sources_1]
set_property top $tri_kernel [get_filesets sources_1]
update_compile_order -fileset sources_1

# ---- an IP of it ----

ipx::package_project -root_dir $work/ip -vendor tritium -library RTLKernel -taxonomy /KernelIP \
    -import_files -set_current false
ipx::unload_core $work/ip/component.xml
ipx::edit_ip_in_project -upgrade true -name edit_ip -directory $work/ip $work/ip/component.xml
set core [ipx::current_core]
# The kernel is found by this name: it must be the IP's, or a host waits for ever.
set_property name $tri_kernel $core
set_property core_revision 1 $core
foreach parameter [ipx::get_user_parameters -of_objects $core] {
    ipx::remove_user_parameter [get_property NAME $parameter] $core
}

foreach bus [concat s_axi_control $tri_masters] {
    ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
set frequency [ipx::add_bus_parameter -quiet FREQ_HZ \
    [ipx::get_bus_interfaces ap_clk -of_objects $core]]
set_property value $tri_clock_hz $frequency
set_property value_resolve_type user $frequency

# ---- its registers: control and arguments, nothing else, as each one above 0x10 is an argument ----

set map [ipx::add_memory_map -quiet s_axi_control $core]
set block [ipx::add_address_block -quiet reg0 $map]
set_property range 4096 $block
set_property width 32 $block
foreach register $tri_registers {
    lassign $register name offset bits master
    set object [ipx::add_register -quiet $name $block]
    set_property address_offset $offset $object
    set_property size $bits $object
    if {$master ne ""} {
        set_property value $master [ipx::add_register_parameter -quiet ASSOCIATED_BUSIF $object]
    }
}
# name, first bit, bits, access: of CTRL, for a kernel with ap_ctrl_hs
set control [ipx::get_registers CTRL -of_objects $block]
foreach field {
    {AP_START 0 1 read-write} {AP_DONE 1 1 read-only} {AP_IDLE 2 1 read-only}
    {AP_READY 3 1 read-only} {AUTO_RESTART 7 1 read-write}
} {
    lassign $field name bit bits access
    set object [ipx::add_field $name $control]
    set_property BIT_OFFSET $bit $object
    set_property BIT_WIDTH $bits $object
    set_property ACCESS $access $object
}
set_property slave_memory_map_ref s_axi_control \
    [ipx::get_bus_interfaces s_axi_control -of_objects $core]

# ---- the kernel ----

set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
set_property vitis_drc {ctrl_protocol ap_ctrl_hs} $core
set_property ipi_drc {ignore_freq_hz true} $core
set_property supported_families {} $core
set_property auto_family_support_level level_2 $core
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity -kernel $core
ipx::save_core $core
close_project -delete

file delete -force $xo
package_xo -xo_path $xo -kernel_name $tri_kernel -ctrl_protocol ap_ctrl_hs -ip_directory $work/ip
