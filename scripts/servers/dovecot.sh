#!/bin/bash
# SPDX-License-Identifier: MIT
# Dovecot's submission service (packages dovecot-core, dovecot-submissiond) in the foreground, on
# loopback. It demands TLS and a login by one of SERVER_MECHANISMS (as dovecot.conf's
# auth_mechanisms names them), and hands the mail on to a server at RELAY_PORT. Its user is
# SERVER_USER with SERVER_PASSWORD, or with a JSON web token whose `sub` is the user, signed (HS256)
# with SERVER_TOKEN_KEY.
#
# usage: inside.sh ROOT DIR 'dovecot dovenull' \
#            dovecot.sh DIR CERTIFICATES RELAY_PORT PORT TLS_PORT
set -eu
dir=$1 certificates=$2 relay_port=$3 port=$4 tls_port=$5

mkdir -p "$dir/run" "$dir/state" "$dir/home" "$dir/keys/default/HS256"
chmod 755 "$dir"
chown dovecot "$dir/home"
echo "$SERVER_USER:{PLAIN}$SERVER_PASSWORD" >"$dir/passwords"
printf %s "$SERVER_TOKEN_KEY" | base64 -w 0 >"$dir/keys/default/HS256/default"
cat >"$dir/tokens.conf" <<X
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$dir/keys/
username_attribute = sub
X

cat >"$dir/dovecot.conf" <<X
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/log
protocols = submission
listen = 127.0.0.1
hostname = mail.test
ssl = required
ssl_cert = <$certificates/server.pem
ssl_key = <$certificates/server.key
ssl_min_protocol = TLSv1.2
auth_mechanisms = $SERVER_MECHANISMS
auth_failure_delay = 0
disable_plaintext_auth = yes
first_valid_uid = 1
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = $dir/tokens.conf
}
passdb {
  driver = passwd-file
  args = $dir/passwords
}
userdb {
  driver = static
  args = uid=dovecot gid=dovecot home=$dir/home
}
mail_location = maildir:~/Maildir
submission_relay_host = 127.0.0.1
submission_relay_port = $relay_port
submission_max_mail_size = 64M
# no delay that grows with each wrong password from one address
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
# a process that serves one connection after the other, not a new one for each
service submission {
  service_count = 0
  process_min_avail = 1
}
service submission-login {
  service_count = 0
  process_min_avail = 1
  inet_listener submission {
    port = $port
  }
  inet_listener submissions {
    port = $tls_port
    ssl = yes
  }
}
X
exec dovecot -F -c "$dir/dovecot.conf"
