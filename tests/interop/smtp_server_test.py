#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""npm's smtp-server: its logins over STARTTLS and implicit TLS, and XOAUTH2 with a long token.

A wrong token is answered by a challenge that explains it, as Google documents: it must be answered
in turn, and its text be told.
"""
from interop import HEADER, run_tests
from secure import (
    BODY, SmtpServer, check_bodies, check_clear_login_refused, check_matrix, check_sent,
    check_token, check_wrong_token, make_certificates, secure_mail,
)

# As long as Microsoft's, and no part of it like another.
TOKEN = "".join("ya29.%04d-_~+/" % i for i in range(400))[:4998] + "=="


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
        check_token(checks, server, "XOAUTH2", TOKEN, (0, 1, 2, 3, 500, 4999, 5000))
        check_wrong_token(checks, server, "XOAUTH2", "x" + TOKEN[1:], "401")
        check_password_beside_token(checks, server)
        check_bodies(checks, server)


run_tests("interop-smtp-server", test)
