#!/bin/bash
# SPDX-License-Identifier: MIT
# OpenSMTPD in the foreground, on loopback: PORT offers STARTTLS, TLS_PORT is implicit TLS, and
# CLEAR_PORT has neither. Mail for anyone @example.com is delivered to DIR/mail/new/, a file for
# each recipient. Debian 12's breaks off every TLS handshake.
#
# usage: inside.sh ROOT DIR 'opensmtpd opensmtpq' \
#            opensmtpd.sh DIR CERTIFICATES PORT TLS_PORT CLEAR_PORT
set -eu
dir=$1 certificates=$2 port=$3 tls_port=$4 clear_port=$5

mkdir -p "$dir/mail" "$dir/spool"
chmod 755 "$dir"
chmod 711 "$dir/spool"
chmod 777 "$dir/mail"
cp "$certificates/server.pem" "$certificates/server.key" "$dir"
chmod 600 "$dir/server.key"

cat >"$dir/smtpd.conf" <<X
pki mail.test cert "$dir/server.pem"
pki mail.test key "$dir/server.key"
table domains { example.com }
table users { "@" = nobody }
listen on 127.0.0.1 port $port tls pki mail.test hostname mail.test
listen on 127.0.0.1 port $tls_port smtps pki mail.test hostname mail.test
listen on 127.0.0.1 port $clear_port hostname mail.test
action keep maildir "$dir/mail" virtual <users>
match from any for domain <domains> action keep
X
mount -t tmpfs none /var
mkdir -p /var/run /var/spool /var/lib/opensmtpd/empty
ln -s "$dir/spool" /var/spool/smtpd
chmod 711 /var/lib/opensmtpd /var/lib/opensmtpd/empty
exec smtpd -d -f "$dir/smtpd.conf"
