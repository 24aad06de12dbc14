#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""aiosmtpd with TLS: both of its logins, over STARTTLS and implicit TLS."""
from interop import run_tests
from secure import (
    SecureAiosmtpd, check_bodies, check_clear_login_refused, check_matrix, make_certificates,
)


def test(checks, folder):
    with SecureAiosmtpd(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_clear_login_refused(checks, server, "AUTH_UNAVAILABLE")
        check_bodies(checks, server)


run_tests("interop-aiosmtpd-tls", test)
