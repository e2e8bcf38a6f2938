#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Misspelt command lines name the nearest known word and exit with 2; every help text can be read; an
# output that cannot be written is an error, and leaves nothing half done.
. tests/e2e/lib.sh

micro=tests/models/micro

refuses 2 "unknown command 'rum'.*'run'" rum
refuses 2 'a command is missing'
refuses 2 'unknown option --temprature;.*--temperature' run -m $micro --temprature=1
refuses 2 'unknown option -y' run -y
refuses 2 '-n|--tokens' run -m $micro -n many
refuses 2 'too many' run -m $micro surplus
refuses 2 'missing' design show
refuses 2 "'shov'.*'show'" design shov designs/tiny.yaml
refuses 2 'wave' replay file --wave-from 3
refuses 1 'no-such-file' replay no-such-file
refuses 1 'reference itself' compare -m $micro --prompt-ids 1 --device ref

for command in run compare replay info design doctor; do
    tritium 0 $command --help
    said out "^tritium $command"
    said out '^Examples:'
    said out '^Exit status:'
done
tritium 0 --help
tritium 0 design show tiny
cp "$scratch/out" "$scratch/shown.yaml"
tritium 0 design check "$scratch/shown.yaml"
tritium 0 doctor
said out 'ref:designs/tiny.yaml'

got=0
"$program" info -m $micro >/dev/full 2>"$scratch/err" || got=$?
verdict 'a full standard output is an error' [ "$got" -eq 1 ]
got=0
"$program" run -m $micro --prompt-ids 1 -n 3 >/dev/full 2>"$scratch/err" || got=$?
verdict 'a reply that cannot be written is an error' [ "$got" -eq 1 ]
said err '^tritium: standard output'
# A file may not grow over 8 blocks of 512 bytes: the logits are cut off in the middle.
got=0
mkdir -p "$scratch/small"
(ulimit -f 8 && trap '' XFSZ && exec "$program" run -m $micro --prompt-ids 1,2,3 -n 3 \
    --logits "$scratch/small/logits.npy") >/dev/null 2>"$scratch/err" || got=$?
verdict 'a full disk is an error' [ "$got" -eq 1 ]
verdict 'a full disk leaves no file' [ -z "$(ls -A "$scratch/small")" ]
finish
