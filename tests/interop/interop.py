# SPDX-License-Identifier: MIT
"""What the interop tests share: servers on loopback, the two senders, checks that are counted.

A server is a context manager: it is started on a free port and stopped by its pid, whatever
happens. The senders are run as programs; what they print is parsed and nothing is assumed.
"""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from compare_mail import compare, repaired  # noqa: E402,F401

NETX_MAIL = os.environ.get("NETX_MAIL", os.path.join(BUILD, "netx_mail"))
PORTABLE_MAIL = os.environ.get("PORTABLE_MAIL", os.path.join(BUILD, "portable_mail"))
USER = "pump"
PASSWORD = "s3cret pass"
RECIPIENT = "inbox@example.com"


# ---- checks ------------------------------------------------------------------------------------


class Checks:
    """Counts; a failed one is told at once. The last line is `name: N passed, N failed`."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = 0

    def ok(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED", what, flush=True)
        return good

    def equal(self, got, wanted, what):
        return self.ok(got == wanted, "%s: wanted %r, got %r" % (what, wanted, got))

    def finish(self):
        print("%s: %d passed, %d failed" % (self.name, self.passed, self.failed))
        return 0 if self.failed == 0 and self.passed > 0 else 1


def run_tests(name, test):
    """test(checks, folder), with a folder that is gone afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    checks = Checks(name)
    folder = tempfile.mkdtemp(prefix="smtplite.")
    os.chmod(folder, 0o755)
    try:
        test(checks, folder)
    except Exception as error:  # a server that does not start is a failure like any other
        checks.ok(False, "%s: %s" % (type(error).__name__, error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(checks.finish())


def become_root():
    """Postfix has to be started by root; on a machine where we are not, sudo helps or it fails."""
    if os.getuid() != 0:
        keep = "--preserve-env=NETX_MAIL,PORTABLE_MAIL,SECURE_MAIL,EXTENSION_MAIL"
        os.execvp("sudo", ["sudo", "-n", keep, sys.executable, "-B", *sys.argv])


# ---- servers -----------------------------------------------------------------------------------


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def has_ipv6():
    try:
        free_port("::1")
        return True
    except OSError:
        return False


# A server must not outlive its test, not even one that is killed: a process of its own waits for
# the end of a pipe whose other end is the test's, and then stops the server. (PR_SET_PDEATHSIG
# would not do: it is forgotten when a server changes its user, as Postfix does.)
GUARD = """
exec 3<&0 </dev/null
( { exec >/dev/null 2>&1; cat <&3; kill $$; } & )
exec 3<&-
exec "$@"
"""


class Server:
    """Started by a subclass; stopped by its pid."""

    def start(self, command, log, **more):
        self.log = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                ["bash", "-c", GUARD, "guard", *command], stdin=subprocess.PIPE, stderr=file, **more
            )

    def is_there(self, port, host="127.0.0.1"):
        with open(self.log, errors="replace") as file:
            wrong = "the server ended: " + file.read()[-2000:]
        if self.process.poll() is not None:
            raise RuntimeError(wrong)
        try:
            socket.create_connection((host, port), 1).close()
            return True
        except OSError:
            return False

    def wait_for(self, ready, seconds=20):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise RuntimeError("%s: not in %d s" % (type(self).__name__, seconds))
            time.sleep(0.02)

    def stop(self):
        self.process.stdin.close()  # the guard kills it, and only we can take its pid away
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Aiosmtpd(Server):
    """python3-aiosmtpd; stores each mail with the octets that came."""

    unix = False

    def __init__(self, folder, login=False, host="127.0.0.1", user=USER, password=PASSWORD,
                 certificates=None):
        self.host = host
        self.store = tempfile.mkdtemp(dir=folder)
        command = ["/usr/bin/python3", os.path.join(ROOT, "scripts/servers/aiosmtpd_server.py")]
        command += ["--host", host, "--store", self.store] + (["--login"] if login else [])
        command += ["--certificates", certificates] if certificates else []
        environment = dict(os.environ, SERVER_USER=user, SERVER_PASSWORD=password)
        self.start(
            command, os.path.join(folder, "aiosmtpd.log"), env=environment, stdout=subprocess.PIPE
        )
        self.read_ports()

    def read_ports(self):
        """It prints: ready PORT, or ready PORT TLS_PORT."""
        words = self.process.stdout.readline().split()
        if words[:1] != [b"ready"]:
            self.is_there(0)
            raise RuntimeError("the server did not say that it is ready")
        self.port, self.tls_port = int(words[1]), int(words[-1])

    def take(self):
        """The mails that have come since, oldest first, each with its envelope; then forgotten."""
        mails = []
        for path in sorted(glob.glob(self.store + "/*.eml")):
            facts = path[:-4] + ".json"
            with open(path, "rb") as mail, open(facts, encoding="utf-8") as envelope:
                mails.append((mail.read(), json.load(envelope)))
            os.unlink(path)
            os.unlink(facts)
        return mails


class Maildir:
    """For servers that deliver into a Maildir, a file for each recipient, with Unix's line ends."""

    unix = True
    to_field = b"X-Original-To"
    inbox = "mail"
    # the server sets `folder`, where the inbox is, and `queues`, which are folders in there

    def is_idle(self):
        """No mail is in the queue: all that was accepted has been delivered."""
        return not any(
            files for queue in self.queues for _, _, files in os.walk(self.folder + "/" + queue)
        )

    def take(self):
        self.wait_for(self.is_idle, 60)
        mails = []
        paths = glob.glob("%s/%s/new/*" % (self.folder, self.inbox))
        for path in sorted(paths, key=os.path.getmtime):
            with open(path, "rb") as mail:
                text = mail.read()
            to = re.search(rb"^%s: (.*)$" % self.to_field, text, re.M)
            sender = re.search(rb"^Return-Path: <(.*)>$", text, re.M | re.I)
            mails.append((text, {"to": [to[1].decode()], "from": sender[1].decode()}))
            os.unlink(path)
        return mails


class Postfix(Maildir, Server):
    """Debian's Postfix. Of its ports each is a name here, with parameters of its own."""

    host = "127.0.0.1"
    inbox = "mail/inbox"
    queues = ("queue/incoming", "queue/active", "queue/deferred", "queue/maildrop")
    demanded = "smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
    ports = {"port": "", "login_port": "smtpd_sasl_auth_enable=yes " + demanded}

    def __init__(self, folder, **environment):
        for attempt in range(3):
            try:
                return self.try_to_start(os.path.join(folder, "postfix%d" % attempt), environment)
            except RuntimeError as error:  # another program may have taken the port meanwhile
                self.stop()
                wrong = error
        raise wrong

    def try_to_start(self, folder, environment):
        os.mkdir(folder)
        self.folder = folder
        command = [os.path.join(ROOT, "scripts/servers/postfix.sh"), folder]
        for name, parameters in self.ports.items():
            setattr(self, name, free_port())
            command.append("%d %s" % (getattr(self, name), parameters))
        environment = dict(os.environ, SERVER_USER=USER, SERVER_PASSWORD=PASSWORD, **environment)
        self.start(command, folder + ".log", env=environment, stdout=subprocess.DEVNULL)
        self.wait_for(lambda: all(self.is_there(getattr(self, name)) for name in self.ports))


class Sink(Server):
    """Postfix's smtp-sink: a server that fails on demand, and keeps the mail that it accepted."""

    host = "127.0.0.1"

    def __init__(self, folder, *faults):
        for _ in range(3):
            self.port = free_port()
            self.store = tempfile.mkdtemp(dir=folder)
            os.chmod(self.store, 0o777)  # root's smtp-sink insists on being somebody else
            command = ["/usr/sbin/smtp-sink"] + (["-u", "nobody"] if os.getuid() == 0 else [])
            command += ["-d", self.store + "/", *faults, "127.0.0.1:%d" % self.port, "10"]
            self.start(command, self.store + ".log", stdout=subprocess.DEVNULL)
            try:
                return self.wait_for(lambda: self.is_there(self.port))
            except RuntimeError as error:
                self.stop()
                wrong = error
        raise wrong

    def take(self):
        mails = []
        for path in sorted(glob.glob(self.store + "/*")):
            with open(path, "rb") as mail:
                text = mail.read()
            if not text:  # opened, and about to be taken back: no mail
                continue
            end = -1 if text.endswith(b"\n\n") else None  # it puts an empty line behind each mail
            mails.append((text[:end], {}))
            os.unlink(path)
        return mails


# ---- the two senders ---------------------------------------------------------------------------


def run(command, stdin, seconds=120):
    start = time.monotonic()
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=seconds, check=False)
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return done.returncode, out, err, time.monotonic() - start


class NetxResult:
    """What netx_mail told: the status of each mail."""

    def __init__(self, exit_status, out, err, seconds):
        self.exit, self.out, self.err, self.seconds = exit_status, out, err, seconds
        lines = [re.fullmatch(r"status 0x([0-9A-F]{2}) (\w+)", line) for line in out.splitlines()]
        self.well_formed = all(lines)
        self.status = [(int(line[1], 16), line[2]) for line in lines if line]

    def names(self):
        return [name for _, name in self.status]

    def is_sent(self):
        return self.well_formed and self.exit == 0 and self.names() == ["NX_SUCCESS"]

    def __repr__(self):
        return "exit %d, %r, %r" % (self.exit, self.out, self.err[-500:])


def netx_mail(server, body, *more, port=None, to=RECIPIENT, auth="none", seconds=120):
    command = [NETX_MAIL, "--server", server.host, "--port", str(port or server.port)]
    command += ["--auth", auth, "--from", "pump7@example.com", "--domain", "pump7.example.com"]
    command += ["--to", to, "--subject", "interop"]
    command += ["--user", USER, "--password", PASSWORD] if auth != "none" else []
    return NetxResult(*run(command + list(more), body, seconds))


OUTCOME = re.compile(r"outcome (\w+) error (\w+) phase (\w+) code (\d+) text ?(.*)")
FATE = re.compile(r"recipient (\S+) fate (\w+) code (\d+)")


class PortableResult:
    """What portable_mail told: for each mail its outcome, and each recipient's fate."""

    def __init__(self, exit_status, out, err, seconds):
        self.exit, self.out, self.err, self.seconds = exit_status, out, err, seconds
        self.mails = []
        self.well_formed = True
        for line in out.splitlines():
            outcome, fate = OUTCOME.fullmatch(line), FATE.fullmatch(line)
            if outcome:
                name, error, phase, code, text = outcome.groups()
                self.mails.append(
                    {"outcome": name, "error": error, "phase": phase, "code": int(code),
                     "text": text, "fates": {}}
                )
            elif fate:
                self.mails[-1]["fates"][fate[1]] = (fate[2], int(fate[3]))
            else:
                self.well_formed = False

    def outcomes(self):
        return [mail["outcome"] for mail in self.mails]

    def is_sent(self):
        return self.well_formed and self.exit == 0 and set(self.outcomes()) == {"SENT"}

    def __repr__(self):
        return "exit %d, %r, %r" % (self.exit, self.out, self.err[-500:])


def portable_mail(server, message, *more, port=None, to=(RECIPIENT,), auth="none", seconds=120):
    command = [PORTABLE_MAIL, "--server", server.host, "--port", str(port or server.port)]
    command += ["--auth", auth]
    command += ["--user", USER, "--password", PASSWORD] if auth != "none" else []
    for address in to:
        command += ["--to", address]
    return PortableResult(*run(command + list(more), message, seconds))


HEADER = b"From: pump7@example.com\r\nSubject: interop\r\n\r\n"


# ---- what both are asked to send ---------------------------------------------------------------


def sample(length):
    """Text of a length with all that is special: dots, every line end, 8-bit, long lines."""
    block = b"".join(
        b"line %d \xc3\xa9\xff\x80 " % i + b"x" * (i * 37 % 300) + end
        for i, end in enumerate([b"\r\n", b"\n", b"\r", b"\r\n.\r\n", b"\n.\n", b"\r.\r", b"\n..",
                                 b"\r\n\r\n", b"\n\n.", b"\r\r\n", b".\r\n.", b"\n.\r\n"] * 40)
    )
    return (block * (length // len(block) + 1))[:length]


def sizes():
    for length in (1, 2, 56, 57, 58, 4095, 4096, 4097, 65536, 1 << 20):
        yield "%d octets" % length, sample(length)
    for length in (997, 998, 999, 5000):
        line = (b"%d " % length + b"y" * length)[:length]
        yield "lines of %d" % length, (line + b"\r\n") * 3
    yield "20 MB", sample(20 * 1000 * 1000)


def specials():
    yield "a dot", b"."
    yield "a dot and CRLF", b".\r\n"
    yield "dots", b".\r\n..\r\n...\r\n.x\r\n\r\n.\r\n\r\n..\r\n"
    yield "a dot at the end", b"text\r\n."
    yield "CR", b"\r"
    yield "LF", b"\n"
    yield "CRLF", b"\r\n"
    yield "empty lines", b"\r\n\r\n\r\nx\r\n\r\n\r\n"
    yield "bare CR", b"one\rtwo\r\rthree\r"
    yield "bare LF", b"one\ntwo\n\nthree\n"
    yield "CR CR LF", b"one\r\r\ntwo\n\r\nthree\r\n\r"
    yield "no line end", b"no line end"
    yield "every octet but NUL", bytes(range(1, 256)) * 5
    yield "UTF-8", "Grüße, 温度 81 °C, ✓\n".encode() * 50


MARKS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r"}


def smuggled(before, after, place):
    """A body that tries to end the mail early and to send a second one (robustness: C1)."""
    evil = b"MAIL FROM:<evil@example.com>%bRCPT TO:<victim@example.com>%bDATA%b" % ((after,) * 3)
    evil += b"Subject: smuggled%b%bsmuggled" % (after, after)
    attempt = before + b"." + after + evil + before + b"." + after
    return {
        "first": attempt + b"text\r\n",
        "middle": b"text\r\n" + attempt + b"text\r\n",
        "last": b"text\r\ntext" + attempt,
    }[place]


def smuggling():
    for before, b in MARKS.items():
        for after, a in MARKS.items():
            for place in ("first", "middle", "last"):
                yield "%s . %s, %s" % (before, after, place), smuggled(b, a, place)


def check_arrival(checks, server, body, what):
    """Exactly one mail came, to the one it was for, and its text is the original."""
    mails = server.take()
    if not checks.equal(len(mails), 1, what + ": mails that arrived"):
        return None
    text, envelope = mails[0]
    checks.equal(envelope["to"], [RECIPIENT], what + ": recipients")
    found = compare(body, text, server.unix)
    checks.ok(found is None, "%s: %s" % (what, found))
    return text
