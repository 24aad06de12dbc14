#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""aiosmtpd: SMTPUTF8 without PIPELINING."""
from extensions import (
    Scratch, check_broken_run, check_unsound_sources, check_utf8, check_wishes, talk,
)
from interop import Aiosmtpd, run_tests

OFFERED = {"SIZE", "8BITMIME", "SMTPUTF8"}


def test(checks, folder):
    scratch = Scratch(folder)
    with Aiosmtpd(folder) as server:
        checks.equal(talk(server).offered, OFFERED, "what is offered")
        check_utf8(checks, server, scratch)
        check_wishes(checks, server, scratch, OFFERED)
        check_broken_run(checks, server, scratch, ways=("DATA",))
        check_unsound_sources(checks, server, scratch, ways=("DATA",))


run_tests("extensions-aiosmtpd", test)
