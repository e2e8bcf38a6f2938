#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One device (its URI is the argument) must say on every model what the plain reference says: the same
# tokens, the same logits bit for bit, and every product equal. Needs reference.sh before it.
. tests/e2e/lib.sh
. tests/e2e/models.sh

right=build/e2e/reference
# field KEY: a number of the report.
field() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$scratch/report.json"; }
for model in $models; do
    ask "$model"
    # shellcheck disable=SC2086
    tritium 0 run $question --device "$1" --check --logits "$scratch/logits.npy" \
        --report "$scratch/report.json"
    [ -f "$scratch/report.json" ] || continue
    verdict "$model: the reference's tokens" cmp "$scratch/out" "$right/$model.text"
    verdict "$model: the reference's logits" cmp "$scratch/logits.npy" "$right/$model.npy"
    verdict "$model: every product checked" [ "$(field products_checked)" -gt 60 ]
    verdict "$model: every product equal" [ "$(field products_equal)" = "$(field products_checked)" ]
    rm -f "$scratch/report.json" "$scratch/logits.npy"
done
finish
