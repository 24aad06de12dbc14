#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logins against GNU SASL, and Cyrus SASL for tls-server-end-point, which we did not write
(tests/interop/sasl_server.c): each mechanism over both TLS ports, right and wrong credentials, and
a server that misbehaves.
"""
import os
import queue
import subprocess
import threading

from interop import BUILD, HEADER, PASSWORD, USER, Server, run, run_tests
from secure import SECURE_MAIL, SecureResult, check_masked, make_certificates

SASL_SERVER = os.path.join(BUILD, "release/tests/sasl_server")
TOKEN = "ya29." + "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg" * 110  # over 4 KB
PLUS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")
SCRAM = PLUS + ("SCRAM-SHA-256", "SCRAM-SHA-1")
BY_PASSWORD = SCRAM + ("CRAM-MD5", "PLAIN", "LOGIN")
EVERY = BY_PASSWORD + ("EXTERNAL", "OAUTHBEARER")

# Debian's mbedTLS, 2.28, has no TLS 1.3.
CHANNELS = (("openssl", "1.3"), ("openssl", "1.2"), ("mbedtls", "1.2"))
BINDING = {"1.3": "tls-exporter", "1.2": "tls-unique"}


class SaslServer(Server):
    """One way of behaving; line() gives what it prints next. certificate: a path without .pem."""

    def __init__(self, certificate, *mechanisms, tls="1.3", **options):
        command = [SASL_SERVER, "--mechanisms", " ".join(mechanisms)]
        command += ["--certificate", certificate + ".pem", "--key", certificate + ".key"]
        command += ["--client-ca", os.path.dirname(certificate) + "/ca.pem"]
        command += ["--tls-1.2"] if tls == "1.2" else []
        for word in ("implicit", "cyrus"):
            command += ["--" + word] if options.pop(word, False) else []
        wanted = dict(user=USER, password=PASSWORD, token=TOKEN)
        wanted.update(options)
        for name, value in wanted.items():
            command += ["--" + name, value]
        self.start(command, certificate + ".log", stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.port = int(self.line()[len("ready "):])

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line.decode().rstrip())

    def line(self):
        try:
            return self.lines.get(timeout=10)
        except queue.Empty:
            self.is_there(0)
            raise RuntimeError("sasl_server says nothing") from None


def end_of(got):
    """AUTH, AUTH_RESPONSE and AUTH_CANCEL are one here."""
    return got.outcome, got.error, got.phase.split("_")[0], got.code


class Case:
    """One library and TLS version, with the certificates' folder."""

    def __init__(self, checks, folder, library, tls):
        self.checks, self.folder, self.library, self.tls = checks, folder, library, tls

    def server(self, *mechanisms, **options):
        return SaslServer(self.folder + "/server", *mechanisms, tls=self.tls, **options)

    def send(self, server, *options, **more):
        given = dict(port=server.port, host="localhost", tls="required", mechanisms="any",
                     user=USER, password=PASSWORD, to="inbox@example.com")
        given["ca"] = self.folder + "/ca.pem"
        given.update(more)
        command = [SECURE_MAIL, self.library, *options]
        command += ["%s=%s" % pair for pair in given.items() if pair[1] is not None]
        *told, seconds = run(command, HEADER + b"text\r\n", 60)
        result = SecureResult(*told)
        result.seconds = seconds
        return result

    def named(self, what):
        return "%s, TLS %s: %s" % (self.library, self.tls, what)

    def sent(self, server, mechanism, what, *options, bound="none", **more):
        """The mail was sent, and by this login."""
        got = self.send(server, *options, **more)
        self.checks.ok(got.is_sent(), self.named("%s: %r" % (what, got)))
        log = "login %s binding %s: GSASL_OK" % (mechanism, bound)
        self.checks.equal(server.line(), log, self.named(what) + ": the server's word")
        self.checks.ok(server.line().startswith("mail "), self.named(what) + ": the mail is there")
        if mechanism != "EXTERNAL":
            self.hides(got, what)
        return got

    def failed(self, server, error, result, what, *options, phase="AUTH", code=None, **more):
        """It was not, for this reason; nothing followed the login."""
        got = self.send(server, *options, **more)
        wanted = ("NOT_SENT", error, phase, got.code if code is None else code)
        self.checks.equal(end_of(got), wanted, self.named("%s: %r" % (what, got)))
        if result is not None:
            said = server.line()
            self.checks.ok(said.endswith(": " + result), self.named(what) + ": server: " + said)
        self.checks.ok("MAIL FROM" not in got.transcript, self.named(what) + ": MAIL was sent")
        if phase == "AUTH" and "C: AUTH EXTERNAL" not in got.transcript:
            self.hides(got, what)
        return got

    def hides(self, got, what):
        """No transcript shows a secret (A15)."""
        check_masked(self.checks, got, (PASSWORD, TOKEN[:60]), self.named(what))


# ---- that it works -----------------------------------------------------------------------------


def test_passwords(case):
    for mechanism in BY_PASSWORD:
        binding = BINDING[case.tls] if mechanism in PLUS else "none"
        with case.server(mechanism) as server:
            case.sent(server, mechanism, mechanism, bound=binding)
            case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR",
                        mechanism + ", wrong password", password="wr0ng", code=535)
            got = case.failed(server, "AUTH_REFUSED", None, mechanism + ", unknown user",
                              user="nobody", code=535)
            case.checks.ok(got.text.startswith("5.7.8 "), case.named("the text: " + got.text))


def test_names(case):
    """What SCRAM has to write in another way, and what it must not touch."""
    odd = dict(user="a=b,c=2C,,", password="Gr\u00fc\u00dfe, %=\"\\")
    for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"):
        binding = BINDING[case.tls] if mechanism in PLUS else "none"
        with case.server(mechanism, **odd) as server:
            case.sent(server, mechanism, mechanism + ", odd names", bound=binding, **odd)


def test_implicit(case):
    with case.server("SCRAM-SHA-256-PLUS", implicit=True) as server:
        case.sent(server, "SCRAM-SHA-256-PLUS", "implicit TLS", bound=BINDING[case.tls],
                  tls="implicit")


def test_lockstep(case):
    """No initial response: the first 334 is empty."""
    for mechanism in ("SCRAM-SHA-256", "PLAIN", "OAUTHBEARER"):
        with case.server(mechanism) as server:
            case.sent(server, mechanism, mechanism + ", lockstep", "flag=lockstep", token=TOKEN)


def test_choice(case):
    """The strongest that server, caller and channel have in common."""
    chosen = [
        (dict(), "SCRAM-SHA-256-PLUS"),
        (dict(binding="none"), "SCRAM-SHA-256"),
        (dict(mechanisms="SCRAM-SHA-1-PLUS,PLAIN"), "SCRAM-SHA-1-PLUS"),
        (dict(mechanisms="SCRAM-SHA-1,SCRAM-SHA-256"), "SCRAM-SHA-256"),
        (dict(mechanisms="LOGIN,CRAM-MD5"), "CRAM-MD5"),
        (dict(mechanisms="PLAIN"), "PLAIN"),
        (dict(password=None, token=TOKEN), "OAUTHBEARER"),
    ]
    with case.server(*reversed(EVERY)) as server:
        for given, mechanism in chosen:
            case.sent(server, mechanism, "chosen: %s" % mechanism, bound=BINDING[case.tls], **given)
    with case.server("LOGIN", "PLAIN") as server:
        case.failed(server, "AUTH_UNAVAILABLE", None, "none in common", phase="EHLO",
                    mechanisms="SCRAM-SHA-256,CRAM-MD5")


def test_certificate(case):
    own = dict(certificate=case.folder + "/client.pem", key=case.folder + "/client.key",
               mechanisms="EXTERNAL", user=None, password=None)
    with case.server("EXTERNAL") as server:
        case.sent(server, "EXTERNAL", "EXTERNAL", authzid="", **own)
        case.sent(server, "EXTERNAL", "EXTERNAL, for the user", authzid=USER, **own)
        case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR", "EXTERNAL for another",
                    authzid="root", code=535, **own)
        own.update(certificate=None, key=None)
        case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR",
                    "EXTERNAL without a certificate", authzid="", code=535, **own)


def test_token(case):
    bearer = dict(mechanisms="OAUTHBEARER", password=None)
    with case.server("OAUTHBEARER") as server:
        case.sent(server, "OAUTHBEARER", "a token of 4 KB", token=TOKEN, **bearer)
        for piece in ("1", "7", "1000"):
            case.sent(server, "OAUTHBEARER", "a token in pieces of " + piece, token=TOKEN,
                      token_piece=piece, **bearer)
        got = case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR", "a wrong token",
                          token=TOKEN + "x", code=535, **bearer)
        why = '{"status":"invalid_token","scope":"mail.send"}'
        case.checks.ok(why in got.text, case.named("the challenge's text: " + got.text))
    with case.server("OAUTHBEARER", token="short") as server:
        case.sent(server, "OAUTHBEARER", "a short token", token="short", **bearer)


def test_end_point(case):
    """The binding that stays the same for a certificate."""
    bound = "tls-server-end-point"
    for mechanism in PLUS:
        with case.server(mechanism, cyrus=True) as server:
            case.sent(server, mechanism, mechanism + ", " + bound, bound=bound, binding="end_point")
            case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR",
                        mechanism + ", wrong password", binding="end_point", password="wr0ng")
        with case.server(mechanism, cyrus=True, fault="binding") as server:
            case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR",
                        mechanism + ", another certificate", binding="end_point", code=535)
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"):
        with case.server(mechanism, cyrus=True) as server:
            case.sent(server, mechanism, mechanism + " of Cyrus SASL")


# ---- that it fails -----------------------------------------------------------------------------


def test_middle(case):
    """Somebody sits in between, with a TLS connection to either side; or cuts -PLUS out."""
    for mechanism in PLUS:
        with case.server(mechanism, fault="binding") as server:
            case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR",
                        mechanism + " over another channel", code=535)
    with case.server("SCRAM-SHA-256", fault="stripped") as server:
        case.failed(server, "AUTH_REFUSED", "GSASL_AUTHENTICATION_ERROR", "-PLUS cut out", code=535)
        case.sent(server, "SCRAM-SHA-256", "-PLUS not wanted", bound=BINDING[case.tls],
                  mechanisms="SCRAM-SHA-256")


def test_impostor(case):
    """Who does not know the password cannot pretend to (A14)."""
    for mechanism in SCRAM:
        with case.server(mechanism, fault="signature") as server:
            case.failed(server, "AUTH_SERVER", "GIVEN_UP", mechanism + ", wrong signature")
        with case.server(mechanism, fault="unsigned") as server:
            case.failed(server, "AUTH_SERVER", "GSASL_OK", mechanism + ", no signature", code=235)
        with case.server(mechanism, fault="early") as server:
            case.failed(server, "AUTH_SERVER", "GSASL_OK", mechanism + ", 235 at once", code=235)
        with case.server(mechanism, fault="nonce") as server:
            case.failed(server, "AUTH_CHALLENGE", "GIVEN_UP", mechanism + ", another's nonce")


def test_endless(case):
    for mechanism in EVERY:
        with case.server(mechanism, fault="endless") as server:
            own = dict(certificate=case.folder + "/client.pem", key=case.folder + "/client.key",
                       authzid="", token=TOKEN)
            got = case.failed(server, "AUTH_CHALLENGE", "GIVEN_UP", mechanism + ", 334 for ever",
                              mechanisms=mechanism, **own)
            case.checks.ok(got.seconds < 5, case.named("334 for ever: %.1f s" % got.seconds))


def test_iterations(case):
    """Few make the password easy to guess, many keep a device busy for minutes."""
    for count in ("1", "4095", "20001", "1000000", "4294967295", "4294971392"):
        with case.server("SCRAM-SHA-256", iterations=count) as server:
            got = case.failed(server, "AUTH_ITERATIONS", "GIVEN_UP", count + " iterations")
            case.checks.ok(got.seconds < 1, case.named("%s: %.1f s" % (count, got.seconds)))
    for count, limits in (("1", dict(iterations_min="1")), ("4096", {}), ("20000", {}),
                          ("20001", dict(iterations_max="20001"))):
        with case.server("SCRAM-SHA-256", iterations=count) as server:
            case.sent(server, "SCRAM-SHA-256", count + " iterations allowed", **limits)


TESTS = (test_passwords, test_names, test_implicit, test_lockstep, test_choice, test_certificate,
         test_token, test_end_point, test_middle, test_impostor, test_endless, test_iterations)


def test(checks, folder):
    certificates = make_certificates(folder)
    for library, tls in CHANNELS:
        for one in TESTS:
            one(Case(checks, certificates, library, tls))


if __name__ == "__main__":
    run_tests("sasl", test)
