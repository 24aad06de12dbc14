#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Dovecot: LMTP with CHUNKING and PIPELINING, a final reply for each recipient, one of whom may be
over quota; messages of the composer. And CHUNKING by its submission service."""
import glob
import os
import re

from extensions import (
    BODY, WAYS, Scratch, check_broken_run, check_chunks, check_messages, check_run, check_sent,
    check_stored, check_unsound_sources, check_wishes, talk,
)
from interop import HEADER, PASSWORD, RECIPIENT, become_root, run_tests, sample
from secure import Dovecot, Unpacked, make_certificates

OFFERED = {"8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES", "PIPELINING"}
TO = ["inbox@example.com", "nobody@example.com", "full@example.com", "second@example.com"]


class DovecotLmtp(Unpacked):
    """A folder for each user; what it stores has CRLF."""

    name, packages, users = "dovecot_lmtp", ["dovecot-core", "dovecot-lmtpd"], "dovecot dovenull"
    port_names = ("port",)
    unix = False

    def take(self):
        """Delivered before it is answered for."""
        mails = []
        for path in sorted(glob.glob(self.folder + "/*/Maildir/new/*"), key=os.path.getmtime):
            with open(path, "rb") as file:
                text = file.read()
            to = path[len(self.folder) + 1:].split("/")[0] + "@example.com"
            sender = re.search(rb"^Return-Path: <(.*)>", text, re.M)
            mails.append((text, {"to": [to], "from": sender[1].decode()}))
            os.unlink(path)
        return mails


def check_offered(checks, server):
    result = talk(server, "lmtp")
    checks.equal(result.offered, OFFERED, "what is offered: %r" % result)


def check_mixed(checks, server, scratch):
    """Two have it, one is unknown, and one is over quota, which is found when all has left."""
    body = sample(6000)
    wanted = {TO[0]: ("accepted", 250), TO[1]: ("refused", 550), TO[2]: ("refused", 552),
              TO[3]: ("accepted", 250)}
    for way, (how, command) in WAYS.items():
        mail = scratch.mail("8bit", *how, content=HEADER + body, to=TO)
        result = talk(server, "lmtp", mails=[mail, scratch.mail(*how)])
        checks.equal(result.outcomes(), ["PARTLY_SENT", "SENT"], "%s: %r" % (way, result))
        checks.equal(result.fates(), wanted, way)
        codes = [r["enhanced"] for r in result.mail()["recipients"]]
        checks.equal(codes, ["2.0.0", "5.1.1", "5.2.2", "2.0.0"], way + ": enhanced codes")
        checks.equal(len(result.said(command)) > 0, True, way + ": " + command)
        stored = [(TO[0], body), (TO[3], body), (RECIPIENT, BODY)]
        check_stored(checks, server, stored, way)
        mail = scratch.mail("8bit", *how, content=HEADER + body, to=TO[1:3])
        result = talk(server, "lmtp", mails=[mail])
        checks.equal(result.outcomes(), ["NOT_SENT"], "%s, nobody: %r" % (way, result))
        checks.equal(server.take(), [], way + ", nobody")


def check_lmtp(checks, folder, scratch):
    with DovecotLmtp(folder) as server:
        check_offered(checks, server)
        check_mixed(checks, server, scratch)
        result = talk(server, "lmtp", mails=[scratch.mail(to=("second@example.com",))])
        check_sent(checks, server, result, "one recipient", to=("second@example.com",))
        for way in WAYS:
            check_run(checks, server, scratch, "lmtp", way=way)
        check_broken_run(checks, server, scratch, "lmtp")
        check_wishes(checks, server, scratch, OFFERED, "lmtp")
        check_chunks(checks, server, scratch, "lmtp")
        check_unsound_sources(checks, server, scratch, "lmtp")
        check_messages(checks, server, scratch, "DATA", "lmtp")
        check_messages(checks, server, scratch, "BDAT", "lmtp")


def check_submission(checks, folder, scratch):
    certificates = make_certificates(folder)
    with Dovecot(folder, certificates) as server:
        login = ("tls=required", "host=localhost", "ca=%s/ca.pem" % certificates,
                 "user=" + server.user, "password=" + PASSWORD)
        result = talk(server, *login)
        checks.ok("CHUNKING" in result.offered, "submission: %r" % result)
        check_chunks(checks, server, scratch, *login)
        check_messages(checks, server, scratch, "BDAT", *login)


def test(checks, folder):
    scratch = Scratch(folder)
    check_lmtp(checks, folder, scratch)
    check_submission(checks, folder, scratch)


become_root()
run_tests("extensions-dovecot", test)
