#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fast engine in the program: the default device, the reference's text at any number of threads and
# with every instruction set of this machine, many prompts at a time, where the time goes, Ctrl-C, and
# what a user can get wrong. tests/e2e/matrix.sh compares every product and logit.
. tests/e2e/lib.sh

demo=tests/models/demo

tritium 0 run -m $demo -p 'The queen had' -n 40 --seed 5 --json
holds out "d['device'] == 'cpu' and d['stats']['threads'] >= 1 and d['stats']['bytes_weights'] > 0"
tritium 0 run -m $demo -p 'The queen had' -n 40 --seed 5 --device ref
cp "$scratch/out" "$scratch/wanted"
isas=
for isa in portable neon avx2 avx512 amx; do
    if "$program" run -m $demo -n 1 --isa $isa >/dev/null 2>"$scratch/err"; then isas="$isas $isa"; else
        said err 'instruction set: wanted one that this machine and build have'
    fi
done
verdict "instruction sets here:$isas" [ -n "$isas" ]
for isa in $isas; do
    for threads in 1 3; do
        tritium 0 run -m $demo -p 'The queen had' -n 40 --seed 5 --isa "$isa" --threads $threads
        verdict "$isa, $threads threads: the reference's text" cmp "$scratch/out" "$scratch/wanted"
    done
done
tritium 0 compare -m $demo -p 'The queen had' -n 4 --device cpu --threads 2
said out '^equal: [0-9]+ products .* on cpu$'

# Prompts of unequal length: each has the reply it has alone, in their order, on every device and
# however many run at a time. The second is empty: the beginning of a text alone.
printf '%s\n' 'The king' '' 'Once upon a time there was a poor woman who had two sons' 'A' \
    'The wolf said to the' "$(printf 'and then %.0s' $(seq 20))" 'Grandmother' >"$scratch/lines"
while IFS= read -r line; do
    tritium 0 run -m $demo -p "$line" -n 25 --seed 3 --json --device ref
    cat "$scratch/out"
done <"$scratch/lines" >"$scratch/alone"
for how in 'cpu --parallel 1' 'cpu --parallel 3 --threads 2' 'cpu:b2' 'ref:tiny --parallel 2' \
    'ref:p2_b128_b3_t4 --parallel 4 --check'; do
    # shellcheck disable=SC2086
    tritium 0 run -m $demo --batch "$scratch/lines" -n 25 --seed 3 --json --device $how
    verdict "batch on $how: the replies they have alone" python3 -c "
import json
text, alone, at = open('$scratch/alone').read(), [], 0
while text[at:].strip():
    one, used = json.JSONDecoder().raw_decode(text[at:].lstrip())
    at += used + len(text[at:]) - len(text[at:].lstrip())
    alone.append((one['ids'], one['text'], one['stats']['stop']))
batch = [json.loads(line) for line in open('$scratch/out')]
assert len(alone) == 7 and [b['line'] for b in batch] == list(range(1, 8))
assert [(b['ids'], b['text'], b['stop']) for b in batch] == alone"
done
printf 'The king\nThe queen' | "$program" run -m $demo --batch - -n 5 >"$scratch/out"
said out '^1: The king$'
said out '^2: The queen$'

tritium 0 run -m $demo -p 'Once upon a time' -n 10 --profile --report "$scratch/report.json"
said err '^product '
holds report.json "d['profile']['decode']['product'] > 0 and d['profile']['decode']['tokens'] == 9"
holds report.json "d['profile']['prefill']['head'] > 0 and d['bytes_cache'] > 0"
tritium 0 run -m $demo -p 'Once upon a time there was' -n 4 --profile --device ref:tiny
said err '^device '
said err '^prefill: products were in flight'

refuses 1 'cpu:b2 or cpu:b3, got .cpu:b4' run -m $demo --device cpu:b4
refuses 1 'is this processor' run -m $demo --device cpu --design tiny
refuses 1 "instruction set: wanted portable.* got 'sse'" run -m $demo --isa sse
refuses 1 'none of --prompt' run -m $demo --batch "$scratch/lines" -p x
refuses 1 'wanted --device cpu' run -m $demo --batch "$scratch/lines" --device ref
refuses 1 'wanted at least 1, got 0' run -m $demo --batch "$scratch/lines" --parallel 0
refuses 1 'no-such' run -m $demo --batch "$scratch/no-such"
: >"$scratch/empty"
refuses 1 'at least one prompt, got none' run -m $demo --batch "$scratch/empty"
{ echo fine && printf '%0600d\n' 0; } >"$scratch/long"
refuses 1 'long:2: prompt: wanted at most 511 tokens .context 512., got' run -m $demo \
    --batch "$scratch/long"

# Ctrl-C: what is finished or begun is written, every line is whole, the figures are printed. Equal
# requests end together, and a signal between two groups finds none begun: then once more.
yes 'The king' | head -n 2000 >"$scratch/many"
for attempt in 1 2 3 4 5; do
    rm -f "$scratch/out"
    "$program" run -m $demo --batch "$scratch/many" -n 400 --json --stats >"$scratch/out" \
        2>"$scratch/err" &
    interrupt out
    got=0
    wait $! || got=$?
    if grep -q '"interrupted"' "$scratch/out"; then break; fi
    echo "attempt $attempt: nothing was begun"
done
verdict "Ctrl-C in a batch: exit status 130, got $got" [ "$got" -eq 130 ]
said err '^tritium: interrupted'
said err '^tokens '
verdict 'Ctrl-C in a batch: whole lines, the last ones interrupted' python3 -c "
import json
lines = [json.loads(line) for line in open('$scratch/out')]
stops = [d['stop'] for d in lines]
assert 0 < stops.count('interrupted') <= 8 and len(lines) < 2000
assert stops == sorted(stops, key=lambda s: s == 'interrupted')"
finish
