#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""npm's smtp-server: its logins over STARTTLS and implicit TLS, and XOAUTH2 with a long token.

A wrong token is answered by a challenge that explains it, as Google documents: it must be answered
in turn, and its text be told.
"""
import json

from interop import HEADER, run_tests
from secure import (
    BODY, LIBRARIES, WAYS, SmtpServer, check_bodies, check_clear_login_refused, check_masked,
    check_matrix, check_refused, check_sent, make_certificates, secure_mail,
)

# As long as Microsoft's, and no part of it like another.
TOKEN = "".join("ya29.%04d-_~+/" % i for i in range(400))[:4998] + "=="
PIECES = (0, 1, 2, 3, 500, 4999, 5000)


def by_token(server, token, piece, **how):
    given = ["token=" + token, "token_piece=%d" % piece]
    return secure_mail(server, HEADER + BODY, *given, password=None, mechanisms="XOAUTH2", **how)


def check_right_token(checks, server):
    for library in LIBRARIES:
        for way in WAYS:
            for piece in PIECES:
                how = {"library": library, "way": way}
                what = "XOAUTH2, pieces of %d, %s, %s" % (piece, way, library)
                result = by_token(server, TOKEN, piece, **how)
                check_sent(checks, server, result, what, mechanism="XOAUTH2")
                check_masked(checks, result, [TOKEN[1000:1040]], what)
            print("SmtpServer, XOAUTH2, %s, %s: %s" % (way, library, result.outcome))


def explanation(text):
    """The JSON within the text, or nothing."""
    try:
        return json.loads(text[text.index("{"):text.rindex("}") + 1])
    except ValueError:
        return {}


def check_wrong_token(checks, server):
    for library in LIBRARIES:
        for way in WAYS:
            for piece in (0, 500):
                what = "XOAUTH2, wrong token, pieces of %d, %s, %s" % (piece, way, library)
                wrong = "x" + TOKEN[1:]
                result = by_token(server, wrong, piece, library=library, way=way)
                check_refused(checks, server, result, what)
                check_masked(checks, result, [wrong[1000:1040]], what)
                told = explanation(result.text)
                checks.equal(told.get("status"), "401", "%s: told %r" % (what, result.text))
            print("SmtpServer, XOAUTH2, %s, %s, wrong token: %s, %s"
                  % (way, library, result.error, result.text))


def check_password_beside_token(checks, server):
    """With both given, the stronger by our rank is taken, and only what is needed is asked for."""
    how = {"mechanisms": "XOAUTH2,PLAIN", "password": "wrong"}
    result = secure_mail(server, HEADER + BODY, "token=" + TOKEN, **how)
    check_sent(checks, server, result, "a token and a wrong password", mechanism="XOAUTH2")
    result = secure_mail(server, HEADER + BODY, mechanisms="XOAUTH2,PLAIN")
    check_sent(checks, server, result, "no token but a password", mechanism="PLAIN")


def test(checks, folder):
    with SmtpServer(folder, make_certificates(folder), TOKEN) as server:
        check_matrix(checks, server)
        check_clear_login_refused(checks, server, "AUTH_NEEDS_TLS")
        check_right_token(checks, server)
        check_wrong_token(checks, server)
        check_password_beside_token(checks, server)
        check_bodies(checks, server)


run_tests("interop-smtp-server", test)
