#!/bin/bash
# SPDX-License-Identifier: MIT
# Every public header alone, from C and from C++, without a warning.
set -uo pipefail
cd "$(dirname "$0")/.."
out=build/headers
mkdir -p "$out"
passed=0 failed=0

check() { # what command...
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "headers: $1"
    fi
}
refuse() { ! "$@"; }

common=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror -fsyntax-only
    -Iinclude -Iports/netxduo -isystem ports/netxduo/host)
# alone COMPILER STANDARD HEADER: twice, so that its guard is needed
alone() {
    local language=c
    [[ $2 == c++* ]] && language=c++
    printf '#include "%s"\n#include "%s"\nint main(void);\nint main(void) { return 0; }\n' \
        "$3" "$3" >"$out/alone.$language"
    "$1" -x $language -std="$2" "${common[@]}" "$out/alone.$language"
}

for header in include/smtplite/*.h ports/netxduo/nxd_smtp_client.h \
    ports/netxduo/nx_smtp_client_mail.h; do
    name=${header#include/}
    name=${name#ports/netxduo/}
    for how in 'gcc c99' 'gcc c11' 'clang c99' 'g++ c++11' 'g++ c++20' 'clang++ c++11' 'clang++ c++20'; do
        # shellcheck disable=SC2086 # two words
        check "$name with $how" alone $how "$name"
    done
done

# that it can fail
mkdir -p "$out/bad"
common+=("-I$out/bad")
echo 'int *class(void *p); static inline int *class(void *p) { return p; }' >"$out/bad/bad.h"
check 'a header that C++ does not take is found' refuse alone g++ c++11 bad.h 2>/dev/null
echo 'struct twice { size_t n; };' >"$out/bad/bad.h"
check 'a header that does not stand alone is found' refuse alone gcc c99 bad.h 2>/dev/null

echo "headers: $passed passed, $failed failed"
[ $failed = 0 ]
