#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Elaborates tritium_core with one tool and the parameters given: `core.sh TOOL NAME=VALUE...`, TOOL
# verilator, iverilog or yosys. Prints what the tool says and gives its exit status.
set -eu

tool=$1
shift
sources=$(echo rtl/*.sv)
options=''
# Names of files and parameters hold no blanks.
# shellcheck disable=SC2086
case $tool in
verilator)
    for p in "$@"; do options="$options -G$p"; done
    verilator --lint-only -Wall -Irtl -Ibuild/gen --top-module tritium_core $options rtl/tritium_core.sv
    ;;
iverilog)
    for p in "$@"; do options="$options -Ptritium_core.$p"; done
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    status=0
    iverilog -g2012 -Wall -t null -Irtl -Ibuild/gen -s tritium_core $options $sources >"$log" 2>&1 || status=$?
    # Known and harmless: simulation is only slower, and no module states a time scale.
    grep -v -e 'sorry: constant selects in always_' -e 'timescale' "$log" || true
    exit "$status"
    ;;
yosys)
    for p in "$@"; do options="$options -chparam $(echo "$p" | tr '=' ' ')"; done
    yosys -q -p "read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen $sources
        hierarchy -check -top tritium_core $options; proc; check -assert"
    ;;
esac
