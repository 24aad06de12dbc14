#!/bin/bash
# SPDX-License-Identifier: MIT
# What engine, sasl and message may import and export, and that they have no data of their own.
# Looked at in the object files, for the host and for a Cortex-M4.
set -uo pipefail
cd "$(dirname "$0")/.."
out=build/symbols
rm -rf "$out"
passed=0 failed=0

check() { # what command...
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "symbols: $1"
    fi
}
refuse() { ! "$@"; }

sources_of() { sed -n "s/^$1 := //p" sources.mk; }
compile() { # folder command... -- file...
    local folder=$out/$1 command=() file
    shift
    while [ "$1" != -- ]; do command+=("$1"); shift; done
    shift
    mkdir -p "$folder"
    for file in "$@"; do
        "${command[@]}" -std=c99 -ffunction-sections -fdata-sections -Iinclude -Isrc -c \
            -o "$folder/$(basename "$file" .c).o" "$file" || return
    done
}

# Imports: the four of memory, and each other's.
imports_only_mem() { # nm object...
    local nm=$1 strangers
    shift
    strangers=$(comm -23 <($nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u) \
        <($nm --defined-only -g "$@" | awk 'NF == 3 { print $3 }' | sort -u) |
        grep -vxE 'memcpy|memmove|memset|memcmp')
    [ -z "$strangers" ] || { echo "  imported: $strangers" >&2; return 1; }
}
exports_only_ours() { # nm object...
    local nm=$1 strangers
    shift
    strangers=$($nm --defined-only -g "$@" | awk 'NF == 3 && $3 !~ /^smtplite_/ { print $3 }')
    [ -z "$strangers" ] || { echo "  exported: $strangers" >&2; return 1; }
}
has_no_data() { # nm object...
    local nm=$1 data
    shift
    data=$($nm --defined-only "$@" | awk 'NF == 3 && $2 ~ /^[dDbBCgGsS]$/ { print $2, $3 }')
    [ -z "$data" ] || { echo "  data: $data" >&2; return 1; }
}

# shellcheck disable=SC2046 # words are wanted
files=($(sources_of ENGINE_SOURCES) $(sources_of EXTENSIONS_SOURCES) $(sources_of SASL_SOURCES) $(sources_of SASL_MORE_SOURCES) $(sources_of MESSAGE_SOURCES) src/driver/memory.c)
for target in host m4; do
    case $target in
    host) cc=(gcc -O2 -fno-pie) nm=nm ;; # in PIE, constant pointers lie in .data.rel.ro
    m4) cc=(arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os) nm=arm-none-eabi-nm ;;
    esac
    check "$target: compiles" compile $target "${cc[@]}" -- "${files[@]}"
    check "$target: imports" imports_only_mem $nm "$out/$target/"*.o
    check "$target: exports" exports_only_ours $nm "$out/$target/"*.o
    check "$target: data" has_no_data $nm "$out/$target/"*.o

    # that each of the three can fail
    mkdir -p "$out/bad"
    echo 'int strlen(const char *); int smtplite_x(const char *s); int smtplite_x(const char *s) { return strlen(s); }' >"$out/bad/imports.c"
    echo 'int helper(void); int helper(void) { return 1; }' >"$out/bad/exports.c"
    echo 'static int count; int smtplite_y(void); int smtplite_y(void) { return ++count; }' >"$out/bad/data.c"
    check "$target: bad objects" compile "bad-$target" "${cc[@]}" -w -fno-builtin -- "$out"/bad/*.c
    check "$target: strlen is found" refuse imports_only_mem $nm "$out/bad-$target/imports.o" 2>/dev/null
    check "$target: a stray name is found" refuse exports_only_ours $nm "$out/bad-$target/exports.o" 2>/dev/null
    check "$target: a counter is found" refuse has_no_data $nm "$out/bad-$target/data.o" 2>/dev/null
done

echo "symbols: $passed passed, $failed failed"
[ $failed = 0 ]
