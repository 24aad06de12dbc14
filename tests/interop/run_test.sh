#!/bin/bash
# SPDX-License-Identifier: MIT
# scripts/run.sh, the main job: that it succeeds, and that it notices whatever is not as it should.
set -u
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
passed=0 failed=0 server_pid=
stop_server() { [ -z "$server_pid" ] || { kill "$server_pid"; wait "$server_pid"; } 2>/dev/null; }
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

check() { # what, command...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$what"
        sed 's/^/    /' "$work/out"
    fi
}
says() { grep -qe "$1" "$work/out"; }
is_silent_about() { ! says "$1"; }
fails() { ! "$@" >"$work/out" 2>&1; }
works() { "$@" >"$work/out" 2>&1; }

export NETX_MAIL=${NETX_MAIL:-$PWD/build/netx_mail}

# ---- the server of our own ----
SECONDS=0
check 'it succeeds' works env -u SERVER scripts/run.sh
check 'in less than 60 s' [ $SECONDS -lt 60 ]
check 'it says identical in one line' says '^ *identical: .* octet for octet'
check 'the login is masked' says 'C: \*\*\*\*'
check 'it shows the session' says 'C: MAIL FROM:<pump7@example.com>'
check 'it shows the lone dot, stuffed' says 'C: \.\.$'
check 'it shows the lone dot, as stored' says '| \.\\r\\n$'
check 'it shows no password' is_silent_about 'correct-horse'
port=$(sed -n 's/.*on 127.0.0.1, port \([0-9]*\).*/\1/p' "$work/out")
check 'it names the port' [ -n "$port" ]
check 'the server was stopped' bash -c "! (: </dev/tcp/127.0.0.1/${port:-1}) 2>/dev/null"

# ---- senders that do not do what they should ----
sender() { # how its stdin is spoiled; how the real one is called
    printf '#!/bin/bash\n%s | %s\n' "$1" "$2" >"$work/sender"
    chmod +x "$work/sender"
}
real="\"$NETX_MAIL\" \"\$@\""
sender "sed 's/^\\.\\r\$/..\\r/'" "$real"
check 'a dot too many is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
check 'it says where they part' says 'DIFFERENT'
sender "head -c -1" "$real"
check 'a lost octet is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
sender "cat" "{ cat >/dev/null; echo status 0x00 NX_SUCCESS; }"
check 'no mail is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
check 'it says that none came' says '0 mails arrived'
sender "cat" "\"$NETX_MAIL\" \"\$@\" --count 2"
check 'a second mail is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
sender "cat" "\"$NETX_MAIL\" \"\$@\" --to victim@example.com"
check 'another recipient is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
sender "cat" "\"$NETX_MAIL\" \"\$@\" --password wrong"
check 'a refused login is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh
check 'its status is shown' says 'NX_SMTP_AUTHENTICATION_ERROR'
sender "cat" "{ cat >/dev/null; echo C: correct-horse-7 >&2; echo status 0x00 NX_SUCCESS; }"
check 'a shown password is noticed' fails env -u SERVER NETX_MAIL="$work/sender" scripts/run.sh

# ---- a server of the user's ----
: >"$work/ready"
SERVER_USER=u SERVER_PASSWORD="p w'\$x" /usr/bin/python3 scripts/servers/aiosmtpd_server.py \
    --login --store "$work/store" >"$work/ready" 2>/dev/null &
server_pid=$!
for _ in {1..200}; do
    read -r _ port <"$work/ready" && break
    sleep 0.05
done
there() { env SERVER=localhost PORT="$port" FROM=a@example.com "$@"; }
check 'to a server by name' works there USER=u PASSWORD="p w'\$x" TO=b@example.com scripts/run.sh
check 'the mail came there' [ -e "$work/store/0001.eml" ]
check 'a wrong login fails' fails there USER=u PASSWORD=no TO=b@example.com scripts/run.sh
check 'without a login: refused' fails there USER= TO=b@example.com scripts/run.sh
check 'without a login: no AUTH' is_silent_about 'C: AUTH'
check 'without TO' fails there USER=u scripts/run.sh
check 'it says what is needed' says 'TO=... is needed'
check 'an unknown name' fails env SERVER=no..such.invalid TO=b@example.com scripts/run.sh
check 'it names it' says 'no..such.invalid'

printf 'interop-run: %d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
