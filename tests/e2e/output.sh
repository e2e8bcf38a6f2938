#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program's other outputs: JSON that other programs can read, the same text streamed and in JSON,
# designs compared, the same logits whether or not they are wanted, and Ctrl-C, which keeps what was
# finished.
. tests/e2e/lib.sh

demo='-m tests/models/demo -p Grandmother --seed 9'

# shellcheck disable=SC2086
{
    tritium 0 run $demo -n 20
    cp "$scratch/out" "$scratch/streamed"
    tritium 0 run $demo -n 20 --json --device ref:tiny --check --report "$scratch/report.json"
}
holds out "len(d['ids']) == 20 and d['prompt_ids'][0] == 2046 and d['device'] == 'ref:tiny'"
holds out "d['text'] + '\\n' == open('$scratch/streamed').read()"
holds out "d['stats']['products_checked'] == d['stats']['products_equal'] > 0"
holds report.json "d['reply_tokens'] == 20 and d['stop'] == 'length' and d['design'] == 'tiny'"
tritium 0 run -m tests/models/micro --prompt-ids 496,3 -n 0 --json --logits "$scratch/prompt.npy"
holds out "d['ids'] == [] and d['text'] == ''"
verdict 'logits of the prompt alone' [ "$(wc -c <"$scratch/prompt.npy")" -eq $((128 + 2 * 512 * 4)) ]
tritium 0 run -m tests/models/micro --prompt-ids 496,3 --greedy --json
holds out "len(d['ids']) == 128 and d['stats']['stop'] == 'length'"
tritium 0 info -m tests/models/demo --json
holds out "d['layers'] == 4 and 0.3 < d['zeros'] < 0.4 and len(d['zeros_by_layer']) == 4"

# Two designs compared key by key: what is left to a memory profile counts by its value.
tritium 1 design diff kv260 tiny
said out '^geometry.ports +4 -> 1$'
said out '^geometry.encoding +b3 -> b2$'
said out '^memory.latency +80 -> 8$'
verdict 'equal keys are not printed' sh -c "! grep -q beat_bits $scratch/out"
tritium 1 design diff kv260 hbm --json
holds out "d['different'] and d['designs'] == ['kv260', 'hbm'] and d['keys']['memory.profile'] == ['kv260', 'hbm']"
holds out "d['keys']['memory.bytes_per_cycle'] == [16, 48] and 'geometry.encoding' not in d['keys']"
tritium 0 design show kv260
sed 's/^name: .*/name: other/' "$scratch/out" >"$scratch/other.yaml"
tritium 0 design diff kv260 "$scratch/other.yaml"
verdict 'the same designs print nothing' [ ! -s "$scratch/out" ]
tritium 0 design diff --json kv260 "$scratch/other.yaml"
holds out "not d['different'] and d['keys'] == {}"
tritium 0 design show kv260 --json
holds out "d['geometry']['ports'] == 4 and d['memory']['latency'] == 80 and d['hash'] == '9a87f88f6ae2f1a5'"
refuses 2 'no-such' design diff kv260 no-such
refuses 2 'wanted two files, got 1' design diff kv260
refuses 2 'wanted one file, got 2' design check kv260 tiny
refuses 2 'json is for show and diff' design check kv260 --json

rm "$scratch/out"
# shellcheck disable=SC2086
"$program" run $demo -n 490 --device ref:tiny --check --stats --logits "$scratch/cut.npy" \
    >"$scratch/out" 2>"$scratch/err" &
interrupt out
ends 130 'Ctrl-C'
said err '^tritium: interrupted'
said err 'products equal'
verdict 'Ctrl-C keeps the text' [ -s "$scratch/out" ]
verdict 'the text is a whole line' [ "$(tail -c 1 "$scratch/out" | od -An -c | tr -d ' ')" = '\n' ]
rows=$(head -c 128 "$scratch/cut.npy" | grep -ao 'shape.: ([0-9]*' | tr -dc 0-9)
verdict 'Ctrl-C keeps whole rows of logits' \
    [ "$(wc -c <"$scratch/cut.npy")" -eq $((128 + ${rows:-0} * 2048 * 4)) ]
verdict 'not all rows' [ "${rows:-9999}" -lt 490 ]
verdict 'no temporary file' [ -z "$(find "$scratch" -name '*.part-*')" ]
finish
