#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh SECONDS: libFuzzer on reply_fuzz.c (half of them), compose_fuzz.c and certificate_fuzz.c,
# and the proof that they get where faults would be: to the end of a mail, into a multipart, to a
# certificate that is accepted.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
out=build/fuzz
passed=0 failed=0
rm -rf "$out"
mkdir -p "$out/corpus" "$out/messages" "$out/certificates" "$out/certificate-seeds" \
    "$out/crashes" "$out/sources"

check() { # what status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "fuzz: $1"
    fi
}
files() { sed -n "s/^\\($1\\)_SOURCES := //p" sources.mk; }
build() { # program file-or-option...
    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Iinclude -Isrc -o "$out/$1" "${@:2}"
}
compile_reply() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    build "$@" tests/fuzz/reply_fuzz.c tests/fuzz/play.c tests/fuzz/transcript.c \
        tests/support/test_crypto.c $(without_planted 'ENGINE\|EXTENSIONS\|SASL\|SASL_MORE')
}
compile_compose() { # program option...
    # shellcheck disable=SC2046 # words are wanted
    build "$@" tests/fuzz/compose_fuzz.c tests/fuzz/mime.c tests/message/gather.c \
        src/driver/memory.c $(without_planted 'ENGINE\|SASL\|MESSAGE')
}
# A fault in a copy of one source; the next compile takes it for the source.
planted=
plant() { # source expression-of-sed
    planted=$1
    sed "$2" "$1" >"$out/sources/$(basename "$1")"
    ! cmp -s "$1" "$out/sources/$(basename "$1")"
    check "nothing to plant in $1" $?
}
without_planted() { # names in sources.mk
    local file
    for file in $(files "$1"); do
        [ "$file" != "$planted" ] || file="-I$(dirname "$file") $out/sources/$(basename "$file")"
        echo "$file"
    done
}
found() { # program violation
    [ "$status" != 0 ] && grep -q "violated: $2" "$out/$1.log"
    check "$1: a planted fault is not found" $?
    planted=
}
compile_certificate() { # program option...
    build "$@" tests/fuzz/certificate_fuzz.c src/tls/certificate.c -lcrypto
}
fuzz_certificate() { # program seconds
    "$out/$1" -max_total_time="$2" -max_len=1024 -timeout=10 -artifact_prefix="$out/crashes/$1-" \
        "$out/certificates" "$out/certificate-seeds" >"$out/$1.log" 2>&1
}
fuzz() { # program corpus seconds option...
    "$out/$1" -max_total_time="$3" -max_len=4096 -timeout=10 -rss_limit_mb=2048 "${@:4}" \
        -artifact_prefix="$out/crashes/$1-" -print_final_stats=1 "$out/$2" "$out/seeds-$2" \
        >"$out/$1.log" 2>&1
    status=$?
}
fuzz_reply() { # program seconds
    fuzz "$1" corpus "$2" -dict=tests/fuzz/words.dict
}
finding() { # program
    [ "$status" = 0 ] || tail -n 40 "$out/$1.log"
    check "$1: a finding, or it did not run (status $status)" "$status"
    grep "^[a-z]*: executions" "$out/$1.log"
    grep -E 'cov: [0-9]+' "$out/$1.log" | tail -n 1
}
reaches() { # program what...
    local what
    for what in "${@:2}"; do
        [ "$(number "$1" "$what")" -gt 0 ] 2>/dev/null
        check "$1: no run reaches: $what" $?
    done
}
number() { sed -n "s/^[a-z]*: executions.* $2 \([0-9]*\).*/\1/p" "$out/$1.log"; }

${PYTHON:-/usr/bin/python3} tests/fuzz/seeds.py "$out/seeds-corpus"
compile_reply reply && compile_reply planted -DFUZZ_PLANT
check 'reply: compiles' $?
fuzz_reply reply $((seconds / 2 + 1))
finding reply
reaches reply ready "done" closed failed again sent partly not maybe proven chunked riding lmtp \
    parameters
fuzz_reply planted 20
found planted planted
plant src/engine/transaction.c 's/s->marked ? SMTPLITE_MAYBE/s->marked ? SMTPLITE_UNTRIED/'
compile_reply planted-fate && fuzz_reply planted-fate 20
found planted-fate 'MAYBE while'
plant src/engine/chunks.c 's/"\\r\\n", 2/"\\n\\r", 2/'
compile_reply planted-chunk && fuzz_reply planted-chunk 20
found planted-chunk '.*'

${PYTHON:-/usr/bin/python3} tests/fuzz/compose_seeds.py "$out/seeds-messages"
compile_compose compose
check 'compose: compiles' $?
fuzz compose messages $((seconds / 4 + 1))
finding compose
reaches compose taken refused failed sized as-is quoted base64 nested utf8
plant src/message/content.c 's/bool paired = /&m->text_len > 0 \&\& /'
compile_compose planted-compose && fuzz planted-compose messages 20
found planted-compose '.*'

compile_certificate certificate && compile_certificate certificate-planted -DFUZZ_PLANT
check 'certificate: compiles' $?
seed() { printf "$2" >"$out/certificate-seeds/$1"; } # name octets
seed name 'mail.example.com\n\003mail.example.com'
seed wildcard 'mail.example.com\n\003*.example.com'
seed v4 '192.0.2.7\n\003\300\0\002\007'
seed names 'mail.example.com\n\002\060\022\202\020mail.example.com'
seed v6 '2001:db8::7\n\001\060\033\006\003\125\035\021\004\024\060\022\207\020 \001\r\270\0\0\0\0\0\0\0\0\0\0\0\007'

fuzz_certificate certificate $((seconds / 4 + 1))
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
