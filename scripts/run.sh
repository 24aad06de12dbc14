#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job, `make run`: a mail with an awkward text goes through the NetX API to a real SMTP
# server, and what the server stored is compared with the original.
#
# The Makefile calls this with build/netx_mail made, and with these in the environment, each with
# RUN_ in front (by hand they do without):
#   SERVER    a host name or address: the mail goes there. Empty: to a server of our own,
#             python3-aiosmtpd on loopback, which demands a login
#   PORT      the server's port, 25 if empty
#   USER PASSWORD   the login, none if USER is empty. Every shell sets USER: the Makefile hands it
#             on only if it stands on make's command line
#   FROM TO   the addresses; TO is needed, FROM is TO if empty
# Without SERVER the others are ignored.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

if [ -n "${RUN_SERVER+given}" ]; then
    SERVER=$RUN_SERVER PORT=$RUN_PORT USER=$RUN_USER PASSWORD=$RUN_PASSWORD FROM=$RUN_FROM TO=$RUN_TO
fi
mail=${NETX_MAIL:-build/netx_mail}
python=/usr/bin/python3 # Debian's own: another Python in the PATH does not see its packages
work=$(mktemp -d)
server_pid=

stop_server() {
    [ -z "$server_pid" ] && return
    kill "$server_pid" 2>/dev/null
    wait "$server_pid" 2>/dev/null
    server_pid=
}
trap 'stop_server; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
indent() { sed "s/^/  $dim|$plain /"; }
die() {
    printf '\nrun: %s\n' "$*" >&2
    exit 1
}

# The text, with all that makes naive clients stumble; \r and \n stand for themselves.
write_text() {
    printf '%s\r\n' \
        'Pump 7 has stopped. Temperature 81 °C, Grüße aus Köln, 温度异常 ✓' \
        '.a line that begins with a dot' \
        '..and one with two' \
        '.' \
        'The line above is a lone dot: it ends the mail early in many clients.'
    printf 'Now smuggling: line feeds alone\n.\nMAIL FROM:<evil@example.com>\n'
    printf 'RCPT TO:<victim@example.com>\nDATA\nSubject: smuggled\n\nsmuggled\n.\n'
    printf 'then LF . CRLF\n.\r\nMAIL FROM:<evil@example.com>\r\n'
    printf 'and carriage returns alone\r.\rMAIL FROM:<evil@example.com>\r.\r\n'
    printf 'and CRLF . LF\r\n.\nQUIT\r\n'
    printf 'the last line, without an end'
}

# Line ends made visible, one line of output for each line end of whatever kind.
show_bytes() {
    "$python" -c '
import re, sys
for line in re.findall(rb"[^\r\n]*(?:\r\n|\r|\n|$)", sys.stdin.buffer.read()):
    if line:
        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
        end = line[len(line.rstrip(b"\r\n")):].decode().replace("\r", "\\r").replace("\n", "\\n")
        print(text + sys.argv[1] + end + sys.argv[2])' "$dim" "$plain"
}

start_server() {
    : >"$work/ready"
    SERVER_USER=$user SERVER_PASSWORD=$password "$python" scripts/servers/aiosmtpd_server.py \
        --login --store "$work/store" >"$work/ready" 2>"$work/server.log" &
    server_pid=$!
    for _ in {1..200}; do
        read -r _ port <"$work/ready" && return
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.05
    done
    cat "$work/server.log" >&2
    die 'the server did not start'
}

send() { # what netx_mail is told besides the addresses
    "$mail" --transcript --server "$address" --port "$port" --from "$from" --to "$to" \
        --domain "$domain" --subject 'Alarm: pump 7' "$@" <"$work/text" \
        >"$work/status" 2>"$work/transcript"
    sent=$?
    indent <"$work/transcript"
    printf '  %s%s%s\n' "$bold" "$(cat "$work/status")" "$plain"
}

# One mail must have come, to one recipient, and its text must be ours.
judge_stored() {
    local stored verdict
    shopt -s nullglob
    stored=("$work"/store/*.eml)
    [ ${#stored[@]} = 1 ] || die "${#stored[@]} mails arrived, not one"
    heading 'The mail as the server stored it'
    show_bytes <"${stored[0]}" | indent
    heading 'The proof'
    grep -qF '"to": ["ops@example.com"]' "${stored[0]%.eml}.json" ||
        die "it is for others: $(cat "${stored[0]%.eml}.json")"
    printf '  one mail arrived, for ops@example.com alone: nothing in the text became a command\n'
    verdict=$("$python" scripts/compare_mail.py "$work/text" "${stored[0]}") || die "$verdict"
    printf '  %s\n' "$verdict"
}

run_here() {
    user=pump7 password=correct-horse-7
    address=127.0.0.1 domain=pump7.example.com from=pump7@example.com to=ops@example.com
    start_server
    heading "The server: python3-aiosmtpd on $address, port $port, login required"
    heading "The text, $(wc -c <"$work/text") octets; each line with its end"
    show_bytes <"$work/text" | indent
    heading 'The session, by the NetX Duo SMTP Client API (netx_mail on the host edition)'
    send --auth plain --user "$user" --password "$password"
    [ $sent = 0 ] || die 'the mail was not sent'
    grep -qFe "$password" -e "$(printf '\0%s\0%s' $user $password | base64)" \
        "$work/transcript" && die 'the transcript shows the password'
    stop_server
    judge_stored
}

run_there() {
    port=${PORT:-25} to=${TO:-} from=${FROM:-${TO:-}} user=${USER:-}
    [ -n "$to" ] || die 'TO=... is needed: who shall get the mail?'
    domain=$(hostname -f 2>/dev/null || hostname)
    address=$(getent ahosts "$SERVER" | awk 'NR == 1 { print $1 }')
    [ -n "$address" ] || die "no address is known for $SERVER"
    case $address in
    127.* | ::1) ;;
    *) [ -z "$user" ] || printf 'Note: the session is in clear, the password too.\n' ;;
    esac
    heading "The session with $SERVER ($address), port $port, by the NetX Duo SMTP Client API"
    if [ -n "$user" ]; then
        send --auth plain --user "$user" --password "${PASSWORD:-}"
    else
        send --auth none
    fi
    [ $sent = 0 ] || die 'the mail was not sent'
}

[ -x "$mail" ] || die "$mail is missing: call this by \`make run\`"
write_text >"$work/text"
if [ -n "${SERVER:-}" ]; then run_there; else run_here; fi
