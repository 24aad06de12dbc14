#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's first C example compiles as it stands, without a warning.
set -u
cd "$(dirname "$0")/../.." || exit
readme=${1:-README.md}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
warnings='-Wall -Wextra -Wpedantic -Werror'

check() { # what, command...
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$what"
        cat "$work/out"
    fi
}

# The first block fenced as ```c; nothing if it has no end.
first_block() {
    awk '/^[[:space:]]*```c[[:space:]]*$/ && !inside { inside = 1; next }
         /^[[:space:]]*```[[:space:]]*$/ && inside { found = 1; exit }
         inside { text = text $0 "\n" }
         END { if (found) printf "%s", text }' "$1"
}
compiles() { # option... file
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 $warnings -Iinclude -Iports/netxduo -Iports/netxduo/host -c \
        -o "$work/example.o" "$@"
}
breaks() { ! compiles "$1"; }
is_short() { [ "$(grep -c . "$1")" -le "$2" ]; }

first_block "$readme" >"$work/example.c"
check "$readme has a C example" [ -s "$work/example.c" ]
check "it fits on a screen" is_short "$work/example.c" 30
check 'it compiles' compiles "$work/example.c"
check 'examples/portable_example.c compiles' compiles examples/portable_example.c
check 'examples/secure_example.c compiles' compiles examples/secure_example.c
check 'examples/netx_tls_host.c compiles' compiles -DNX_SECURE_ENABLE examples/netx_tls_host.c
check 'examples/netx_tls_example.c compiles' compiles -DNX_SECURE_ENABLE -Isrc \
    examples/netx_tls_example.c

# That this can fail: no block, a block without an end, a block that is wrong.
printf 'text\n```sh\nmake\n```\n' >"$work/none.md"
check 'no block gives nothing' [ -z "$(first_block "$work/none.md")" ]
printf '```c\nint x;\n' >"$work/open.md"
check 'a block without an end gives nothing' [ -z "$(first_block "$work/open.md")" ]
printf 'a\n```c\nint f(void);\nint f(void) { int unused; return 0; }\n```\n```c\nint g;\n```\n' \
    >"$work/wrong.md"
first_block "$work/wrong.md" >"$work/wrong.c"
check 'the first block is taken, whole' [ "$(wc -l <"$work/wrong.c")" = 2 ]
check 'a warning is an error' breaks "$work/wrong.c"

printf 'readme: %d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
