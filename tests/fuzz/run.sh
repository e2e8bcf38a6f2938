#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `run.sh search SECONDS TARGET...` runs each fuzz target for that long, from its seeds, past findings
# and the corpus that earlier runs left, and writes build/reports/fuzz.json. `run.sh test SECONDS
# TARGET...` first wants every seed accepted and every past finding harmless, keeps no corpus, and
# counts. Called by `make fuzz` and `make test-fuzz`; both fail on a finding.
set -eu

mode=$1 seconds=$2
shift 2
fuzz=build/fuzz
passed=0 failed=0
mkdir -p $fuzz/logs $fuzz/findings $fuzz/results build/reports
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:quarantine_size_mb=16
export UBSAN_OPTIONS=print_stacktrace=1

# Longest input of a target: a few times its largest seed.
longest() {
    case $1 in
    gguf | contract) echo 16384 ;;
    tokenizer | image) echo 24576 ;;
    *) echo 8192 ;;
    esac
}
count() { find "$1" -type f | wc -l | tr -d ' '; }
verdict() { # NAME STATUS: counts, and says what was wrong
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "fuzz: $1: FAILED, see $fuzz/logs"
    fi
}
# once LABEL TARGET FILE...: every file through the target, each once
once() {
    log=$fuzz/logs/$1.log target=$2
    shift 2
    TRI_FUZZ_COUNT=1 $fuzz/bin/"$target" -timeout=30 -rss_limit_mb=2048 -malloc_limit_mb=256 \
        -artifact_prefix=$fuzz/findings/"$target"- "$@" >"$log" 2>&1
}
# search TARGET SECONDS CORPUS: leaves the log; its last lines have libFuzzer's figures
search() {
    past=''
    [ ! -d tests/fuzz/regress/"$1" ] || past=tests/fuzz/regress/$1
    mkdir -p "$3"
    $fuzz/bin/"$1" -seed=1 -max_total_time="$2" -max_len="$(longest "$1")" -timeout=30 \
        -rss_limit_mb=2048 -malloc_limit_mb=256 -print_final_stats=1 -dict=tests/fuzz/dict/"$1".dict \
        -artifact_prefix=$fuzz/findings/"$1"- "$3" $fuzz/seeds/"$1" ${past:+"$past"} \
        >$fuzz/logs/"$1"-search.log 2>&1
}
figure() { sed -n "s/^stat::$1: *//p" $fuzz/logs/"$2"-search.log; }

if [ "$mode" = test ]; then
    # The harness sees a read one byte behind the end of a mapped file.
    status=0
    once planted planted $fuzz/seeds/gguf/i2s.gguf || status=$?
    if [ $status -ne 0 ] && grep -q heap-buffer-overflow $fuzz/logs/planted.log; then status=0; else status=1; fi
    rm -f $fuzz/findings/planted-*
    verdict 'planted fault' $status
    for target in "$@"; do
        status=0
        once "$target-seeds" "$target" $fuzz/seeds/"$target"/* || status=$?
        grep -qx "accepted: $(count $fuzz/seeds/"$target")" $fuzz/logs/"$target"-seeds.log || status=1
        verdict "$target: a seed is not accepted" $status
        [ $status -eq 0 ] || tail -n 20 $fuzz/logs/"$target"-seeds.log
        for input in tests/fuzz/regress/"$target"/*; do
            [ -f "$input" ] || continue
            status=0
            once "$target-regress" "$target" "$input" || status=$?
            verdict "$input" $status
        done
    done
fi

for target in "$@"; do
    corpus=$fuzz/corpus/$target
    [ "$mode" = search ] || corpus=$fuzz/short/$target
    [ "$mode" = search ] || rm -rf "$corpus"
    began=$(date +%s) status=0
    search "$target" "$seconds" "$corpus" || status=$?
    took=$(($(date +%s) - began)) findings=0
    [ $status -eq 0 ] || findings=1 # libFuzzer ends at the first
    executions=$(figure number_of_executed_units "$target")
    printf '%-12s %10s executions in %4s s, %s findings, corpus of %s\n' "$target" \
        "${executions:=0}" "$took" $findings "$(count "$corpus")"
    [ $findings -eq 0 ] || grep -E 'ERROR|runtime error|broken promise|SUMMARY|Test unit written' \
        $fuzz/logs/"$target"-search.log | head -n 6
    [ "$executions" -gt 0 ] || status=1 # a search that did not take place is none
    verdict "$target" $status
    [ "$mode" = search ] || continue
    printf '  {"target": "%s", "executions": %s, "seconds": %s, "findings": %s, "corpus": %s}\n' \
        "$target" "$executions" "$took" $findings "$(count "$corpus")" >$fuzz/results/"$target"
    # The last search of every target, this run's or an earlier one's.
    { echo '[' && cat $fuzz/results/* | sed '$!s/$/,/' && echo ']'; } >build/reports/fuzz.json
done
[ "$mode" = test ] || tests/fuzz/totals.py build/reports/fuzz.json build/reports/models.json
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
