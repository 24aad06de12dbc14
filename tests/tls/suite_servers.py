# SPDX-License-Identifier: MIT
"""Scripted SMTP servers with TLS, in this process, each on a free port of loopback.

TLS runs over memory (ssl.MemoryBIO), so that a server knows each octet of the connection and may
put any other in its place. What a server says is set by the members of Manners; what it heard
stands in the Connection that Server.take() gives when it is over.
"""
import hashlib
import queue
import socket
import ssl
import struct
import threading
import time

SECONDS = 20
LINE_OF_MAIL = b"All quiet on pump 7; the tank holds what it should.\r\n"
ALERT, HANDSHAKE, DATA = 21, 22, 23
V1_0, V1_1, V1_2, V1_3 = (
    ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3,
)


def context(path, version=None, ciphers=None, client_ca=None, tickets=None, weak=False):
    """weak: whatever OpenSSL can still do, for certificates and versions that it would refuse."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        made.set_ciphers("ALL:@SECLEVEL=0")
    if ciphers:
        made.set_ciphers(ciphers)
    made.minimum_version = made.maximum_version = version or V1_2
    made.load_cert_chain(path)
    if client_ca:
        made.load_verify_locations(client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    if tickets is not None:
        made.num_tickets = tickets
    return made


class Manners:
    """How a server behaves; every member can be set by name."""

    context = None  # of TLS
    implicit = False
    greeting = b"220 mail.example.com ESMTP\r\n"
    clear_ehlo = (b"mail.example.com", b"PIPELINING", b"STARTTLS")
    ehlo = (b"mail.example.com", b"PIPELINING", b"SIZE 30000000", b"AUTH PLAIN")
    ehlo_code = b"250"
    starttls = b"220 go ahead\r\n"
    second = None  # a segment of its own, at once behind that
    instead = None  # called with the connection in place of the handshake
    record = 0  # longest piece in a TLS record; 0: any
    notify = True  # close_notify behind the 221
    before_reply = None  # called with (connection, command) before each answer; `.`: the end mark
    layer = None  # called with the connection when TLS stands: gives what seals its records
    answers = {}  # what to say in place of the usual answer, by the command's first word

    def __init__(self, **members):
        for name, value in members.items():
            getattr(Manners, name)  # a misspelt one is an error
            setattr(self, name, value)


class Over(Exception):
    """The connection is done with."""


class Records:
    """Finds the TLS records in a stream: (type, length) each, and where each begins."""

    def __init__(self):
        self.rest = b""
        self.pos = 0
        self.seen = []

    def feed(self, octets):
        self.rest += octets
        while len(self.rest) >= 5:
            kind, _, length = struct.unpack(">BHH", self.rest[:5])
            if len(self.rest) < 5 + length:
                break
            self.seen.append((kind, length, self.pos))
            self.rest = self.rest[5 + length:]
            self.pos += 5 + length

    def longest(self):
        return max((length for _, length, _ in self.seen), default=0)


class Connection(threading.Thread):
    """One client's. Threads: read its members after it has ended."""

    def __init__(self, sock, manners):
        super().__init__(daemon=True)
        self.socket = sock
        self.manners = manners
        self.segments = []  # as they came, until TLS
        self.clear = b""  # what the client said in clear
        self.heard = b""  # and over TLS, but for the message
        self.tls = None
        self.stands = False  # the handshake
        self.resumed = False
        self.unique = b""
        self.layer = None
        self.first_flight = b""  # of the handshake
        self.sni = None  # the host that the client named
        self.notified = None  # the client's close_notify came
        self.body = None  # SHA-256 of the message with its end mark, when that is there
        self.body_len = 0
        self.from_client, self.from_server = Records(), Records()
        self.error = None
        self.buffer = b""

    # ---- octets ----

    def receive(self):
        octets = self.socket.recv(65536)
        if self.tls is None:
            if octets:
                self.segments.append(octets)
        else:
            self.from_client.feed(octets)
        return octets

    def flush(self):
        octets = self.outgoing.read()
        if octets:
            self.from_server.feed(octets)
            self.first_flight = self.first_flight or octets
            self.socket.sendall(octets)

    def step(self, action, *arguments):
        """One step of TLS, with what it wants to move."""
        while True:
            try:
                return action(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                octets = self.receive()
                if octets:
                    self.incoming.write(octets)
                else:
                    self.incoming.write_eof()
            finally:
                self.flush()

    def fill(self):
        if self.tls is None:
            octets = self.receive()
            self.clear += octets
        else:
            try:
                octets = self.step(self.tls.read, 65536)
                self.notified = not octets or None
            except ssl.SSLZeroReturnError:
                octets, self.notified = b"", True
            except ssl.SSLEOFError:
                octets, self.notified = b"", False
        if not octets:
            raise Over()
        self.buffer += octets

    def say(self, octets):
        if self.tls is None:
            return self.socket.sendall(octets)
        if self.layer is not None:
            return self.socket.sendall(self.layer.seal(DATA, octets))
        size = self.manners.record or len(octets) or 1
        for pos in range(0, len(octets), size):
            self.step(self.tls.write, octets[pos:pos + size])

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        if self.tls is not None:
            self.heard += line + b"\n"
        return line.rstrip(b"\r")

    def reset(self):
        """Ends with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Over()

    # ---- SMTP ----

    def start_tls(self):
        if self.manners.instead:
            self.manners.instead(self)
            raise Over()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        if self.buffer:  # what came with STARTTLS would be an injection, were it not TLS
            self.incoming.write(self.buffer)
            self.from_client.feed(self.buffer)
            self.buffer = b""
        self.manners.context.sni_callback = self.note_sni
        self.tls = self.manners.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.step(self.tls.do_handshake)
        self.stands = True
        self.resumed = self.tls.session_reused
        self.unique = self.tls.get_channel_binding() or b""
        if self.manners.layer:
            self.layer = self.manners.layer(self)

    def note_sni(self, tls, name, context):
        self.sni = name

    def reply(self, lines, code=b"250"):
        *first, last = lines
        self.say(b"".join(code + b"-" + line + b"\r\n" for line in first))
        self.say(code + b" " + last + b"\r\n")

    def on_ehlo(self):
        manners = self.manners
        is_clear = self.tls is None
        self.reply(manners.clear_ehlo if is_clear else manners.ehlo, manners.ehlo_code)

    def on_starttls(self):
        self.say(self.manners.starttls)
        if self.manners.second:
            self.say(self.manners.second)
        if self.manners.starttls.startswith(b"220"):
            self.start_tls()

    def on_auth(self, line):
        if line.count(b" ") == 1:  # no initial response
            self.say(b"334 \r\n")
            self.line()
        self.say(b"235 ok\r\n")

    def on_data(self):
        self.say(b"354 go on\r\n")
        digest, tail = hashlib.sha256(), b"\r\n"
        while not tail.endswith(b"\r\n.\r\n"):
            if not self.buffer:
                self.fill()
            end = (tail + self.buffer).find(b"\r\n.\r\n")
            taken = len(self.buffer) if end < 0 else end + 5 - len(tail)
            piece, self.buffer = self.buffer[:taken], self.buffer[taken:]
            digest.update(piece)
            self.body_len += len(piece)
            tail = (tail + piece)[-5:]
        self.body = digest.hexdigest()
        if self.manners.before_reply:
            self.manners.before_reply(self, b".")
        self.say(self.manners.answers.get(b".", b"250 taken\r\n"))

    def on_quit(self):
        self.say(b"221 bye\r\n")
        if self.tls is not None and self.manners.notify:
            try:
                self.step(self.tls.unwrap)
                self.notified = True
            except (ssl.SSLError, OSError):
                pass
        elif self.tls is not None:
            self.socket.shutdown(socket.SHUT_WR)
            self.drain()
        raise Over()

    def drain(self):
        while True:
            self.buffer = b""
            self.fill()

    def answer(self, line):
        word = line.split(b" ")[0].upper()
        if self.manners.before_reply:
            self.manners.before_reply(self, word)
        if word in self.manners.answers:
            self.say(self.manners.answers[word])
        elif word == b"EHLO":
            self.on_ehlo()
        elif word == b"STARTTLS":
            self.on_starttls()
        elif word == b"DATA":
            self.on_data()
        elif word == b"QUIT":
            self.on_quit()
        elif word == b"AUTH":
            self.on_auth(line)
        else:
            self.say(b"250 ok\r\n")

    def talk(self):
        if self.manners.implicit:
            self.start_tls()
        self.say(self.manners.greeting)
        while True:
            self.answer(self.line())

    def run(self):
        try:
            self.talk()
        except (Over, OSError) as error:  # ssl.SSLError is an OSError
            self.error = error
        except Exception as error:
            self.error = error
            raise
        finally:
            self.socket.close()


class Server:
    """Listens from its making to its end; each connection has a thread."""

    def __init__(self, **members):
        self.manners = Manners(**members)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.done = queue.Queue()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, self.manners)
            connection.start()
            self.done.put(connection)

    def take(self):
        """The connection that came first and was not taken yet, when it is over."""
        connection = self.done.get(timeout=SECONDS)
        connection.join(SECONDS)
        if connection.is_alive():
            raise RuntimeError("a connection does not end")
        return connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:  # wakes accept()
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(SECONDS)


def digest_of_mail(size):
    """What Connection.body is if the client's mail of this size came whole."""
    body = (LINE_OF_MAIL * (size // len(LINE_OF_MAIL) + 1))[:size]
    end = b".\r\n" if body.endswith(b"\r\n") or not body else b"\r\n.\r\n"
    return hashlib.sha256(body + end).hexdigest()


# ---- in place of a handshake ----


def close(connection):
    raise Over()


def reset(connection):
    connection.receive()
    connection.reset()


def silence(connection):
    while connection.receive():
        pass


def says(octets, hear_first=True):
    """Says this and waits for the client's end."""

    def say(connection):
        if hear_first:
            connection.receive()
        connection.say(octets)
        silence(connection)

    return say


GARBAGE = b"\x16\x03\x03\x01\x87" + hashlib.shake_128(b"garbage").digest(395)
TEXT = (b"550 5.7.1 we do not like you here, go away, and take your friends with you\r\n" * 6)[:400]


def close_after_hello(connection):
    connection.receive()
    raise Over()


def drips(octets, pause):
    """Says this octet by octet."""

    def say(connection):
        connection.receive()
        for octet in octets:
            connection.socket.sendall(bytes((octet,)))
            time.sleep(pause)

    return say


def floods(record, seconds=3):
    """Says this record again and again, faster than anybody reads, until the client goes."""

    def say(connection):
        connection.receive()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection.socket.sendall(record * 1000)

    return say
