#!/bin/bash
# SPDX-License-Identifier: MIT
# Dovecot's LMTP service (packages dovecot-core, dovecot-lmtpd) in the foreground, on loopback and
# in clear. Mail for inbox@, second@, third@ and full@ is delivered to DIR/NAME/Maildir/new/, with
# CRLF as it came; others are unknown. full@ has a quota of 4,000 octets, looked at when the message
# is whole: so one of several recipients can fail then.
#
# usage: inside.sh ROOT DIR 'dovecot dovenull' dovecot_lmtp.sh DIR PORT
set -eu
dir=$1 port=$2

mkdir -p "$dir/run" "$dir/state"
chmod 755 "$dir"
for user in inbox second third full; do
    mkdir "$dir/$user"
    chown dovecot "$dir/$user"
    echo "$user::::::: userdb_quota_rule=*:bytes=$([ $user = full ] && echo 4000 || echo 0)"
done >"$dir/users"

cat >"$dir/dovecot.conf" <<X
base_dir = $dir/run
state_dir = $dir/state
log_path = $dir/log
protocols = lmtp
listen = 127.0.0.1
hostname = mail.test
postmaster_address = postmaster@example.com
ssl = no
first_valid_uid = 1
auth_username_format = %Ln
passdb {
  driver = passwd-file
  args = $dir/users
}
userdb {
  driver = passwd-file
  args = $dir/users
  override_fields = uid=dovecot gid=dovecot home=$dir/%n
}
mail_location = maildir:~/Maildir
mail_save_crlf = yes
lmtp_rcpt_check_quota = no
plugin {
  quota = count:inbox
  quota_vsizes = yes
}
protocol lmtp {
  mail_plugins = quota
}
service lmtp {
  inet_listener lmtp {
    port = $port
  }
}
X
exec dovecot -F -c "$dir/dovecot.conf"
