#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh SECONDS: libFuzzer on reply_fuzz.c, and the proof that it reaches the end of a mail.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
out=build/fuzz
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out/corpus" "$out/planted-corpus" "$out/crashes"

check() { # what status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz: $1"
    fi
}
files() { sed -n 's/^\(ENGINE\|SASL\)_SOURCES := //p' sources.mk; }
compile() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Iinclude -Isrc "${@:2}" -o "$out/$1" tests/fuzz/reply_fuzz.c $(files)
}
fuzz() { # program corpus seconds
    "$out/$1" -max_total_time="$3" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -dict=tests/fuzz/words.dict -artifact_prefix="$out/crashes/$1-" -print_final_stats=1 \
        "$out/$2" "$out/seeds" >"$out/$1.log" 2>&1
}
number() { sed -n "s/.*fuzz: executions.* $1 \([0-9]*\).*/\1/p" "$out/reply.log"; }

${PYTHON:-/usr/bin/python3} tests/fuzz/seeds.py "$out/seeds"
compile reply && compile planted -DFUZZ_PLANT
check 'compiles' $?

fuzz reply corpus "$seconds"
status=$?
[ $status = 0 ] || tail -n 40 "$out/reply.log"
check "a finding, or it did not run (status $status)" $status
grep '^fuzz: executions' "$out/reply.log"
for what in ready done closed failed sent partly not maybe; do
    [ "$(number $what)" -gt 0 ] 2>/dev/null
    check "no run reaches: $what" $?
done
grep -E 'cov: [0-9]+' "$out/reply.log" | tail -n 1

fuzz planted planted-corpus 20
[ $? != 0 ] && grep -q 'violated: planted' "$out/planted.log"
check 'a planted fault is found' $?

echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
