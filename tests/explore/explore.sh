#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sweeps as a user runs them: killed workers, interruptions, shards, two sweeps on one cache, a full
# disk, missing tools, wrong files and words. Tools of synthesis and simulation are hidden from most
# of it, which makes every area absent and every point quick, while all else is as it always is.
. tests/e2e/lib.sh

space=designs/spaces/tiny.yaml
cache=$scratch/cache
sweep="explore run $space --cache $cache --front-effort composed --workers 2"
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
mkdir -p "$scratch/no-tools"
without_tools() { exec env PATH="$scratch/no-tools" "$@"; }

# Without what differs from run to run.
plain() { sed -E 's/"(sweep_)?seconds":[0-9.e+-]+/"\1seconds":0/g; s/,"command":"[^"]*"//' "$1"; }
same() { # same WHAT FILE FILE
    plain "$2" >"$scratch/plain-1"
    plain "$3" >"$scratch/plain-2"
    verdict "$1: $2 and $3 say the same" cmp "$scratch/plain-1" "$scratch/plain-2"
}
states() { grep -c "\"state\":\"$2\"" "$1"; }
# The worker of a process: its first child, once there is one.
worker_of() {
    for _ in $(seq 100); do
        awk -v parent="$1" '$4 == parent { print $1; exit }' /proc/[0-9]*/stat 2>/dev/null |
            grep . && return
        sleep 0.05
    done
}
# Holds the key of one point of the cache, which the next sweep must make again, until released.
hold_a_key() {
    key=$(find "$cache/point" -name '*.json' | sort | head -n 1)
    rm -f "$key"
    flock "${key%.json}.lock" sleep 60 &
    holder=$!
    sleep 0.2
}
release_key() {
    pkill_children "$holder"
    wait "$holder" 2>/dev/null
}
pkill_children() {
    awk -v parent="$1" '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null |
        while read -r child; do kill "$child" 2>/dev/null; done
    kill "$1" 2>/dev/null
}

# ---- words ----
for word in run show pick merge report; do
    tritium 0 explore $word --help
    said out "^tritium explore $word"
    said out '^Examples:'
done
tritium 0 explore --help
refuses 2 "unknown word 'shwo'.*'show'" explore shwo
refuses 2 'a word is missing' explore
refuses 2 "unknown 'gridd'; the nearest known is 'grid'" explore run $space --search gridd
refuses 2 "unknown 'composd'; .*'composed'" explore run $space --effort composd
refuses 2 'wanted I/N' explore run $space --shard 3/2
refuses 2 'wanted -o FILE' explore report x.jsonl
refuses 1 'no-such.yaml' explore run no-such.yaml

# ---- the quick way, with tools only for what needs none ----
tritium 0 explore run $space --cache "$cache" --effort model --front-effort model \
    -o "$scratch/model.jsonl"
said out '16 points: 16 done'
tritium 0 explore show "$scratch/model.jsonl"
said out '^\* on the front\. +m modelled'
tritium 0 explore show "$scratch/model.jsonl" --figures joules_token --rows 3
said out 'joules_token'
said out '13 more'
refuses 2 "unknown figure 'joules_tokn'.*'joules_token'" explore show "$scratch/model.jsonl" \
    --figures joules_tokn
tritium 0 explore show "$scratch/model.jsonl" --csv
verdict 'CSV: 17 lines of one width' awk -F, 'NR == 1 { n = NF } NF != n { exit 1 } END { exit NR != 17 }' \
    "$scratch/out"
tritium 0 explore show "$scratch/model.jsonl" --json
verdict 'JSON lines: 16 points' python3 -c "import json, sys
points = [json.loads(line) for line in open(sys.argv[1])]
sys.exit([p['index'] for p in points] != list(range(16)))" "$scratch/out"
tritium 0 explore report "$scratch/model.jsonl" -o "$scratch/model.json"
verdict 'the document holds every point' python3 -c "import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(len(d['points']) != 16 or d['tritium_explore'] != 1)" "$scratch/model.json"
tritium 0 explore report "$scratch/model.jsonl" -o "$scratch/model.html"
verdict 'a page below 2 MB' [ "$(wc -c <"$scratch/model.html")" -lt 2000000 ]

# ---- a budget that cuts is said wherever the sweep is looked at ----
left='cut by the budget of points: 11 legal points not evaluated'
tritium 0 explore run $space --cache "$cache" --effort model --front-effort model --points 5 \
    -o "$scratch/five.jsonl"
said out "^unfinished, $left"
tritium 0 explore show "$scratch/five.jsonl"
said out "^unfinished, $left"
tritium 0 explore run $space --cache "$cache" --dry-run --points 5
said out '16 legal; 16 here, of which the budget takes 5'
tritium 0 explore report "$scratch/five.jsonl" -o "$scratch/five.json"
verdict 'so does the document' python3 -c "import json, sys
d = json.load(open(sys.argv[1]))['unfinished']
sys.exit(d != {'by': 'points', 'not_evaluated': 11, 'not_raised': 0, 'text': sys.argv[2]})" \
    "$scratch/five.json" "$left"
tritium 0 explore report "$scratch/five.jsonl" -o "$scratch/five.html"
verdict 'so does the page' grep -q "$left" "$scratch/five.html"
tritium 0 explore run $space --cache "$cache" --effort model --front-effort model --minutes 0.01 \
    -o "$scratch/five.jsonl"
said out '16 points: 16 done'
verdict 'and no more when it went on' sh -c "! grep -q unfinished '$scratch/out' '$scratch/five.jsonl'"
tritium 0 explore show "$scratch/five.jsonl"
refuses 2 'wanted 0.01 to 1000000, got 0.001' explore run $space --minutes 0.001
refuses 2 'wanted at most 100000, got 100001' explore run $space --points 100001

# ---- a design out of a sweep ----
refuses 1 'wanted a point that it holds, got 99' explore pick "$scratch/model.jsonl" --point 99 \
    -o "$scratch/room/x.yaml"
refuses 1 'wanted a file NAME.yaml' explore pick "$scratch/model.jsonl" --point 5 \
    -o "$scratch/room/Up-per.yaml"
mkdir -p build/designs
picked=build/designs/picked_by_test.yaml
rm -rf "$picked" build/gen/picked_by_test
tritium 0 explore pick "$scratch/model.jsonl" --point 14 -o "$picked"
tritium 0 design check "$picked"
said out 'picked_by_test, 80 weights a beat on 2 ports'
tritium 0 run -m tests/models/micro --prompt-ids 1,2,3 -n 3 --device "ref:$picked" --check
verdict 'make takes a picked design as any other' make -s build/gen/picked_by_test/params.vlt
verdict 'the Verilog gets its numbers' grep -q -e '-GPORTS=2' build/gen/picked_by_test/params.vlt
verdict 'make sim would build it' sh -c 'make -n sim DESIGN=picked_by_test | grep -q picked_by_test'
rm -rf "$picked" build/gen/picked_by_test

# ---- tools that are missing ----
(without_tools "$program" explore run $space --dry-run --cache "$cache") >"$scratch/out" 2>&1
said out 'missing: yosys, so no area; install yosys'
said out 'missing: verilator, so no simulated cycles; install verilator'
said out '16 legal'

hidden() { # hidden STATUS ARGUMENTS...: without tools, quickly
    wanted=$1
    shift
    got=0
    (without_tools "$program" "$@") >"$scratch/out" 2>"$scratch/err" || got=$?
    verdict "exit status without tools of 'tritium $*': wanted $wanted, got $got; $(head -c 300 \
        "$scratch/err")" [ "$got" -eq "$wanted" ]
}

# shellcheck disable=SC2086 # $sweep is a list of words
{
    hidden 0 $sweep -o "$scratch/whole.jsonl"
    said out '16 points: 16 done'
    said out '16 absent'
    hidden 0 $sweep -o "$scratch/warm.jsonl"
    same 'a warm cache' "$scratch/whole.jsonl" "$scratch/warm.jsonl"

    # ---- shards ----
    hidden 0 $sweep --shard 2/2 -o "$scratch/part-2.jsonl"
    hidden 0 $sweep --shard 1/2 -o "$scratch/part-1.jsonl"
    tritium 0 explore merge "$scratch/part-1.jsonl" "$scratch/part-2.jsonl" -o "$scratch/merged.jsonl"
    same 'joined shards' "$scratch/whole.jsonl" "$scratch/merged.jsonl"
    tritium 0 explore merge "$scratch/part-1.jsonl" -o "$scratch/half.jsonl"
    said err 'shard 2/2 is missing'
    said out '^unfinished, joined without all shards: 8 legal points not evaluated'
    refuses 1 'wanted a shard of 2 .* got one of 1' explore merge "$scratch/part-1.jsonl" \
        "$scratch/whole.jsonl" -o "$scratch/room/x.jsonl"

    # ---- damage in the cache ----
    for file in "$cache"/point/*.json; do
        head -c 200 "$file" >"$file.cut" && mv "$file.cut" "$file"
    done
    hidden 0 $sweep -o "$scratch/damaged.jsonl"
    same 'a damaged cache' "$scratch/whole.jsonl" "$scratch/damaged.jsonl"

    # ---- two sweeps on one cache at once ----
    rm -rf "$cache"
    without_tools "$program" $sweep -o "$scratch/twin-1.jsonl" >"$scratch/twin-out" 2>&1 &
    twin=$!
    hidden 0 $sweep -o "$scratch/twin-2.jsonl"
    verdict 'the other sweep ends well' wait $twin
    same 'two sweeps on one cache' "$scratch/whole.jsonl" "$scratch/twin-1.jsonl"
    same 'two sweeps on one cache' "$scratch/whole.jsonl" "$scratch/twin-2.jsonl"
    flock "$scratch/whole.jsonl" env PATH="$scratch/no-tools" "$program" $sweep \
        -o "$scratch/whole.jsonl" >"$scratch/out" 2>"$scratch/err"
    said err 'another sweep writes this file now'

    # ---- a killed worker ----
    hold_a_key
    without_tools "$program" $sweep -o "$scratch/killed.jsonl" >"$scratch/out" 2>&1 &
    sweeping=$!
    victim=$(worker_of $sweeping)
    sleep 0.3
    victim=$(worker_of $sweeping)
    kill -9 "$victim"
    verdict 'a sweep survives its worker' wait $sweeping
    release_key
    verdict 'one point failed' [ "$(states "$scratch/killed.jsonl" failed)" -eq 1 ]
    verdict 'and says of what' grep -q 'ended by signal 9' "$scratch/killed.jsonl"
    verdict 'the others are done' [ "$(states "$scratch/killed.jsonl" "done")" -eq 15 ]
    hidden 0 $sweep -o "$scratch/killed.jsonl"
    same 'a failed point is made again' "$scratch/whole.jsonl" "$scratch/killed.jsonl"

    # ---- Ctrl-C, and the end of the whole program ----
    for signal in INT KILL; do
        hold_a_key
        without_tools "$program" $sweep -o "$scratch/cut-$signal.jsonl" >"$scratch/out" 2>&1 &
        sweeping=$!
        worker_of $sweeping >/dev/null
        sleep 0.3
        kill -$signal $sweeping
        got=0
        wait $sweeping 2>/dev/null || got=$?
        verdict "SIG$signal ends a sweep: $got" [ "$got" -eq "$([ $signal = INT ] && echo 130 || echo 137)" ]
        release_key
        verdict 'fewer points than all' [ "$(states "$scratch/cut-$signal.jsonl" "done")" -lt 16 ]
        tritium 0 explore show "$scratch/cut-$signal.jsonl"
        hidden 0 $sweep -o "$scratch/cut-$signal.jsonl"
        same 'an interrupted sweep goes on' "$scratch/whole.jsonl" "$scratch/cut-$signal.jsonl"
    done

    # ---- a full disk ----
    got=0
    (ulimit -f 16 && trap '' XFSZ && exec env PATH="$scratch/no-tools" "$program" $sweep \
        -o "$scratch/full.jsonl") >"$scratch/out" 2>"$scratch/err" || got=$?
    verdict 'a full disk is an error' [ "$got" -eq 1 ]
    said err 'full.jsonl: not written: File too large'
    verdict 'one line says so' [ "$(wc -l <"$scratch/err")" -eq 1 ]
    verdict 'whole lines are left' python3 -c "import json, sys
for line in open(sys.argv[1]):
    assert line.endswith('\n')
    json.loads(line)" "$scratch/full.jsonl"
    hidden 0 $sweep -o "$scratch/full.jsonl"
    same 'after a full disk' "$scratch/whole.jsonl" "$scratch/full.jsonl"
}

# ---- wrong files ----
sed '1s/"tritium_explore":1/"tritium_explore":7/' "$scratch/whole.jsonl" >"$scratch/version.jsonl"
refuses 1 'wanted a result of version 1, .* got version 7' explore show "$scratch/version.jsonl"
refuses 1 'version 7' explore run $space --effort model -o "$scratch/version.jsonl"
refuses 1 'README.md:1: ' explore show README.md
refuses 1 'empty file' explore show /dev/null
sed 's/^seed: 1/seed: 2/' $space >"$scratch/other.yaml"
refuses 1 'the space has changed' explore run "$scratch/other.yaml" --cache "$cache" \
    -o "$scratch/whole.jsonl"
sed 's/geometry.ports:/geometry.prts:/' $space >"$scratch/bad.yaml"
refuses 1 'bad.yaml:[0-9]+: .*prts.*ports' explore run "$scratch/bad.yaml" --dry-run
sed 's/macs <= 320/ports <= 0/' $space >"$scratch/bad.yaml"
refuses 1 'bad.yaml.*ports <= 0' explore run "$scratch/bad.yaml" --dry-run
sed 's/- macs <= 320.*/- ports >= 2\n  - ports < 2/' $space >"$scratch/bad.yaml"
refuses 1 'ports >= 2.*ports < 2' explore run "$scratch/bad.yaml" --dry-run
finish
