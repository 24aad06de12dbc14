#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes a CA and certificates for mail servers on this machine, in DIR: ca.pem; server.pem with an
# elliptic curve's key and rsa.pem, both for localhost, mail.test, 127.0.0.1 and ::1; client.pem for
# a client; and stranger.pem, a CA that has signed none of them. The keys are NAME.key. Behind each
# certificate stands the CA's.
#
# usage: certificates.sh DIR
set -eu
mkdir -p "$1"
cd "$1"

key() { # name, how
    openssl genpkey -quiet "${@:2}" -out "$1.key"
}

leaf() { # name, subject, extension...
    local name=$1 subject=$2
    shift 2
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -days 30 \
        -extfile <(printf '%s\n' basicConstraints=CA:FALSE "$@") -out "$name.crt"
    cat "$name.crt" ca.pem >"$name.pem"
    rm "$name.csr" "$name.crt"
}

ec=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)
rsa=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)
names='subjectAltName=DNS:localhost,DNS:mail.test,IP:127.0.0.1,IP:::1'

for ca in ca stranger; do
    key $ca "${rsa[@]}"
    openssl req -x509 -new -key $ca.key -days 30 -subj "/CN=smtplite test, $ca" -out $ca.pem \
        -addext keyUsage=critical,keyCertSign,cRLSign
done
key server "${ec[@]}"
leaf server /CN=mail.test "$names" extendedKeyUsage=serverAuth
key rsa "${rsa[@]}"
leaf rsa /CN=mail.test "$names" extendedKeyUsage=serverAuth
key client "${ec[@]}"
leaf client /CN=pump7.example.com extendedKeyUsage=clientAuth
chmod 644 ./*.key
