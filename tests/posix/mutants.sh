#!/bin/bash
# SPDX-License-Identifier: MIT
# The proof that the POSIX tests can fail: each line breaks the transport or the driver in one place
# (file, test, name, what sed does to it), and the test must notice. A test that hangs has noticed.
set -uo pipefail
cd "$(dirname "$0")/../.."
out=build/mutants
mkdir -p "$out"
passed=0 failed=0
. <(sed -n 's/^\([A-Z]*_SOURCES\) := \(.*\)/\1="\2"/p' sources.mk)
read -ra library <<<"$ENGINE_SOURCES $EXTENSIONS_SOURCES $NAMES_SOURCES $SASL_SOURCES $DRIVER_SOURCES $SEND_SOURCES $POSIX_SOURCES"

build() { # test, file to leave out, file in its place
    local sources=()
    for file in "${library[@]}"; do
        [ "$file" = "$2" ] || sources+=("$file")
    done
    "${CC:-gcc}" -std=c11 -g -O1 -pthread -Iinclude -Isrc -I"$(dirname "$2")" -o "$out/test" "tests/posix/$1.c" \
        tests/posix/interpose.c tests/posix/loopback.c tests/support/script_server.c \
        "${sources[@]}" "$3" -ldl
}

say() { # good, text
    if [ "$1" = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "mutants: $2"; fi
}

mutate() { # file test name sed
    sed -e "$4" "$1" >"$out/mutant.c"
    if cmp -s "$1" "$out/mutant.c"; then
        say 0 "$3: the place to break is gone, look for it"
    elif ! build "$2" "$1" "$out/mutant.c" 2>"$out/log"; then
        say 0 "$3: does not compile"
    elif CHECK_STOP=1 timeout 40 "$out/test" >"$out/log" 2>&1; then
        say 0 "$3: nobody noticed"
    else
        say 1
    fi
}

posix() { mutate ports/posix/posix.c "$@"; }
driver() { mutate src/driver/driver.c "$@"; }

posix transport_test 'SIGPIPE comes' 's/#define MSG_NOSIGNAL.*//; s/MSG_NOSIGNAL | //'
posix transport_test 'an interrupted recv is an error' 's/else if (errno != EINTR)/else/'
posix transport_test 'an interrupted write is an error' '/if (errno == EINTR)/,+1d'
posix transport_test 'a signal restarts the wait' 's/uint32_t left = time_left(start, wait);/uint32_t left = wait;/'
posix transport_test 'blocked output is deaf' 's/short input = .*/short input = 0;/'
posix transport_test 'nothing is gathered' 's/if (more \&\& n <= /if (false \&\& n <= /'
posix transport_test 'held bytes are sent twice' 's/posix->held_pos += sent;//'
posix transport_test 'the last piece is held as well' 's/if (more \&\& n <= /if (n <= /'
posix transport_test 'held bytes wait with their owner' 's/if (wait > 0 \&\& posix->state == OPEN/if (false/'
posix transport_test 'the first address only' 's/posix->next = to->ai_next;/posix->next = NULL;/'
posix transport_test 'no limit for the connection' 's/uint32_t mine = .*/uint32_t mine = 30000;/; s/time_left(posix->connect_start, posix->connect_wait) > 0/true/'
posix transport_test 'inherited on exec' 's/| SOCK_CLOEXEC//; /FD_CLOEXEC/d'
posix transport_test 'small segments wait' '/TCP_NODELAY/d'
posix transport_test 'a reset eats what came before' 's/    if (got > 0)\r*$/    if (false)/'
posix transport_test 'the socket is not closed' 's/(void)close(posix->socket);//'
posix transport_test 'a failed poll is silence' 's/return POLL_FAILED;/return TIMED_OUT;/'
posix posix_test 'an envelope in many writes' 's/if (more \&\& n <= /if (n < 8 \&\& more \&\& n <= /'
driver posix_test 'the hook every 25 ms' 's/slice : 10, 0/slice : 25, 0/'
driver posix_test 'bytes restart the clock' 's/if (d->wait_id != id)/if (true)/'
driver posix_test 'no cancel' 's/d->hooks.idle(d->hooks.context))/(d->hooks.idle(d->hooks.context), true))/'

echo "posix_mutants: $passed passed, $failed failed"
[ $failed = 0 ]
