# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests of boards share: counted verdicts, and the contract, a design and a board read a
# second time, without the code that generated the files under test.
set -u

passed=0 failed=0
# verdict WHAT COMMAND...: counts one check.
verdict() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $(basename "$0" .sh): $what" >&2
    fi
}
not() { ! "$@"; }
finish() {
    echo "passed $passed failed $failed"
    [ "$failed" -eq 0 ]
}

# registers: "name offset bits repeat stride argument" of rtl/accel.yaml, argument being yes or no.
registers() {
    sed -n '/^registers:/,/^counters:/s/^ *- *{\(.*\)}$/\1/p' rtl/accel.yaml | awk '
        function field(key, none) {
            if (!match($0, "(^|[ ,])" key ": *[^,]*")) return none
            text = substr($0, RSTART, RLENGTH)
            sub(".*" key ": *", "", text)
            sub(" *$", "", text)
            return text
        }
        { print field("name", "?"), field("offset", "?"), field("bits", "?"), field("repeat", 1),
                field("stride", 0), /doc: "argument:/ ? "yes" : "no" }'
}
# arguments PORTS: "name offset bits master" of each kernel argument, master - for a scalar.
arguments() {
    registers | while read -r name offset bits repeat stride argument; do
        [ "$argument" = yes ] || continue
        if [ "$repeat" -gt 1 ]; then
            i=0
            while [ "$i" -lt "$1" ]; do
                printf '%s 0x%03x %s m_axi_w%s\n' "$name$i" $((offset + i * stride)) "$bits" "$i"
                i=$((i + 1))
            done
        elif [ "$bits" -eq 64 ]; then
            printf '%s 0x%03x %s m_axi_data\n' "$name" $((offset)) "$bits"
        else
            printf '%s 0x%03x %s -\n' "$name" $((offset)) "$bits"
        fi
    done
}
# of_design BOARD KEY: a number of its design.
of_design() { sed -n "s/^ *$2: *\([a-z0-9_.]*\).*/\1/p" "bitstreams/$1/design.yaml"; }
# banks BOARD: every bank by its tag, one a line.
banks() {
    sed -n 's/.*tag: *"\{0,1\}\([A-Za-z0-9_:]*\(\[[0-9:]*\]\)\{0,1\}\)"\{0,1\},.*/\1/p' \
        "bitstreams/$1/board.yaml" | while read -r tag; do
        case $tag in
        *\[*:*)
            name=${tag%%\[*} range=${tag#*\[} range=${range%\]}
            i=${range%:*}
            while [ "$i" -le "${range#*:}" ]; do
                echo "$name[$i]"
                i=$((i + 1))
            done
            ;;
        *) echo "$tag" ;;
        esac
    done
}
