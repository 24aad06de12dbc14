# SPDX-License-Identifier: MIT
"""STARTTLS against a man in the middle, and what is kept from one connection to the next: rows A1
to A8 and A16 of tests/robustness.md, on real sockets."""
import queue
import select
import subprocess
import threading
import time

import suite_servers as servers

OFFERS = (b"mail.example.com", b"PIPELINING", b"AUTH PLAIN LOGIN", b"SIZE 1000", b"8BITMIME")
CODES = (b"454", b"502", b"354", b"421", b"500", b"501", b"530", b"221")
BUFFER = 64  # the driver's


def commands(octets):
    return [line.split(b" ")[0] for line in octets.upper().split(b"\r\n") if line]


def check_stripped(suite, way):
    """A1: hidden from EHLO, though a login is offered."""
    for name, offers in (
        ("stripped", OFFERS),
        ("a word like it", OFFERS + (b"XSTARTTLS", b"STARTTLSX", b"X STARTTLS")),
    ):
        with way.serve(clear_ehlo=offers) as server:
            what = "%s, STARTTLS %s" % (way.name, name)
            result, connection = way.mail(server)
            suite.refused(what, result, connection, errors=("TLS_UNAVAILABLE",), tells=False)
            suite.checks.equal(commands(connection.clear), [b"EHLO", b"QUIT"], what + ": said")


def check_codes(suite, way):
    """A2: only 220 leads to TLS."""
    for code in CODES:
        for reply in (code + b" no\r\n", code + b"-no\r\n" + code + b" 220 no\r\n"):
            with way.serve(starttls=reply) as server:
                what = "%s, STARTTLS answered %r" % (way.name, reply)
                result, connection = way.mail(server)
                suite.refused(what, result, connection, tells=False, errors=(
                    "TLS_UNAVAILABLE", "CLOSING", "REFUSED", "BAD_REPLY", "OUT_OF_STEP"))
                suite.checks.ok(commands(connection.clear)[:2] == [b"EHLO", b"STARTTLS"] and
                                commands(connection.clear)[2:] in ([], [b"QUIT"]),
                                "%s: said %r" % (what, connection.clear))


def check_injected(suite, way, what, result, connection):
    suite.refused(what, result, connection, tells=False, errors=("TLS_INJECTION", "TLS_FAILED"))
    suite.checks.ok(not connection.stands, what + ": a handshake stands")


def check_injection(suite, way):
    """A3: octets behind the 220, in its segment and in one of their own; the reply's end at every
    place around the driver's buffer."""
    injected = b"250-AUTH PLAIN\r\n250 ok\r\n"
    for name, octets in (("a reply", injected), ("a line's begin", b"2"), ("LF", b"\n"),
                         ("NUL", b"\0"), ("an alert", b"\x15\x03\x03\0\2\1\0")):
        with way.serve(starttls=b"220 go\r\n" + octets) as server:
            what = "%s, %s behind the 220" % (way.name, name)
            result, connection = way.mail(server)
            check_injected(suite, way, what, result, connection)
            suite.checks.equal(result.error, "TLS_INJECTION", what + ": error")
            suite.checks.equal(result.tls_out, 0, what + ": octets of TLS sent")
            what = "%s, %s behind the 220, in another segment that has come" % (way.name, name)
            result, connection = way.mail(server, by_line=1)
            check_injected(suite, way, what, result, connection)
            suite.checks.equal(result.error, "TLS_INJECTION", what + ": error")
        with way.serve(starttls=b"220 go\r\n", second=octets) as server:
            what = "%s, %s in a segment behind the 220" % (way.name, name)
            check_injected(suite, way, what, *way.mail(server))
    for length in sorted({n * BUFFER + near for n in (1, 2, 3, 4) for near in range(-2, 3)}):
        line = b"220 " + b"x" * (length - 6) + b"\r\n"
        what = "%s, a 220 of %d octets" % (way.name, length)
        with way.serve(starttls=line) as server:
            suite.sent(what, *way.mail(server))
        with way.serve(starttls=line + injected) as server:
            result, connection = way.mail(server)
            check_injected(suite, way, what + " and more", result, connection)
            suite.checks.equal(result.error, "TLS_INJECTION", what + " and more: error")


def check_segments(suite, way):
    """A4: STARTTLS ends its segment, nothing follows it, and then comes a ClientHello."""

    def wait(connection, word):
        if word == b"STARTTLS":
            ready, _, _ = select.select([connection.socket], [], [], 0.05)
            connection.early = bool(ready)

    with way.serve(before_reply=wait) as server:
        result, connection = way.mail(server)
        what = way.name + ", the segment of STARTTLS"
        suite.sent(what, result, connection)
        suite.checks.equal(connection.segments[-1], b"STARTTLS\r\n", what)
        suite.checks.equal(connection.early, False, what + ": something followed unasked")
        kind, _, at = connection.from_client.seen[0]
        suite.checks.equal((kind, at), (servers.HANDSHAKE, 0), what + ": what came next")


def check_forgotten(suite, way):
    """A5: what was offered in clear is worth nothing over TLS."""
    offers = OFFERS + (b"STARTTLS",)
    with way.serve(clear_ehlo=offers, ehlo=(b"mail.example.com",)) as server:
        what = way.name + ", a login offered in clear alone"
        result, connection = way.mail(server)
        suite.checks.equal((result.outcome, result.error), ("NOT_SENT", "AUTH_UNAVAILABLE"), what)
        suite.checks.equal(commands(connection.heard), [b"EHLO", b"QUIT"], what + ": said")
        what = way.name + ", SIZE offered in clear alone"
        result, connection = way.mail(server, user=None, password=None, size=5000)
        suite.checks.equal(result.outcome, "SENT", "%s (%r)" % (what, result))
        suite.checks.ok(b"SIZE=" not in connection.heard and b"BODY=" not in connection.heard,
                        "%s: said %r" % (what, connection.heard))


def check_no_ehlo(suite, way):
    """A6: no EHLO, so no STARTTLS, so nothing."""
    for code in (b"500", b"502", b"554", b"421"):
        with way.serve(answers={b"EHLO": code + b" what?\r\n"}) as server:
            what = "%s, EHLO answered %s" % (way.name, code.decode())
            result, connection = way.mail(server)
            suite.refused(what, result, connection, tells=False,
                          errors=("TLS_UNAVAILABLE", "CLOSING", "REFUSED"))
            suite.checks.ok(commands(connection.clear) in ([b"EHLO"], [b"EHLO", b"QUIT"]),
                            "%s: said %r" % (what, connection.clear))


def check_no_way_back(suite, way):
    """A7: when a handshake has failed, nothing more is said on that connection, and no other is
    made: the next one that the server sees is the one we make by hand."""
    for name, instead in (
        ("closes", servers.close), ("resets", servers.reset),
        ("says garbage", servers.says(servers.GARBAGE)), ("says text", servers.says(servers.TEXT)),
        ("is silent", servers.silence),
    ):
        with way.serve(instead=instead) as server:
            what = "%s, a server that %s behind its 220" % (way.name, name)
            result, connection = way.mail(server, tls_wait=200)
            suite.refused(what, result, connection, tells=False, errors=("TLS_FAILED", "TIMEOUT"))
            time.sleep(0.02)
            try:
                server.done.get_nowait()
                suite.checks.ok(False, what + ": another connection was made")
            except queue.Empty:
                suite.checks.ok(True, what)


# ---- A16: what is kept ----


def check_kept(suite, way):
    """A session is resumed with the object that has it, and with no other."""
    with way.serve() as server:
        what = way.name + ", resumption"
        result, connection = way.mail(server)
        suite.sent(what + ", first", result, connection)
        suite.checks.equal(connection.resumed, False, what + ": the first")
        for which in ("second", "third"):
            result, connection = way.mail(server, again=1)
            suite.sent(what + ", " + which, result, connection)
            suite.checks.equal((result.resumed, connection.resumed), (1, True),
                               what + ": the " + which)
            suite.checks.equal(result.verified, 1, what + ": verified, the " + which)
        result, connection = way.mail(server)
        suite.checks.equal(connection.resumed, False, what + ": of a new object")
        for name, options, fault in (
            ("another host", {"host": "www.example.com"}, "NAME"),
            ("another CA", {"ca": suite.certificates.other_ca}, "UNTRUSTED"),
            ("another pin", {"pin": suite.certificates.all["rsa"].pin()}, "PIN"),
        ):
            suite.refused("%s, %s" % (what, name), *way.mail(server, **options), fault)
        way.mail(server, "flag=no_resumption")
        result, connection = way.mail(server, again=1)
        suite.sent(what + ", not wanted", result, connection)
        suite.checks.equal(connection.resumed, False, what + ": not wanted")


def check_kept_unverified(suite, way):
    """A session that came about under a leniency is no proof for one without."""
    for name in ("wrong_ca", "wrong_name", "expired"):
        with way.serve(name) as server:
            what = "%s, %s kept by a leniency" % (way.name, name)
            result, connection = way.mail(server, "flag=unverified")
            suite.checks.equal(result.outcome, "SENT", "%s: with it (%r)" % (what, result))
            suite.refused(what, *way.mail(server, again=1))


def check_changed(suite, way):
    """The object keeps a session, but the server has another key and certificate by now."""
    certificates = suite.certificates
    for name, fault in (("expired", "EXPIRED"), ("wrong_name", "NAME"), ("wrong_ca", "UNTRUSTED")):
        with way.serve() as server:
            what = "%s, %s when it connects again" % (way.name, name)
            suite.sent(what + ": before", *way.mail(server))
            server.manners.context = servers.context(certificates.path(name), way.version)
            suite.refused(what, *way.mail(server, again=1), fault)


def check_failed_is_not_kept(suite, way):
    """After a connection that was cut, the next one is whole again."""
    with way.serve() as server:
        way.mail(server)
        for at in (1, 100, 300):
            way.mail(server, again=1, cut_in=at)
        suite.sent(way.name + ", after cuts", *way.mail(server, again=1))


def check_silent_is_not_kept(suite, way):
    """A server that falls silent when a session is resumed is reached again: without that session."""
    with way.serve() as server:
        what = way.name + ", silent at the second"
        suite.sent(what + ": before", *way.mail(server))
        server.manners.instead = servers.silence
        suite.refused(what, *way.mail(server, again=1, tls_wait=200), tells=False,
                      errors=("TIMEOUT",))
        server.manners.instead = None
        result, connection = way.mail(server, again=1)
        suite.sent(what + ": after", result, connection)
        suite.checks.equal(connection.resumed, False, what + ": not with what was kept")


# ---- renegotiation ----


class SServer:
    """openssl s_server, whose stdin is what it says and what it does: a line R renegotiates. It
    takes one line a read, so what comes next is said when the client has spoken."""

    def __init__(self, certificate):
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-tls1_2",
                   "-crlf", "-naccept", "1"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.heard = b""
        self.hear_until(b"ACCEPT")
        self.port = int(self.heard.split(b"ACCEPT ")[1].rsplit(b":", 1)[1])
        self.thread = threading.Thread(target=self.renegotiate, daemon=True)
        self.thread.start()

    def hear_until(self, word):
        while word not in self.heard:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("openssl s_server ended: %r" % self.heard)
            self.heard += line

    def say(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def renegotiate(self):
        self.hear_until(b"CIPHER is")
        self.say(b"220 mail.example.com")
        self.hear_until(b"EHLO")
        self.say(b"R")
        self.heard += self.process.stdout.read()

    def stop(self):
        time.sleep(0.1)  # what it has to say of the client's answer
        self.process.kill()
        self.thread.join(servers.SECONDS)
        self.process.communicate()
        return self.heard


def check_renegotiation(suite, way):
    """A request for renegotiation is not followed: the session fails, or it waits for its answer in
    vain."""
    server = SServer(suite.certificates.path("ecdsa"))
    try:
        what = way.name + ", renegotiation"
        result = way.send(server, wait=500)
        suite.checks.equal(result.phase, "EHLO", "%s: phase (%r)" % (what, result))
        suite.refused(what, result, None, errors=("TLS_FAILED", "IO", "CLOSED", "TIMEOUT"),
                      tells=False)
    finally:
        said = server.stop()
    suite.checks.ok(b"SSL_do_handshake" in said, what + ": it was not asked for: %r" % said)
    suite.checks.equal(said.count(b"CIPHER is"), 1, what + ": handshakes, in %r" % said)
    suite.checks.ok(b"AUTH" not in said and b"MAIL" not in said, what + ": said %r" % said)


def run(suite):
    for way in suite.ways():
        check_kept(suite, way)
        check_kept_unverified(suite, way)
        check_changed(suite, way)
        check_failed_is_not_kept(suite, way)
        check_silent_is_not_kept(suite, way)
        if way.implicit:
            if way.version == servers.V1_2:
                check_renegotiation(suite, way)
            continue
        for check in (check_stripped, check_codes, check_injection, check_segments, check_forgotten,
                      check_no_ehlo, check_no_way_back):
            check(suite, way)
