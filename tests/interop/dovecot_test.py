#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Dovecot's submission service, whose SASL, SCRAM above all, is not the one that Postfix has."""
from interop import become_root, run_tests
from secure import Dovecot, check_bodies, check_matrix, make_certificates


def test(checks, folder):
    with Dovecot(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-dovecot", test)
