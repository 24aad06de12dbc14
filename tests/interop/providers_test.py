#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""docs/providers.md holds: its code compiles, what it sets up gets a mail through each provider's
dialog (tests/interop/providers), and each refusal in its tables is reported as they say.

The providers' servers are scripts, with real TLS and certificates of a test CA.
"""
import base64
import fnmatch
import glob
import os
import re
import socket
import ssl
import subprocess
import threading

from interop import BUILD, PASSWORD, ROOT, USER, run, run_tests
from sasl_test import SaslServer, end_of
from secure import LIBRARIES, SECURE_MAIL, SecureResult, make_certificates

DOCUMENT = os.path.join(ROOT, "docs/providers.md")
DIALOGS = os.path.join(ROOT, "tests/interop/providers")
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
MAIL = b"From: pump7@example.com\r\nSubject: Pump 7\r\n\r\nIt has stopped: 81 \xc2\xb0C.\r\n.\r\n"
SECONDS = 20
REPORT_TEXT = 255  # SMTPLITE_REPORT_TEXT without the NUL


# ---- the document ------------------------------------------------------------------------------


class Refusal:
    """A line of a table: what the server says, and what smtplite makes of it."""

    def __init__(self, reply, says):
        self.lines = reply.split("⏎")
        self.error, self.phase = says.split(", ")

    def code(self):
        return int(self.lines[0][:3])


def read_table(table):
    """Its lines, after the two of its head."""
    row = re.compile(r"\| `([2-5]\d\d.*?)`.*? \| `(\w+, \w+)` \|")
    return [Refusal(*row.match(line).groups()) for line in table.splitlines()[2:]]


def read_document(path):
    """The C blocks as one text, and for each account the table of refusals that follows it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks = re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)
    refusals, waiting = {}, []
    for part in re.split(r"^(\| reply \|.*(?:\n\|.*)*)", text, flags=re.M):
        waiting += re.findall(r"^void use_(\w+)\(.*struct device", part, re.M)
        if part.startswith("| reply |"):
            refusals.update(dict.fromkeys(waiting, read_table(part)))
            waiting = []
    return "\n".join(blocks), {**refusals, **dict.fromkeys(waiting, [])}


def compile_accounts(folder, code):
    with open(folder + "/account.c", "w", encoding="utf-8") as file:
        file.write(code)
    program = folder + "/show_account"
    command = [os.environ.get("CC", "gcc"), "-std=c99", *WARNINGS, "-I" + ROOT + "/include"]
    command += ["-I" + folder, "-o", program, DIALOGS + "/show_account.c"]
    command += [BUILD + "/release/libsmtplite%s.a" % name for name in ("-openssl", "")]
    command += ["-lssl", "-lcrypto"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return program if done.returncode == 0 else None, done.stderr


# ---- the servers -------------------------------------------------------------------------------


CERTIFICATE = """
cd "$0"
openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr"
openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days 2 -out "$1.pem" \\
    -extfile <(printf '%s\\n' "subjectAltName=DNS:$1" extendedKeyUsage=serverAuth)
"""


def make_certificate(certificates, host):
    """certificate and key for a host, signed by the test CA."""
    path = os.path.join(certificates, host)
    if not os.path.exists(path + ".pem"):
        command = ["bash", "-ec", CERTIFICATE, certificates, host]
        subprocess.run(command, check=True, capture_output=True)
    return path


def coded(text):
    return base64.b64encode(text.encode()).decode()


class Dialog:
    """A file of tests/interop/providers; see replay() for its lines."""

    def __init__(self, name):
        with open("%s/%s.dialog" % (DIALOGS, name), encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
        self.steps = [line for line in lines if line[:2] in ("S ", "C ") or line.isupper()]
        self.facts = dict((line + " ").split(" ", 1) for line in lines if line not in self.steps)
        self.name, self.host = name, self.facts["host"].strip()
        self.token = "EwBA" * (int(self.facts.get("token", "4")) // 4)
        self.words = {
            "user": coded(USER), "password": coded(PASSWORD),
            "plain": coded("\0%s\0%s" % (USER, PASSWORD)),
            "apikey": coded("\0apikey\0" + PASSWORD),
            "xoauth2": coded("user=%s\1auth=Bearer %s\1\1" % (USER, self.token)),
        }

    def phases(self):
        return {step.split(" ")[1] for step in self.steps if step.startswith("S ")}


class Wrong(Exception):
    """The client did not keep to the dialog."""


class Provider(threading.Thread):
    """Replays a dialog for one connection, up to a refusal if there is one."""

    def __init__(self, dialog, certificates, refusal=None):
        super().__init__(daemon=True)
        self.dialog, self.refusal = dialog, refusal
        self.wrong, self.sni, self.whole = None, None, False
        path = make_certificate(certificates, dialog.host)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path + ".pem", path + ".key")
        self.context.sni_callback = self.note_name
        if "certificate" in dialog.facts:
            self.context.load_verify_locations(certificates + "/ca.pem")
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        self.port = self.listener.getsockname()[1]
        self.start()

    def note_name(self, _, name, __):
        self.sni = name

    def run(self):
        try:
            self.socket, _ = self.listener.accept()
            self.socket.settimeout(SECONDS)
            self.buffer = b""
            self.replay()
            self.whole = True
        except (Wrong, OSError) as error:
            self.wrong = "%s: %s" % (type(error).__name__, error)
        finally:
            self.listener.close()

    def line(self):
        while b"\n" not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                raise Wrong("the client has gone")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise Wrong("a line ends in LF alone: %r" % line)
        return line[:-1]

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def hear(self, pattern):
        line = self.line().decode("latin-1")
        if not fnmatch.fnmatchcase(line, pattern.replace("[", "[[]")):
            raise Wrong("wanted %r, got %r" % (pattern[:200], line[:200]))

    def read_mail(self):
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        if b"".join(line + b"\r\n" for line in lines) != MAIL:
            raise Wrong("another mail: %r" % lines)

    def start_tls(self):
        if self.buffer:
            raise Wrong("octets behind STARTTLS: %r" % self.buffer)
        self.socket = self.context.wrap_socket(self.socket, server_side=True)

    def replay(self):
        """S PHASE reply, C command with * and {word}, BODY the mail, TLS the handshake, END with
        close_notify or CUT without."""
        for step in self.dialog.steps:
            kind, _, rest = step.partition(" ")
            phase, _, reply = rest.partition(" ")
            if kind == "S" and self.refusal and self.refusal.phase == phase:
                return self.refuse()
            if kind == "S":
                self.say(reply)
            elif kind == "C":
                self.hear(rest.format(**self.dialog.words) if "{" in rest else rest)
            elif kind == "BODY":
                self.read_mail()
            elif kind == "TLS":
                self.start_tls()
        if self.dialog.steps[-1] == "END":
            self.socket = self.socket.unwrap()
        self.socket.close()

    def refuse(self):
        """Says the refusal; what the client still says is answered, and is to end in QUIT."""
        for line in self.refusal.lines:
            self.say(line)
        code = self.refusal.code()
        if code == 334:  # an OAuth error: an empty answer, then the real refusal
            self.hear("")
            self.say("535-5.7.8 Username and Password not accepted. For more information, go to")
            self.say("535 5.7.8  https://support.google.com/mail/?p=BadCredentials - gsmtp")
        if code == 421:
            return self.socket.close()
        while self.line() != b"QUIT":
            self.say("503 5.5.1 Not now")
        self.say("221 2.0.0 Bye")
        self.socket.close()


# ---- the checks --------------------------------------------------------------------------------


def options_of(program, name):
    """What the document's code sets up, as secure_mail's options."""
    shown = subprocess.run([program, name], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in shown.splitlines())


def send(options, library, port, certificates, token):
    """With the values of this test in place of the placeholders."""
    values = {"user": USER, "password": PASSWORD, "token": token, "port": str(port)}
    files = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}
    given = dict(options)
    for key, value in values.items():
        if given.get(key) in (key.upper(), options["port"]):
            given[key] = value
    given.update({key: os.path.join(certificates, files[key]) for key in files if key in given})
    command = [SECURE_MAIL, library, *("%s=%s" % pair for pair in given.items())]
    return SecureResult(*run([*command, "to=ops@example.com"], MAIL, 60)[:3])


def check_sent(checks, dialog, options, certificates, library):
    what = "%s, %s" % (dialog.name, library)
    checks.equal(options["port"], dialog.facts["port"].strip(), what + ": port")
    checks.equal(options["host"], dialog.host, what + ": host")
    provider = Provider(dialog, certificates)
    got = send(options, library, provider.port, certificates, dialog.token)
    provider.join(SECONDS)
    checks.ok(got.is_sent(), "%s: sent, but %r" % (what, got))
    checks.ok(provider.whole, "%s: the dialog: %s" % (what, provider.wrong))
    checks.equal(provider.sni, dialog.host, what + ": SNI")
    said = dialog.steps[[step[:9] for step in dialog.steps].index("S MESSAGE")][14:]
    checks.equal(got.text, said[:REPORT_TEXT], what + ": the text of the last reply")


def check_refused(checks, dialog, options, certificates, library, refusal):
    what = "%s, %s, %s" % (dialog.name, library, refusal.lines[0][:60])
    provider = Provider(dialog, certificates, refusal)
    got = send(options, library, provider.port, certificates, dialog.token)
    provider.join(SECONDS)
    code = 535 if refusal.code() == 334 else refusal.code()
    wanted = ("NOT_SENT", refusal.error, refusal.phase, code)
    checks.equal(end_of(got), wanted, "%s: %r" % (what, got))
    checks.ok(provider.whole, "%s: the dialog: %s" % (what, provider.wrong))
    if refusal.code() == 334:
        challenge = base64.b64decode(refusal.lines[0][4:]).decode().strip()
        checks.ok(challenge in got.text, "%s: the challenge in %r" % (what, got.text))
    else:
        text = "\n".join(line[4:] for line in refusal.lines)[:REPORT_TEXT]
        checks.equal(got.text, text, what + ": text")


def check_scram(checks, options, folder, certificates, library):
    """Postfix's SCRAM: by GNU SASL, since a script cannot know the proof."""
    server = SaslServer(make_certificate(certificates, options["host"]), "SCRAM-SHA-256",
                        implicit=True)
    with server:
        got = send(options, library, server.port, certificates, "")
        checks.ok(got.is_sent(), "postfix, %s: sent, but %r" % (library, got))
        checks.equal(server.line(), "login SCRAM-SHA-256 binding none: GSASL_OK", "postfix: login")


def check_account(checks, folder, certificates, name, options, refusals):
    dialog = Dialog(name)
    checks.equal(dialog.facts["account"].strip(), name, name + ".dialog: account")
    rows = [row for row in refusals if row.phase in dialog.phases()]
    if "XOAUTH2" not in options["mechanisms"]:
        rows = [row for row in rows if row.code() != 334]
    for library in LIBRARIES:
        if "MESSAGE" in dialog.phases():
            check_sent(checks, dialog, options, certificates, library)
        else:
            check_scram(checks, options, folder, certificates, library)
        for refusal in rows:
            check_refused(checks, dialog, options, certificates, library, refusal)
    return rows


def check_token_in_pieces(checks, program):
    done = subprocess.run([program, "--token-in-pieces"], capture_output=True, check=False)
    checks.equal(done.returncode, 0, "a token in pieces: %r" % done.stdout)
    said = b"user=USER\1auth=Bearer " + b"T" * 3000 + b"\1\1"
    lines = done.stdout.split(b"\r\n")
    checks.equal(lines[2:3], [base64.b64encode(said)], "a token in pieces, whole")


def test(checks, folder):
    certificates = make_certificates(folder)
    code, refusals = read_document(DOCUMENT)
    program, said = compile_accounts(folder, code)
    if not checks.ok(program is not None, "the document's code compiles: " + said):
        return
    broken, _ = compile_accounts(folder, code.replace(".host", ".hosts"))
    checks.ok(broken is None, "wrong code does not compile")
    program, _ = compile_accounts(folder, code)
    check_token_in_pieces(checks, program)
    names = sorted(os.path.basename(path)[:-7] for path in glob.glob(DIALOGS + "/*.dialog"))
    checks.equal(sorted(refusals), names, "each account has a dialog")
    tried = set()
    for name in names:
        options = options_of(program, name)
        tried.update(check_account(checks, folder, certificates, name, options, refusals[name]))
    for refusal in {row for table in refusals.values() for row in table} - tried:
        checks.ok(False, "no dialog tries: " + refusal.lines[0])


if __name__ == "__main__":
    run_tests("providers", test)
