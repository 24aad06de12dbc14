#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Exim with GnuTLS: every login that it has, over STARTTLS and implicit TLS."""
from interop import become_root, run_tests
from secure import (
    Exim, check_bodies, check_clear_login_refused, check_many, check_matrix, make_certificates,
)


def test(checks, folder):
    with Exim(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_clear_login_refused(checks, server, "AUTH_UNAVAILABLE")
        check_many(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-exim", test)
