# SPDX-License-Identifier: MIT
"""curl with verification on is the judge: what it refuses, we refuse, with both libraries. The
other way round we may be stricter: the table that is printed says where."""
import os
import subprocess

import suite_attacks as attacks
import suite_bad as bad
import suite_good as good
import suite_servers as servers
from certificates import HOST
from suite import LIBRARIES, PASSWORD, Way

VERSION = servers.V1_2  # spoken by both libraries


class Case:
    """A server, and whom the client takes it for."""

    def __init__(self, name, host=HOST, certificate="ecdsa", only=None, version=VERSION, **manners):
        self.name = name
        self.host = host
        self.certificate = certificate
        self.only = only  # implicit: True, STARTTLS: False, None: both
        self.version = version
        self.manners = manners


def cases():
    for name, host in good.NAMES.items():
        yield Case("good: " + name, host, name)
    for name, host, _ in bad.CERTIFICATES:
        yield Case("%s as %s" % (name, host), host, name)
    for name, instead, _ in bad.TALK:
        yield Case(name, instead=instead)
    for version, name in ((servers.V1_0, "TLS 1.0"), (servers.V1_1, "TLS 1.1")):
        yield Case(name, certificate="rsa", version=version)
    yield Case("STARTTLS stripped", only=False, clear_ehlo=attacks.OFFERS)
    yield Case("EHLO refused", only=False, answers={b"EHLO": b"500 what?\r\n"})
    yield Case("injection behind the 220", only=False, starttls=b"220 go\r\n250 ok\r\n")
    for code in attacks.CODES:
        yield Case("STARTTLS answered " + code.decode(), only=False, starttls=code + b" no\r\n")


def serve(suite, case, implicit):
    path = suite.certificates.path(case.certificate)
    context = servers.context(path, case.version, weak=True)
    return servers.Server(context=context, implicit=implicit, **case.manners)


def curl(suite, server, host, implicit):
    """True if the mail went through."""
    mail = os.path.join(suite.folder, "mail")
    with open(mail, "wb") as file:
        file.write(b"Subject: x\r\n\r\nx\r\n")
    at = "[%s]" % host if ":" in host else host
    command = ["curl", "-q", "-s", "--noproxy", "*", "--max-time", "1", "--ssl-reqd",
               "--cacert", suite.certificates.ca, "--user", "pump:" + PASSWORD,
               "--connect-to", "::127.0.0.1:%d" % server.port,
               "--mail-from", "pump7@example.com", "--mail-rcpt", "ops@example.com", "-T", mail,
               "%s://%s:%d" % ("smtps" if implicit else "smtp", at, server.port)]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ran.returncode == 0 and server.take().body is not None


def ours(suite, server, host, library, implicit):
    way = Way(suite, library, VERSION, implicit)
    result = way.send(server, host=host, tls_wait=1000)
    taken = server.take().body is not None
    return taken, "taken" if taken else "no: " + (
        result.fault if result.fault != "NONE" else result.error)


def print_row(what, judged, row):
    print("%-46s %-6s %s" % (what, judged, " ".join("%-20s" % cell for cell in row)), flush=True)


def check_case(suite, case, implicit, tally):
    what = "%s, %s" % (case.name, "implicit" if implicit else "STARTTLS")
    with serve(suite, case, implicit) as server:
        judged = curl(suite, server, case.host, implicit)
    row = []
    for library in LIBRARIES:
        with serve(suite, case, implicit) as server:
            taken, words = ours(suite, server, case.host, library, implicit)
        row.append(words)
        suite.checks.ok(judged or not taken, "%s: curl refuses it, %s does not" % (what, library))
        if case.name.startswith("good"):
            suite.checks.ok(judged and taken, "%s: curl %s, %s %s" % (what, judged, library, taken))
    tally[judged] += 1
    print_row(what, "taken" if judged else "no", row)


def run(suite):
    tally = {True: 0, False: 0}
    print_row("server", "curl", LIBRARIES)
    for case in cases():
        for implicit in (True, False):
            if case.only in (None, implicit):
                check_case(suite, case, implicit, tally)
    suite.checks.ok(tally[True] > 10 and tally[False] > 60, "curl's judgements: %r" % tally)
