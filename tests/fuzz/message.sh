#!/bin/bash
# SPDX-License-Identifier: MIT
# message.sh SECONDS: libFuzzer on message_fuzz.c, and the proof that it can find something.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
out=build/fuzz-message
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out/corpus" "$out/planted-corpus" "$out/seeds" "$out/crashes"

check() { # what status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz_message: $1"
    fi
}
files() { sed -n 's/^\(ENGINE\|EXTENSIONS\|SASL\|SASL_MORE\|MESSAGE\)_SOURCES := //p' sources.mk; }
compile() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Iinclude -Isrc "${@:2}" -o "$out/$1" tests/fuzz/message_fuzz.c \
        src/driver/memory.c $(files)
}
fuzz() { # program corpus seconds
    "$out/$1" -max_total_time="$3" -max_len=3000 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$out/crashes/$1-" "$out/$2" "$out/seeds" >"$out/$1.log" 2>&1
}
number() { sed -n "s/^message: .*$1 \([0-9]*\).*/\1/p" "$out/message.log"; }

printf '%b' '\037Ann\0a@x\0J\0303\0274rgen\0X-A\0v  w\0text\nFrom x\n\0text/plain\0n.txt\0i@x\0S' >"$out/seeds/names"
printf '%b' '\0\0\0\0\0\0--\0\0\0\0\0' >"$out/seeds/empty"
compile message && compile planted -DFUZZ_PLANT
check 'compiles' $?

fuzz message corpus "$seconds"
status=$?
[ $status = 0 ] || tail -n 40 "$out/message.log"
check "a finding, or it did not run (status $status)" $status
grep '^message: ' "$out/message.log"
for what in taken refused; do
    [ "$(number $what)" -gt 0 ] 2>/dev/null
    check "no run is $what" $?
done

fuzz planted planted-corpus 20
[ $? != 0 ] && grep -q 'violated: planted' "$out/planted.log"
check 'a planted fault is found' $?

echo "fuzz_message: $passed passed, $failed failed"
[ $failed = 0 ]
