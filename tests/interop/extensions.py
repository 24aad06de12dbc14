# SPDX-License-Identifier: MIT
"""What the tests of the extensions share: the sender, the mails, and how what a server stored is
held against what it was given.

No server of Debian's or npm's speaks FUTURERELEASE, MT-PRIORITY or LIMITS (Exim 4.96 is built
without), and none takes BINARYMIME: the dialogs hold these. Here it is held that each of them is
refused, or left out, where it is not offered.
"""
import email
import email.policy
import hashlib
import json
import os
import re
import tempfile

from interop import BUILD, HEADER, RECIPIENT, compare, repaired, run, sample

PROGRAM = os.path.join(BUILD, "release/tests/extension_mail")
EXTENSION_MAIL = os.environ.get("EXTENSION_MAIL", PROGRAM)
SENDER = "pump7@example.com"
BODY = b"one\r\n.\r\n..\r\ntwo\r\n"
EIGHT = "Grüße\r\n.\r\n".encode()
# How content leaves: the options of the sender, and the command that says it.
WAYS = {"DATA": (("no_chunking",), "DATA"), "BDAT": (("pieces",), "BDAT")}


# ---- the sender --------------------------------------------------------------------------------


def decode(value):
    """The sender shows octets over 127 as if they were Latin-1."""
    if isinstance(value, str):
        return value.encode("latin-1").decode("utf-8", "replace")
    return value


def decode_members(members):
    return {key: decode(value) for key, value in members.items()}


class Talk:
    """What extension_mail told of one connection; the members are those of the JSON."""

    def __init__(self, status, out, err, transcript):
        self.status, self.err, self.transcript = status, err, transcript
        self.told = json.loads(out, object_hook=decode_members) if out else {}
        self.offered = set(self.told.get("offered", ()))
        self.mails = self.told.get("mails", [])
        self.commands = self.told.get("commands", [])

    def mail(self):
        return self.mails[0] if self.mails else {"outcome": "none", "recipients": []}

    def outcomes(self):
        return [mail["outcome"] for mail in self.mails]

    def verdict(self):
        mail = self.mail()
        return mail["outcome"], mail.get("error"), mail.get("code")

    def fates(self, which=0):
        recipients = self.mails[which]["recipients"] if self.mails else []
        return {r["address"]: (r["fate"], r["code"]) for r in recipients}

    def said(self, pattern):
        """What the client said that matches, each command without its line's end."""
        lines = re.findall(rb"^C: ((?:%b)[^\r\n]*)" % pattern.encode(), self.transcript, re.M)
        return [line.decode("utf-8", "replace") for line in lines]

    def chunks(self):
        """The words behind each BDAT; it may stand behind content that ends without a line end."""
        found = re.findall(rb"^C: .*?BDAT (\d+(?: LAST)?)\r$", self.transcript, re.M)
        return [words.decode() for words in found]

    def __repr__(self):
        return "exit %d, %r, %s" % (self.status, self.told, self.err[-500:])


def talk(server, *options, port=None, mails=()):
    """One connection: its options, and mails made by mail() or composed()."""
    with tempfile.NamedTemporaryFile() as transcript:
        command = [EXTENSION_MAIL, "server=" + server.host, "transcript=" + transcript.name]
        command += ["port=%d" % (port or server.port), *options]
        for one in mails:
            command += [*one, "send"]
        status, out, err, _ = run(command, b"")
        return Talk(status, out, err, transcript.read())


class Scratch:
    """The files of one test's mails, in a folder of theirs."""

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.count = 0

    def path(self, name="file"):
        self.count += 1
        return "%s/%d.%s" % (self.folder, self.count, name)

    def file(self, octets, name="file"):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(octets)
        return path

    def mail(self, *options, content=HEADER + BODY, to=(RECIPIENT,)):
        """A message that is there already."""
        return [*("to=" + address for address in to), "content=" + self.file(content), *options]


# ---- what was stored ---------------------------------------------------------------------------

TRACE = (b"return-path", b"received", b"x-original-to", b"delivered-to")


def without_trace(stored, unix):
    """The message that was given, with CRLF: without what servers put into the header."""
    if unix:
        stored = stored.replace(b"\n", b"\r\n")
    head, parted, body = stored.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head)
    kept = [field for field in fields if field.split(b":")[0].lower() not in TRACE]
    return b"\r\n".join(kept) + parted + body


def check_stored(checks, server, wanted, what):
    """These mails came and no other: wanted has (recipient, body), in any order."""
    mails = server.take()
    come = sorted(to for _, envelope in mails for to in envelope["to"])
    checks.equal(come, sorted(to for to, _ in wanted), what + ": who got it")
    for text, envelope in mails:
        for to in envelope["to"]:
            bodies = [body for address, body in wanted if address == to]
            found = [compare(body, text, server.unix) for body in bodies]
            checks.ok(None in found, "%s: %s: %s" % (what, to, found))
    return mails


def check_sent(checks, server, result, what, body=BODY, to=(RECIPIENT,)):
    """Sent to all, which the server confirms with what it calls the mail; and it is there."""
    checks.equal(result.status, 0, "%s: %r" % (what, result))
    checks.equal(result.outcomes(), ["SENT"], "%s: %r" % (what, result))
    fates = {fate for fate, _ in result.fates().values()}
    checks.equal(fates, {"accepted"}, what + ": fates")
    return check_stored(checks, server, [(address, body) for address in to], what)


def check_not_sent(checks, server, result, error, what, code=0):
    """Nothing was sent, and nothing is there."""
    checks.equal(result.verdict(), ("NOT_SENT", error, code), "%s: %r" % (what, result))
    checks.equal(server.take(), [], what + ": mails that arrived")


def check_unoffered(checks, server, result, extension, what):
    """The mail was given up before MAIL, the text names what is missing, the session goes on."""
    check_not_sent(checks, server, result, "UNOFFERED", what)
    text = result.mail().get("text", "")
    checks.ok(re.search(extension, text), "%s: %s is not in %r" % (what, extension, text))
    checks.equal(result.said("MAIL"), [], what + ": MAIL")
    checks.equal(result.said("QUIT"), ["QUIT"], what + ": QUIT")


# ---- delivery reports --------------------------------------------------------------------------


def read_report(text):
    """The fields of a delivery report (RFC 3464): of the message, and of each recipient."""
    report = email.message_from_bytes(text, policy=email.policy.default)
    status = [part for part in report.walk()
              if part.get_content_type() == "message/delivery-status"]
    return [dict((key.lower(), str(value)) for key, value in group.items())
            for group in status[0].get_payload()] if status else []


def decode_xtext(text):
    return re.sub(r"\+([0-9A-F]{2})", lambda hexed: chr(int(hexed[1], 16)), text)


def take_report(checks, server, what):
    """The mails that came, and the one report among them, which went to the sender."""
    mails = server.take()
    reports = [text for text, envelope in mails if envelope["to"] == [SENDER]]
    checks.equal(len(reports), 1, what + ": reports")
    others = [mail for mail in mails if mail[1]["to"] != [SENDER]]
    return others, read_report(reports[0]) if reports else []


ENVID = "pump+7=\"42\" (rev. 3)!~"
ORCPT = "in+box=7@example.com"


def check_dsn(checks, server, scratch, raw_xtext=False, port=None):
    """NOTIFY=SUCCESS: a report comes, with ENVID and ORCPT as they were given, decoded. raw_xtext:
    this server reports them as they were sent (RFC 3464 2.2.1 wants them decoded)."""
    read = decode_xtext if raw_xtext else str
    for ret in ("ret=hdrs", "ret=full"):
        what = "%s, DSN, %s" % (type(server).__name__, ret)
        mail = scratch.mail("envid=" + ENVID, ret, "notify=success,failure", "orcpt=" + ORCPT)
        result = talk(server, port=port, mails=[mail])
        checks.equal(result.outcomes(), ["SENT"], "%s: %r" % (what, result))
        mails, report = take_report(checks, server, what)
        checks.equal([envelope["to"] for _, envelope in mails], [[RECIPIENT]], what)
        if checks.equal(len(report), 2, what + ": groups of fields"):
            envid = read(report[0].get("original-envelope-id", ""))
            checks.equal(envid, ENVID, what + ": ENVID")
            orcpt = read(report[1].get("original-recipient", ""))
            checks.equal(orcpt.replace("; ", ";"), "rfc822;" + ORCPT, what + ": ORCPT")
            checks.equal(report[1].get("action", "").split()[:1], ["delivered"], what + ": action")
    mail = scratch.mail("notify=never")
    result = talk(server, port=port, mails=[mail])
    check_sent(checks, server, result, type(server).__name__ + ", NOTIFY=NEVER")
    wanted = ["RCPT TO:<%s> NOTIFY=NEVER" % RECIPIENT]
    checks.equal(result.said("RCPT"), wanted, "NOTIFY=NEVER")


# ---- content -----------------------------------------------------------------------------------

CONTENTS = {
    "dots": b".\r\n..\r\n...\r\n.x\r\n\r\n.\r\n\r\n..\r\n.",
    "bare LF": b"one\n.\ntwo\n\n..\n",
    "bare CR": b"one\r.\rtwo\r\r..",
    "a dot": b".",
    "nothing": b"",
    "CR CR LF": b"one\r\r\ntwo\n\r\n",
    "100,000 octets": sample(100000),
}


def with_crlf(content):
    """What leaves of it, but for the end of a last line that has none."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", content)


def check_chunks(checks, server, scratch, *options, port=None):
    """What BDAT stores is what DATA stores, octet for octet, in chunks of any size."""
    for name, body in CONTENTS.items():
        content = HEADER + body
        size = len(with_crlf(content))
        exact = ("exact", "size=%d" % size)
        ways = {"DATA": ("no_chunking",), "one chunk": exact, "chunks": ("pieces",)}
        if len(content) < 1000:
            ways["chunks of 1"] = ("pieces", "piece=1")
        else:
            ways["chunks of 999"] = ("pieces", "piece=999")
        for way, how in ways.items():
            what = "%s, %s by %s" % (type(server).__name__, name, way)
            mail = scratch.mail("8bit", *how, content=content)
            result = talk(server, *options, port=port, mails=[mail])
            check_sent(checks, server, result, what, body)
            chunks = result.chunks()
            checks.equal(bool(chunks), way != "DATA", what + ": BDAT")
            if way == "one chunk":
                end = len(repaired(content)) - size
                wanted = ["%d" % size, "%d LAST" % end]
                checks.equal(chunks, wanted, what + ": chunks")


def check_unsound_sources(checks, server, scratch, *options, port=None, ways=tuple(WAYS)):
    """A source that fails in the middle, or lies about its length: nobody gets anything. What comes
    behind it on a new connection is taken, and is all that is there."""
    content = HEADER + sample(60000)
    size = len(with_crlf(content))
    part = scratch.file(sample(5000), "report.bin")
    unsound = {}
    for way in ways:
        how = WAYS[way][0]
        for at in (1, len(HEADER), 30000, len(content) - 1):
            mail = scratch.mail("8bit", "fail_at=%d" % at, "piece=4096", *how, content=content)
            unsound["fails at %d, %s" % (at, way)] = mail
        for length in (4999, 5001):
            mail = ["to=" + RECIPIENT, "attach=" + part, "length=%d" % length, *how]
            unsound["a part lies by %+d, %s" % (length - 5000, way)] = mail
        for length in (size - 1, size + 1):
            how = ("8bit", "exact", "size=%d" % length, *WAYS[way][0])
            mail = scratch.mail(*how, content=content)
            unsound["lies by %+d, %s" % (length - size, way)] = mail
    for what, mail in unsound.items():
        what = "%s, %s" % (type(server).__name__, what)
        behind = scratch.mail()
        result = talk(server, *options, port=port, mails=[mail, behind])
        checks.equal(result.verdict(), ("NOT_SENT", "SOURCE", 0), "%s: %r" % (what, result))
        checks.equal(set(result.outcomes()), {"NOT_SENT"}, what + ": and the mail behind it")
        retries = {r["retry"] for one in result.mails for r in one["recipients"]}
        checks.equal(retries, {"later"}, what + ": when to try again")
    result = talk(server, *options, port=port, mails=[scratch.mail()])
    check_sent(checks, server, result, type(server).__name__ + ", a sound source behind all those")


# ---- messages of the composer ------------------------------------------------------------------


def composed(scratch, copy, sizes):
    """A mail of every kind of part; attachments of these sizes."""
    text = scratch.file("Grüße von Pumpe 7\r\n.\r\n..\r\n=41 end \r\n".encode())
    html = scratch.file(b'<p>81 \xc2\xb0C</p><img src="cid:image@example.com">\r\n')
    image = scratch.file(bytes(range(256)) * 3)
    mail = ["to=" + RECIPIENT, "subject=Pumpe 7: 81 °C, Übertemperatur", "name=Pumpe Süd"]
    mail += ["text=" + text, "html=" + html, "inline=" + image, "file_name=image.png"]
    attached = []
    for size in sizes:
        octets = sample(size)
        attached.append(octets)
        mail += ["attach=" + scratch.file(octets), "file_name=Meßwerte %d.bin" % size]
    return [*mail, "copy=" + copy], attached


def check_message(checks, server, result, copy, attached, what):
    """What was stored is what left, octet for octet; and Python's parser finds all of it."""
    checks.equal(result.outcomes(), ["SENT"], "%s: %r" % (what, result.told))
    mails = server.take()
    if not checks.equal(len(mails), 1, what + ": mails that arrived"):
        return
    with open(copy, "rb") as file:
        left = file.read()
    ends = {left.count(end) for end in (b"\r\n", b"\r", b"\n")}
    checks.equal(len(ends), 1, what + ": the composer's line ends are CRLF")
    stored = without_trace(mails[0][0], server.unix)
    checks.ok(stored == left, "%s: stored %d octets, %d left" % (what, len(stored), len(left)))
    size = result.mail()["size"]
    checks.equal(size, len(left), what + ": the size that was told")
    message = email.message_from_bytes(mails[0][0], policy=email.policy.default)
    checks.equal(message["subject"], "Pumpe 7: 81 °C, Übertemperatur", what + ": Subject")
    checks.equal(message["from"].addresses[0].display_name, "Pumpe Süd", what + ": From")
    text = message.get_body(("plain",)).get_content()
    checks.equal(text.splitlines(), ["Grüße von Pumpe 7", ".", "..", "=41 end "], what + ": text")
    parts = list(message.iter_attachments())
    names = [part.get_filename() for part in parts]
    checks.equal(names, ["Meßwerte %d.bin" % len(one) for one in attached], what + ": names")
    for part, wanted in zip(parts, attached):
        got = hashlib.sha256(part.get_payload(decode=True)).hexdigest()
        wanted = hashlib.sha256(wanted).hexdigest()
        checks.equal(got, wanted, "%s: %s" % (what, part.get_filename()))


def check_messages(checks, server, scratch, way, *options, port=None):
    """MIME messages of the composer; by DATA or BDAT."""
    for sizes in ((0, 1, 56, 57, 58), (25 * 1000 * 1000,)):
        what = "%s, attachments of %s, %s" % (type(server).__name__, sizes, way)
        copy = scratch.path()
        mail, attached = composed(scratch, copy, sizes)
        how, command = WAYS[way]
        result = talk(server, *options, *(o for o in how if o == "no_chunking"), port=port,
                      mails=[mail])
        check_message(checks, server, result, copy, attached, what)
        checks.ok(result.said(command), "%s: %s was not said" % (what, command))


# ---- a run of mails ----------------------------------------------------------------------------


def check_run(checks, server, scratch, *options, port=None, mails=20, way="DATA"):
    """Many mails on one connection; one to somebody unknown, and one that wants what is not
    offered: those behind them go out all the same."""
    what = "%s, %d mails in a row, %s" % (type(server).__name__, mails, way)
    how, command = WAYS[way]
    bodies = [b"mail %d\r\n" % i + BODY for i in range(mails)]
    given = [scratch.mail(*how, content=HEADER + body) for body in bodies]
    given[3] = scratch.mail(*how, content=HEADER + bodies[3], to=("nobody@example.com",))
    given[5] = scratch.mail(*how, "binary", content=HEADER + bodies[5])
    result = talk(server, *options, port=port, mails=given)
    wanted = ["SENT"] * mails
    wanted[3] = wanted[5] = "NOT_SENT"
    if checks.equal(result.outcomes(), wanted, "%s: %r" % (what, result)):
        checks.equal(result.fates(3)["nobody@example.com"], ("refused", 550), what + ": unknown")
        checks.equal(result.mails[5]["error"], "UNOFFERED", what + ": not offered")
    checks.equal(len(result.said("EHLO|LHLO")), 1, what + ": EHLO")
    checks.ok(command in result.transcript.decode("latin-1"), what + ": " + command)
    stored = [(RECIPIENT, body) for i, body in enumerate(bodies) if wanted[i] == "SENT"]
    check_stored(checks, server, stored, what)


def check_broken_run(checks, server, scratch, *options, port=None, ways=tuple(WAYS)):
    """The third of five mails fails in its middle: the two before it are there, and it is said that
    those behind it have not begun."""
    for way in ways:
        what = "%s, a run that breaks, %s" % (type(server).__name__, way)
        how = WAYS[way][0]
        bodies = [b"mail %d\r\n" % i + sample(20000) for i in range(5)]
        given = [scratch.mail("8bit", *how, content=HEADER + body) for body in bodies]
        given[2] += ["fail_at=10000", "piece=1000"]
        result = talk(server, *options, port=port, mails=given)
        outcomes = result.outcomes()
        checks.equal(outcomes[:3], ["SENT", "SENT", "NOT_SENT"], "%s: %r" % (what, result))
        checks.equal(set(outcomes[3:]) - {"NOT_SENT"}, set(), what + ": those behind")
        fates = {fate for i in range(2, len(outcomes)) for fate, _ in result.fates(i).values()}
        checks.equal(fates, {"untried"}, what + ": fates")
        checks.equal(result.told.get("end"), "SOURCE", what + ": the end")
        check_stored(checks, server, [(RECIPIENT, body) for body in bodies[:2]], what)


def check_limit(checks, server, scratch, count, transactions, port=None, ways=tuple(WAYS)):
    """More recipients than the server takes at once: they get it in further transactions."""
    what = "%s, %d recipients" % (type(server).__name__, count)
    to = ["r%d@example.com" % i for i in range(count)]
    for way in ways:
        result = talk(server, port=port, mails=[scratch.mail(*WAYS[way][0], to=to)])
        check_sent(checks, server, result, "%s, %s" % (what, way), to=to)
        checks.equal(len(result.said("MAIL")), transactions, "%s, %s: MAIL" % (what, way))


def check_unknown(checks, server, scratch, port=None):
    """All or nothing, and all that are known."""
    name = type(server).__name__
    to = ("one@example.com", "nobody@example.com", "two@example.com")
    result = talk(server, port=port, mails=[scratch.mail("all_or_nothing", to=to)])
    check_not_sent(checks, server, result, "OK", name + ", all or nothing", 550)
    result = talk(server, port=port, mails=[scratch.mail(to=to)])
    checks.equal(result.outcomes(), ["PARTLY_SENT"], "%s, one is unknown: %r" % (name, result))
    wanted = {"one@example.com": "accepted", "nobody@example.com": "refused",
              "two@example.com": "accepted"}
    fates = {address: fate for address, (fate, _) in result.fates().items()}
    checks.equal(fates, wanted, name + ", one is unknown")
    known = [(to[0], BODY), (to[2], BODY)]
    check_stored(checks, server, known, name + ", one is unknown")


def check_wishes(checks, server, scratch, offered, *options, port=None):
    """Wishes that the server cannot fulfil: refused before MAIL, or left out where that does no
    harm; with `must` they are refused."""
    firm = {
        "DELIVERBY": ("by=return", "by_time=120"),
        "FUTURERELEASE": ("hold_for=60",),
        "REQUIRETLS": ("require_tls",),
        "BINARYMIME": ("binary",),
        "SMTPUTF8": ("utf8",),
        "DSN": ("must=DSN", "ret=hdrs"),
        "MT-PRIORITY": ("must=MT-PRIORITY", "priority=3"),
    }
    soft = {"DSN": ("ret=hdrs", "envid=7", "notify=success"), "MT-PRIORITY": ("priority=3",)}
    for extension, wish in firm.items():
        if extension not in offered:
            what = "%s, %s" % (type(server).__name__, extension)
            result = talk(server, *options, port=port, mails=[scratch.mail(*wish)])
            # BINARYMIME needs CHUNKING, and either may be missing
            words = "BINARYMIME|CHUNKING" if extension == "BINARYMIME" else extension
            check_unoffered(checks, server, result, words, what)
    for extension, wish in soft.items():
        if extension not in offered:
            what = "%s, %s left out" % (type(server).__name__, extension)
            result = talk(server, *options, port=port, mails=[scratch.mail(*wish)])
            check_sent(checks, server, result, what)
            words = " ".join(result.said("MAIL|RCPT"))
            checks.ok(not re.search("RET|ENVID|NOTIFY|MT-PRIO", words), "%s: %s" % (what, words))


def check_utf8(checks, server, scratch, *options, port=None):
    """Addresses and a header in UTF-8."""
    what = type(server).__name__ + ", SMTPUTF8"
    to = "grüße@example.com"
    content = "From: pümp7@example.com\r\nSubject: Grüße, 温度\r\n\r\n".encode() + EIGHT
    mail = scratch.mail("utf8", "8bit", "from=pümp7@example.com", content=content, to=(to,))
    result = talk(server, *options, port=port, mails=[mail])
    mails = check_sent(checks, server, result, what, EIGHT, (to,))
    checks.ok(any("SMTPUTF8" in line for line in result.said("MAIL")), what + ": MAIL")
    for text, envelope in mails:
        checks.equal(envelope["from"], "pümp7@example.com", what + ": sender")
        given = without_trace(text, server.unix)
        checks.ok(given == content, "%s: stored %r" % (what, given))


def check_commands(checks, server, wanted, port=None):
    """wanted: {option: (code, what its text has)}."""
    result = talk(server, *wanted, port=port)
    name = type(server).__name__
    got = [command["code"] for command in result.commands]
    checks.equal(got, [code for code, _ in wanted.values()], "%s, commands: %r" % (name, result))
    for command, (option, (_, words)) in zip(result.commands, wanted.items()):
        checks.ok(words in command["text"], "%s, %s: %r" % (name, option, command))
