#!/bin/bash
# SPDX-License-Identifier: MIT
# sendmail (packages sendmail-bin, sendmail-base, sendmail-cf, m4) in the foreground, on loopback.
# Mail for anyone @example.com but nobody@ is delivered to DIR/mail/new/, a file for each recipient.
# DELIVERBY is offered with a minimum of 60 seconds; a message has up to 64 MB, a mail up to 20
# recipients; `team` is a list of two.
#
# usage: inside.sh ROOT DIR 'smmta smmsp' sendmail.sh DIR PORT
set -eu
outside=$1 port=$2

# sendmail trusts no file under a folder that others can write to, such as /tmp.
chmod 755 "$outside"
mount --bind "$outside" /mnt
dir=/mnt
mkdir -p "$dir/queue" "$dir/mail/new"
chmod 700 "$dir/queue"
chown -R smmta "$dir/mail"

# The mailer: a file of its own for each recipient, as a Maildir has it.
cat >"$dir/deliver.sh" <<X
#!/bin/sh
file=$dir/mail/\$(date +%s%N).\$\$
{ printf 'X-Original-To: %s\n' "\$1"; cat; } >\$file && mv \$file $dir/mail/new/
X
chmod 755 "$dir/deliver.sh"

echo 'team: one@example.com, two@example.com' >"$dir/aliases"
printf '#vers\t2\nvrfy\tVRFY <recipient>: says whether it is known.\n' >"$dir/helpfile"
printf 'hosts files\naliases files\n' >"$dir/service.switch"
: >"$dir/local-host-names"
: >"$dir/statistics"

features=/usr/share/sendmail/cf
cat >"$dir/sendmail.mc" <<X
include(\`$features/m4/cf.m4')dnl
OSTYPE(\`linux')dnl
undefine(\`confHOST_STATUS_DIRECTORY')dnl
define(\`confDOMAIN_NAME',\`mail.test')dnl
define(\`confPID_FILE',\`$dir/pid')dnl
define(\`STATUS_FILE',\`$dir/statistics')dnl
define(\`HELP_FILE',\`$dir/helpfile')dnl
define(\`QUEUE_DIR',\`$dir/queue')dnl
define(\`ALIAS_FILE',\`$dir/aliases')dnl
define(\`confCW_FILE',\`$dir/local-host-names')dnl
define(\`confSERVICE_SWITCH_FILE',\`$dir/service.switch')dnl
define(\`confDELIVERY_MODE',\`i')dnl
define(\`confDELIVER_BY_MIN',\`60')dnl
define(\`confMAX_MESSAGE_SIZE',\`67108864')dnl
define(\`confMAX_RCPTS_PER_MESSAGE',\`20')dnl
define(\`confPRIVACY_FLAGS',\`authwarnings')dnl
define(\`confTO_IDENT',\`0')dnl
define(\`confBIND_OPTS',\`')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`nocanonify')dnl
DAEMON_OPTIONS(\`Name=MTA,Port=$port,Addr=127.0.0.1')dnl
MAILER(\`local')dnl
MAILER(\`smtp')dnl
MAILER_DEFINITIONS
Mbox, P=$dir/deliver.sh, F=lsnDFMPu8, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, T=DNS/RFC822/X-Unix,
		U=smmta:smmta, A=deliver.sh \$u
LOCAL_RULE_0
Rnobody < @ example.com. >	\$#error \$@ 5.1.1 \$: "550 no such user"
R\$+ < @ example.com. >	\$#box \$@ example.com \$: \$1 < @ example.com. >
LOCAL_CONFIG
CPexample.com
X
(cd $features/cf && m4 "-D_CF_DIR_=$features/" "$dir/sendmail.mc") >"$dir/sendmail.cf"

# A host name with a dot, else it waits for a minute at its start.
printf '127.0.0.1 mail.test localhost\n' >"$dir/etc/hosts"
mount --bind "$dir/etc/hosts" /etc/hosts
exec unshare --uts bash -euc 'hostname mail.test; "$@" -bi; exec "$@" -bD' - \
    /usr/libexec/sendmail/sendmail -C "$dir/sendmail.cf"
