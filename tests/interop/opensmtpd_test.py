#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Debian 12's OpenSMTPD: it says 220 to STARTTLS and then breaks off every handshake (A7).

So nothing may follow in clear, and the reason must be told. In clear, for those who want that, it
takes mail as any other.
"""
from interop import HEADER, become_root, check_arrival, run_tests, specials
from secure import (
    BODY, LIBRARIES, WAYS, Opensmtpd, check_tls_failed, make_certificates, secure_mail,
)

# OpenSSL 3 makes it send the alert internal_error.
WORDS = "alert"


def check_handshakes(checks, server):
    for library in LIBRARIES:
        for way in WAYS:
            for mechanisms in ("none", "any"):
                how = {"library": library, "way": way, "mechanisms": mechanisms}
                result = secure_mail(server, HEADER + BODY, **how)
                what = "%s, %s, mechanisms %s" % (way, library, mechanisms)
                if check_tls_failed(checks, server, result, WORDS, what):
                    print("%s: %s, %s" % (what, result.error, result.reason))


def check_clear(checks, server):
    how = {"way": "none", "mechanisms": "none"}
    for port in (server.port, server.clear_port):
        for name, body in specials():
            result = secure_mail(server, HEADER + body, port=port, **how)
            checks.ok(result.is_sent(), "in clear, %s: %r" % (name, result))
            check_arrival(checks, server, body, "in clear, " + name)


def test(checks, folder):
    with Opensmtpd(folder, make_certificates(folder)) as server:
        check_handshakes(checks, server)
        check_clear(checks, server)


become_root()
run_tests("interop-opensmtpd", test)
