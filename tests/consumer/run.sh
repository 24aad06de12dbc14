#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds and runs a small project in each way of using the library, from outside of its folder.
set -uo pipefail
cd "$(dirname "$0")/../.."
source=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # what command...
    if "${@:2}" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "consumer: $1"
        tail -n 20 "$work/log" | sed 's/^/  | /'
    fi
}
refuse() { ! "$@"; }

build() { # kind option...
    cp -r tests/consumer "$work/$1-source" &&
        cmake -S "$work/$1-source/$1" -B "$work/$1" "${@:2}" &&
        cmake --build "$work/$1"
}
in_new_place() {
    mv "$work/stage/opt/smtplite" "$work/moved"
    export PKG_CONFIG_PATH
    PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name smtplite.pc)")
}
by_pkg_config() {
    # shellcheck disable=SC2046 # words are wanted
    cc -Wall -Werror -o "$work/by_pkg_config" tests/consumer/main.c \
        $(pkg-config --cflags --libs smtplite) && "$work/by_pkg_config"
}
tls_by_pkg_config() { # source package
    # shellcheck disable=SC2046 # words are wanted
    cc -Wall -Werror -o "$work/tls_by_pkg_config" "tests/consumer/$1" \
        $(pkg-config --cflags --libs "$2") && "$work/tls_by_pkg_config"
}
version_is_right() {
    [ "$(pkg-config --modversion smtplite)" = \
        "$(sed -n 's/.*SMTPLITE_VERSION  *"\(.*\)"/\1/p' include/smtplite/version.h)" ]
}
private_headers() { find "$work/moved" -name '*.h' -not -path '*/include/smtplite/*' | grep .; }

check 'add_subdirectory: build' build add_subdirectory -DSMTPLITE_SOURCE="$source"
check 'add_subdirectory: run' "$work/add_subdirectory/consumer"
check 'add_subdirectory: run with OpenSSL' "$work/add_subdirectory/tls_consumer"
check 'add_subdirectory: the NetX face is built' test -x "$work/add_subdirectory/netx_consumer"

check 'the NetX face with TLS: build' build netx_tls -DSMTPLITE_SOURCE="$source"
check 'the NetX face with TLS: it is built' test -x "$work/netx_tls/netx_tls"

check 'make install' make -s install DESTDIR="$work/stage" PREFIX=/opt/smtplite OPENSSL=1 \
    MBEDTLS=1
check 'the installed files can be moved' in_new_place
check 'find_package: build' build find_package -DCMAKE_PREFIX_PATH="$work/moved"
check 'find_package: run' "$work/find_package/consumer"
check 'find_package: run with OpenSSL' "$work/find_package/tls_consumer"
check 'find_package: run with mbedTLS' "$work/find_package/mbedtls_consumer"
check 'pkg-config: build and run' by_pkg_config
check 'pkg-config: build and run with OpenSSL' tls_by_pkg_config tls.c smtplite-openssl
check 'pkg-config: build and run with mbedTLS' tls_by_pkg_config mbedtls.c smtplite-mbedtls
check 'pkg-config: version' version_is_right
check 'only public headers are installed' refuse private_headers

# that it can fail
too_new() {
    cp -r tests/consumer "$work/new" && sed -i 's/smtplite 0.1/smtplite 9.0/' "$work/new/find_package/CMakeLists.txt" &&
        cmake -S "$work/new/find_package" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/moved"
}
check 'a version that is not there is refused' refuse too_new

echo "consumer: $passed passed, $failed failed"
[ $failed = 0 ]
