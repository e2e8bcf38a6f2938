#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the hash program every way there is a tool for, runs it, and fails unless all hashes are
# equal to the one stored here. usage: ref_hash.sh OUTPUT_DIR FLAGS SOURCE...
set -u
out=$1 flags=$2
shift 2
mkdir -p "$out"
passed=0 failed=0 skipped=0
wanted=7e2deddd6aca261c # changes only when the definition of the numbers does, or more of it is covered

# build NAME RUNNER PACKAGE COMPILER FLAGS... : compiles, runs, compares.
build() {
    name=$1 runner=$2 package=$3 compiler=$4
    shift 4
    for tool in $compiler $runner; do
        if ! command -v "$tool" >/dev/null 2>&1; then
            echo "  SKIP  $name: no $tool (install $package)"
            skipped=$((skipped + 1))
            return
        fi
    done
    # shellcheck disable=SC2086  # flags and sources are lists
    if ! "$compiler" $flags "$@" -o "$out/$name" $sources; then
        echo "  FAIL  $name: does not build"
        failed=$((failed + 1))
        return
    fi
    got=$($runner "$out/$name") || got="exit status $?"
    if [ "$name" = control ] && [ "$got" != "$wanted" ] && [ "${#got}" -eq 16 ]; then
        echo "  PASS  $name: another hash with contraction on, so the test sees it"
        passed=$((passed + 1))
    elif [ "$name" != control ] && [ "$got" = "$wanted" ]; then
        echo "  PASS  $name: $got"
        passed=$((passed + 1))
    else
        echo "  FAIL  $name: wanted $wanted, got $got"
        failed=$((failed + 1))
    fi
}

sources=$*
for compiler in gcc clang; do
    build "$compiler-O0" '' "$compiler" "$compiler" -O0
    build "$compiler-O3" '' "$compiler" "$compiler" -O3
    build "$compiler-O3-native" '' "$compiler" "$compiler" -O3 -march=native
done
for level in 0 3; do
    build aarch64-gcc-O$level qemu-aarch64 'gcc-aarch64-linux-gnu and qemu-user' \
        aarch64-linux-gnu-gcc -O$level -static
done
build control qemu-aarch64 'gcc-aarch64-linux-gnu and qemu-user' \
    aarch64-linux-gnu-gcc -O3 -static -ffp-contract=fast
echo "test-hash: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
