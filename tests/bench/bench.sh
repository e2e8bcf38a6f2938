#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The speed of the demo model on simulated designs, as a Markdown table: `bench.sh DESIGN...`. Cycles and
# use are of decoding (one token after the other) and the same on every machine; the last column is this
# machine's. Every integer is compared with the reference; a difference ends the run.
set -eu

program=${TRITIUM:-build/tritium}
reports=build/reports
mkdir -p "$reports"

# value KEY: a number of the report in $report; keys of the first level come first in it.
value() { tr ',{}' '\n' <"$report" | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" | head -n 1; }

printf '| design | cycles a token | array in use | waiting for weights | weight bytes a token | at MHz | tokens/s at that clock | simulated cycles/s |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for design in "$@"; do
    report=$reports/bench-$design.json
    "$program" run -m tests/models/demo --device "sim:$design" -p 'Once upon a time' -n 16 --greedy \
        --check --report "$report" >/dev/null 2>"$reports/bench-$design.log" || {
        cat "$reports/bench-$design.log" >&2
        exit 1
    }
    printf '| %s | %.0f | %.1f %% | %.1f %% | %.0f | %g | %.1f | %.0f |\n' "$design" \
        "$(value cycles_per_token)" "$(value array_use | awk '{ print 100 * $1 }')" \
        "$(value wait_weights | awk '{ print 100 * $1 }')" "$(value weight_bytes_per_token)" \
        "$(value clock_mhz)" "$(value projected_tokens_per_second)" "$(value sim_cycles_per_second)"
done
