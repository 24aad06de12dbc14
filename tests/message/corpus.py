# SPDX-License-Identifier: MIT
"""Messages that are hard to compose, and what must not come of a text that was given."""
import dataclasses
import random

import mails
from mails import ATTACHMENT, BCC, CC, FROM, HTML, INLINE, REPLY_TO, SENDER, TEXT, TO, Mail, Part

TEXTS = {
    "plain": "Pump 7",
    "empty": "",
    "one": "x",
    "a long sentence": "The temperature of pump 7 is above its limit, " * 4 + "see the log",
    "a long word": "x" * 990,
    "two long words": "a" * 500 + " " + "b" * 500,
    "words of 70": " ".join("y" * 70 for _ in range(5)),
    "umlauts": "Kühlmittel läuft über: Größe 5 µm",
    "umlauts once": "the temperature of the pump in the cellar is beyond 80 °C at last, look",
    "emoji": "🚨 Pump 7 👩‍🚒🏴󠁧󠁢󠁳󠁣󠁴󠁿 stopped 🇩🇪",
    "emojis": "🚨" * 60,
    "right to left": "המשאבה נעצרה, מضخة ٧ توقفت",
    "combining": "e\u0301a\u0308o\u0302" * 30,
    "Chinese": "七号泵的温度超过了极限值，请立即检查冷却系统。" * 4,
    "line separators": "a\u2028b\u2029c\u0085d",
    "blanks in front": "   x",
    "blanks behind": "x   ",
    "many blanks": "a     b" + " " * 40 + "c",
    "blanks": "   ",
    "blanks over a line": "a" + " " * 90 + "b",
    "tabs": "a\tb\t\tc",
    "a word's look": "=?UTF-8?Q?=0D=0ABcc:_x@y?=",
    "a word's look within": "see =?UTF-8?B?QQ==?= there",
    "half a word's look": "a =?UTF-8?Q? b ?= c",
    "a word's end": "=? ?= =?= =?x",
    "quotes": '"Pump" \'7\' \\ "\\"',
    "specials": "()<>@,;:\\\".[]=?_!#$%&'*+-/^`{|}~",
    "look-alikes": "=0D=0ABcc: x@y %0d%0aBcc: x@y \\r\\nBcc: x@y",
    "underscores": "a_b__c ü_d",
    "a dot": ".",
    "From": "From me",
    "5,000 octets": "Pump 7, Größe 😀; " * 227,
    "5,000 letters": "word " * 999 + "words",
    "wide and narrow": "ä b ö c ü d " * 30,
    "beyond the BMP": "\U0001F600\U0010FFFF\u00a0\ufeff",
}

NAMES = {
    "plain": "report.pdf",
    "blanks": "my report 7.pdf",
    "UTF-8": "Bericht für Übergröße.pdf",
    "emoji": "🚨 alarm.png",
    "quotes": 'a "quoted" name.txt',
    "backslashes": "C:\\logs\\pump.txt",
    "a slash": "../../etc/passwd",
    "specials": "a;b=c,(d)<e>@[f]?'%*.txt",
    "per cent": "100%25.txt",
    "300 octets": "x" * 296 + ".txt",
    "300 octets of UTF-8": "ä" * 148 + ".txt",
    "a word's look": "=?UTF-8?Q?a?=.txt",
    "right to left": "\u202etxt.exe",
    "apostrophes": "utf-8''x.txt",
}

BODIES = {
    "empty": b"",
    "one octet": b"x",
    "a line": b"Pump 7 has stopped.\r\n",
    "LF": b"one\ntwo\n\nthree\n",
    "CR": b"one\rtwo\r\rthree\r",
    "mixed line ends": b"one\r\n\ntwo\r\r\n\rthree\n\r",
    "line ends": b"\r\n\r\n\n",
    "no line end": b"one\ntwo",
    "dots": b".\r\n..\r\n.x\r\n\r\n.\r\n",
    "From": b"From me\r\n\r\nFrom you\r\n",
    "UTF-8": "Grüße, 温度 81 °C, ✓\n".encode() * 20,
    "UTF-8 alone": "温度过高".encode() * 100,
    "a line of 998": b"y" * 998 + b"\r\n",
    "a line of 999": b"y" * 999 + b"\r\n",
    "a line of 5,000": b"y" * 5000,
    "lines of 75 to 78": b"".join(b"z" * n + b"\n" for n in range(70, 82)),
    "white space at the end": b"a \r\nb\t\r\n \r\n\t\r\nc ",
    "soft breaks": b"".join(b"z" * n + b" =\n" for n in range(68, 80)),
    "equals": b"=3D =\r\n==\r\n=",
    "a boundary": b"--=_\r\n--=_x--\r\n--\r\n-- \r\n",
    "a header": b"Bcc: x@y\r\nContent-Type: text/html\r\n\r\nx",
    "NUL": b"a\0b\r\n",
    "control": bytes(range(1, 32)) + b"\x7f\r\n",
    "every octet": bytes(range(256)) * 3,
    "UTF-8 at a break": b"z" * 73 + "é€😀".encode() * 40,
}


def letter(**changed):
    return Mail(**{"subject": "corpus", **changed})


def texts():
    for what, text in TEXTS.items():
        yield "subject: " + what, letter(subject=text)
        yield "field: " + what, letter(fields=[("X-Own", text)])
        if "\t" not in text:
            people = [(FROM, text, "a@example.com"), (TO, text, "b@example.com"),
                      (TO, None, "c@example.com"), (TO, text, "d@example.com")]
            yield "name: " + what, letter(mailboxes=people)


def people():
    many = [(TO, "Engineer %d" % i, "engineer%d@example.com" % i) for i in range(40)]
    yield "40 people", letter(mailboxes=[(FROM, None, "a@example.com"), *many])
    yield "every role", letter(mailboxes=[
        (BCC, "Hidden", "hidden@example.net"), (FROM, "A, B", "a@example.com"),
        (FROM, "Ä", "b@example.com"), (SENDER, "S", "s@example.com"), (CC, "C", "c@example.com"),
        (REPLY_TO, "R", "r@example.com"), (TO, "T", "t@example.com"), (CC, None, "d@example.com"),
        (BCC, None, "unseen@example.net"), (TO, "ß" * 30, "u@example.com")])
    yield "hidden ones alone", letter(
        mailboxes=[(FROM, None, "a@example.com"), (BCC, "H", "hidden@example.net")])
    long = "l" * 64 + "@" + ".".join(["d" * 60] * 3) + ".exam"
    yield "long addresses", letter(
        mailboxes=[(FROM, "Long", long), *[(TO, "x" * 80, long)] * 3])
    yield "a quoted local part", letter(
        mailboxes=[(FROM, None, "a@example.com"), (TO, "Q", '"a b"@example.com')])
    utf8 = [(FROM, "Jürgen", "jürgen@bücher.example"), (TO, "用户", "用户@例子.example")]
    yield "UTF-8 addresses", letter(mailboxes=utf8, offered=mails.UTF8 | mails.EIGHT_BIT,
                                    subject="Größe", fields=[("X-Own", "ü")])
    yield "UTF-8 offered, not needed", letter(offered=mails.UTF8 | mails.EIGHT_BIT, subject="Größe")


def facts():
    for seconds, zone in ((0, 0), (951782399, 60), (1709164800, -720), (1795409362, 90),
                          (4102444799, 840), (0xFFFFFFFF, -1), (951868800, 1439),
                          (68169600, -1439)):
        yield "date %d %d" % (seconds, zone), letter(date=(seconds, zone))
    yield "a Message-ID", letter(message_id="a.b-c@example.com", in_reply_to="x@example.net")
    for unique in (b"\0", bytes(16), bytes(range(240, 256)), b"serial 7"):
        yield "unique %r" % unique, letter(unique=unique, date=(1795409362, 0))
    yield "unique, no date", letter(unique=b"\1\2", id_domain="pump.example.net")
    long = "i" * 200 + "@" + "d" * 60 + ".example.com"
    yield "a long Message-ID", letter(message_id=long, in_reply_to=long)
    yield "high", letter(priority=mails.HIGH)
    yield "low", letter(priority=mails.LOW)
    yield "own fields", letter(fields=[("X-A", "1"), ("x-a", "2"), ("List-Id", "<a.b>"),
                                       ("Z" * 64, "ü" * 70), ("Y" * 63, "a b"), ("W", "")])


PNG = bytes(range(256)) * 9


def attachments():
    for length in (0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 4095, 4096, 4097):
        octets = (PNG * 20)[:length]
        for pieces, told in (((), None), ((), length), ((1,), length), ((57,), None),
                             ((56, 0, 1), length), ((4096,), None)):
            yield "%d octets in %r" % (length, pieces), letter(
                parts=[Part(octets=b"see\n"), Part(ATTACHMENT, octets, pieces=pieces)])
    for what, name in NAMES.items():
        for kind in (ATTACHMENT, INLINE):
            part = Part(kind, PNG, "image/png", name, "x@y" if kind == INLINE else None)
            yield "file name: " + what, letter(parts=[Part(HTML, b"<img src=cid:x@y>"), part])
    for length in range(45, 130):
        name = "x" * (length - 1) + "?"
        yield "file name of %d" % length, letter(parts=[Part(ATTACHMENT, b"x", name=name + "ä"),
                                                        Part(ATTACHMENT, b"y", name=name)])
    for kind in ("text/csv; charset=iso-8859-1", 'application/x-y; a="b c"; d=e', "IMAGE/PNG"):
        yield "type " + kind, letter(
            parts=[Part(octets=b"x"), Part(ATTACHMENT, b"\xe4,b\r\n", kind, "a.csv")])
    yield "an attachment alone", letter(parts=[Part(ATTACHMENT, PNG, name="a.bin")])
    yield "two alone", letter(parts=[Part(ATTACHMENT, PNG), Part(ATTACHMENT, b"", name="b")])
    quoted = Part(ATTACHMENT, b"a\r\nb=\xe4 \r\n", "text/plain", encoding=mails.QUOTED_PRINTABLE)
    yield "quoted-printable attachment", letter(parts=[quoted])


def bodies():
    for what, octets in BODIES.items():
        for offered in (0, mails.EIGHT_BIT):
            for encoding in (mails.AUTO, mails.QUOTED_PRINTABLE, mails.BASE64):
                part = Part(octets=octets, encoding=encoding)
                yield "body %s, %d, %d" % (what, encoding, offered), letter(
                    parts=[part], offered=offered)
        for pieces in ((1,), (2, 0, 3), (76, 0)):
            part = Part(octets=octets, pieces=pieces)
            yield "body %s in %r" % (what, pieces), letter(parts=[part])
            whole = [part, Part(HTML, octets), Part(ATTACHMENT, octets, pieces=pieces)]
            yield "parts of %s in %r" % (what, pieces), letter(parts=whole, offered=mails.EIGHT_BIT)
    latin = Part(octets=b"Gr\xf6\xdfe\r\n", type="text/plain; charset=iso-8859-1")
    yield "latin1", letter(parts=[latin], offered=mails.EIGHT_BIT)
    yield "no parts", letter()


def every_kind():
    return [
        Part(TEXT, "Grüße\n".encode()), Part(HTML, "<p>Grüße <img src='cid:a@b'>".encode()),
        Part(INLINE, PNG, "image/png", "a.png", "a@b"), Part(INLINE, b"x", content_id="c@d"),
        Part(ATTACHMENT, PNG, name="b.bin"), Part(ATTACHMENT, b"1,2\n", "text/csv", "ü.csv"),
    ]


def shapes():
    """Every choice of kinds, in the usual order and in its opposite."""
    all_parts = every_kind()
    for chosen in range(1 << len(all_parts)):
        parts = [part for i, part in enumerate(all_parts) if chosen >> i & 1]
        kinds = [part.kind for part in parts]
        if INLINE in kinds and HTML not in kinds:
            continue
        yield "kinds %r" % kinds, letter(parts=parts)
        yield "kinds %r" % kinds[::-1], letter(parts=parts[::-1])


def rewound():
    """Begun anew at every fifth octet or so it is the same message."""
    parts = [dataclasses.replace(part, pieces=(100,)) for part in every_kind()]
    for at in (*range(1, 400, 5), *range(400, 7000, 211)):
        yield "rewound at %d" % at, letter(parts=parts, rewind_at=at)


def all_cases():
    for part in (texts, people, facts, attachments, bodies, shapes, rewound):
        yield from part()


# ---- by chance ----------------------------------------------------------------------------------

LETTERS = ["a", "B", "7", " ", " ", "  ", "-", "_", "=", "?", '"', "\\", "(", ")", "<", ">", "@",
           ",", ".", ";", ":", "'", "%", "ä", "ß", "€", "😀", "e\u0301", "ש", "温",
           "=?", "?=", "\u2028"]


class Chance:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, longest=120):
        return "".join(self.random.choice(LETTERS) for _ in range(self.random.randrange(longest)))

    def octets(self):
        lines = [self.random.choice((self.text().encode(), self.random.randbytes(9), b"x" * 90))
                 for _ in range(self.random.randrange(12))]
        return self.random.choice((b"\n", b"\r\n")).join(lines)

    def pieces(self):
        if self.random.random() < 0.5:
            return ()
        return tuple(self.random.choice((1, 2, 3, 7, 56, 57, 58, 0, 400)) for _ in range(3)) + (5,)

    def part(self, kind):
        cid = "%d@example.com" % self.random.randrange(10**9) if kind == INLINE else None
        name = self.text(60) or None if kind in (INLINE, ATTACHMENT) else None
        octets = self.octets()
        told = self.random.choice((None, len(octets)))
        encoding = self.random.choice((mails.AUTO, mails.AUTO, *range(3)))
        return Part(kind, octets, None, name, cid, encoding, self.pieces(), told=told)

    def parts(self):
        kinds = [kind for kind in (TEXT, HTML) if self.random.random() < 0.7]
        if HTML in kinds:
            kinds += [INLINE] * self.random.randrange(3)
        kinds += [ATTACHMENT] * self.random.randrange(3)
        self.random.shuffle(kinds)
        return [self.part(kind) for kind in kinds]

    def mail(self):
        roles = [FROM, *(self.random.choice((REPLY_TO, TO, CC, BCC)) for _ in range(5))]
        people = [(role, self.text(40) or None, "p%d@example.com" % i)
                  for i, role in enumerate(roles)]
        return Mail(
            people, self.text(), fields=[("X-%d" % i, self.text()) for i in range(2)],
            parts=self.parts(),
            date=(self.random.randrange(1 << 32), self.random.randrange(-720, 840)),
            unique=self.random.randbytes(8), priority=self.random.randrange(3),
            offered=self.random.choice((0, mails.EIGHT_BIT)))


def by_chance(count, seed):
    chance = Chance(seed)
    for i in range(count):
        yield "by chance %d" % i, chance.mail()


# ---- injection ----------------------------------------------------------------------------------

PAYLOADS = {
    **{"control %02x" % i: "a%cb" % i for i in (*range(1, 32), 127)},
    "a header": "x\r\nBcc: x@y",
    "a header behind LF": "x\nBcc: x@y",
    "a header behind CR": "x\rBcc: x@y",
    "a body": "x\n\nbody",
    "a whole message": "x\r\n\r\n.\r\nMAIL FROM:<x@y>\r\n",
    "a line end alone": "\r\n",
    "a line end behind": "x\r\n",
    "NUL and a header": "x\0\r\nBcc: x@y",
    "line separator": "x\u2028Bcc: x@y",
    "paragraph separator": "x\u2029Bcc: x@y",
    "next line": "x\u0085Bcc: x@y",
    "vertical tab": "x\vBcc: x@y",
    "quoted-printable": "x=0D=0ABcc: x@y",
    "per cent": "x%0d%0aBcc: x@y",
    "an encoded word": "=?UTF-8?Q?x=0D=0ABcc:_x@y?=",
    "an address more": "x@y, z@y",
    "an end of a path": "x@y>, <z@y",
    "a group": "x: a@y, b@y;",
    "a comment": "a(b@y)c",
    "a quote": 'x"; filename="y.exe',
    "an open quote": 'x"',
    "a backslash": "x\\",
    "a parameter": "image/png; name=y.exe",
    "overlong UTF-8": b"x\xc0\x8d\xc0\x8aBcc: x@y",
    "bad UTF-8": b"x\xff\xfe\x80y",
    "cut UTF-8": b"x\xe2\x82",
    "a surrogate": b"x\xed\xa0\x80y",
    "2,000 octets": "x" * 2000,
    "2,000 octets of UTF-8": "ä" * 1000,
    "2,000 words": "x " * 2000,
}

# Each text that a message takes, and how a payload gets there.
PLACES = {
    "name": lambda text: letter(
        mailboxes=[(FROM, text, "a@example.com"), (TO, text, "b@example.com")]),
    "from": lambda text: letter(mailboxes=[(FROM, None, text), (TO, None, "b@example.com")]),
    "to": lambda text: letter(mailboxes=[(FROM, None, "a@example.com"), (TO, None, text)]),
    "bcc": lambda text: letter(mailboxes=[(FROM, None, "a@example.com"), (BCC, None, text)]),
    "subject": lambda text: letter(subject=text),
    "message-id": lambda text: letter(message_id=text),
    "in-reply-to": lambda text: letter(in_reply_to=text),
    "id-domain": lambda text: letter(unique=b"1", id_domain=text),
    "field": lambda text: letter(fields=[(text, "x")]),
    "value": lambda text: letter(fields=[("X-Own", text)]),
    "type": lambda text: letter(parts=[Part(), Part(ATTACHMENT, b"x", text)]),
    "type alone": lambda text: letter(parts=[Part(TEXT, b"x", text)]),
    "file name": lambda text: letter(parts=[Part(), Part(ATTACHMENT, b"x", None, text)]),
    "content-id": lambda text: letter(
        parts=[Part(HTML), Part(INLINE, b"x", "image/png", None, text)]),
}


def injections():
    for place, make in PLACES.items():
        for what, payload in PAYLOADS.items():
            yield place, what, payload, make(payload)
