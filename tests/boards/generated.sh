#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is generated for one board, read back: registers and masters through the packaging script,
# connectivity against ports and banks, the overlay through dtc. generated.sh BOARD FOLDER SCRATCH
. tests/boards/lib.sh

board=$1 folder=$2 scratch=$3
rm -rf "$scratch"
mkdir -p "$scratch"
ports=$(of_design "$board" ports)
name=$(of_design "$board" name)
top=build/gen/$name/tritium_top.sv

# ---- packaging: control registers under Vitis's names, then the arguments and nothing else ----
verdict 'the packaging script runs' tclsh tests/boards/package.tcl "$folder/kernel.tcl" "$top" \
    "$scratch/kernel.xo" "$scratch/pack"
{
    for pair in ctrl:CTRL gie:GIER ier:IP_IER isr:IP_ISR; do
        registers | awk -v n="${pair%:*}" -v as="${pair#*:}" '$1 == n { print as, $2, $3, "-" }'
    done
    arguments "$ports"
} | sort >"$scratch/wanted"
sed -n 's/^register //p' "$scratch/kernel.xo" | awk '{ print $1, $2, $3, (NF > 3 ? $4 : "-") }' |
    sort >"$scratch/got"
verdict 'registers, offsets and masters are those of rtl/accel.yaml' \
    cmp "$scratch/wanted" "$scratch/got"
verdict 'there are some' [ "$(wc -l <"$scratch/got")" -eq $((8 + ports)) ]
# Every master of the top has its clock, and every weight port one pointer.
grep -o '\(m_axi_[a-z0-9]*\|s_axi_control\)_ARADDR' "$top" | sed 's/_ARADDR//' | sort -u \
    >"$scratch/buses"
sed -n 's/^bus \(.*\) ap_clk$/\1/p' "$scratch/kernel.xo" | sort >"$scratch/clocked"
verdict 'every bus has its clock' cmp "$scratch/buses" "$scratch/clocked"
verdict 'the top has them all' [ "$(wc -l <"$scratch/buses")" -eq $((ports + 2)) ]
for line in 'property NAME tritium_top' 'property top tritium_top' 'property SDX_KERNEL true' \
    'property SDX_KERNEL_TYPE rtl' "property map s_axi_control" \
    "property frequency $(of_design "$board" clock_mhz)000000" \
    "package_xo -xo_path $scratch/kernel.xo -kernel_name tritium_top -ctrl_protocol ap_ctrl_hs -ip_directory $scratch/pack/ip"; do
    verdict "recorded: $line" grep -Fxq "$line" "$scratch/kernel.xo"
done
for file in rtl/*.sv "$top" build/gen/accel.svh; do
    verdict "packed: $file" grep -Fxq "file $file" "$scratch/kernel.xo"
done
# A packager may want plain Verilog at the top.
verdict 'the top is plain Verilog' iverilog -g2005 -i -t null -s tritium_top "$top"

# ---- connectivity ----
banks "$board" >"$scratch/banks"
cfg=$folder/link.cfg
units=$(sed -n 's/^nk=tritium_top:\([0-9]*\):.*/\1/p' "$cfg")
verdict 'a number of units' [ "${units:-0}" -ge 1 ]
arguments "$ports" | awk '$4 != "-" { print $1, $4 }' >"$scratch/pointers"
unit=1
: >"$scratch/connected"
while [ "$unit" -le "${units:-0}" ]; do
    verdict "unit $unit is named" grep -q "^nk=.*[:.]tritium_top_$unit\(\.\|\$\)" "$cfg"
    while read -r pointer master; do
        bank=$(sed -n "s/^sp=tritium_top_$unit\.$pointer://p" "$cfg")
        verdict "unit $unit, $pointer: one bank of the board, got '$bank'" \
            grep -Fxq -- "$bank" "$scratch/banks"
        echo "$bank $unit $master" >>"$scratch/connected"
    done <"$scratch/pointers"
    unit=$((unit + 1))
done
verdict 'no other connection' \
    [ "$(grep -c '^sp=' "$cfg")" -eq "$(wc -l <"$scratch/connected")" ]
# One master may serve several pointers, on one bank; a bank serves one master.
verdict 'a bank for each master' \
    [ "$(sort -u "$scratch/connected" | wc -l)" -eq $((units * (ports + 1))) ]
verdict 'no bank twice' \
    [ "$(sort -u "$scratch/connected" | cut -d ' ' -f 1 | sort -u | wc -l)" -eq $((units * (ports + 1))) ]
mhz=$(of_design "$board" clock_mhz)
verdict 'the clock is the design'"'"'s' \
    grep -Eqx "kernel_frequency=$mhz|freqHz=${mhz}000000:tritium_top_1.ap_clk" "$cfg"
slrs=$(sed -n 's/^slrs: *\[\(.*\)\]/\1/p' "bitstreams/$board/board.yaml" | tr -d ,)
if [ -n "$slrs" ]; then
    verdict 'each unit on a die' [ "$(grep -c '^slr=' "$cfg")" -eq "$units" ]
    sed -n 's/^slr=tritium_top_[0-9]*://p' "$cfg" >"$scratch/slrs"
    while read -r slr; do
        verdict "$slr is a die of the board" sh -c "case ' $slrs ' in *' $slr '*) ;; *) exit 1 ;; esac"
    done <"$scratch/slrs"
fi

# ---- what a Kria needs besides ----
if grep -q '^kind: kria' "bitstreams/$board/board.yaml"; then
    blob=$scratch/overlay.dtbo zocl=/fragment@1/__overlay__/zyxclmm_drm
    verdict 'dtc takes the overlay without a warning' \
        sh -c "dtc -@ -I dts -O dtb -o '$blob' '$folder/overlay.dtso' 2>'$scratch/dtc' && [ ! -s '$scratch/dtc' ]"
    got=$(fdtget -t s "$blob" $zocl compatible)
    verdict "zocl: compatible, got '$got'" [ "$got" = xlnx,zocl ]
    got=$(fdtget -t i "$blob" $zocl interrupts)
    verdict "zocl: eight interrupts from 89, level high, got '$got'" [ "$got" = \
        '0 89 4 0 90 4 0 91 4 0 92 4 0 93 4 0 94 4 0 95 4 0 96 4' ]
    got=$(fdtget -t s "$blob" /__fixups__ gic)
    verdict "zocl: its interrupts are the GIC's, got '$got'" [ "$got" = "$zocl:interrupt-parent:0" ]
    got=$(fdtget -t s "$blob" /fragment@0/__overlay__ firmware-name)
    verdict "the bitstream it names, got '$got'" [ "$got" = tritium.bit.bin ]
    verdict 'shell.json is JSON' python3 -m json.tool "$folder/shell.json"
    verdict 'shell.json: a flat shell of XRT' grep -q '"shell_type": "XRT_FLAT"' "$folder/shell.json"
    verdict 'bootgen is told the bitstream' grep -q 'tritium\.bit$' "$folder/bootgen.bif"
fi
finish
