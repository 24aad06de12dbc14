#!/bin/bash
# SPDX-License-Identifier: MIT
# sasl.sh SECONDS: libFuzzer on sasl_fuzz.c, and the proof that it reaches what it is to reach.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
out=build/fuzz-sasl
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out/corpus" "$out/planted-corpus" "$out/seeds" "$out/crashes"

check() { # what status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz_sasl: $1"
    fi
}
files() { sed -n 's/^\(ENGINE\|EXTENSIONS\|SASL\|SASL_MORE\)_SOURCES := //p' sources.mk; }
compile() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Iinclude -Isrc "${@:2}" -o "$out/$1" tests/fuzz/sasl_fuzz.c \
        tests/sasl/exchange.c $(files)
}
fuzz() { # program corpus seconds
    "$out/$1" -max_total_time="$3" -max_len=1024 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$out/crashes/$1-" -print_final_stats=1 "$out/$2" "$out/seeds" \
        >"$out/$1.log" 2>&1
}
number() { sed -n "s/.*fuzz: executions.* $1 \([0-9]*\).*/\1/p" "$out/sasl.log"; }

# of each mechanism (the first octet, by its place in the table) one dialog that is good or refused
for m in 0 1 2 3; do
    printf '%b' "\\x0$m@Nx,s=QSXCR+Q6sek8bf92,i=20,x=y\nV" >"$out/seeds/scram-$m"
    printf '%b' "\\x0$m@Nx,s=QSXCR+Q6sek8bf92,i=4096" >"$out/seeds/many-$m"
    printf '%b' "\\x0$m@Nx,s=QQ==,i=1\ne=other-error" >"$out/seeds/error-$m"
done
for m in 4 5 6 7 8 9; do
    printf '%b' "\\x0$m@{\"status\":\"401\"}\n" >"$out/seeds/other-$m"
done
compile sasl && compile planted -DFUZZ_PLANT
check 'compiles' $?

fuzz sasl corpus "$seconds"
status=$?
[ $status = 0 ] || tail -n 40 "$out/sasl.log"
check "a finding, or it did not run (status $status)" $status
grep '^fuzz: executions' "$out/sasl.log"
for what in sent cancelled failed proven noted; do
    [ "$(number $what)" -gt 0 ] 2>/dev/null
    check "no run reaches: $what" $?
done
grep -E 'cov: [0-9]+' "$out/sasl.log" | tail -n 1

fuzz planted planted-corpus 20
[ $? != 0 ] && grep -q 'violated: planted' "$out/planted.log"
check 'a planted fault is found' $?

echo "fuzz_sasl: $passed passed, $failed failed"
[ $failed = 0 ]
