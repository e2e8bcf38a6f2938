#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the plain reference says on every model: tokens and logits, kept for the other scripts to compare
# with. Also: one call or many, the same bits.
. tests/e2e/lib.sh
. tests/e2e/models.sh

for model in $models; do
    ask "$model"
    # shellcheck disable=SC2086
    tritium 0 run $question --device ref --logits "$scratch/$model.npy"
    cp "$scratch/out" "$scratch/$model.text"
    verdict "$model: a reply" [ -s "$scratch/$model.text" ]
    verdict "$model: logits of 16 positions" \
        [ "$(head -c 128 "$scratch/$model.npy" | grep -ac 'shape.: (16, ')" -eq 1 ]
    # shellcheck disable=SC2086
    tritium 0 run $question --device ref --logits "$scratch/again.npy"
    verdict "$model: the same again" cmp "$scratch/$model.npy" "$scratch/again.npy"
done
finish
