#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds up the end-to-end scripts' logs: `sum.sh LOG...` shows what failed and prints one line
# "N passed, N failed". A log without its last line counts as a failure.
set -eu

passed=0 failed=0
for log in "$@"; do
    counts=$(sed -n 's/^passed \([0-9]*\) failed \([0-9]*\)$/\1 \2/p' "$log")
    if [ -z "$counts" ]; then
        echo "$log: the script did not finish"
        counts='0 1'
    fi
    grep -v '^passed ' "$log" || true
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
