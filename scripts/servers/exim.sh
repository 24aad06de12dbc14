#!/bin/bash
# SPDX-License-Identifier: MIT
# Exim (package exim4-daemon-heavy, with GnuTLS) in the foreground, on loopback. Mail for anyone
# @example.com but nobody@ is delivered to DIR/mail/new/, a file for each recipient. It takes mail
# after a login alone, of SERVER_USER with SERVER_PASSWORD, and that needs TLS; on OPEN_PORT from
# anybody. The password of a user `later` cannot be looked up.
#
# usage: inside.sh ROOT DIR Debian-exim exim.sh DIR CERTIFICATES PORT TLS_PORT [OPEN_PORT]
set -eu
dir=$1 certificates=$2 port=$3 tls_port=$4 open_port=${5-0}

mkdir -p "$dir/spool" "$dir/mail" "$dir/log"
cp "$certificates/server.pem" "$certificates/server.key" "$dir"
chown -R Debian-exim "$dir/spool" "$dir/mail" "$dir/log" "$dir/server.key"
chmod 755 "$dir"

cat >"$dir/exim.conf" <<X
exim_path = /usr/sbin/exim4
primary_hostname = mail.test
spool_directory = $dir/spool
log_file_path = $dir/log/%slog
pid_file_path = $dir/spool/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $port : $tls_port${5+ : $5}
tls_on_connect_ports = $tls_port
tls_advertise_hosts = *
tls_certificate = $dir/server.pem
tls_privatekey = $dir/server.key
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
host_lookup =
keep_environment =
message_size_limit = 64M
smtp_accept_queue_per_connection = 0
dsn_advertise_hosts = *
prdr_enable = true
acl_smtp_vrfy = accept
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data

begin acl
check_rcpt:
  deny local_parts = nobody
       message = no such user
  accept authenticated = *
  accept condition = \${if eq{\$received_port}{$open_port}}
         verify = recipient
  deny message = a login is needed
check_data:
  accept

begin routers
box:
  driver = accept
  domains = example.com
  transport = files

begin transports
files:
  driver = appendfile
  directory = $dir/mail
  maildir_format
  user = Debian-exim
  headers_add = X-Original-To: \$local_part@\$domain
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{\$auth2}{later}{\${readfile{$dir/no-such-file}}}\\
    {\${if and{{eq{\$auth2}{$SERVER_USER}}{eq{\$auth3}{$SERVER_PASSWORD}}}}}}
  server_set_id = \$auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if eq{\$auth1}{later}{\${readfile{$dir/no-such-file}}}\\
    {\${if and{{eq{\$auth1}{$SERVER_USER}}{eq{\$auth2}{$SERVER_PASSWORD}}}}}}
  server_set_id = \$auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{\$auth1}{$SERVER_USER}{$SERVER_PASSWORD}fail}
  server_set_id = \$auth1
X
exec exim4 -C "$dir/exim.conf" -bdf -q1h
