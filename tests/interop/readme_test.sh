#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's C examples compile as they stand, without a warning, the first one on a screen; and what docs/tls.md has to
# make a CA and a pin makes what its C block takes.
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
every_block() {
    awk -v to="$work/block" '/^```c$/ && !file { count++; file = to count ".c"; next }
         /^```$/ { file = "" }
         file { print >file }' "$1"
    for block in "$work"/block*.c; do
        compiles "$block" || return
    done
    [ -e "$work/block2.c" ]
}
check 'all of its C examples compile' every_block "$readme"
check 'examples/portable_example.c compiles' compiles examples/portable_example.c
check 'examples/secure_example.c compiles' compiles examples/secure_example.c
check 'examples/mime_example.c compiles' compiles examples/mime_example.c
check 'examples/netx_tls_host.c compiles' compiles -DNX_SECURE_ENABLE examples/netx_tls_host.c
check 'examples/netx_tls_example.c compiles' compiles -DNX_SECURE_ENABLE -Isrc \
    examples/netx_tls_example.c

# The blocks of docs/tls.md's section on keys, fenced as $1: all but the one that asks a server.
key_blocks() {
    awk -v fence="\`\`\`$1" '/^## / { inside = /Make your CA/ }
         inside && !block && $0 == fence { block = 1; text = ""; next }
         inside && block && $0 == "```" { block = 0; if (text !~ /s_client/) printf "%s", text; next }
         block { text = text $0 "\n" }' docs/tls.md
}
makes_keys() { (cd "$work" && bash -e keys.sh); }
key_blocks '' >"$work/keys.sh"
{ echo '#include <smtplite/tls.h>' && key_blocks c && echo 'int main(void) { return options.pin_count != 1; }'; } \
    >"$work/keys.c"
check 'docs/tls.md: CA, certificate and pin are made' makes_keys
check 'docs/tls.md: the chain is good' openssl verify -CAfile "$work/ca.pem" "$work/server.pem"
check 'docs/tls.md: its C block compiles' compiles "-I$work" "$work/keys.c"

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
