#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Exim with GnuTLS: every login that it has, over STARTTLS and implicit TLS."""
from interop import HEADER, become_root, run_tests
from secure import (
    BODY, LIBRARIES, Exim, check_bodies, check_clear_login_refused, check_many, check_matrix,
    make_certificates, secure_mail,
)


def check_later(checks, server):
    """Exim cannot look this user's password up: 435, not one of RFC 4954's codes, but a 4xx."""
    for library in LIBRARIES:
        for mechanism in ("PLAIN", "LOGIN"):
            how = {"library": library, "mechanisms": mechanism}
            result = secure_mail(server, HEADER + BODY, user="later", **how)
            what = "a failing look-up, %s, %s: %r" % (mechanism, library, result)
            checks.equal(result.verdict(), ("NOT_SENT", "AUTH_DEFERRED", 435), what)
            checks.equal(server.take(), [], what)


def test(checks, folder):
    with Exim(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_clear_login_refused(checks, server, "AUTH_UNAVAILABLE")
        check_later(checks, server)
        check_many(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-exim", test)
