# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What every end-to-end script shares: a scratch folder, checks that are counted, and the last line
# "passed N failed N" that tests/e2e/sum.sh reads. A script is run from the root: NAME.sh [ARGUMENTS].
set -u

name=$(basename "$0" .sh)${1:+-$(echo "$1" | tr ':/' '--')}
program=${TRITIUM:-build/tritium}
scratch=build/e2e/$name
passed=0 failed=0
rm -rf "$scratch"
mkdir -p "$scratch"

# verdict WHAT CONDITION...: counts one check.
verdict() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name: $what" >&2
    fi
}

# tritium STATUS ARGUMENTS...: runs the program, keeps what it said in $scratch/out and $scratch/err,
# and checks its exit status.
tritium() {
    wanted=$1
    shift
    got=0
    "$program" "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
    verdict "exit status of 'tritium $*': wanted $wanted, got $got; $(head -c 300 "$scratch/err")" \
        [ "$got" -eq "$wanted" ]
}

# said FILE PATTERN: checks that $scratch/FILE has a line with the pattern (grep -E).
said() { verdict "'$2' in $1: $(head -c 300 "$scratch/$1")" grep -Eq -- "$2" "$scratch/$1"; }

# holds FILE EXPRESSION: checks what a Python expression says of d, the JSON object in $scratch/FILE.
holds() { verdict "$1: $2" python3 -c "import json,sys
d = json.load(open(sys.argv[1])); sys.exit(not ($2))" "$scratch/$1"; }

# interrupt FILE: Ctrl-C for the program in the background, once something is in $scratch/FILE.
interrupt() {
    tries=0
    while [ ! -s "$scratch/$1" ] && [ $tries -lt 1500 ]; do
        sleep 0.02
        tries=$((tries + 1))
    done
    kill -INT $!
}

# ends STATUS WHAT: waits for the program in the background and checks its exit status.
ends() {
    got=0
    wait $! || got=$?
    verdict "$2: exit status: wanted $1, got $got" [ "$got" -eq "$1" ]
}

# refuses STATUS PATTERN ARGUMENTS...: the program must fail with one line on stderr that has the
# pattern, nothing on stdout, and leave no file behind in $scratch/room.
refuses() {
    wanted=$1 pattern=$2
    shift 2
    rm -rf "$scratch/room"
    mkdir -p "$scratch/room"
    tritium "$wanted" "$@"
    verdict "one line 'tritium: ...' on stderr: tritium $*" \
        [ "$(grep -c '^tritium: ' "$scratch/err") $(wc -l <"$scratch/err")" = "1 1" ]
    said err "$pattern"
    verdict "nothing on stdout: tritium $*" [ ! -s "$scratch/out" ]
    verdict "nothing left behind: tritium $*" [ -z "$(ls -A "$scratch/room")" ]
}

finish() {
    echo "passed $passed failed $failed"
    [ "$failed" -eq 0 ]
}
