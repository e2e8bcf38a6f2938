#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Synthesises the kernel of tests/cocotb/gates.yaml: `gates.sh xcup|osu018` writes build/gates/NAME.v, to be
# simulated with the cells' own models. xcup: LUT, carry and LUTRAM primitives, block RAM left out because
# Yosys has no model of it. osu018: standard cells; memories stay behavioural, as an ASIC's macros would.
set -eu
cd "$(dirname "$0")/../.."

out=build/gates
top=build/gen/gates/tritium_top.sv
read="read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen $(echo rtl/*.sv) $top; hierarchy -check -top tritium_top"
mkdir -p $out
case ${1:-} in
xcup)
    steps="proc; setattr -unset ram_style -unset rom_style */m:*
        synth_xilinx -family xcup -flatten -noiopad -noclkbuf -nodsp -nobram -top tritium_top"
    ;;
osu018)
    cells=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
    [ -f $cells ] || { echo "gates: $cells: wanted the package qflow-tech-osu018, got no such file"; exit 1; }
    # Its models, but for a flip-flop that wakes up random: osu018_dff.v.
    sed '/^module DFFPOSX1/,/^endmodule/d' "${cells%.lib}.v" >$out/osu018_cells.v
    steps="read_liberty -lib $cells; proc; flatten; opt; memory -nomap; opt; techmap; opt; dfflibmap -liberty $cells
        abc -liberty $cells; opt_clean"
    ;;
*)
    echo "usage: gates.sh xcup | osu018" >&2
    exit 2
    ;;
esac
yosys -q -p "$read
    $steps
    check
    tee -o $out/$1.stat stat
    write_verilog -noattr -noexpr $out/$1.new.v" >"$out/$1.log" 2>&1 || { tail "$out/$1.log"; exit 1; }
mv "$out/$1.new.v" "$out/$1.v"
