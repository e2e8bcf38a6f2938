#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything a user can get wrong: one line on stderr that says what, the right exit status, and nothing
# left behind. Broken copies of the micro model are made in the scratch folder.
. tests/e2e/lib.sh

micro=tests/models/micro room=$scratch/room ids='--prompt-ids=496,1,2'
design=designs/test/p1_b128_b2_t2.yaml

# broken NAME: a copy of the model as $scratch/NAME, to be spoilt.
broken() {
    rm -rf "${scratch:?}/$1"
    cp -r "$micro" "$scratch/$1"
    weights=$scratch/$1/model.safetensors
}
# poke OFFSET: overwrites one byte of the weights with 0xff.
poke() { printf '\377' | dd of="$weights" bs=1 seek="$1" conv=notrunc 2>/dev/null; }

refuses 1 'no-such-model' run -m "$scratch/no-such-model" --prompt-ids 1
broken truncated
head -c 200000 "$micro/model.safetensors" >"$weights"
refuses 1 'truncated/model.safetensors' run -m "$scratch/truncated" --prompt-ids 1
broken header
poke 4
refuses 1 'header/model.safetensors' run -m "$scratch/header" --prompt-ids 1
broken code
size=$(od -An -t u8 -N 8 "$weights" | tr -d ' ')
at=$(head -c $((size + 8)) "$weights" | grep -ao '"[^"]*down_proj.weight":{[^}]*' |
    sed 's/.*data_offsets":\[\([0-9]*\).*/\1/' | head -n 1)
poke $((size + 8 + at + 77))
refuses 1 'down_proj' run -m "$scratch/code" --prompt-ids 1
broken config
sed -i 's/"hidden_size": 256/"hidden_size": 250/' "$scratch/config/config.json"
refuses 1 'config' run -m "$scratch/config" --prompt-ids 1

sed 's/prefetch:/prefetsch:/' "$design" >"$scratch/unknown.yaml"
refuses 1 'unknown.yaml:[0-9]+: .*prefetch' run -m $micro "$ids" --device "ref:$scratch/unknown.yaml"
refuses 1 'unknown.yaml:[0-9]+: ' design check "$scratch/unknown.yaml"
sed 's/ports: 1/ports: 3/' "$design" >"$scratch/impossible.yaml"
refuses 1 'ports.*wanted.*got 3' run -m $micro "$ids" --device "ref:$scratch/impossible.yaml"
sed 's/k_max: 1024/k_max: 128/' "$design" >"$scratch/narrow.yaml"
refuses 1 'layer 0.*128' run -m $micro "$ids" --device "ref:$scratch/narrow.yaml"
refuses 1 'no-such-design' run -m $micro "$ids" --device ref:no-such-design
refuses 1 'abc:DESIGN|abc' run -m $micro "$ids" --device abc:tiny

refuses 1 'prompt.*context' run -m $micro --prompt-ids "$(seq -s , 1 500)"
refuses 1 'reply.*context' run -m $micro --prompt-ids 1 -n 100000
refuses 1 'number 2.*512' run -m $micro --prompt-ids 1,512
refuses 1 "number 2.*got 'x'" run -m $micro --prompt-ids 1,x
refuses 1 "number 1.*got ''" run -m $micro --prompt-ids ''
refuses 1 'both' run -m $micro --prompt-ids 1 -p text
refuses 1 'tokenizer.json' run -m $micro -p text
refuses 1 'byte 4.*UTF-8' run -m tests/models/demo -p "$(printf 'good\377bad')"
refuses 1 'temperature' run -m $micro "$ids" --temperature -1
refuses 1 'room/none/x.npy' run -m $micro "$ids" --logits "$room/none/x.npy"
refuses 1 '/dev/full' run -m $micro "$ids" --logits /dev/full
refuses 2 'model' run
finish
