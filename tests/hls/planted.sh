#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The device fuzzer itself: it must find each planted bug of the C kernel, shrink the case to one
# command, and replay it: unequal with the bug, equal without. Run from the root: planted.sh DESIGN
# PLANT...
set -eu

design=$1
shift
passed=0 failed=0
verdict() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED planted: $what"
    fi
}
fuzz=build/tests/fuzz-device
mkdir -p build/hls/fuzz
for plant in "$@"; do
    log=build/hls/fuzz/$plant.log
    verdict "$plant: found" sh -c "! $fuzz search 7 2000 0 - $design,$plant >$log 2>&1"
    case=$(sed -n 's/.*replay: .* replay \([^ ]*\).*/\1/p' "$log")
    verdict "$plant: shrunk to one command" grep -q '^commands 1 ' "${case:-/dev/null}"
    verdict "$plant: replay differs with the bug" \
        sh -c "$fuzz replay '$case' $plant | grep -q ' hls: \(.*\)wanted'"
    verdict "$plant: replay is equal without" $fuzz replay "${case:-/dev/null}"
    rm -f "$case"
done
verdict 'a file that is no case is refused' sh -c "! $fuzz replay Makefile"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
