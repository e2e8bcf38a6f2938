#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hls/check.sh itself: a copy of the kernel with one rule broken must be refused for that rule, and for
# no other. Run from the root: rules.sh PARAMS OUT.
set -eu

params=$1 out=$2
passed=0 failed=0

# refused WHAT RULE TEXT: adds TEXT to the end of hls/array.c.
refused() {
    rm -rf "$out"
    mkdir -p "$out/copy"
    cp -r hls "$out/copy/hls"
    printf '%s\n' "$3" >>"$out/copy/hls/array.c"
    if hls/check.sh "$params" "$out/check" "$out/copy" >"$out/log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED rules: $1 was not noticed"
    elif grep -q "^hls: broken: $2" "$out/log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED rules: $1: wanted '$2'"
        grep broken "$out/log"
    fi
}

refused 'a call to itself' 'no function calls itself' \
    'int again(int x); int again(int x) { return x > 0 ? again(x - 1) + 1 : 0; }'
refused 'recursion of two' 'no recursion' \
    'int a(int x); int b(int x); int a(int x) { return x > 0 ? b(x - 1) : 0; } int b(int x) { return a(x) + 1; }'
refused 'heap' 'no undefined symbol' \
    'void *malloc(__SIZE_TYPE__); void *more(void); void *more(void) { return malloc(8); }'
refused 'floating point' 'C17 without' \
    'int half(int x); int half(int x) { return (int)(x * 0.5); }'
refused 'a variable-length array' 'C17 without' \
    'int vla(int n); int vla(int n) { char x[n]; x[0] = 1; return x[0]; }'
refused 'a stack without bound' 'every stack frame' \
    'int grow(int n); int grow(int n) { char *x = __builtin_alloca(n); x[0] = 1; return x[0]; }'
refused 'a while' 'for is the only loop' \
    'int wait(int x); int wait(int x) { while (x > 3) x /= 2; return x; }'
refused 'a loop without bound' 'every loop' \
    'int sum(int n); int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += i; return s; }'
refused 'state' 'no variable that outlives' \
    'int next(void); int next(void) { static int x; return ++x; }'
refused 'a call through a pointer' 'no call through' \
    'int call(int (*f)(int)); int call(int (*f)(int)) { return f(1); }'
refused 'a large stack' 'stack of' \
    'int big(void); int big(void) { volatile char x[8 << 20]; x[0] = 1; return x[0]; }'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
