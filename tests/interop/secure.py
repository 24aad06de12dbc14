# SPDX-License-Identifier: MIT
"""What the tests of TLS and logins share: the servers, the sender, and the matrix of both.

Each server has `port` (STARTTLS) and `tls_port` (TLS from the first byte).
"""
import base64
import json
import os
import re
import subprocess
import tempfile

from interop import (
    BUILD, HEADER, PASSWORD, RECIPIENT, ROOT, USER, Aiosmtpd, Maildir, Postfix, Server,
    check_arrival, compare, free_port, run, sizes, specials,
)

SECURE_MAIL = os.environ.get("SECURE_MAIL", os.path.join(BUILD, "release/tests/secure_mail"))
SCRIPTS = os.path.join(ROOT, "scripts/servers")
LIBRARIES = ("openssl", "mbedtls")
WAYS = {"STARTTLS": ("required", "port"), "implicit TLS": ("implicit", "tls_port")}
BODY = b"one\n.\ntwo \xc3\xa9\r\n..\r\n"


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def make_certificates(folder):
    """ca.pem, and NAME.pem with NAME.key; see certificates.sh."""
    folder = os.path.join(folder, "certificates")
    subprocess.run([SCRIPTS + "/certificates.sh", folder], check=True, capture_output=True)
    return folder


# ---- the servers -------------------------------------------------------------------------------


class SecurePostfix(Postfix):
    """With Cyrus SASL. No login without TLS, no mail without login."""

    user = USER + "@mail.test"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    strongest = "SCRAM-SHA-256"
    tls = "smtpd_tls_security_level=may smtpd_tls_auth_only=yes smtpd_sasl_auth_enable=yes "
    tls += Postfix.demanded
    ports = {
        "port": tls,
        "tls_port": tls + " smtpd_tls_wrappermode=yes",
        "port_1_2": tls + " smtpd_tls_protocols=<=TLSv1.2",
        "port_1_3": tls + " smtpd_tls_protocols=>=TLSv1.3",
        "asking_port": tls + " smtpd_tls_ask_ccert=yes smtpd_tls_received_header=yes",
        "demanding_port": tls + " smtpd_tls_req_ccert=yes smtpd_tls_security_level=encrypt"
                          " smtpd_tls_received_header=yes",
        "broken_port": tls + " smtpd_sasl_path=broken",
    }

    def __init__(self, folder, certificates):
        self.certificates = certificates
        mechanisms = " ".join(self.mechanisms)
        super().__init__(folder, SERVER_CERTIFICATES=certificates, SERVER_MECHANISMS=mechanisms)


class Unpacked(Server):
    """A server that Debian packages and that cannot be installed beside Postfix. Subclasses say
    what it is called, what it needs, and in arguments() what its script is told."""

    host = "127.0.0.1"
    user = USER
    environment = {}
    port_names = ("port", "tls_port")

    def __init__(self, folder, certificates=None):
        self.certificates = certificates
        root = output_of(SCRIPTS + "/unpack.sh", self.name, *self.packages)
        for _ in range(3):
            try:
                return self.try_to_start(tempfile.mkdtemp(dir=folder), root)
            except RuntimeError as error:  # another program may have taken the port meanwhile
                self.stop()
                wrong = error
        raise wrong

    def try_to_start(self, folder, root):
        os.chmod(folder, 0o755)
        self.folder = folder
        for name in self.port_names:
            setattr(self, name, free_port())
        ports = [str(getattr(self, name)) for name in self.port_names]
        command = [SCRIPTS + "/inside.sh", root, folder, self.users]
        command += ["%s/%s.sh" % (SCRIPTS, self.name), folder]
        command += [self.certificates] if self.certificates else []
        environment = dict(
            os.environ, SERVER_USER=USER, SERVER_PASSWORD=PASSWORD, **self.environment
        )
        command += [*self.arguments(), *ports]
        self.start(command, folder + ".log", env=environment, stdout=subprocess.DEVNULL)
        self.wait_for(lambda: all(self.is_there(int(port)) for port in ports))

    def arguments(self):
        return []


class Exim(Maildir, Unpacked):
    name, packages, users = "exim", ["exim4-daemon-heavy"], "Debian-exim"
    queues = ("spool/input",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")
    strongest = "CRAM-MD5"


class Dovecot(Unpacked):
    """Dovecot's submission service, which hands the mail on to an aiosmtpd."""

    name, packages, users = "dovecot", ["dovecot-core", "dovecot-submissiond"], "dovecot dovenull"
    unix = False
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    strongest = "SCRAM-SHA-256"
    token_key = "a key that only this server and its issuer know"
    environment = {
        "SERVER_MECHANISMS": " ".join([*mechanisms, "OAUTHBEARER", "XOAUTH2"]).lower(),
        "SERVER_TOKEN_KEY": token_key,
    }

    def __init__(self, folder, certificates):
        self.relay = Aiosmtpd(folder)
        super().__init__(folder, certificates)

    def arguments(self):
        return [str(self.relay.port)]

    def take(self):
        return self.relay.take()

    def __exit__(self, *_):
        super().__exit__()
        self.relay.stop()


class Opensmtpd(Maildir, Unpacked):
    name, packages, users = "opensmtpd", ["opensmtpd"], "opensmtpd opensmtpq"
    queues = ("spool/queue",)
    to_field = b"Delivered-To"
    port_names = ("port", "tls_port", "clear_port")


class SecureAiosmtpd(Aiosmtpd):
    user = USER
    mechanisms = ("PLAIN", "LOGIN")
    strongest = "PLAIN"

    def __init__(self, folder, certificates):
        self.certificates = certificates
        super().__init__(folder, login=True, certificates=certificates)


class SmtpServer(Aiosmtpd):
    """npm's smtp-server; its store is made like aiosmtpd's."""

    host = "127.0.0.1"
    user = USER
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")  # and XOAUTH2, with a token
    strongest = "CRAM-MD5"

    def __init__(self, folder, certificates, token):
        self.certificates = certificates
        self.store = tempfile.mkdtemp(dir=folder)
        modules = output_of(SCRIPTS + "/npm.sh") + "/node_modules"
        command = ["node", SCRIPTS + "/smtp_server.js", modules, certificates, self.store]
        environment = dict(
            os.environ, SERVER_USER=USER, SERVER_PASSWORD=PASSWORD, SERVER_TOKEN=token
        )
        log = os.path.join(folder, "smtp-server.log")
        self.start(command, log, env=environment, stdout=subprocess.PIPE)
        self.read_ports()


# ---- the sender --------------------------------------------------------------------------------


class SecureResult:
    """What secure_mail told; its members are those of the JSON."""

    def __init__(self, exit_status, out, err):
        self.exit, self.err = exit_status, err
        self.told = json.loads(out) if out else {"outcome": "none: " + err, "transcript": ""}

    def __getattr__(self, name):
        return self.told.get(name)

    def mechanism(self):
        """The last one that was tried."""
        names = re.findall(r"^C: AUTH (\S+)", self.transcript, re.M)
        return names[-1] if names else None

    def is_sent(self):
        return self.exit == 0 and self.outcome == "SENT"

    def verdict(self):
        return self.outcome, self.error, self.code

    def __repr__(self):
        return "exit %d, %r, %s" % (self.exit, self.told, self.err[-500:])


def secure_mail(server, message, *more, way="STARTTLS", port=None, library="openssl",
                user=None, password=PASSWORD, mechanisms="any", to=(RECIPIENT,)):
    tls, port_name = WAYS.get(way, (way, "port"))
    command = [SECURE_MAIL, library, "server=" + server.host, "tls=" + tls]
    command += ["port=%d" % (port or getattr(server, port_name)), "host=localhost"]
    command += ["ca=%s/ca.pem" % server.certificates, "mechanisms=" + mechanisms]
    if mechanisms != "none":
        command += ["user=" + (user or server.user)]
        command += ["password=" + password] if password else []
    command += ["to=" + address for address in to]
    status, out, err, _ = run([*command, *more], message)
    return SecureResult(status, out, err)


def by_token(server, mechanism, token, piece, **how):
    """piece: 0, the token is lent whole; else it is given by event in pieces of so many octets."""
    given = ["token=" + token, "token_piece=%d" % piece]
    return secure_mail(
        server, HEADER + BODY, *given, password=None, mechanisms=mechanism, **how
    )


# ---- the matrix --------------------------------------------------------------------------------


def check_masked(checks, result, secrets, what):
    """A15: no secret in the transcript, as it is or in base64 wherever it begins in a triple."""
    checks.ok("****" in result.transcript, "%s: nothing is masked in %r" % (what, result))
    for secret in secrets:
        forms = [secret]
        for before in (b"", b"x", b"xx"):
            text = base64.b64encode(before + secret.encode() + b"xx").decode()
            forms.append(text[4:len(secret) // 3 * 4])
        for form in forms:
            checks.ok(form not in result.transcript, "%s: shows %s" % (what, form))


def check_sent(checks, server, result, what, body=BODY, mechanism=None):
    """It arrived, over TLS that was verified, after a login by the mechanism."""
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    checks.ok(result.protocol in ("TLSv1.2", "TLSv1.3"), "%s: over %r" % (what, result.protocol))
    if mechanism:
        checks.equal(result.mechanism(), mechanism, what + ": mechanism")
    return check_arrival(checks, server, body, what)


def check_refused(checks, server, result, what, code=535):
    """The login was refused, and it is told so; nothing was sent."""
    wanted = ("NOT_SENT", "AUTH_REFUSED", code)
    checks.equal(result.verdict(), wanted, "%s: %r" % (what, result))
    checks.ok(result.phase in ("AUTH", "AUTH_RESPONSE"), "%s: in %s" % (what, result.phase))
    checks.ok("C: MAIL" not in result.transcript, "%s: MAIL was said: %r" % (what, result))
    checks.equal(server.take(), [], what + ": mails that arrived")


def check_mechanism(checks, server, mechanism, library, way):
    what = "%s, %s, %s, %s" % (type(server).__name__, mechanism, way, library)
    how = {"way": way, "library": library, "mechanisms": mechanism}
    failed = checks.failed
    good = secure_mail(server, HEADER + BODY, **how)
    check_sent(checks, server, good, what, mechanism=mechanism)
    check_masked(checks, good, [PASSWORD], what)
    bad = secure_mail(server, HEADER + BODY, password="wrong" + PASSWORD, **how)
    check_refused(checks, server, bad, what + ", wrong password")
    check_masked(checks, bad, ["wrong" + PASSWORD], what)
    said = (what, good.outcome, good.protocol, good.cipher, bad.error, bad.code, bad.text)
    if failed == checks.failed:
        print("%s: %s over %s %s; with a wrong password %s, %d %s" % said)


def check_matrix(checks, server):
    """Each mechanism over each way to TLS by each library, with the right password and a wrong one;
    and which mechanism is taken if all are allowed."""
    for library in LIBRARIES:
        for way in WAYS:
            for mechanism in server.mechanisms:
                check_mechanism(checks, server, mechanism, library, way)
            result = secure_mail(server, HEADER + BODY, way=way, library=library)
            what = "%s, any mechanism, %s, %s" % (type(server).__name__, way, library)
            check_sent(checks, server, result, what, mechanism=server.strongest)


def check_clear_login_refused(checks, server, error):
    """Without TLS no password leaves, whether the server wants it or not (A9)."""
    result = secure_mail(server, HEADER + BODY, way="none", mechanisms="PLAIN,LOGIN")
    checks.equal((result.outcome, result.error), ("NOT_SENT", error), "in clear: %r" % result)
    checks.ok("C: AUTH" not in result.transcript, "in clear: %r" % result)


def check_token(checks, server, mechanism, token, pieces):
    """A right token: 0 and 1 octets at once, and whatever cuts base64's triples differently."""
    for library in LIBRARIES:
        for way in WAYS:
            for piece in pieces:
                what = "%s of %d octets in pieces of %d" % (mechanism, len(token), piece)
                what = "%s, %s, %s, %s" % (type(server).__name__, what, way, library)
                result = by_token(server, mechanism, token, piece, library=library, way=way)
                check_sent(checks, server, result, what, mechanism=mechanism)
                check_masked(checks, result, [token[1000:1040]], what)
            print("%s: %s over %s" % (what, result.outcome, result.protocol))


def check_wrong_token(checks, server, mechanism, token, status):
    """The server explains the refusal by a challenge (RFC 7628 3.2.2), which has to be answered;
    its JSON is told behind the reply's text."""
    for library in LIBRARIES:
        for way in WAYS:
            what = "%s, %s, wrong token, %s, %s" % (type(server).__name__, mechanism, way, library)
            for piece in (0, 500):
                result = by_token(server, mechanism, token, piece, library=library, way=way)
                check_refused(checks, server, result, what)
                check_masked(checks, result, [token[1000:1040]], what)
                told = re.search(r"\{.*\}", result.text)
                told = json.loads(told[0])["status"] if told else None
                checks.equal(told, status, "%s: told %r" % (what, result.text))
            print("%s: %s, %d %s" % (what, result.error, result.code, result.text))


def check_bodies(checks, server):
    """TLS cuts the stream into records: what came is compared octet for octet. 65,536 octets and
    more are several records; a body in pieces of 1 makes small ones."""
    bodies = dict([*specials(), *sizes()])
    del bodies["20 MB"]
    for library in LIBRARIES:
        for number, (name, body) in enumerate(bodies.items()):
            way = list(WAYS)[number % 2]
            what = "%s, %s, %s, %s" % (type(server).__name__, name, way, library)
            result = secure_mail(server, HEADER + body, way=way, library=library)
            check_sent(checks, server, result, what, body)
        for piece in (1, 7):
            what = "%s in pieces of %d, %s" % (type(server).__name__, piece, library)
            body = bodies["dots"] + bodies["4097 octets"]
            result = secure_mail(server, HEADER + body, "piece=%d" % piece, library=library)
            check_sent(checks, server, result, what, body)


def check_many(checks, server):
    """A mail to many, one of whom is unknown to the server."""
    good = ["r%d@example.com" % i for i in range(50)]
    to = [*good[:25], "nobody@example.com", *good[25:]]
    for library in LIBRARIES:
        what = "to many, " + library
        result = secure_mail(server, HEADER + BODY, library=library, to=to)
        checks.equal(result.outcome, "PARTLY_SENT", "%s: %r" % (what, result))
        refused = [address for address, (fate, _) in result.fates.items() if fate != "accepted"]
        checks.equal(refused, ["nobody@example.com"], what + ": refused")
        mails = server.take()
        arrived = sorted(address for _, envelope in mails for address in envelope["to"])
        checks.equal(arrived, sorted(good), what + ": arrived")
        for text, _ in mails:
            checks.ok(compare(BODY, text, server.unix) is None, what + ": %r" % text)


def check_tls_failed(checks, server, result, words, what):
    """The handshake failed, the reason has the words, and nothing was said in clear behind it."""
    wanted = ("NOT_SENT", "TLS_FAILED")
    checks.equal((result.outcome, result.error), wanted, "%s: %r" % (what, result))
    checks.ok(re.search(words, result.reason or ""), "%s: reason of %r" % (what, result))
    said = re.findall(r"^C: (\w+)", result.transcript, re.M)
    checks.ok(said in ([], ["EHLO", "STARTTLS"]), "%s: said %r" % (what, said))
    checks.equal(server.take(), [], what + ": mails that arrived")
