#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program behind the real XRT, in emulation: whole runs, in parallel and with stalls, interrupted
# and killed, and every error a user can make. Run from the root after `make test-xrt` built things.
set -u
. tests/e2e/lib.sh

one=build/xrt/p1_b128_b2_t2.xclbin two=build/xrt/p2_b128_b3_t4-2.xclbin
fast=build/xrt/p1_b128_b2_t2-1-hls-128.xclbin slow=build/xrt/p1_b128_b2_t2.xclbin
micro='run -m tests/models/micro --prompt-ids 5,7,9,11 -n 6 --greedy'

rundirs() { find /tmp -maxdepth 1 -name 'tritium-xrt-*' | sort; }
# All processes of one run are in the group of its helper. A process that ended and waits for a parent
# that does not ask is none.
group_gone() {
    for _ in $(seq 60); do
        live=$(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk -v g="$1" '$3 == g && $1 != "Z"' | wc -l)
        [ "$live" -eq 0 ] && return 0
        sleep 0.1
    done
    return 1
}
variable() { { tr "\0" "\n" <"/proc/$1/environ"; } 2>/dev/null | sed -n "s/^$2=//p"; }
# Folders in /tmp that were not there at the start and that no process works in.
left_behind() {
    used=$(for process in /proc/[0-9]*; do variable "${process#/proc/}" TRITIUM_RUN; done)
    rundirs | grep -vxF "${before:-none}" | grep -vxF "${used:-none}"
}
before=$(rundirs)

# ---- whole runs ----
# shellcheck disable=SC2086
{
    tritium 0 $micro
    tokens=$(cat "$scratch/out")
    for uri in "$one" "$one?launch=ip" "$two" "$two?launch=ip" "$one?device=0&design=p1_b128_b2_t2"; do
        tritium 0 $micro --device "xrt:$uri" --check --stats
        verdict "tokens of xrt:$uri" [ "$(cat "$scratch/out")" = "$tokens" ]
        said err '^checked +[0-9]+ of [0-9]+ products equal'
    done
    tritium 0 $micro --device "xrt:$two" --check --stats --report "$scratch/report.json"
    said err '^launches +[0-9]+ on 2 compute units, [0-9]+ us each'
    said report.json '"compute_units": 2'
}

# ---- random stalls, from a design of its own ----
sed 's/^  profile: tiny.*/&\n  stall_permille: 300/' designs/test/p2_b128_b3_t4.yaml >"$scratch/stalls.yaml"
tools/xclbin.sh "$scratch/stalls.yaml" 2 65536 build/sim/p2_b128_b3_t4/libtritium_sim.so "$scratch/stalls.xclbin"
for seed in 1 2; do
    # shellcheck disable=SC2086
    tritium 0 $micro --device "xrt:$scratch/stalls.xclbin" --stall-seed $seed --check --report "$scratch/stalls$seed.json"
    verdict "tokens with stalls $seed" [ "$(cat "$scratch/out")" = "$tokens" ]
done
cycles() { grep -o '"cycles_per_token": [0-9.]*' "$1"; }
verdict 'seeds give different stalls' [ "$(cycles "$scratch/stalls1.json")" != "$(cycles "$scratch/stalls2.json")" ]

# ---- two at once ----
for i in 1 2; do
    # shellcheck disable=SC2086
    "$program" $micro --device "xrt:$one" --check >"$scratch/parallel$i" 2>&1 &
    eval "job$i=$!"
done
# shellcheck disable=SC2154
wait "$job1" && wait "$job2"
verdict 'two runs in parallel' [ "$(cat "$scratch/parallel1")" = "$tokens" ]
verdict 'the other of them' [ "$(cat "$scratch/parallel2")" = "$tokens" ]

# ---- death: of the device, of the program, of patience ----
# started: begins a long run, sets run, helper and device.
started() {
    "$program" run -m tests/models/demo -p 'Once upon a time' -n 300 --device "xrt:$slow" \
        >"$scratch/out" 2>"$scratch/err" &
    run=$! device=''
    for _ in $(seq 100); do
        sleep 0.1
        [ -s "$scratch/out" ] || continue # not one token yet
        read -r helper _ <"/proc/$run/task/$run/children"
        dir=$(variable "$helper" TRITIUM_RUN)
        device=$(od -An -t u8 -N 8 "$dir/device.stats" | tr -d ' ')
        break
    done
    verdict 'a long run started' [ -n "$device" ]
}
started
began=$(date +%s)
kill -KILL "$device"
got=0
wait "$run" || got=$?
verdict "exit status after the device died: $got" [ "$got" -eq 1 ]
verdict 'an error within 10 s' [ $(($(date +%s) - began)) -lt 10 ]
said err "the emulated device's process died"
verdict 'no process is left' group_gone "$helper"

started
kill -KILL "$run"
wait "$run" 2>/dev/null
verdict 'no process survives a killed program' group_gone "$helper"
for _ in $(seq 40); do [ -d "$dir" ] && sleep 0.1; done
verdict 'its folder is gone too' [ ! -d "$dir" ]

started
kill -INT "$run"
got=0
wait "$run" || got=$?
verdict "exit status after Ctrl-C: $got" [ "$got" -eq 130 ]
verdict 'no process survives Ctrl-C' group_gone "$helper"

# ---- files ----
xrt='run -m tests/models/micro --prompt-ids 1 -n 1 --device'
head -c 20000 "$fast" >"$scratch/short.xclbin"
head -c 100 "$fast" >"$scratch/shorter.xclbin"
cp "$fast" "$scratch/card.xclbin"
printf '\0' | dd of="$scratch/card.xclbin" bs=1 seek=332 conv=notrunc 2>/dev/null
sed 's/tokens: 2 /tokens: 1 /' designs/test/p1_b128_b2_t2.yaml >"$scratch/other.yaml"
tools/xclbin.sh "$scratch/other.yaml" 1 128 build/hls/p1_b128_b2_t2/libtritium_hls.so "$scratch/other.xclbin"
echo '#!/bin/sh' >"$scratch/model.so"
tools/xclbin.sh designs/test/p1_b128_b2_t2.yaml 1 128 "$scratch/model.so" "$scratch/broken.xclbin"
# shellcheck disable=SC2086
{
    refuses 1 'none.xclbin: cannot open: No such file' $xrt xrt:none.xclbin
    refuses 1 'not an xclbin: wanted "xclbin2"' $xrt xrt:designs/kv260.yaml
    refuses 1 'truncated xclbin: wanted [0-9]+ bytes, got 20000' $xrt "xrt:$scratch/short.xclbin"
    refuses 1 'not an xclbin: wanted at least 456 bytes, got 100' $xrt "xrt:$scratch/shorter.xclbin"
    refuses 1 'launch: wanted run or ip, got warp' $xrt "xrt:$fast?launch=warp"
    refuses 1 'wanted \?design=NAME, device=CARD or launch=run\|ip, got lunch' $xrt "xrt:$fast?lunch=ip"
    refuses 1 "no card '0' for XRT" $xrt "xrt:$scratch/card.xclbin"
    refuses 1 "no card '0000:65:00.1' for XRT" $xrt "xrt:$scratch/card.xclbin?device=0000:65:00.1"
    refuses 1 'design hash, wanted [0-9a-f]{16} \(design p1_b128_b2_t2\), got [0-9a-f]{16} \(hardware\)' \
        $xrt "xrt:$scratch/other.xclbin"
    refuses 1 'design hash, wanted [0-9a-f]{16} \(design kv260\), got [0-9a-f]{16}' $xrt "xrt:$fast?design=kv260"
    refuses 1 "the emulated device's process died: model.so" $xrt "xrt:$scratch/broken.xclbin"
    refuses 1 'bank bank1 is too small for the weights of port 0: wanted [0-9]+ bytes, got 131072' \
        run -m tests/models/demo -p x -n 1 --device "xrt:$fast"
    refuses 1 'no waves and no planted bugs behind XRT' $xrt "xrt:$fast" --plant x
}

# ---- surroundings ----
# with WHAT PATTERN ENVIRONMENT...: a run with exactly this environment says PATTERN, "" for success.
with() {
    what=$1 pattern=$2
    shift 2
    # shellcheck disable=SC2086
    env -i PATH="$PATH" "$@" "$program" $xrt "xrt:${file:-$fast}" >"$scratch/out" 2>"$scratch/err"
    if [ -z "$pattern" ]; then
        verdict "$what: $(head -c 300 "$scratch/err")" [ -s "$scratch/out" ]
    else
        said err "$pattern"
    fi
}
mkdir -p "$scratch/damaged/lib" "$scratch/nothing"
: >"$scratch/damaged/lib/libxrt_coreutil.so.2"
with 'neither USER nor XILINX_XRT nor HOME' ''
with 'XILINX_XRT that is no installation' '' XILINX_XRT=/nonexistent
with 'settings of another run' '' USER=a/b XCL_EMULATION_MODE=sw_emu EMULATION_SOCKETID=x XRT_INI_PATH=/none
with 'XRT that cannot be loaded' 'tritium-xrt.* ended \(exit status 127\).*libxrt_coreutil.so.2: file too short' \
    XILINX_XRT="$scratch/damaged"
with 'a build without XRT' 'xrt: not built: install libxrt-dev .*make xrt' TRITIUM_XRT_DIR="$scratch/nothing"
if [ -f build/tests/xrt/refusing/lib/libxrt_coreutil.so.2 ]; then
    file=$scratch/card.xclbin
    with 'a busy card' 'busy: another process has this card' \
        XILINX_XRT=build/tests/xrt/refusing TRITIUM_TEST_ERRNO=16
    with 'a card without permission' 'no permission: wanted access to .*/dev/dri/renderD\*' \
        XILINX_XRT=build/tests/xrt/refusing TRITIUM_TEST_ERRNO=13
    file=
fi
if [ "$(id -u)" -eq 0 ]; then # root may read everything
    chmod 600 "$scratch/card.xclbin"
    drop='setpriv --reuid 65534 --regid 65534 --clear-groups'
else
    chmod 000 "$scratch/card.xclbin"
    drop=
fi
# shellcheck disable=SC2086
$drop "$program" $xrt "xrt:$scratch/card.xclbin" >"$scratch/out" 2>"$scratch/err"
said err 'card.xclbin: cannot open: Permission denied'
# No XRT at run time, where this system lets one process have its own view of files.
library=$(readlink -f /usr/lib/*-linux-gnu/libxrt_coreutil.so.2)
if [ -n "$library" ] && [ -n "$drop" ] && unshare -m true 2>/dev/null; then
    : >"$scratch/unreadable"
    chmod 000 "$scratch/unreadable"
    # shellcheck disable=SC2016,SC2086
    unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$scratch/unreadable" \
        "$library" $drop "$program" $xrt "xrt:$fast" >"$scratch/out" 2>"$scratch/err"
    said err 'XRT is not installed: no libxrt_coreutil.so.2 in .*install libxrt1 \(Debian\)'
fi

verdict 'no folder is left in /tmp' [ -z "$(left_behind)" ]
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
