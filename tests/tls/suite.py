#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The suite over both TLS ports: suite.py CLIENT... PART

CLIENT is the command of suite_client, with what it shall run under; PART one of the files
suite_PART.py, whose run(suite) makes the checks.
"""
import importlib
import os
import select
import subprocess
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))
warnings.filterwarnings("ignore")  # of SHA-1, MD5 and TLS 1.0, which are what is tested here

from interop import run_tests  # noqa: E402

import suite_servers as servers  # noqa: E402
from certificates import HOST, Certificates  # noqa: E402

LIBRARIES = {  # which versions of TLS each speaks: Debian's mbedTLS 2.28 has no 1.3
    "openssl": (servers.V1_2, servers.V1_3),
    "mbedtls": (servers.V1_2,),
}
SECONDS = 60
PASSWORD = "s3cret-pass"


class Result:
    """What suite_client told of one mail."""

    def __init__(self, line, faults):
        self.line = line
        for pair in line.split("\t"):
            key, _, value = pair.partition("=")
            setattr(self, key, int(value) if value.isdigit() and key != "text" else value)
        self.fault = faults[self.fault] if self.fault < len(faults) else "?"

    def __repr__(self):
        return self.line.replace("\t", " ")


class Client:
    """suite_client with one library, for many mails."""

    def __init__(self, command, library):
        self.command = [*command, library]
        self.library = library
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.faults = self.read().split(",")

    def read(self):
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
            status = self.process.wait()
            self.process = None
            raise RuntimeError("the client said nothing and was stopped: status %d" % status)
        return line.rstrip("\n")

    def send(self, *words, **options):
        if self.process is None:
            self.start()
        options = ["%s=%s" % option for option in options.items() if option[1] is not None]
        self.process.stdin.write(" ".join([*words, *options]) + "\n")
        return Result(self.read(), self.faults)

    def stop(self):
        """Its exit status: a sanitizer's or valgrind's word on all that it did."""
        if self.process is None:
            return 0
        self.process.stdin.close()
        process, self.process = self.process, None
        return process.wait(SECONDS)


class Way:
    """A library, a version of TLS, and how TLS begins."""

    def __init__(self, suite, library, version, implicit):
        self.suite = suite
        self.library = library
        self.version = version
        self.implicit = implicit
        self.name = "%s %s %s" % (
            library, "1.3" if version == servers.V1_3 else "1.2",
            "implicit" if implicit else "STARTTLS",
        )

    def serve(self, certificate="ecdsa", context=None, **manners):
        if context is None:
            context = servers.context(self.suite.certificates.path(certificate), self.version)
        return servers.Server(context=context, implicit=self.implicit, **manners)

    def send(self, server, *words, **options):
        """One mail with login; options on top of what a good session needs."""
        given = {
            "port": server.port, "host": HOST, "ca": self.suite.certificates.ca,
            "tls": "implicit" if self.implicit else "required", "user": "pump",
            "password": PASSWORD, **options,
        }
        return self.suite.client(self.library).send(*words, **given)

    def mail(self, server, *words, **options):
        """The client's view and the server's."""
        result = self.send(server, *words, **options)
        return result, server.take()


class Suite:
    def __init__(self, checks, folder, command):
        self.checks = checks
        self.folder = folder
        self.certificates = Certificates(folder)
        self.clients = {library: Client(command, library) for library in LIBRARIES}

    def client(self, library):
        return self.clients[library]

    def ways(self, both=True):
        """Every library, version and kind; both False: implicit TLS alone."""
        for library, versions in LIBRARIES.items():
            for version in versions:
                for implicit in (True, False) if both else (True,):
                    yield Way(self, library, version, implicit)

    def sent(self, what, result, connection, size=100):
        """The mail arrived whole, over TLS that was verified, and no octet of it in clear."""
        checks = self.checks
        checks.equal(result.outcome, "SENT", "%s: outcome (%r)" % (what, result))
        checks.equal(connection.body, servers.digest_of_mail(size), what + ": what arrived")
        checks.equal(result.late, 0, what + ": octets in clear behind the ClientHello")
        checks.ok(b"AUTH PLAIN" in connection.heard, what + ": a login over TLS")
        checks.ok(b"AUTH" not in connection.clear, what + ": no login in clear")

    def refused(self, what, result, connection, *faults, errors=("TLS_FAILED",), tells=True):
        """It failed closed, and says what was wrong in words on which one can act."""
        checks = self.checks
        checks.equal(result.outcome, "NOT_SENT", "%s: outcome (%r)" % (what, result))
        checks.ok(result.error in errors, "%s: error %s, not %s" % (what, result.error, errors))
        if faults:
            checks.ok(result.fault in faults, "%s: fault %s, not %s (%s)" % (
                what, result.fault, "/".join(faults), result.reason))
        if tells:
            checks.ok(result.words in result.reason, "%s: the reason says %r, not %r" % (
                what, result.reason, result.words))
        if connection is None:
            return
        said = connection.clear.upper()
        checks.equal(connection.heard, b"", what + ": SMTP over that TLS")
        checks.equal(result.late, 0, what + ": octets in clear behind the ClientHello")
        checks.ok(not any(word in said for word in (b"AUTH", b"MAIL", b"DATA")),
                  "%s: said in clear: %r" % (what, said))

    def finish(self):
        for client in self.clients.values():
            status = client.stop()
            self.checks.equal(status, 0, "exit status of the client with " + client.library)


def main():
    command, part = sys.argv[1:-1], sys.argv[-1]
    module = importlib.import_module("suite_" + part)

    def test(checks, folder):
        suite = Suite(checks, folder, command)
        module.run(suite)
        suite.finish()

    run_tests("tls_" + part, test)


if __name__ == "__main__":
    main()
