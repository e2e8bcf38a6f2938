#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each illegal parameter must stop every tool, and the message must name the rule it breaks.
# `illegal.sh N`: N checks have passed before. Prints "N passed, N failed".
set -eu
cd "$(dirname "$0")/../../.."

passed=$1 failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# refused RULE NAME=VALUE...
refused() {
    rule=$1
    shift
    for tool in verilator iverilog yosys; do
        if tests/rtl/lint/core.sh "$tool" "$@" >"$said" 2>&1; then
            echo "$tool: $*: wanted $rule, got no error"
        elif ! grep -q "$rule" "$said"; then
            echo "$tool: $*: wanted $rule, got: $(head -n 1 "$said")"
        else
            passed=$((passed + 1))
            continue
        fi
        failed=$((failed + 1))
    done
}

refused PARAM_PORTS_MUST_BE_1_2_4_8_OR_16 PORTS=3
refused PARAM_PORTS_MUST_BE_1_2_4_8_OR_16 PORTS=32
refused PARAM_BEAT_BITS_MUST_BE_128_256_OR_512 BEAT_BITS=64
refused PARAM_BEAT_BITS_MUST_BE_128_256_OR_512 BEAT_BITS=384
refused PARAM_ENCODING_MUST_BE_0_OR_1 ENCODING=2
refused PARAM_TOKENS_MUST_BE_1_2_4_OR_8 TOKENS=3
refused PARAM_TOKENS_MUST_BE_1_2_4_OR_8 TOKENS=16
refused PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 K_MAX=80
refused PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 K_MAX=23041
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 T_MAX=0
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 T_MAX=6
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 T_MAX=128
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 TOKENS=8 T_MAX=4
refused PARAM_PREFETCH_MUST_BE_A_POWER_OF_TWO_FROM_128_TO_4096 PREFETCH=64
refused PARAM_PREFETCH_MUST_BE_A_POWER_OF_TWO_FROM_128_TO_4096 PREFETCH=500
refused PARAM_PREFETCH_MUST_BE_A_POWER_OF_TWO_FROM_128_TO_4096 PREFETCH=8192
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
