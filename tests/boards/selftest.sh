#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `tritium selftest` on the boards' designs: every line ok where the device is sound, FAIL with what
# was wanted and got where a bug is planted or the hardware is another design's; a model runs on each
# board's design. selftest.sh PROGRAM SCRATCH
. tests/boards/lib.sh

program=$1 scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch"
# selftest STATUS URI ARGUMENTS...: runs it; keeps $scratch/out and $scratch/report.json.
selftest() {
    wanted=$1 uri=$2 got=0
    shift 2
    rm -f "$scratch/report.json"
    timeout 120 "$program" selftest --device "$uri" --json "$scratch/report.json" "$@" \
        >"$scratch/out" 2>"$scratch/err" || got=$?
    verdict "$uri $*: exit status wanted $wanted, got $got: $(cat "$scratch/err")" [ "$got" -eq "$wanted" ]
}
hash=$("$program" design show kv260 | sed -n 's/^geometry: # hash \([0-9a-f]*\),.*/\1/p')
verdict "kv260 has a hash, got '$hash'" [ "${#hash}" -eq 16 ]
said() { verdict "$uri: a line with '$1'" grep -Eq -- "$1" "$scratch/out"; }
# report EXPRESSION: a Python expression of the report r is true.
report() {
    verdict "$uri: report: $1" python3 -c "import json, sys
r = json.load(open('$scratch/report.json'))
sys.exit(not ($1))"
}

# A folder by path and by name, a link to a design, a model, a C kernel and the Verilated one.
for uri in ref:bitstreams/u55c/design.yaml hls:u55c hls:bitstreams/u280/design.yaml \
    sim:bitstreams/kv260/design.yaml; do
    selftest 0 "$uri"
    said '^ok    lanes '
    said '^ok    corrupt codes  .* 13 bytes refused'
    said '^[0-9]+ ok, 0 failed, [0-9]+ skipped$'
    report 'r["failed"] == 0 and r["ok"] >= 13 and r["on_a_card"] is False'
    report 'len(r["checks"]) == r["ok"] + r["skipped"]'
done
said '^ok    counters '
said '^ok    bandwidth '
said '^skip  clock .*simulated'
report 'r["ok"] == 24 and r["design"] == "kv260"'
selftest 0 ref:bitstreams/u55c/design.yaml
report '[c["check"] for c in r["checks"] if c["verdict"] == "skip"] == ["registers", "bad commands", "counters", "bandwidth", "clock"]'
selftest 0 hls:kv260 --memory 1024 --seed 7

# Planted bugs: sums that go wrong, codes that are taken though they stand for no trits, a rule of
# commands that is not checked.
selftest 3 sim:p1_b128_b2_t2 --plant accumulate
said '^FAIL  memory random .* wanted every sum right; got [0-9]+ of 256 wrong; random, row .* wanted -?[0-9]+, got '
report 'r["failed"] > 1'
selftest 3 hls:p2_b512_b3_t1 --plant lone
said '^FAIL  corrupt codes .*wanted 13 bytes refused.*; got [0-9]+ refused; byte 0x[0-9a-f]+: taken as good'
report 'r["failed"] == 1'
selftest 3 hls:p2_b512_b3_t1 --plant stride
said '^FAIL  bad_stride .*; got [01] of 2; field at byte'
report 'r["failed"] == 1'
# Another design in the hardware: nothing is run on it.
mkdir -p "$scratch/hardware/kv260"
ln -s "$(pwd)/build/hls/hbm/libtritium_hls.so" "$scratch/hardware/kv260/"
TRITIUM_HLS_DIR=$scratch/hardware
export TRITIUM_HLS_DIR
selftest 3 hls:kv260
unset TRITIUM_HLS_DIR
said "^FAIL  identity .*design hash, wanted $hash"
verdict 'and no other line' [ "$(wc -l <"$scratch/out")" -eq 2 ]
# No device, or a wrong command line.
selftest 1 sim:not_there
verdict 'no report of no device' [ ! -e "$scratch/report.json" ]
selftest 2 hls:kv260 --memory 9999999
selftest 1 hls:kv260 --json "$scratch/no/such/folder.json"

# Through XRT: the same program and checks as on a card, with the simulator behind it.
for file in ${BOARD_XRT:-}; do
    for launch in run ip; do
        selftest 0 "xrt:$file?launch=$launch"
        said '^ok    registers 0 '
        said '^ok    bad_address '
        said '^ok    counters '
        said '^ok    bandwidth '
        report 'r["failed"] == 0 and r["skipped"] == 1 and r["ok"] == 23 + r["units"]'
        report 'r["on_a_card"] is False'
    done
done
[ -z "${BOARD_XRT:-}" ] || said '^ok    registers 1 '
# An xclbin with another design in its hardware than it says.
if [ -n "${BOARD_XRT:-}" ]; then
    selftest 3 "xrt:${BOARD_XRT%% *}?design=kv260"
    said "^FAIL  identity .*wanted $hash"
    verdict 'and nothing was run' [ "$(wc -l <"$scratch/out")" -eq 2 ]
    selftest 0 "xrt:$BOARD_XRT_HLS"
    said '^ok    identity .*design u55c.*2 units, 8 ports of 512 bits'
    said '^skip  counters .*the emulated kernel has no cycles'
    report 'r["ok"] == 23 and r["skipped"] == 3 and r["units"] == 2'
    printf 'xclbin2' >"$scratch/short.xclbin"
    selftest 1 "xrt:$scratch/short.xclbin"
else
    echo 'selftest: XRT is not installed, xrt: not run' >&2
fi

for uri in hls:u55c sim:bitstreams/kv260/design.yaml; do
    verdict "$uri: a model runs, every product checked" timeout 60 "$program" run \
        -m tests/models/micro --device "$uri" --prompt-ids 496,1,2 -n 4 --check
done
for board in u55c u280 kv260; do
    verdict "$board: its design is one" "$program" design check "bitstreams/$board/design.yaml"
done
finish
