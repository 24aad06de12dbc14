# SPDX-License-Identifier: MIT
"""Messages as an application asks for them: what tests/message/compose.c is told of them."""
import dataclasses

FROM, SENDER, REPLY_TO, TO, CC, BCC = range(6)
ROLES = ("from", "sender", "reply-to", "to", "cc", "bcc")
TEXT, HTML, INLINE, ATTACHMENT = range(4)
AUTO, QUOTED_PRINTABLE, BASE64 = range(3)
NORMAL, HIGH, LOW = range(3)
EIGHT_BIT, UTF8 = 1 << 1, 1 << 4  # of enum smtplite_extension
FLAG_8BIT, FLAG_UTF8 = 1 << 0, 1 << 2  # of enum smtplite_mail_flag


def to_octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def escape(text):
    octets = to_octets(text).replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
    return octets.replace(b"\0", b"\\x00")


@dataclasses.dataclass
class Part:
    kind: int = TEXT
    octets: bytes = b""
    type: str = None
    name: str = None
    content_id: str = None
    encoding: int = AUTO
    pieces: tuple = ()  # () from memory
    path: str = None  # the octets' file: compose reads it in, or with as_file the library does
    as_file: bool = False
    told: int = None  # the length that is told
    fail_at: int = None

    def lines(self):
        yield "part", str(self.kind)
        for key, text in (("type", self.type), ("file-name", self.name),
                          ("content-id", self.content_id)):
            if text is not None:
                yield key, text
        yield "encoding", str(self.encoding)
        if self.path:
            yield "file" if self.as_file else "load", self.path
        else:
            yield "octets", self.octets
        if self.pieces:
            yield "pieces", " ".join(map(str, self.pieces))
        if self.fail_at is not None:
            yield "fail-at", str(self.fail_at)
        if self.told is not None:
            yield "length", str(self.told)

    def is_text(self):
        """Whether its line ends may be those of the wire."""
        return self.kind in (TEXT, HTML) or self.encoding == QUOTED_PRINTABLE

    def is_known(self):
        """Whether its encoded length can be had without reading what is no memory."""
        if not self.pieces and not self.as_file:
            return True
        told = self.told is not None or (self.as_file and self.octets)
        return bool(told) and not self.is_text()


@dataclasses.dataclass
class Mail:
    mailboxes: list = dataclasses.field(
        default_factory=lambda: [(FROM, "Pump 7", "pump7@example.com"), (TO, None, "a@example.com")]
    )
    subject: str = None
    message_id: str = None
    in_reply_to: str = None
    id_domain: str = None
    fields: list = dataclasses.field(default_factory=list)
    parts: list = dataclasses.field(default_factory=list)
    date: tuple = None  # seconds, minutes ahead of UTC
    unique: bytes = b""
    priority: int = NORMAL
    offered: int = 0
    rewind_at: int = None

    def lines(self):
        yield "offered", str(self.offered)
        if self.rewind_at is not None:
            yield "rewind-at", str(self.rewind_at)
        for role, name, address in self.mailboxes:
            yield ROLES[role] if role < len(ROLES) else "to", address
            if role >= len(ROLES):
                yield "role", str(role)
            if name is not None:
                yield "name", name
        for key, text in (("subject", self.subject), ("message-id", self.message_id),
                          ("in-reply-to", self.in_reply_to), ("id-domain", self.id_domain)):
            if text is not None:
                yield key, text
        for name, value in self.fields:
            yield "field", name
            yield "value", value
        if self.date:
            yield "date", "%d %d" % self.date
        if self.unique:
            yield "unique", self.unique
        yield "priority", str(self.priority)
        for part in self.parts:
            yield from part.lines()

    def describe(self):
        return b"".join(key.encode() + b" " + escape(text) + b"\n" for key, text in self.lines())

    def of_role(self, role):
        return [(name or "", address) for one, name, address in self.mailboxes if one == role]

    def of_kind(self, kind):
        return [part for part in self.parts if part.kind == kind]
