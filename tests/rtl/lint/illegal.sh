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
# Next to what is legal, and where two parameters make a rule together.
refused PARAM_BEAT_BITS_MUST_BE_128_256_OR_512 BEAT_BITS=1024
refused PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 K_MAX=0
refused PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 BEAT_BITS=512 K_MAX=320
refused PARAM_K_MAX_MUST_BE_ABOVE_ONE_BEAT_AND_UP_TO_23040 ENCODING=0 K_MAX=64
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 T_MAX=48
refused PARAM_T_MAX_MUST_BE_A_POWER_OF_TWO_FROM_TOKENS_TO_64 TOKENS=2 T_MAX=1
refused PARAM_PREFETCH_MUST_BE_A_POWER_OF_TWO_FROM_128_TO_4096 PREFETCH=0
# Zero and less: some tool divides by it before it sees the rule. It must stop, for whatever reason.
for p in PORTS=0 PORTS=-1 BEAT_BITS=0 TOKENS=0 ENCODING=-1; do refused '' $p; done

# The rules of the modules that tritium_core's own rules protect.
export MODULE
MODULE=fifo
refused FIFO_WIDTH_MUST_BE_POSITIVE WIDTH=0
refused FIFO_DEPTH_MUST_BE_A_POWER_OF_TWO_FROM_2 DEPTH=3
refused FIFO_DEPTH_MUST_BE_A_POWER_OF_TWO_FROM_2 DEPTH=1
MODULE=skid_buffer
refused SKID_BUFFER_WIDTH_MUST_BE_POSITIVE WIDTH=0
MODULE=axi_bursts
refused AXI_BEAT_BITS_MUST_BE_A_POWER_OF_TWO_FROM_8 BEAT_BITS=96
refused AXI_BURST_MUST_BE_A_POWER_OF_TWO_FROM_2_TO_256 BURST=3
refused AXI_BURST_MUST_BE_A_POWER_OF_TWO_FROM_2_TO_256 BEAT_BITS=8 BURST=512
refused AXI_BURST_MUST_NOT_PASS_4096_BYTES BEAT_BITS=1024 BURST=64
MODULE=axi_read
refused AXI_READ_DEPTH_MUST_HOLD_A_BURST DEPTH=32
MODULE="dot"
refused PARAM_W_MUST_BE_A_MULTIPLE_OF_8_UP_TO_512 W=12
refused PARAM_W_MUST_BE_A_MULTIPLE_OF_8_UP_TO_512 W=520
MODULE=trit_decode
refused PARAM_ENCODING_MUST_BE_0_OR_1 ENCODING=2
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
