#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Exim: CHUNKING, DSN, SMTPUTF8, PIPELINING; messages of the composer by BDAT. It offers PRDR,
which is seen and never asked for; LIMITS its 4.96 has not."""
from extensions import (
    WAYS, Scratch, check_broken_run, check_chunks, check_commands, check_dsn, check_messages,
    check_run, check_sent, check_unknown, check_unsound_sources, check_utf8, check_wishes, talk,
)
from interop import become_root, run_tests
from secure import Exim, make_certificates

OFFERED = {"SIZE", "8BITMIME", "DSN", "PIPELINING", "CHUNKING", "STARTTLS", "PRDR", "SMTPUTF8"}
QUESTIONS = {
    "noop=": (250, "OK"),
    "vrfy=inbox@example.com": (250, "deliverable"),
    "expn=team": (550, "prohibition"),
    "help=": (214, "Commands supported"),
    "help=MAIL": (214, "Commands supported"),
    "etrn=example.com": (458, "prohibition"),
}


class OpenExim(Exim):
    port_names = ("port", "tls_port", "open_port")


def check_offered(checks, server, scratch):
    result = talk(server, port=server.open_port, mails=[scratch.mail()])
    checks.equal(result.offered, OFFERED, "what is offered: %r" % result)
    check_sent(checks, server, result, "PRDR is offered")
    checks.ok("PRDR" not in "".join(result.said("MAIL")), "PRDR is not asked for")


def test(checks, folder):
    scratch = Scratch(folder)
    with OpenExim(folder, make_certificates(folder)) as server:
        port = {"port": server.open_port}
        check_offered(checks, server, scratch)
        check_commands(checks, server, QUESTIONS, **port)
        check_utf8(checks, server, scratch, **port)
        check_dsn(checks, server, scratch, raw_xtext=True, **port)
        check_unknown(checks, server, scratch, **port)
        for way in WAYS:
            check_run(checks, server, scratch, way=way, **port)
        check_broken_run(checks, server, scratch, **port)
        check_wishes(checks, server, scratch, OFFERED, **port)
        check_chunks(checks, server, scratch, **port)
        check_unsound_sources(checks, server, scratch, **port)
        check_messages(checks, server, scratch, "BDAT", **port)


become_root()
run_tests("extensions-exim", test)
