#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests what `make test` and `make deps` rest on: tools/suites must not call a bad suite good,
# tools/deps must say what is missing and change nothing that it cannot, tools/still must run its
# command with memory in its place, or anyhow.
set -eu

root=$(pwd)
scratch=$root/build/test-tools
rm -rf "$scratch"
mkdir -p "$scratch/bin"
passed=0 failed=0

# expect STATUS 'LAST LINE' COMMAND...
expect() {
    status=$1 line=$2 got=0
    shift 2
    (cd "$scratch" && "$@") >"$scratch/out" 2>&1 || got=$?
    last=$(tail -n 1 "$scratch/out")
    if [ "$got" -eq "$status" ] && [ "$last" = "$line" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $*: wanted $status \"$line\", got $got \"$last\""
    fi
}

cat >"$scratch/Makefile" <<'MAKE'
plain: ; @echo "3 passed, 0 failed"
criterion: ; @printf '\033[34m[====] Synthesis: Tested: 5 | Passing: 5 | Failing: 0 | Crashing: 0 \033[0m\n'
failing: ; @printf '[====] Synthesis: Tested: 5 | Passing: 3 | Failing: 1 | Crashing: 1 \n'; exit 1
lying: ; @echo "4 passed, 1 failed"
crashing: ; @echo "2 passed, 0 failed"; kill -SEGV $$$$
silent: ; @echo hello
empty: ; @echo "0 passed, 0 failed"
MAKE

suites="$root/tools/suites 1"
# shellcheck disable=SC2086
{
    expect 0 '8 passed, 0 failed' $suites plain criterion
    expect 1 '6 passed, 2 failed' $suites plain failing criterion
    expect 1 '4 passed, 1 failed' $suites lying plain
    expect 1 '5 passed, 1 failed' $suites plain crashing plain
    expect 1 '3 passed, 1 failed' $suites plain silent plain
    expect 1 '0 passed, 1 failed' $suites empty plain
    expect 1 '0 passed, 1 failed' $suites no-such-target plain
}

# Nothing is missing here, since the tests run: silence. Then a system with nothing and no apt-get.
expect 0 '' "$root/tools/deps" test
for tool in sh sed grep dirname cat; do ln -s "$(command -v $tool)" "$scratch/bin/$tool"; done
expect 1 'This system has no apt-get: please install them by its own means, then run make again.' \
    env PATH="$scratch/bin" "$root/tools/deps" demo
expect 2 'usage: tools/deps demo|xrt|explore|report|slurm|test' "$root/tools/deps" everything
# Every package has its line: no tool that is asked for its version may read the list or leave a file.
files=$(ls -A "$root")
asked=$(grep -Ec '^(demo|xrt|explore|test) ' "$root/tools/packages")
expect 0 'Everything is there: make demo, make test.' "$root/tools/doctor"
# shellcheck disable=SC2016
expect 0 "$asked" sh -c '"$1" | grep -Ec "^  (ok|MISSING)  "' sh "$root/tools/doctor"
# shellcheck disable=SC2016
expect 0 'no more files' sh -c '[ "$(ls -A "$1")" = "$2" ] && echo no more files' sh "$root" "$files"

# The stack of two processes lies at one address; without leave for that, the command runs all the same.
if setarch -R true 2>/dev/null; then
    # shellcheck disable=SC2016
    expect 0 'same' sh -c 'stack() { "$1" grep -F "[stack]" /proc/self/maps; }
        [ "$(stack "$1")" = "$(stack "$1")" ] && echo same' sh "$root/tools/still"
fi
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/setarch"
chmod +x "$scratch/bin/setarch"
expect 3 'ran' env PATH="$scratch/bin:$PATH" "$root/tools/still" sh -c 'echo ran; exit 3'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
