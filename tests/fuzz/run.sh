#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh SECONDS: libFuzzer on reply_fuzz.c and certificate_fuzz.c, and the proof that they get
# where faults would be: to the end of a mail, to a certificate that is accepted.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
out=build/fuzz
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out/corpus" "$out/planted-corpus" "$out/certificates" "$out/certificate-seeds" \
    "$out/crashes"

check() { # what status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz: $1"
    fi
}
files() { sed -n 's/^\(ENGINE\|EXTENSIONS\|SASL\|SASL_MORE\)_SOURCES := //p' sources.mk; }
build() { # program file-or-option...
    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Iinclude -Isrc -o "$out/$1" "${@:2}"
}
compile() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    build "$@" tests/fuzz/reply_fuzz.c \
        tests/support/test_crypto.c $(files)
}
compile_certificate() { # program option...
    build "$@" tests/fuzz/certificate_fuzz.c src/tls/certificate.c -lcrypto
}
fuzz_certificate() { # program seconds
    "$out/$1" -max_total_time="$2" -max_len=1024 -timeout=10 -artifact_prefix="$out/crashes/$1-" \
        "$out/certificates" "$out/certificate-seeds" >"$out/$1.log" 2>&1
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
for what in ready done closed failed sent partly not maybe proven; do
    [ "$(number $what)" -gt 0 ] 2>/dev/null
    check "no run reaches: $what" $?
done
grep -E 'cov: [0-9]+' "$out/reply.log" | tail -n 1

fuzz planted planted-corpus 20
[ $? != 0 ] && grep -q 'violated: planted' "$out/planted.log"
check 'a planted fault is found' $?

compile_certificate certificate && compile_certificate certificate-planted -DFUZZ_PLANT
check 'certificate: compiles' $?
seed() { printf "$2" >"$out/certificate-seeds/$1"; } # name octets
seed name 'mail.example.com\n\003mail.example.com'
seed wildcard 'mail.example.com\n\003*.example.com'
seed v4 '192.0.2.7\n\003\300\0\002\007'
seed names 'mail.example.com\n\002\060\022\202\020mail.example.com'
seed v6 '2001:db8::7\n\001\060\033\006\003\125\035\021\004\024\060\022\207\020 \001\r\270\0\0\0\0\0\0\0\0\0\0\0\007'

fuzz_certificate certificate $((seconds / 2 + 1))
status=$?
[ $status = 0 ] || tail -n 40 "$out/certificate.log"
check "certificate: a finding, or it did not run (status $status)" $status
grep '^certificate: executions' "$out/certificate.log"
! grep -q '^certificate: .* accepted 0 ' "$out/certificate.log"
check 'certificate: some is accepted' $?
fuzz_certificate certificate-planted 20
[ $? != 0 ] && grep -q 'violated: OpenSSL refuses it' "$out/certificate-planted.log"
check 'certificate: a planted fault is found' $?

echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
