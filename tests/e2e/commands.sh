#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tokenize, perplexity, score and chat: their figures by another way, the same on every device, and
# what a user can get wrong in each.
. tests/e2e/lib.sh

demo=tests/models/demo task=tests/tasks/small.jsonl room=$scratch/room

for command in run chat perplexity score tokenize convert synth info; do
    tritium 0 $command --help
    said out '^Examples:$'
    said out '^Exit status:$'
done

tritium 0 tokenize -m $demo -p 'Once upon a time' --ids
said out '^46,77,383,719,258,546$'
tritium 0 tokenize -m $demo --decode 46,77,383,719,258,546
said out '^Once upon a time$'
printf 'Once upon a time' | "$program" tokenize -m $demo --json >"$scratch/out"
holds out "d['ids'] == [46, 77, 383, 719, 258, 546] and d['bytes'] == 16"
tritium 0 tokenize --tokenizer tests/models/micro/micro-i2_s.gguf -p 'x<|eot_id|>' --special --ids
said out ',505$'
tritium 0 tokenize --tokenizer tests/models/micro/micro-i2_s.gguf -p 'x<|eot_id|>' --ids
verdict 'plain text without --special' sh -c "! grep -q 505 $scratch/out"
refuses 2 'one of --model and --tokenizer' tokenize -p x
refuses 2 'one of --prompt, --file and --decode' tokenize -m $demo -p x --decode 1
refuses 1 'number 2: wanted an id .* got .99999' tokenize -m $demo --decode 1,99999
printf 'ab\377' >"$scratch/bytes"
refuses 1 'byte 2: wanted UTF-8, got 0xff' tokenize -m $demo -f "$scratch/bytes"

# Perplexity of a text that fits in one window, from the logits of a run.
head -c 400 $demo/README.md >"$scratch/text"
tritium 0 tokenize -m $demo -f "$scratch/text" --ids
ids=$(cat "$scratch/out")
tritium 0 run -m $demo --prompt-ids "2046,$ids" -n 1 --greedy --logits "$scratch/logits.npy"
tritium 0 perplexity -m $demo -f "$scratch/text" --json
verdict 'perplexity from the logits' python3 -c "
import array, json, math, sys
data = open('$scratch/logits.npy', 'rb').read()
values = array.array('f', data[10 + int.from_bytes(data[8:10], 'little'):])
ids, sum_ = [$ids], 0
for i, t in enumerate(ids):
    row = values[i * 2048:(i + 1) * 2048]
    sum_ -= row[t] - max(row) - math.log(math.fsum(math.exp(v - max(row)) for v in row))
d = json.load(open('$scratch/out'))
sys.exit(not (abs(d['nats_per_token'] - sum_ / len(ids)) < 1e-9 and d['tokens'] == len(ids) and
              abs(math.log(d['perplexity']) - d['nats_per_token']) < 1e-12 and d['windows'] == 1))"
cp "$scratch/out" "$scratch/one"
tritium 0 perplexity -m $demo -f "$scratch/text" --context 32 --json --device ref:tiny
holds out "d['windows'] == -(-d['tokens'] // 32) and d['perplexity'] != json.load(open('$scratch/one'))['perplexity']"
tritium 0 perplexity -m $demo -f "$scratch/text" -n 20
said out '^20 tokens in 1 windows'
: >"$scratch/empty"
refuses 1 'at least one token of text, got none' perplexity -m $demo -f "$scratch/empty"
refuses 1 'wanted 2 to 512 tokens, got 513' perplexity -m $demo -f "$scratch/text" -c 513
refuses 1 'no-such' perplexity -m $demo -f "$scratch/no-such"
refuses 2 'file is missing' perplexity -m $demo

tritium 0 score $task -m $demo --details "$scratch/details" --json
cp "$scratch/out" "$scratch/summary"
verdict 'score by another way' python3 tests/tools/score_check.py "$program" $demo $task \
    "$scratch/details" "$scratch/summary"
tritium 0 score $task -m $demo --details "$scratch/details2" --device ref:tiny
verdict 'score is the same on a device' cmp "$scratch/details" "$scratch/details2"
said out '^items +7$'
tritium 0 score $task -m $demo -c 12 --json -n 2
holds out "d['items'] == 2 and d['cut'] > 0"
line() {
    rm -rf "$scratch/task.jsonl"
    { head -n 1 $task && printf '%s\n' "$1"; } >"$scratch/task.jsonl"
}
bad() {
    line "$1"
    refuses 1 "task.jsonl:2: $2" score "$scratch/task.jsonl" -m $demo --details "$room/details"
}
bad '{"context": "a", "continuations": ["b", "c"]}' 'answer: wanted an index from 0 to 1, got nothing'
bad '{"context": "a", "continuations": ["b", "c"], "answer": 2}' 'answer: wanted an index from 0 to 1, got 2'
bad '{"context": "a", "continuations": ["b"], "answer": 0}' 'continuations: wanted a list of 2'
bad '{"context": "a", "continuations": ["b", ""], "answer": 0}' 'continuations: wanted strings that are not empty'
bad '{"context": 1, "continuations": ["b", "c"], "answer": 0}' 'context: wanted a string, got 1'
bad '{"contxt": "a", "continuations": ["b", "c"], "answer": 0}' "unknown key 'contxt'; the nearest known is 'context'"
bad '{"context": "a"' 'wanted a JSON object, got: '
bad '[1]' 'line: wanted a JSON object, got'
refuses 1 'wanted at least one item' score "$scratch/empty" -m $demo
refuses 2 'an argument is missing' score -m $demo

# Two turns keep the first in the cache; /reset forgets it, so the first question has its first reply.
printf 'Who was the king?\nAnd his daughter?\n/reset\nWho was the king?\n' >"$scratch/lines"
"$program" chat -m $demo -n 20 --seed 4 --stats --device ref <"$scratch/lines" >"$scratch/out" 2>"$scratch/err"
verdict 'chat: three replies' [ "$(wc -l <"$scratch/out")" -eq 3 ]
verdict 'chat: /reset forgets' [ "$(sed -n 1p "$scratch/out")" = "$(sed -n 3p "$scratch/out")" ]
for device in cpu ref:tiny ref:kv260; do
    "$program" chat -m $demo -n 20 --seed 4 --device $device <"$scratch/lines" >"$scratch/device" 2>&1
    verdict "chat: the same text on $device" cmp "$scratch/out" "$scratch/device"
done
"$program" chat -m $demo -n 20 --seed 5 <"$scratch/lines" >"$scratch/device" 2>&1
verdict 'chat: another seed, another text' sh -c "! cmp -s $scratch/out $scratch/device"
yes 'What did the king say to his daughter?' | head -n 12 >"$scratch/lines"
"$program" chat -m $demo -n 12 -c 64 --greedy <"$scratch/lines" >"$scratch/out" 2>"$scratch/err"
said err 'context of 64 tokens is full; earlier turns are forgotten'
verdict 'chat: a reply to each question' [ "$(wc -l <"$scratch/out")" -eq 12 ]
printf '%0600d\nHello\n' 0 | "$program" chat -m $demo -n 4 -c 64 --greedy >"$scratch/out" 2>"$scratch/err"
said err '^tritium: the message: wanted room'
verdict 'chat: goes on after a message that is too long' [ "$(wc -l <"$scratch/out")" -eq 1 ]
refuses 1 'has no tokenizer' chat -m tests/models/micro
refuses 1 '--system: wanted at most 32 tokens' chat -m $demo -c 64 --system "$(printf '%0300d' 0)"
verdict 'chat on a terminal' timeout 120 python3 tests/tools/chat_terminal.py "$program" $demo

# Ctrl-C stops a reply and not the program: the next line is answered, with fewer tokens in all.
tritium 0 synth --shape tiny-falcon3-7b -o "$scratch/slow"
mkfifo "$scratch/pipe"
"$program" chat -m "$scratch/slow" -n 200 --stats --device ref <"$scratch/pipe" >"$scratch/out" 2>"$scratch/err" &
exec 3>"$scratch/pipe"
echo 'First' >&3
interrupt out
sleep 0.3
echo 'Second' >&3
exec 3>&-
ends 0 'Ctrl-C in chat'
replied=$(sed -n 's/.* of prompt, \([0-9]*\) of reply.*/\1/p' "$scratch/err")
verdict "Ctrl-C in chat: fewer than 400 tokens of reply, got $replied" [ "${replied:-400}" -lt 400 ]
asked=$(sed -n 's/^tokens *\([0-9]*\) of prompt.*/\1/p' "$scratch/err")
verdict "Ctrl-C in chat: the second line is asked, too: 49 tokens or more, got $asked" [ "${asked:-0}" -ge 49 ]

# All sampling options at once, on the reference and on others.
sampling='-n 24 --seed 77 --temperature 1.1 --top-k 50 --top-p 0.9 --min-p 0.02 --repetition-penalty 1.2'
# shellcheck disable=SC2086
tritium 0 run -m $demo -p 'The old king' $sampling --device ref
cp "$scratch/out" "$scratch/wanted"
for device in cpu ref:tiny ref:kv260; do
    # shellcheck disable=SC2086
    tritium 0 run -m $demo -p 'The old king' $sampling --device $device
    verdict "sampling: the same text on $device" cmp "$scratch/wanted" "$scratch/out"
done
finish
