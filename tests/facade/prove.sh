#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves that the face's tests can fail: each line below spoils one thing in a copy of the sources,
# and the test named must then fail. From the project's folder. ONLY=threads: those alone.
set -eu
work=build/facade-proof
cc=${CC:-gcc}
passed=0 failed=0

includes="-I$work/include -I$work/src -I$work/ports/netxduo -I$work/ports/netxduo/host"

object_of() { # SOURCE, a path in the project
    echo "$work/obj/$(echo "$1" | tr / _).o"
}

object() { # SOURCE: compiled if it is not: of the copy, or a test
    object=$(object_of "$1")
    [ -e "$object" ] || {
        case $1 in tests/*) source=$1 ;; *) source=$work/$1 ;; esac
        # shellcheck disable=SC2086 # several words
        $cc -std=c11 -w $includes -Itests/facade -c "$source" -o "$object" || return
    }
    objects="$objects $object"
}

build() { # NAME: the test program, with the spoilt copy's sources
    [ "$1" != secure ] || { build_secure; return; }
    objects=
    for source in tests/facade/"$1"_test.c tests/facade/face.c tests/facade/mails.c \
        tests/facade/server.c tests/facade/spy.c $(ls ports/netxduo/*.c | grep -v transport) \
        ports/netxduo/host/*.c src/engine/*.c src/sasl/*.c src/driver/*.c src/message/*.c; do
        object "$source" || return
    done
    # shellcheck disable=SC2086 # several words
    $cc $objects -pthread -o $work/"$1"
}

build_secure() { # with TLS, whatever the group of tests
    $cc -std=c11 -w -DNX_SECURE_ENABLE -I$work/include -I$work/src -I$work/ports/netxduo \
        -I$work/ports/netxduo/host tests/facade/secure*.c tests/facade/face.c tests/facade/server.c \
        tests/facade/spy.c $(ls $work/ports/netxduo/*.c | grep -v transport) \
        $work/ports/netxduo/host/*.c $work/ports/mbedtls/*.c $work/src/*/*.c -pthread \
        -o $work/secure -lssl -lcrypto -lgsasl -lmbedtls -lmbedx509 -lmbedcrypto
}

spoil_secure() { # GROUP FILE SED-EXPRESSION
    spoil secure "$2" "$3" "$1"
}

run() { # TEST ARGUMENT
    if [ "$1" = secure ]; then
        timeout 120 "${PYTHON:-/usr/bin/python3}" tests/facade/with_certificates.py $work/secure "$2"
    elif [ "$1" = compose ]; then
        timeout 60 "${PYTHON:-/usr/bin/python3}" -B tests/facade/compose_test.py $work/compose
    else
        timeout 120 $work/"$1" $2
    fi
}

# The file as it is again; what was compiled of it is gone. spy.c includes the transport.
restore() { # FILE
    cp "$1" $work/"$1"
    rm -f "$(object_of "$1")" "$(object_of tests/facade/spy.c)"
}

spoil() { # TEST FILE SED-EXPRESSION
    case $1 in ${ONLY:-*}) ;; *) return ;; esac
    restore "$2"
    sed -i "$3" $work/"$2"
    if cmp -s "$2" $work/"$2"; then
        echo "nothing spoilt: $3"
    elif ! build "$1" 2>$work/log; then
        echo "does not build: $3"
        cat $work/log
    elif run "$1" "${4:-}" >$work/log 2>&1; then
        echo "$1 does not see: $3"
    else
        passed=$((passed + 1))
        restore "$2"
        return
    fi
    restore "$2"
    failed=$((failed + 1))
}

rm -rf $work
mkdir -p $work/obj
cp -R include src ports $work

face=ports/netxduo/nxd_smtp_client.c
tls=ports/netxduo/nx_smtp_client_tls.c
transport=ports/netxduo/nx_smtp_transport.c
header=ports/netxduo/nx_smtp_header.c
mail=ports/netxduo/nx_smtp_client_mail.c
send=ports/netxduo/nx_smtp_client_send.c
compose=ports/netxduo/nx_smtp_client_compose.c
session=ports/netxduo/nx_smtp_client_session.c
cancel=ports/netxduo/nx_smtp_client_cancel.c
rely=tests/facade/rely.face
faults=tests/facade/faults.face

spoil segments $transport 's/define WHOLE 16u/define WHOLE 2u/'
spoil segments $transport 's/most - held/most + 9 - held/'
spoil segments $transport 's/(held != 0)$/(held == 7)/'
spoil faults $transport '0,/^    if (status == NX_SUCCESS)$/s//    if (1)/'
spoil faults $transport 's/^    drop(&transport_ptr->nx_smtp_transport_send_packet);//'
spoil faults $transport 's/(void)nx_tcp_client_socket_unbind/(void)/'
spoil threads $face 's/status = NX_SMTP_CLIENT_BUSY/status = NX_SUCCESS/'
spoil threads $face 's/^    struct job job;/    static struct job job;/'
spoil dialogs $face 's/ SMTPLITE_ALLOW_NUL_PADDING)/ 0)/' $rely
spoil dialogs $face 's/SMTPLITE_ALLOW_LEADING_BLANK/0/' $rely
spoil dialogs $face 's/flags |= SMTPLITE_LOCKSTEP/flags |= 0/' $rely
spoil dialogs $header 's/MIME-Version: 1.0/MIME-Version: 2.0/' $rely
spoil dialogs $face 's/\[SMTPLITE_PHASE_RCPT\] = NX_SMTP_RCPT/[SMTPLITE_PHASE_RCPT] = NX_SMTP_MAIL/' $faults
spoil dialogs $face 's/return NX_SMTP_DELIVERY_UNKNOWN/return NX_NO_PACKET/' $faults
spoil dialogs $face 's/return NX_SMTP_BODY_REFUSED/continue/' $faults
spoil dialogs $face 's/return NX_SMTP_INJECTION_REFUSED/continue/' $faults
spoil checks $header 's/inside ? 3 : 12/3/'
spoil checks $face 's/memset(client_ptr, 0, sizeof \*client_ptr);$/client_ptr->nx_smtp_client_id = 0;/'
spoil checks $face 's/client_ptr->nx_smtp_client_id != NX_SMTP_CLIENT_ID/0/'

spoil mail $send 's/return NX_SMTP_PARTLY_SENT/return NX_SUCCESS/'
spoil mail $send 's/return NX_SMTP_RECIPIENTS_REFUSED/(void)0/'
spoil mail $send 's/return SMTPLITE_SOURCE_FAILED;/(void)0;/'
spoil mail $send 's/return NX_SMTP_BODY_REFUSED/continue/'
spoil mail $send 's/envelope->flags |= SMTPLITE_MAIL_8BIT;/;/'
spoil mail $send 's/c->lent - c->told >= SMTPLITE_BLOCK/0/'
spoil mail $send 's/    options->has_priority = true;//'
spoil mail $send 's/ \&\& !source->rewind(source->context))/ \&\& 0)/'
spoil mail $send 's/if (result->error == SMTPLITE_E_CLOSING \&\&/if (0 \&\&/'
spoil mail $session 's/(smtplite_wants(session) \& SMTPLITE_WANT_CLOSE) != 0 ||/0 ||/'
spoil mail $session 's/client_ptr->nx_smtp_client_session_ptr ? NX_NOT_CLOSED/0 ? NX_NOT_CLOSED/'
spoil mail $session 's/data.code < 300 ?/1 ?/'
spoil mail $face 's/flags = config->flags \&/flags = 0 \&/'
spoil mail_checks $mail 's/return NX_SMTP_MAIL_FULL/(void)0/'
spoil mail_checks $mail 's/!NX_SMTP_IS_MAIL(mail_ptr) || !address/!mail_ptr || !address/'
spoil mail_checks $session 's/NX_THREADS_ONLY_CALLER_CHECKING//'
spoil cancel $cancel 's/nx_smtp_client_state != NX_SMTP_CLIENT_STATE_IDLE/nx_smtp_client_state != 99/'
spoil cancel $session 's/== NX_SMTP_CLIENT_STATE_CANCELLED)/== 99)/'
spoil cancel $face 's/!= NX_SMTP_CLIENT_STATE_CANCELLED;/!= 99;/'
spoil cancel $transport 's/wait = NX_NO_WAIT;//'
spoil cancel $transport 's/status = await(client_ptr);/return await(client_ptr);/'
spoil compose $compose 's/part->has_length = .*;/part->has_length = false;/'
spoil compose $compose 's/!mail_ptr->nx_smtp_mail_may_be_out/1/'
spoil compose $compose 's/? SMTPLITE_PART_INLINE/? SMTPLITE_PART_ATTACHMENT/'
spoil compose $mail 's/SMTPLITE_CC : SMTPLITE_BCC/SMTPLITE_CC : SMTPLITE_CC/'

spoil_secure certificates $tls 's/return NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH/return NX_SUCCESS/'
spoil_secure certificates $tls 's/return NX_SECURE_X509_ALT_NAME_NOT_FOUND/return NX_SUCCESS/'
spoil_secure certificates $tls 's/return status == NX_SECURE_X509_EXT.* : status/return NX_SUCCESS/'
spoil_secure certificates $tls 's/(void)nx_secure_tls_session_end/(void)/'
spoil_secure setups $tls 's/return clock && clock() != 0/return 1/'
spoil_secure setups $tls 's/return NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND/(void)0/'
spoil_secure attacks $tls 's/started && is_clear/started \&\& 0 \&\& is_clear/'
spoil_secure faults $tls 's/^    transport_ptr->nx_smtp_transport_status = status;//'
spoil_secure logins $face 's/|= LENIENCIES;/|= LENIENCIES; else flags |= SMTPLITE_ALLOW_UNLISTED_LOGIN;/'
rm -rf $work
echo "facade proof: $passed passed, $failed failed"
[ $failed = 0 ]
