#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `tritium convert` and `synth`: every form byte for byte as an independent program wrote it, the same
# model after any way through the forms, and nothing left of what could not be written.
. tests/e2e/lib.sh

models=tests/models toy=$models/toy-tokenizer/tokenizer.json room=$scratch/room
layout() { case $1 in i2_s-arm) echo arm ;; *) echo x86 ;; esac; }
same() { verdict "$1 and $2 are byte for byte the same" cmp "$1" "$2"; }

for model in micro tiny-a tiny-b; do
    for file in "$models/$model/$model"-*.gguf; do
        form=${file##*/"$model"-}
        form=${form%.gguf}
        tritium 0 convert $models/$model "$scratch/$model-$form.gguf" --to "$form" --name $model \
            --tokenizer $toy
        same "$scratch/$model-$form.gguf" "$file"
        layout=$(layout "$form")
        tritium 0 convert "$file" "$scratch/$model-$form" --to hf --i2s "$layout" --exact
        same "$scratch/$model-$form/config.json" $models/$model/config.json
        # The embedding went through f16; the way back again must find the same file.
        tritium 0 convert "$scratch/$model-$form" "$scratch/again.gguf" --to "$form" --name $model --exact
        same "$scratch/again.gguf" "$file"
        rm "$scratch/again.gguf"
    done
done
tritium 0 convert $models/micro "$scratch/packed" --to hf
same "$scratch/packed/model.safetensors" $models/micro/model.safetensors
tritium 0 convert $models/micro/hf-master "$scratch/master" --to hf
same "$scratch/master/model.safetensors" $models/micro/model.safetensors
same "$scratch/master/config.json" $models/micro/config.json
said out '7 scales rounded to what hf holds'
tritium 0 convert $models/micro/micro-i2_s.gguf "$scratch/named.gguf" --to tq1_0 # keeps the name inside
same "$scratch/named.gguf" $models/micro/micro-tq1_0.gguf
# Scales that divide: hf keeps them and says so in its configuration, GGUF turns them over.
cp -r $models/micro "$scratch/divides" && rm -r "$scratch/divides/hf-master"
sed -i 's/autobitlinear/bitlinear/' "$scratch/divides/config.json"
tritium 0 convert "$scratch/divides" "$scratch/divides-hf" --to hf --exact
same "$scratch/divides-hf/config.json" "$scratch/divides/config.json"
tritium 0 convert "$scratch/divides" "$scratch/divides.gguf" --to i2_s
said out '7 scales that divided turned into their inverses'
tritium 0 convert $models/demo "$scratch/demo.gguf" --to tq1_0 --json
tritium 0 tokenize -m $models/demo -p 'The king had a daughter' --ids
cp "$scratch/out" "$scratch/ids"
tritium 0 tokenize -m "$scratch/demo.gguf" -p 'The king had a daughter' --ids
same "$scratch/out" "$scratch/ids"
tritium 0 convert "$scratch/demo.gguf" "$scratch/demo" --to hf
tritium 0 tokenize -m "$scratch/demo" -p 'The king had a daughter' --ids
same "$scratch/out" "$scratch/ids"

# Models of every shape, at a size for tests: the same tokens from every form that holds them.
for shape in 2b4t 0.7b 3b falcon3-1b falcon3-3b falcon3-7b falcon3-10b llama3-8b; do
    tritium 0 synth --shape tiny-$shape --seed 5 -o "$scratch/$shape"
    tritium 0 run -m "$scratch/$shape" -p 'Hello' -n 4 --greedy --json
    grep -A 8 '"ids"' "$scratch/out" >"$scratch/ids"
    forms='i2_s i2_s-arm bf16 f32 tq2_0 tq1_0'
    [ $shape != 3b ] || forms='i2_s bf16 f32' # a row of it is no multiple of 256
    for form in $forms; do
        layout=$(layout "$form")
        tritium 0 synth --shape tiny-$shape --seed 5 -o "$scratch/$shape.gguf" --format "$form"
        tritium 0 run -m "$scratch/$shape.gguf" --i2s "$layout" -p 'Hello' -n 4 --greedy --json
        grep -A 8 '"ids"' "$scratch/out" >"$scratch/ids-$form"
        same "$scratch/ids-$form" "$scratch/ids"
        rm "$scratch/$shape.gguf"
    done
done
# Known since the generator was written: the same seed gives the same bytes on every machine.
verdict 'the bytes of a random model' [ "$(cksum <"$scratch/2b4t/model.safetensors")" = '4156253816 1456076' ]
tritium 0 synth --shape tiny --seed 5 -o "$scratch/layout.gguf" --format i2_s-arm
tritium 0 info "$scratch/layout.gguf" --json
said out 'looks like arm'
tritium 0 info "$scratch/layout.gguf" --i2s arm --verify
said out 'read as arm, looks like arm'
said out 'verified'

refuses 1 "wanted.*tq1_0.*nearest is tq1_0" convert $models/micro "$room/out" --to tq1
refuses 2 'to is missing' convert $models/micro "$room/out"
refuses 2 'an argument is missing' convert $models/micro --to hf
refuses 1 'no-such' convert "$scratch/no-such" "$room/out" --to hf
refuses 1 'tq1_0 cannot hold layer 0 down_proj: columns, wanted a multiple of 256, got 640' \
    convert $models/tiny-b "$room/out" --to tq1_0
refuses 1 '--exact: wanted .* got 7 scales rounded' convert $models/micro/hf-master "$room/out" --to hf --exact
refuses 1 'No such file' convert $models/micro "$room/none/out" --to hf
refuses 1 'not written: No space left' convert $models/micro /dev/full --to i2_s
refuses 1 "nearest is 2b4t" synth --shape 2b4 -o "$room/out"
refuses 1 'wanted at most 512 ids, got 2048' synth --shape tiny -o "$room/out" --tokenizer $models/demo/tokenizer.json
cp "$models/micro/config.json" "$scratch/taken"
refuses 1 'taken: wanted a name that is free' convert $models/micro "$scratch/taken" --to i2_s
refuses 1 'taken: wanted a name that is free' convert $models/micro "$scratch/taken" --to hf
same "$scratch/taken" $models/micro/config.json

# A disk that fills up half-way: a limit on the size of files does the same.
small() { (trap '' XFSZ && ulimit -f 200 && "$program" convert "$@" >"$scratch/out" 2>"$scratch/err"); }
for form in hf i2_s; do
    rm -rf "$room" && mkdir "$room"
    got=0
    small $models/micro "$room/out" --to $form || got=$?
    verdict "a full disk, $form: exit status 1, got $got" [ $got -eq 1 ]
    verdict "a full disk, $form: nothing left" [ -z "$(ls -A "$room")" ]
    said err 'not written: File too large'
done
# Progress comes when asked for, on standard error.
tritium 0 synth --shape tiny -o "$scratch/shown" --progress
"$program" synth --shape falcon3-1b -o "$scratch/big" --progress >/dev/null 2>"$scratch/err" &
interrupt err
ends 130 'Ctrl-C'
said err 'making \[[#.]{20}\] +[0-9]+ %  [0-9.]+ MB/s  [0-9]+:[0-9]{2} left'
verdict 'Ctrl-C: nothing left' [ -z "$(find "$scratch" -maxdepth 1 -name 'big*')" ]
finish
