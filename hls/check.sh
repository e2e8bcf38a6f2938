#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a synthesiser needs of the C kernel, proved with gcc and binutils on source and object code:
# `hls/check.sh PARAMS OUT [SOURCES]`, where PARAMS is the folder of a design's hls_params.h and
# SOURCES the folder with hls/ in it (default: here). Prints each broken rule and "N passed, N failed".
set -eu

params=$1 out=$2 root=${3:-.}
cc=${CC:-gcc}
stack_max=4194304 # bytes; bounds the arrays that become memories
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out"

# rule WHAT COMMAND...: holds if the command succeeds.
rule() {
    what=$1
    shift
    if "$@" >"$out/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "hls: broken: $what"
        head -n 5 "$out/said"
    fi
}
none() { ! grep -nE "$@" /dev/null; }
empty() { [ ! -s "$1" ] || { cat "$1"; false; }; }

kernel=$(find "$root/hls" -name '*.c' ! -name model.c | sort)
headers=$(find "$root/hls" -name '*.h' | sort)
flags="-std=c17 -Wall -Wextra -Wpedantic -Wvla -Wno-unknown-pragmas -Werror -D__SYNTHESIS__ -I$root -I.
    -Ibuild/gen -I$params -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns
    -mgeneral-regs-only"
# compile OUT FLAGS...: every file, as a synthesiser sees it. Without floating point registers any
# use of floating point is an error.
compile() {
    to=$1
    shift
    mkdir -p "$to"
    for file in $kernel; do
        # shellcheck disable=SC2086
        "$cc" $flags "$@" -c -o "$to/$(basename "$file" .c).o" "$file" || return 1
    done
}

# Statements without comments.
# shellcheck disable=SC2086
cat $kernel $headers | sed 's|/\*.*\*/||; s|^ *\*.*||; s|/\*.*||' >"$out/bare"
# shellcheck disable=SC2086
{
    rule 'C17 without variable-length arrays or floating point' compile "$out/o2" -O2
    # Unoptimised, so that no call and no variable is missing from the lists.
    rule 'call graph and stack of every function' compile "$out/o0" -O0 -fstack-usage -fcallgraph-info
    rule 'no floating-point types' none '\b(float|double|_Complex)\b' "$out/bare"
    rule 'for is the only loop, and no goto' none '\b(while|do|goto)\b' "$out/bare"
}
# Each loop ends at a constant; the list's ends at its 32-bit argument.
grep -hE '\bfor \(' "$out/bare" | grep -vE '< ([A-Z][A-Z0-9_]*|[0-9]+)( / 4)?;' |
    grep -vF 'i < count && now.status == TRI_ACCEL_OK' >"$out/loops" || true
rule 'every loop is bounded by a constant' empty "$out/loops"

ld -r -o "$out/kernel.o" "$out"/o2/*.o 2>"$out/ld" || true
nm -u "$out/kernel.o" 2>&1 | sed 's/^ *//' >"$out/undefined"
rule 'no undefined symbol: no library, no heap' empty "$out/undefined"
nm "$out/kernel.o" 2>&1 | grep -E ' [bBdDcC] ' >"$out/state" || true
rule 'no variable that outlives a call' empty "$out/state"

sed -n 's/^edge: { sourcename: "\([^"]*\)" targetname: "\([^"]*\)".*/\1 \2/p' "$out"/o0/*.ci |
    sed 's|[^ ]*/||g' >"$out/calls"
rule 'the call graph is not empty' grep -q 'tritium_hls' "$out/calls"
rule 'no call through a pointer' none '__indirect_call' "$out/calls"
# tsort takes a pair of equal names for a single node, so a call to itself is looked for apart.
awk '$1 == $2' "$out/calls" >"$out/itself"
rule 'no function calls itself' empty "$out/itself"
rule 'no recursion' tsort "$out/calls"

# gcc calls a frame bounded where pushed arguments come and go; plain "dynamic" has no bound.
awk -F '\t' '$3 != "static" && $3 != "dynamic,bounded"' "$out"/o0/*.su >"$out/dynamic"
rule 'every stack frame has a fixed size' empty "$out/dynamic"
# Without recursion each function stands on the stack at most once.
stack=$(awk -F '\t' '{ sum += $2 } END { print sum + 0 }' "$out"/o0/*.su)
rule "stack of $stack bytes, wanted 1 to $stack_max" awk "BEGIN { exit !($stack > 0 && $stack <= $stack_max) }"

echo "hls: $(basename "$params"): at most $stack bytes of stack"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
