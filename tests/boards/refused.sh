#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A board that does not fit its design, or is no board: refused with file and line, nothing written.
# refused.sh SCRATCH
. tests/boards/lib.sh

scratch=$1
rm -rf "$scratch"
# refuses WHAT PATTERN SED BOARD: the board with this edit made.
refuses() {
    rm -rf "$scratch"
    mkdir -p "$scratch/out"
    sed "$3" "bitstreams/$4/board.yaml" >"$scratch/board.yaml"
    verdict "$1: the edit changed something" not cmp -s "$scratch/board.yaml" "bitstreams/$4/board.yaml"
    verdict "$1: fails" not build/tools/board "$scratch/board.yaml" rtl/accel.yaml \
        "bitstreams/$4/design.yaml" "$scratch/out"
    build/tools/board "$scratch/board.yaml" rtl/accel.yaml "bitstreams/$4/design.yaml" \
        "$scratch/out" 2>"$scratch/said"
    verdict "$1: says '$2': $(cat "$scratch/said")" \
        grep -Eq -- "board\.yaml:[0-9]+: $2" "$scratch/said"
    verdict "$1: writes nothing" [ -z "$(ls -A "$scratch/out")" ]
}
refuses 'too few banks' 'weights: wanted a bank a port, got fewer' 's/HBM\[0:7\]/HBM[0:6]/' u55c
refuses 'too many banks' 'weights: wanted a bank a port, got more' 's/HBM\[0:15\]/HBM[0:16]/' u280
refuses 'a bank twice' 'units: wanted a bank for each port, got one twice' 's/HBM\[8:15\]/HBM[7:14]/' u55c
refuses 'the data port on a weight bank' 'units: wanted a bank for each port' 's/data: HPC0/data: HP3/' kv260
refuses 'a bank that is not there' "bank: wanted one of the board's banks" 's/HBM\[17\]/HBM[32]/' u55c
refuses 'another memory' "bank: wanted one of the board's banks" 's/HBM\[17\]/DDR[0]/' u55c
refuses 'several banks for data' 'data: wanted one bank' 's/HBM\[16\]/HBM[16:17]/' u280
refuses 'no such die' "slr: wanted one of the board's slrs, got SLR7" 's/slr: SLR1/slr: SLR7/' u55c
refuses 'half a tag' 'bank: wanted NAME' 's/HBM\[17\]/HBM[17/' u55c
refuses 'an unknown key' 'unknown key' 's/^part:/parts:/' u55c
refuses 'an unknown kind' 'kind' 's/^kind: .*/kind: asic/' u55c
refuses 'no overlay for a Kria' 'key .overlay. is missing' '/^overlay/d' kv260
finish
