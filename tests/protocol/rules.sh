#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows that the bus rules of tests/protocol fire. `rules.sh bench`: each rule on a little bus that breaks
# it, and none on one that keeps all. `rules.sh plants [NAME]`: bugs planted into copies of the kernel's
# sources (the one NAME, or all) are found by their rule while the cocotb tests run. Prints "N passed, N failed".
set -eu
cd "$(dirname "$0")/../.."

out=build/protocol passed=0 failed=0
mkdir -p $out
count() { # count STATUS TEXT
    if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "$2"
    fi
}

bench() {
    iverilog -g2012 -s rules_bench -o $out/rules.vvp -Itests/protocol tests/protocol/axi_rules.sv \
        tests/protocol/axil_rules.sv tests/protocol/held_rules.sv tests/protocol/rules_bench.sv >$out/rules.log 2>&1 || { cat $out/rules.log; exit 1; }
    said=$(vvp -n $out/rules.vvp)
    [ "$said" = 'broken 00000 000' ] && good=0 || good=1
    count "$good" "a bus that keeps the rules: wanted no rule broken, got: $said"
    number=0
    for bus in axi axil; do
        # The numbers in +BREAK are the bits of the rules in their file; names hold no blanks.
        # shellcheck disable=SC2013
        for rule in $(sed -n '/localparam int RESET/,/;/p' tests/protocol/${bus}_rules.sv | grep -o '[A-Z][A-Z_0-9]* ='); do
            [ "$rule" != = ] || continue
            said=$(vvp -n $out/rules.vvp +BREAK=$number)
            echo "$said" | grep -q "u_$(echo $bus | sed s/axil/lite/): $rule at" && good=0 || good=1
            count "$good" "$bus: wanted $rule to fire, got: $said"
            number=$((number + 1))
        done
        number=100
    done
}

plants() {
    design=designs/test/p1_b128_b2_t2.yaml
    for plant in tests/protocol/plants/${1:-*}.sed; do
        name=$(basename "$plant" .sed)
        file=rtl/$(sed -n 's/^# file: \([a-z_]*\) rules: .*/\1/p' "$plant").sv
        rules=$(sed -n 's/^# file: [a-z_]* rules: //p' "$plant")
        rm -rf "${out:?}/$name"
        mkdir -p "$out/$name/rtl"
        cp rtl/*.sv rtl/*.svh "$out/$name/rtl"
        sed -f "$plant" "$file" >"$out/$name/$file"
        if cmp -s "$file" "$out/$name/$file"; then
            count 1 "$plant: wanted a change of $file, got none"
            continue
        fi
        status=0
        said=$(ROUNDS=4 timeout 900 build/hdl-venv/bin/python3 -B tests/cocotb/run.py "$design" \
            --rtl "$out/$name/rtl" --out "$out/$name" --test random_lists 2>&1) || status=$?
        for rule in $rules; do
            [ "$status" -ne 0 ] && grep -qs ": $rule at" "$out/$name"/*/test.log && good=0 || good=1
            count "$good" "$plant: wanted $rule to fire and the test to fail, got: $said"
            [ "$good" -ne 0 ] || echo "$name: $rule fired"
        done
    done
}

case ${1:-} in
bench | plants) "$@" ;;
*)
    echo "usage: rules.sh bench | plants [NAME]" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
