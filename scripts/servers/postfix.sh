#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's Postfix in the foreground, on loopback, with nothing of the machine's own Postfix:
# configuration, queue, mailboxes and log are under DIR.
#
# usage: postfix.sh DIR 'PORT [PARAMETER=VALUE]...' ...
#   Each PORT takes mail for anyone @example.com but nobody@ (550), and defers all others (454),
#   as far as its parameters (postconf(5)) say nothing else. Mail is delivered to
#   DIR/mail/inbox/new/, a file for each recipient; that for broken@ is taken, and comes back.
#   Logins: SERVER_USER (@mail.test) with SERVER_PASSWORD, by SERVER_MECHANISMS (PLAIN LOGIN); with
#   smtpd_sasl_path=broken the backend that knows the passwords is not there.
#   TLS: SERVER_CERTIFICATES is a folder made by certificates.sh.
#   ETRN is answered for example.com.
#   The user postfix must be able to reach DIR. Needs root, as Postfix does, and the packages
#   postfix, sasl2-bin, libsasl2-modules, libsasl2-modules-db. Stop it by its pid, which is the
#   master's: it takes its children along. It serves when its ports answer.
set -eu
dir=$1
shift

mkdir -p "$dir/etc/sasl" "$dir/queue" "$dir/data" "$dir/mail"
chmod 755 "$dir"
chown postfix "$dir/data" "$dir/mail"

cat > "$dir/etc/main.cf" <<X
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $dir/log
maillog_file_prefixes = $dir
myhostname = mail.test
mydestination =
alias_maps =
local_recipient_maps =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
default_transport = discard
relay_transport = discard
fast_flush_domains = example.com
virtual_mailbox_domains = example.com
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = regexp:$dir/etc/mailboxes
virtual_uid_maps = static:$(id -u postfix)
virtual_gid_maps = static:$(id -g postfix)
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
transport_maps = inline:{ broken@example.com=broken: }
message_size_limit = 67108864
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_error_sleep_time = 0
smtpd_peername_lookup = no
smtpd_timeout = 30s
smtpd_client_connection_rate_limit = 0
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = mail.test
X

if [ -n "${SERVER_CERTIFICATES-}" ]; then
    cat >> "$dir/etc/main.cf" <<X
smtpd_tls_chain_files = $SERVER_CERTIFICATES/rsa.key $SERVER_CERTIFICATES/rsa.pem
smtpd_tls_CAfile = $SERVER_CERTIFICATES/ca.pem
X
fi

# nobody@ is the one name that Postfix does not know
cat > "$dir/etc/mailboxes" <<'X'
if !/^nobody@/
/@example\.com$/  inbox/
endif
X

cat > "$dir/etc/master.cf" <<X
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
broken unix - n n - - pipe user=nobody argv=/bin/false
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
X
for service; do
    read -r port parameters <<<"$service"
    echo "127.0.0.1:$port inet n - n - - smtpd"
    for parameter in $parameters; do
        echo "  -o $parameter"
    done
done >>"$dir/etc/master.cf"

# Debian's Postfix looks for it in the folder sasl beside main.cf
cat > "$dir/etc/sasl/smtpd.conf" <<X
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $dir/etc/sasl/sasldb2
mech_list: ${SERVER_MECHANISMS:-PLAIN LOGIN}
X
cat > "$dir/etc/sasl/broken.conf" <<X
pwcheck_method: saslauthd
saslauthd_path: $dir/no-such-socket
mech_list: PLAIN LOGIN
X
printf %s "$SERVER_PASSWORD" |
    saslpasswd2 -p -c -f "$dir/etc/sasl/sasldb2" -u mail.test "$SERVER_USER"
chown postfix "$dir/etc/sasl/sasldb2"

# what `postfix check` would make, in a fraction of its time
cd "$dir/queue"
mkdir -p active bounce corrupt defer deferred flush hold incoming maildrop pid private public \
    saved trace
chown postfix active bounce corrupt defer deferred flush hold incoming maildrop private public \
    saved trace
chgrp postdrop maildrop public
chmod 700 active bounce corrupt defer deferred flush hold incoming private saved trace
chmod 730 maildrop
chmod 710 public

exec /usr/lib/postfix/sbin/master -c "$dir/etc" -d
