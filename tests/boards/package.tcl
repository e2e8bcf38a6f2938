# SPDX-License-Identifier: Apache-2.0
# Stands in for Vivado: runs bitstreams/package_kernel.tcl with commands that record what they were
# asked, refuse what cannot be (a bus that the top does not have, a file that is not there, an object
# that was not made), and leave the record where package_xo would leave the kernel. Proves that the
# script is Tcl and what it says; not that Vivado agrees.
# Usage: tclsh tests/boards/package.tcl KERNEL.tcl TOP.sv OUT.xo WORK_DIRECTORY

set recorded {}
array set properties {}
set objects core
proc record {args} { lappend ::recorded [join $args " "] }
proc make_object {name} { lappend ::objects $name; return $name }
proc known {object} {
    if {$object ni $::objects} { error "stand-in: no object '$object'" }
}

# The buses that a packager infers from the names of the top's ports.
proc buses {} {
    set in [open [lindex $::argv 1]]
    set text [read $in]
    close $in
    set found ap_clk
    foreach {all bus} [regexp -all -inline {(s_axi_\w+|m_axi_\w+)_(?:ARADDR|AWADDR)\M} $text] {
        if {$bus ni $found} { lappend found $bus }
    }
    return $found
}

proc create_project {args} { record project {*}$args }
proc close_project {args} {}
proc add_files {args} {
    foreach file [lindex $args end] {
        if {![file isfile $file]} { error "stand-in: no file $file" }
        record file $file
    }
}
proc get_files {names} { return [make_object "files $names"] }
proc get_filesets {name} { return [make_object "fileset $name"] }
proc update_compile_order {args} {}
proc set_property {name value object} {
    known $object
    set ::properties($object,[string toupper $name]) $value
}
proc get_property {name object} { return $object }
proc package_xo {args} {
    array set option $args
    record package_xo {*}$args
    set c core
    foreach name {NAME SDX_KERNEL SDX_KERNEL_TYPE VITIS_DRC} {
        record property $name $::properties(core,$name)
    }
    foreach {what key} {
        top "fileset sources_1,TOP" frequency "bus ap_clk FREQ_HZ,VALUE"
        map "bus s_axi_control,SLAVE_MEMORY_MAP_REF"
    } {
        record property $what $::properties($key)
    }
    foreach register [lsort [array names ::properties "register *,ADDRESS_OFFSET"]] {
        regsub {,ADDRESS_OFFSET$} $register {} object
        set master {}
        set key "$object ASSOCIATED_BUSIF,VALUE"
        if {[info exists ::properties($key)]} { set master $::properties($key) }
        record register [lindex $object 1] $::properties($register) $::properties($object,SIZE) \
            $master
    }
    set out [open $option(-xo_path) w]
    puts $out "a record of a stand-in, not a kernel"
    foreach line $::recorded { puts $out [string trimright $line] }
    close $out
}

namespace eval ipx {
    proc package_project {args} { record package_project {*}$args }
    proc unload_core {path} {}
    proc edit_ip_in_project {args} {}
    proc current_core {} { return core }
    proc get_user_parameters {args} { return {BEAT_BITS PORTS} }
    proc remove_user_parameter {name core} { record removed $name }
    proc associate_bus_interfaces {args} {
        array set option [lrange $args 0 end-1]
        if {$option(-busif) ni [buses]} { error "stand-in: no bus $option(-busif) in the top" }
        record bus $option(-busif) $option(-clock)
    }
    proc get_bus_interfaces {name args} {
        if {$name ni [buses]} { error "stand-in: no bus $name in the top" }
        return [make_object "bus $name"]
    }
    proc add_bus_parameter {quiet name bus} { known $bus; return [make_object "$bus $name"] }
    proc add_memory_map {quiet name core} { return [make_object "map $name"] }
    proc add_address_block {quiet name map} { known $map; return [make_object "block $name"] }
    proc add_register {quiet name block} { known $block; return [make_object "register $name"] }
    proc get_registers {name args} { known "register $name"; return "register $name" }
    proc add_register_parameter {quiet name register} {
        known $register
        return [make_object "$register $name"]
    }
    proc add_field {name register} {
        known $register
        record field $name
        return [make_object "field $name"]
    }
    proc create_xgui_files {core} {}
    proc update_checksums {core} {}
    proc check_integrity {args} { record check_integrity {*}$args }
    proc save_core {core} { record saved }
}

source bitstreams/package_kernel.tcl
