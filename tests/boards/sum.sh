#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of boards and adds them up: sum.sh SCRATCH PROGRAM BOARD...
set -u
scratch=$1 program=$2
shift 2
mkdir -p "$scratch"
: >"$scratch/sum"
# part COMMAND...: one test; its last line goes into the sum, a crash counts as a failure.
part() {
    "$@" >"$scratch/part" || true
    tail -n 1 "$scratch/part" | grep '^passed [0-9]* failed [0-9]*$' >>"$scratch/sum" || {
        echo "FAILED $*: no result" >&2
        echo 'passed 0 failed 1' >>"$scratch/sum"
    }
}
for board in "$@"; do
    part tests/boards/generated.sh "$board" "build/bitstreams/$board" "$scratch/$board"
done
part tests/boards/refused.sh "$scratch/refused"
part tests/boards/make.sh "$scratch/make"
part tests/boards/selftest.sh "$program" "$scratch/selftest"
awk '{ p += $2; f += $4 } END { print p " passed, " f " failed"; exit f > 0 }' "$scratch/sum"
