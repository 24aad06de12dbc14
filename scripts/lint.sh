#!/bin/bash
# SPDX-License-Identifier: MIT
# clang-format, cppcheck and clang-tidy over the committed C files; house rules that grep can see.
set -uo pipefail
cd "$(dirname "$0")/.."
out=build/lint
mkdir -p "$out"
passed=0 failed=0

check() { # what command...
    if "${@:2}" >"$out/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "lint: $1"
        grep -v "warnings generated" "$out/log" | tail -n 40 | sed 's/^/  | /'
    fi
}
refuse() { ! "$@"; }

mapfile -t files < <(git ls-files '*.c' '*.h')
mapfile -t firmware < <(git ls-files 'src/*.c' 'ports/netxduo/*.c' 'ports/mbedtls/*.c' \
    ':!ports/netxduo/host')
includes=(-Iinclude -Isrc -Iports/netxduo -Iports/netxduo/host)

formatted() { clang-format-14 --dry-run -Werror "$@"; }
cpp_clean() {
    cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=preprocessorErrorDirective --suppress=unknownEvaluationOrder --error-exitcode=1 "${includes[@]}" "$@"
}
tidy() {
    clang-tidy-14 --quiet --warnings-as-errors='*' \
        --checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-branch-clone,-bugprone-not-null-terminated-result,-bugprone-narrowing-conversions,-clang-analyzer-security.insecureAPI.*' \
        "$@" -- -std=c99 "${includes[@]}"
}
has_spdx() {
    local file missing=0
    for file in "$@"; do
        head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$file"; missing=1; }
    done
    return $missing
}
c99_clean() { gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "${includes[@]}" "$@"; }

check 'clang-format 14 (make format)' formatted "${files[@]}"
check 'SPDX lines' has_spdx "${files[@]}" $(git ls-files '*.sh' flavours.mk tests/tests.mk '*.py' Makefile CMakeLists.txt .ci/run)
check 'firmware code is C99' c99_clean "${firmware[@]}"
check 'cppcheck' cpp_clean $(git ls-files "*.c")
check 'clang-tidy' tidy "${firmware[@]}"

# that each can fail
echo 'int  f( int x ){return x;}' >"$out/bad.c"
check 'bad format is found' refuse formatted "$out/bad.c"
check 'a missing SPDX line is found' refuse has_spdx "$out/bad.c"
printf 'int g(void);\nint g(void)\n{\n    int a[2] = {0, 0};\n    for (int i = 0; i < 2; i++)\n        a[i] = i;\n    int *p = 0;\n    return a[2] + *p;\n}\n' >"$out/bad.c"
check 'cppcheck finds an overrun' refuse cpp_clean "$out/bad.c"
check 'clang-tidy finds a null dereference' refuse tidy "$out/bad.c"
echo 'int *f(void); typeof(int) g;' >"$out/bad.c"
check 'GNU C is found' refuse c99_clean "$out/bad.c"

echo "lint: $passed passed, $failed failed"
[ $failed = 0 ]
