#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A simulator with a planted bug (an adder tree that sometimes loses one): `compare` must find it and name
# it, and the replay file must show the same difference again, with a waveform, and none on a good
# simulator. Argument: the design, built with and without the plant.
. tests/e2e/lib.sh

design=$1
file=$scratch/found.replay
ask='-m tests/models/tiny-a --prompt-ids 496,1,77,510,33,200,5,5,311,42,0'

# shellcheck disable=SC2086
tritium 3 compare $ask --device "sim:$design" --plant accumulate --replay-out "$file"
said out '^different: layer [0-9]+, [a-z]+_proj, row [0-9]+, token [0-9]+: wanted -?[0-9]+, got -?[0-9]+$'
said out "^replay with: tritium replay $file --device sim:$design"
found=$(sed -n 's/^different: .*token \([0-9]*: wanted .*, got -*[0-9]*\)$/\1/p' "$scratch/out")
verdict 'the replay file is small' [ "$(wc -c <"$file")" -lt 400000 ]

tritium 3 replay "$file" --device "sim:$design" --plant accumulate --wave "$scratch/wave.fst"
said out "^found: .*, token $found on sim:$design"
said out "^equal: [0-9]+ sums on ref:$design"
said out "^different: .*, token $found \\("
verdict 'a waveform' [ "$(wc -c <"$scratch/wave.fst")" -gt 1000 ]
tritium 3 replay "$file"
said out "^different: .*, token $found \\("
tritium 0 replay "$file" --device "sim:$design"
said out "^equal: [0-9]+ sums on sim:$design"
refuses 3 'layer [0-9]+, [a-z]+_proj, row' run -m tests/models/tiny-a --greedy --check \
    --prompt-ids 496,1,77,510,33,200 --device "sim:$design" --plant accumulate

# The same question on the good simulator.
# shellcheck disable=SC2086
tritium 0 compare $ask -n 3 --device "sim:$design" --stall-seed 7 --replay-out "$scratch/room/none"
said out '^equal: [0-9]+ products \([0-9]+ sums\) and [0-9]+ logits of 14 tokens'
verdict 'no replay file when all is equal' [ ! -e "$scratch/room/none" ]

# An accelerator built for another geometry than the design file says.
sed 's/prefetch: 128/prefetch: 256/' "designs/test/$design.yaml" >"$scratch/$design.yaml"
refuses 1 "hash|geometry|design" run -m tests/models/micro --prompt-ids 1 \
    --device "sim:$scratch/$design.yaml"

# Spoilt replay files.
head -c 1000 "$file" >"$scratch/short.replay"
refuses 1 'short.replay' replay "$scratch/short.replay"
cp "$file" "$scratch/flip.replay"
printf '\377' | dd of="$scratch/flip.replay" bs=1 seek=5000 conv=notrunc 2>/dev/null
refuses 1 'flip.replay: CRC-32C' replay "$scratch/flip.replay"
finish
