#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Dovecot's submission service, whose SASL, SCRAM above all, is not the one that Postfix has.

Its tokens are JSON web tokens (RFC 7519), made and signed here as an issuer would.
"""
import base64
import hashlib
import hmac
import json
import time

from interop import become_root, run_tests
from secure import (
    Dovecot, check_bodies, check_matrix, check_token, check_wrong_token, make_certificates,
)

LENGTH = 3600  # of a token's claims; Dovecot takes lines of 8,192 octets


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def sign(text, key):
    return encode(hmac.new(key.encode(), text, hashlib.sha256).digest())


def make_token(user, key, lifetime):
    now = int(time.time())
    claims = {"sub": user, "iat": now - 7200, "exp": now + lifetime}
    claims["roles"] = ["pump %d" % i for i in range(LENGTH // 12)]
    text = encode(b'{"alg": "HS256", "typ": "JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + sign(text, key)).decode()


def check_tokens(checks, server):
    refusals = {"OAUTHBEARER": "invalid_token", "XOAUTH2": "401"}
    wrong = {
        "expired": make_token(server.user, server.token_key, -60),
        "signed by somebody else": make_token(server.user, "another key", 3600),
        "of another user": make_token("somebody", server.token_key, 3600),
    }
    for mechanism, status in refusals.items():
        token = make_token(server.user, server.token_key, 3600)
        check_token(checks, server, mechanism, token, (0, 1, 2, 1000))
        for what, token in wrong.items():
            print("a token %s" % what)
            check_wrong_token(checks, server, mechanism, token, status)


def test(checks, folder):
    with Dovecot(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_tokens(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-dovecot", test)
