# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# The models of the matrix and what each is asked: prompts of eleven tokens, longer than the t_max of 8
# that every test design has, so that a prompt is cut into commands. Sourced after lib.sh.
models='micro tiny-a tiny-b demo'

# ask MODEL: sets $question to the arguments of `tritium run` for it.
ask() {
    case $1 in
    demo) question='--prompt-ids 2046,319,11,480,260,97,1203,33,7,1999,510 -n 5 --seed 3 --top-p 0.95 --min-p 0.01 --repetition-penalty 1.1' ;;
    *) question='--prompt-ids 496,1,77,510,33,200,5,5,311,42,0 -n 5 --greedy' ;;
    esac
    question="-m tests/models/$1 $question"
}
