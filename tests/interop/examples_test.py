#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The programs in examples/: what they print and return, and that their mail arrives."""
import email
import email.policy
import os
import re
import select
import socket
import subprocess
import threading

from interop import (
    Aiosmtpd, BUILD, NETX_MAIL, ROOT, NetxResult, compare, free_port, netx_mail, run, run_tests,
)
from secure import make_certificates

GOOD = {"--server": "127.0.0.1", "--port": "1", "--auth": "none", "--from": "a@example.com",
        "--domain": "example.com", "--to": "b@example.com", "--subject": "s"}
EXAMPLE = os.environ.get("SMTPLITE_EXAMPLE", os.path.join(BUILD, "smtplite_example"))
MIME_EXAMPLE = os.environ.get("MIME_EXAMPLE", os.path.join(BUILD, "mime_example"))
RUN_EXAMPLE = os.environ.get("RUN_EXAMPLE", os.path.join(BUILD, "run_example"))
HOST_INCLUDES = ["-Iinclude", "-Isrc", "-I.", "-Iports/netxduo", "-Iports/netxduo/host"]
LIBS = "build/release/libnetxduo-host.a build/release/libsmtplite.a"
HOST_LIBS = os.environ.get("HOST_LIBS", LIBS)


def arguments(**changed):
    """netx_mail's command line, changed; None leaves an option out."""
    options = {**GOOD, **{"--" + name: value for name, value in changed.items()}}
    return [word for pair in options.items() if pair[1] is not None for word in pair]


def check_usage(checks, words, complaint):
    exit_status, out, err, _ = run([NETX_MAIL, *words], b"x")
    checks.equal((exit_status, out), (2, ""), "netx_mail %r" % words)
    good = err.startswith("netx_mail: ") and complaint in err.splitlines()[0] and "usage:" in err
    checks.ok(good, "netx_mail %r: wanted %r in %r" % (words, complaint, err))


def check_command_line(checks):
    for option in GOOD:
        check_usage(checks, arguments(**{option[2:]: None}), option + " is missing")
    for option in ("port", "payload", "packets", "count"):
        for value in ("", "x", "-1", "1x", "99999999", "18446744073709551617", " 1", "0x10"):
            check_usage(checks, arguments(**{option: value}), "--" + option)
    for option, values in {
        "server": ("localhost", "1.2.3", "1.2.3.4.5", "::g", ""),
        "auth": ("PLAIN", "cram-md5", ""),
        "priority": ("urgent", ""),
    }.items():
        for value in values:
            check_usage(checks, arguments(**{option: value}), "--" + option)
    check_usage(checks, [*arguments(), "stray"], "stray")
    check_usage(checks, [*arguments(), "--nonsense"], "--nonsense")
    check_usage(checks, [*arguments(), "--count"], "--count")
    exit_status, out, _, _ = run([NETX_MAIL, "--help"], b"")
    checks.ok(exit_status == 0 and out.startswith("usage:"), "netx_mail --help")


def check_create(checks):
    """What nxd_smtp_client_create refuses is one line, exit status 1, and no connection."""
    for changed, wanted in (
        ({"password": "p" * 21, "user": "u", "auth": "plain"}, (0x09, "NX_SIZE_ERROR")),
        ({"password": "p", "user": "u" * 41, "auth": "login"}, (0x09, "NX_SIZE_ERROR")),
        ({"domain": "a\r\nMAIL"}, (0xC0, "NX_SMTP_INJECTION_REFUSED")),
        ({"from": "a\n@b"}, (0xC0, "NX_SMTP_INJECTION_REFUSED")),
    ):
        result = NetxResult(*run([NETX_MAIL, *arguments(**changed)], b"x"))
        checks.equal((result.exit, result.status), (1, [wanted]), "netx_mail with %r" % changed)


def check_network(checks):
    nobody = arguments(port=str(free_port()), count="2")
    result = NetxResult(*run([NETX_MAIL, *nobody], b"x"))
    wanted = ["NX_NOT_CONNECTED"] * 2
    checks.equal((result.exit, result.names()), (1, wanted), "netx_mail to a closed port")
    for shape in (("--payload", "20"), ("--payload", "76")):
        result = NetxResult(*run([NETX_MAIL, *nobody, *shape], b"x"))
        good = result.exit == 1 and len(result.status) == 2
        checks.ok(good, "netx_mail %r: %r" % (shape, result))


def check_exact_limits(checks, server):
    """A name of 40 and a password of 20 are what fits."""
    result = netx_mail(server, b"x", "--user", "u" * 40, "--password", "p" * 20, auth="plain")
    checks.ok(result.is_sent(), "netx_mail with a name of 40 and a password of 20: %r" % result)
    server.take()


def check_portable_example(checks, server):
    exit_status, out, err, _ = run([EXAMPLE, server.host, str(server.port)], b"")
    checks.equal((exit_status, out + err), (0, ""), "portable_example")
    mails = server.take()
    checks.equal([envelope["to"] for _, envelope in mails], [["ops@example.com"]], "its recipient")
    for text, _ in mails:
        checks.ok(compare(b"Pump 7 has stopped.\n", text) is None, "its text: %r" % text)
    exit_status, _, _, _ = run([EXAMPLE, server.host, str(free_port())], b"")
    checks.equal(exit_status, 1, "portable_example to a closed port")


class Cutter:
    """Stands before a server, and ends its first connection behind the second mail's acceptance."""

    host = "127.0.0.1"

    def __init__(self, server):
        self.server = server
        self.connections = 0
        self.listener = socket.create_server((self.host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            behind = socket.create_connection((self.server.host, self.server.port))
            threading.Thread(target=self.pass_on, args=(client, behind), daemon=True).start()
            self.answer(behind, client, 2 if self.connections == 1 else None)
            for end in (behind, client):
                end.close()

    def pass_on(self, client, behind):
        try:
            while octets := client.recv(65536):
                behind.sendall(octets)
            behind.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def answer(self, behind, client, mails):
        """Line by line, up to so many acceptances."""
        for line in behind.makefile("rb"):
            client.sendall(line)
            if mails and b" kept as " in line:
                mails -= 1
                if mails == 0:
                    client.shutdown(socket.SHUT_RDWR)
                    return

    def stop(self):
        self.listener.close()


def run_example(server):
    exit_status, out, err, _ = run([RUN_EXAMPLE, server.host, str(server.port)], b"")
    return exit_status, re.findall(r"^alarm (\d): (\w+)", out, re.M), err


def check_run_example(checks, server):
    """Five alarms arrive, each once, also when the connection is lost in between."""
    with open(os.path.join(ROOT, "examples/run_example.c"), encoding="utf-8") as file:
        checks.ok(len(file.readlines()) <= 80, "run_example.c has up to 80 lines")
    sent = [(str(i + 1), "SENT") for i in range(5)]
    checks.equal(run_example(server), (0, sent, ""), "run_example")
    check_alarms(checks, server, "run_example")
    cutter = Cutter(server)
    exit_status, told, err = run_example(cutter)
    cutter.stop()
    checks.equal(cutter.connections, 2, "run_example, cut: connections")
    checks.equal([line for line in told if line[1] == "SENT"], sent, "run_example, cut: %s" % err)
    lost = [line for line in told if line[1] != "SENT"]
    checks.equal((exit_status, lost), (0, [("3", "NOT_SENT")]), "run_example, cut")
    check_alarms(checks, server, "run_example, cut")


def check_alarms(checks, server, what):
    subjects = [re.search(rb"^Subject: (.*?)\r\n", text, re.M)[1] for text, _ in server.take()]
    checks.equal(subjects, [b"Alarm %d" % (i + 1) for i in range(5)], what + ": what arrived")


def build_small_example(folder, port):
    program = os.path.join(folder, "small_example")
    here = ["-DMAIL_SERVER=IP_ADDRESS(127,0,0,1)", "-DMAIL_PORT=%d" % port]
    command = [os.environ.get("CC", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    command += [*here, *HOST_INCLUDES, "-o", program, "examples/netx_small_example.c"]
    subprocess.run([*command, *HOST_LIBS.split(), "-pthread"], cwd=ROOT, check=True)
    return program


def first_line(program):
    """What a program prints first. It is a firmware's: it does not end by itself. A terminal is
    what makes it print each line at once."""
    ours, its = os.openpty()
    with subprocess.Popen([program], stdout=its, stdin=subprocess.DEVNULL) as process:
        os.close(its)
        ready, _, _ = select.select([ours], [], [], 60)
        line = os.read(ours, 200).decode() if ready else ""
        process.terminate()
    os.close(ours)
    return line.replace("\r\n", "\n")


def check_small_example(checks, folder):
    with open(os.path.join(ROOT, "examples/netx_small_example.c"), encoding="utf-8") as file:
        checks.ok(len(file.readlines()) < 60, "netx_small_example.c has under 60 lines")
    with Aiosmtpd(folder, login=True, user="pump", password="secret") as server:
        program = build_small_example(folder, server.port)
        checks.equal(first_line(program), "mail: status 0x00\n", "netx_small_example")
        mails = server.take()
        envelopes = [(envelope["from"], envelope["to"]) for _, envelope in mails]
        wanted = [("pump7@example.com", ["ops@example.com"])]
        checks.equal(envelopes, wanted, "netx_small_example: envelopes")
        body = "Pump 7 has stopped.\r\n.\r\nTemperature 81 °C\r\n".encode()
        for text, _ in mails:
            checks.ok(compare(body, text) is None, "netx_small_example: %r" % text)


def mime_example(server, ca, *files, password="s3cret"):
    """Its exit status, and what it printed."""
    command = [MIME_EXAMPLE, server.host, str(server.port), "pump7@example.com", "ops@example.com"]
    environment = dict(os.environ, PASSWORD=password, SSL_CERT_FILE=ca)
    done = subprocess.run([*command, *files], capture_output=True, env=environment, timeout=60,
                          check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def check_mime_mail(checks, text, wanted):
    """What was stored: the tree, and the octets of the two files."""
    mail = email.message_from_bytes(text, policy=email.policy.default)
    tree = [part.get_content_type() for part in mail.walk()]
    checks.equal(tree, ["multipart/mixed", "multipart/related", "multipart/alternative",
                        "text/plain", "text/html", "image/png", "text/csv"], "mime_example: tree")
    facts = (mail["subject"], mail["from"], mail["to"], mail["date"] and mail["message-id"] and "")
    checks.equal(tuple(map(str, facts)), ("Pump 7: 81 °C", "Pump 7 <pump7@example.com>",
                                          "ops@example.com", ""), "mime_example: header")
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    octets = [part.get_payload(decode=True) for part in leaves]
    checks.equal(octets[2:], wanted, "mime_example: files")
    checks.ok("81 °C" in leaves[0].get_content(), "mime_example: text %r" % octets[0])
    checks.ok('"cid:chart@pump7"' in leaves[1].get_content(), "mime_example: HTML %r" % octets[1])
    names = (leaves[2]["content-id"], leaves[2].get_filename(), leaves[3].get_filename())
    checks.equal(names, ("<chart@pump7>", "chart.png", "log.csv"), "mime_example: names")


def check_mime_example(checks, folder):
    with open(os.path.join(ROOT, "examples/mime_example.c"), encoding="utf-8") as file:
        checks.ok(len(file.readlines()) < 90, "mime_example.c has under 90 lines")
    certificates = make_certificates(folder)
    ca = certificates + "/ca.pem"
    files = {"chart.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "log.csv": b"1,2\n" * 3000}
    paths = [os.path.join(folder, name) for name in files]
    for path, octets in zip(paths, files.values()):
        with open(path, "wb") as file:
            file.write(octets)
    with Aiosmtpd(folder, login=True, user="pump7@example.com", password="s3cret",
                  certificates=certificates) as server:
        exit_status, out = mime_example(server, ca, *paths)
        checks.ok(exit_status == 0 and out.startswith("SENT: "), "mime_example: %r" % out)
        mails = server.take()
        checks.equal(len(mails), 1, "mime_example: mails")
        for text, _ in mails:
            check_mime_mail(checks, text, list(files.values()))
        exit_status, out = mime_example(server, ca, paths[0], folder + "/none.csv")
        checks.equal((exit_status, out), (2, folder + "/none.csv: No such file or directory\n"),
                     "mime_example without a file")
        exit_status, out = mime_example(server, ca, *paths, password="wrong")
        checks.ok(exit_status == 1 and out.startswith("NOT_SENT: "), "wrong password: %r" % out)
        exit_status, out = mime_example(server, certificates + "/stranger.pem", *paths)
        checks.ok(exit_status == 1 and out.startswith("NOT_SENT: "), "another CA: %r" % out)
        checks.equal(server.take(), [], "mime_example: mails that should not have come")


def test(checks, folder):
    check_command_line(checks)
    check_create(checks)
    check_network(checks)
    with Aiosmtpd(folder, login=True, user="u" * 40, password="p" * 20) as server:
        check_exact_limits(checks, server)
    with Aiosmtpd(folder) as server:
        check_portable_example(checks, server)
        check_run_example(checks, server)
    check_small_example(checks, folder)
    check_mime_example(checks, folder)


run_tests("interop-examples", test)
