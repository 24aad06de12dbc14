# SPDX-License-Identifier: MIT
"""Records that no TLS library would send: a server with a record layer of its own behind a sound
handshake. Empty records, floods, alerts when the mail is taken; and what the exporter gives."""
import hmac
import os
import struct
import tempfile
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import suite_servers as servers

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256"
EMPTY = (servers.DATA, b"")
WARNING = (servers.ALERT, b"\1\x5a")  # user_canceled
HELLO_REQUEST = (servers.HANDSHAKE, bytes(4))
FATAL = (servers.ALERT, b"\2\x50")  # internal_error
FLOOD = 20000  # records that lie ready
FLOOD_SECONDS = 2
GAP = 100  # ms at most between two calls of the idle hook


def expand_1_2(secret, label, seed, length):
    """PRF (RFC 5246 5)."""
    seed = label + seed
    octets, a = b"", seed
    while len(octets) < length:
        a = hmac.digest(secret, a, "sha256")
        octets += hmac.digest(secret, a + seed, "sha256")
    return octets[:length]


def expand_1_3(secret, label, length):
    """HKDF-Expand-Label without a context (RFC 8446 7.1), up to one hash's length."""
    name = "sha256" if len(secret) == 32 else "sha384"
    info = struct.pack(">HB", length, 6 + len(label)) + b"tls13 " + label + b"\0"
    return hmac.digest(secret, info + b"\1", name)[:length]


def secrets(path):
    """What the server's library has logged of its only connection: by label (random, secret)."""
    with open(path, encoding="ascii") as file:
        fields = [line.split() for line in file if not line.startswith("#")]
    return {label: (bytes.fromhex(random), bytes.fromhex(secret))
            for label, random, secret in fields}


class Layer1_2:
    """AES-GCM (RFC 5288). The library has sent one record under these keys, its Finished."""

    def __init__(self, connection):
        self.random, self.secret = secrets(connection.manners.context.keylog_filename)[
            "CLIENT_RANDOM"]
        self.server_random = connection.first_flight[11:43]
        keys = expand_1_2(
            self.secret, b"key expansion", self.server_random + self.random, 2 * 16 + 2 * 4)
        self.cipher, self.salt, self.count = AESGCM(keys[16:32]), keys[36:40], 1

    def seal(self, kind, octets):
        count = struct.pack(">Q", self.count)
        self.count += 1
        header = struct.pack(">BHH", kind, 0x303, len(octets))
        sealed = count + self.cipher.encrypt(self.salt + count, octets, count + header)
        return header[:3] + struct.pack(">H", len(sealed)) + sealed

    def exporter(self):
        """RFC 9266 2, RFC 5705 4: with a context of no octets."""
        return expand_1_2(self.secret, b"EXPORTER-Channel-Binding",
                          self.random + self.server_random + b"\0\0", 32)


class Layer1_3:
    """AES-GCM (RFC 8446 5.2). The library has sent nothing under these keys."""

    def __init__(self, connection):
        _, secret = secrets(connection.manners.context.keylog_filename)["SERVER_TRAFFIC_SECRET_0"]
        key_len = 16 if len(secret) == 32 else 32
        self.cipher = AESGCM(expand_1_3(secret, b"key", key_len))
        self.iv, self.count = expand_1_3(secret, b"iv", 12), 0

    def seal(self, kind, octets):
        count = struct.pack(">IQ", 0, self.count)
        self.count += 1
        inner = octets + bytes((kind,))
        header = struct.pack(">BHH", servers.DATA, 0x303, len(inner) + 16)
        nonce = bytes(a ^ b for a, b in zip(self.iv, count))
        return header + self.cipher.encrypt(nonce, inner, header)


def serve(suite, way, **manners):
    """With a log of its own, so that the secrets of one connection are all that it has."""
    context = servers.context(suite.certificates.path("ecdsa"), way.version, ciphers=CIPHERS,
                              tickets=0)
    handle, context.keylog_filename = tempfile.mkstemp(dir=suite.folder)
    os.close(handle)
    layer = Layer1_3 if way.version == servers.V1_3 else Layer1_2
    return way.serve(context=context, layer=layer, notify=False, **manners)


def say(connection, *records):
    connection.socket.sendall(b"".join(connection.layer.seal(*record) for record in records))


def at(word, act):
    """before_reply: acts once this is heard over TLS."""

    def before(connection, heard):
        if heard == word and connection.layer:
            act(connection)

    return before


def check_empty(suite, way, word):
    for count in (1, 2, 3):
        def say_empty(connection, count=count):
            say(connection, *[EMPTY] * count)

        with serve(suite, way, before_reply=at(word, say_empty)) as server:
            what = "%s, %d empty records before the answer to %s" % (
                way.name, count, word.decode())
            suite.sent(what, *way.mail(server))


def flood(record):
    """Says it right behind EHLO's reply, where the client looks before its next command; and goes
    on until the client goes."""

    def say_flood(connection):
        lines = b"250-mail.example.com\r\n250 AUTH PLAIN\r\n"
        say(connection, (servers.DATA, lines), *[record] * FLOOD)
        end = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < end:
            say(connection, *[record] * 1000)
        raise servers.Over()

    return at(b"EHLO", say_flood)


def check_floods(suite, way):
    floods = [("empty records", EMPTY)]
    if way.version == servers.V1_2:
        floods += [("warnings", WARNING), ("HelloRequests", HELLO_REQUEST)]
    for name, record in floods:
        for cancel in (200, 60000):
            with serve(suite, way, before_reply=flood(record)) as server:
                what = "%s, a flood of %s, cancelled after %d ms" % (way.name, name, cancel)
                result, connection = way.mail(server, cancel=cancel, wait=1000)
                checks = suite.checks
                checks.equal(result.outcome, "NOT_SENT", "%s (%r)" % (what, result))
                checks.ok(connection.stands, what + ": no handshake")
                checks.ok(result.gap <= GAP, "%s: the hook waited %d ms" % (what, result.gap))
                checks.ok(result.took <= min(cancel, 8000) + GAP,
                          "%s: it took %d ms" % (what, result.took))


def check_alert(suite, way, word, outcome):
    """A fatal alert behind the handshake."""
    def say_fatal(connection):
        say(connection, FATAL)
        raise servers.Over()

    with serve(suite, way, before_reply=at(word, say_fatal)) as server:
        what = "%s, a fatal alert in answer to %s" % (way.name, word.decode())
        result, connection = way.mail(server)
        suite.checks.equal((result.outcome, result.fault), (outcome, "ALERT"),
                           "%s (%r)" % (what, result))
        suite.checks.ok("ended TLS with an alert" in result.reason,
                        "%s: the reason says %r" % (what, result.reason))
        suite.checks.equal(connection.body is not None, outcome == "MAYBE_SENT", what + ": body")


def check_exporter(suite, way):
    """tls-exporter below TLS 1.3: as RFC 9266 has it, or with mbedTLS none."""
    with serve(suite, way) as server:
        result, connection = way.mail(server, "binding=exporter")
        suite.sent(way.name + ", tls-exporter", result, connection)
        wanted = ("", "")
        if way.library == "openssl":
            wanted = ("tls-exporter", connection.layer.exporter().hex())
        suite.checks.equal((result.binding, result.bound), wanted, way.name + ", tls-exporter")


def run(suite):
    for way in suite.ways():
        check_empty(suite, way, b"EHLO")
        check_empty(suite, way, b".")
        check_floods(suite, way)
        check_alert(suite, way, b"MAIL", "NOT_SENT")
        check_alert(suite, way, b".", "MAYBE_SENT")
        if way.version == servers.V1_2:
            check_exporter(suite, way)
