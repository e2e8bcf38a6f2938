#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lints SystemVerilog with verible: `verible.sh PROGRAM OUT FILE...`. The files are first copied to the
# folder OUT with, line by line, two things that verible's grammar (0.0.4071) does not read: macros that
# come from an included file, and net declarations with a data type (`wire logic x = y;`, which means
# `wire x = y;`). Rules of style that this project does not follow are switched off by name; Yosys 0.23 knows
# no parameters of type string, so these have none.
set -eu

program=$1 out=$2
shift 2
copies=''
for file in "$@"; do
    copy=$out/$file
    mkdir -p "$(dirname "$copy")"
    sed -e '1s/.*/`define TRI_ASSERT(name, condition)/' -e 's/^`include .*//' \
        -e 's/^\( *\)wire logic \(.*[=;]\)/\1wire \2/' "$file" >"$copy"
    copies="$copies $copy"
done
# Names of files hold no blanks.
# shellcheck disable=SC2086
"$program" --rules=-parameter-name-style,-unpacked-dimensions-range-ordering,-line-length,explicit-parameter-storage-type=exempt_type:string \
    $copies
