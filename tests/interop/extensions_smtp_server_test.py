#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""npm's smtp-server: REQUIRETLS, DSN, SMTPUTF8, 8BITMIME; LMTP with a reply for each recipient."""
import os
import subprocess
import tempfile

from extensions import (
    EIGHT, ENVID, ORCPT, Scratch, check_broken_run, check_run, check_sent, check_unknown,
    check_unoffered, check_unsound_sources, check_utf8, check_wishes, decode_xtext, talk,
)
from interop import HEADER, Aiosmtpd, run_tests
from secure import SCRIPTS, make_certificates, output_of

OFFERED = {"PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "STARTTLS",
           "SIZE"}


class SmtpServer(Aiosmtpd):
    """Its store is made like aiosmtpd's."""

    def __init__(self, folder, certificates):
        self.host = "127.0.0.1"
        self.certificates = certificates
        self.store = tempfile.mkdtemp(dir=folder)
        modules = output_of(SCRIPTS + "/npm.sh") + "/node_modules"
        script = SCRIPTS + "/smtp_server_extensions.js"
        command = ["node", script, modules, certificates, self.store]
        self.start(command, os.path.join(folder, "node.log"), stdout=subprocess.PIPE)
        self.read_ports()

    def read_ports(self):
        words = self.process.stdout.readline().split()
        if words[:1] != [b"ready"]:
            raise RuntimeError("the server did not say that it is ready")
        self.port, self.plain_port, self.lmtp_port = map(int, words[1:])


def tls(server, ca="ca"):
    return "tls=required", "host=localhost", "ca=%s/%s.pem" % (server.certificates, ca)


def check_require_tls(checks, server, scratch):
    """Over verified TLS it is asked for; without it, or where TLS is with we know not whom, or
    where it is not offered, the mail is not sent."""
    result = talk(server, *tls(server), mails=[scratch.mail("require_tls")])
    checks.equal(result.offered, OFFERED - {"STARTTLS"} | {"REQUIRETLS"}, "over TLS")
    (_, envelope), = check_sent(checks, server, result, "REQUIRETLS")
    checks.equal((envelope["tls"], envelope["requiretls"]), (True, True), "REQUIRETLS")
    result = talk(server, *tls(server), mails=[scratch.mail()])
    (_, envelope), = check_sent(checks, server, result, "REQUIRETLS, no wish")
    checks.equal((envelope["tls"], envelope["requiretls"]), (True, False), "no wish")
    bad = {
        "in clear": ((), server.port),
        "not verified": (("unverified", *tls(server, "stranger")), server.port),
        "not offered": (tls(server), server.plain_port),
    }
    for what, (options, port) in bad.items():
        what = "REQUIRETLS, " + what
        result = talk(server, *options, port=port, mails=[scratch.mail("require_tls")])
        check_unoffered(checks, server, result, "REQUIRETLS", what)
        result = talk(server, *options, port=port, mails=[scratch.mail()])
        check_sent(checks, server, result, what + ", no wish")


def check_parameters(checks, server, scratch):
    """What the server read of DSN and BODY."""
    wish = ("envid=" + ENVID, "ret=full", "8bit", "notify=failure,delay", "orcpt=" + ORCPT)
    result = talk(server, mails=[scratch.mail(*wish, content=HEADER + EIGHT)])
    (_, envelope), = check_sent(checks, server, result, "DSN", EIGHT)
    checks.equal(envelope["body"], "8bitmime", "BODY")
    checks.equal(decode_xtext(envelope["dsn"]["envid"]), ENVID, "ENVID")
    checks.equal(envelope["dsn"]["ret"], "FULL", "RET")
    dsn, = envelope["rcpt_dsn"]
    checks.equal(sorted(dsn["notify"]), ["DELAY", "FAILURE"], "NOTIFY")
    checks.equal(decode_xtext(dsn["orcpt"]), "rfc822;" + ORCPT, "ORCPT")


def check_lmtp(checks, server, scratch):
    """A final reply for each recipient that was accepted, none for one that was not."""
    to = ("one@example.com", "nobody@example.com", "full@example.com", "two@example.com",
          "busy@example.com")
    result = talk(server, "lmtp", port=server.lmtp_port, mails=[scratch.mail(to=to)] * 2)
    checks.equal(result.outcomes(), ["PARTLY_SENT"] * 2, "LMTP: %r" % result)
    wanted = {to[0]: ("accepted", 250), to[1]: ("refused", 550), to[2]: ("refused", 552),
              to[3]: ("accepted", 250), to[4]: ("deferred", 451)}
    codes = {to[0]: "2.6.0", to[1]: "5.1.1", to[2]: "5.2.2", to[3]: "2.6.0", to[4]: "4.3.0"}
    retries = dict.fromkeys(to, "none") | {to[4]: "later", to[1]: "never", to[2]: "never"}
    for i, mail in enumerate(result.mails):
        checks.equal(result.fates(i), wanted, "LMTP, mail %d" % i)
        checks.equal({r["address"]: r["enhanced"] for r in mail["recipients"]}, codes, "LMTP")
        checks.equal({r["address"]: r["retry"] for r in mail["recipients"]}, retries, "LMTP")
    checks.equal(len(server.take()), 2, "LMTP: what came")
    for address, code in (("full@example.com", 552), ("busy@example.com", 451)):
        mail = scratch.mail(to=(address,))
        result = talk(server, "lmtp", port=server.lmtp_port, mails=[mail, scratch.mail()])
        checks.equal(result.outcomes(), ["NOT_SENT", "SENT"], "LMTP, %d: %r" % (code, result))
        checks.equal(result.verdict(), ("NOT_SENT", "OK", code), "LMTP, %d" % code)
        server.take()
    result = talk(server, "lmtp", port=server.lmtp_port, mails=[scratch.mail()])
    check_sent(checks, server, result, "LMTP, one recipient")
    checks.equal(result.said("EHLO|LHLO"), ["LHLO pump7.example.com"], "LMTP: LHLO")


def test(checks, folder):
    scratch = Scratch(folder)
    with SmtpServer(folder, make_certificates(folder)) as server:
        checks.equal(talk(server).offered, OFFERED, "what is offered")
        check_require_tls(checks, server, scratch)
        check_parameters(checks, server, scratch)
        check_utf8(checks, server, scratch)
        check_unknown(checks, server, scratch)
        check_run(checks, server, scratch)
        check_wishes(checks, server, scratch, OFFERED)
        check_wishes(checks, server, scratch, set(), port=server.plain_port)
        check_lmtp(checks, server, scratch)
        check_utf8(checks, server, scratch, "lmtp", port=server.lmtp_port)
        check_run(checks, server, scratch, "lmtp", port=server.lmtp_port)
        lmtp = {"port": server.lmtp_port, "ways": ("DATA",)}
        check_broken_run(checks, server, scratch, "lmtp", **lmtp)
        for options, port in (((), server.port), (("lmtp",), server.lmtp_port)):
            check_unsound_sources(checks, server, scratch, *options, port=port, ways=("DATA",))


run_tests("extensions-smtp-server", test)
