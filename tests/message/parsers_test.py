#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What the composer makes is read by others, and is what was asked for.

usage: parsers_test.py [RUNNER] COMPOSE [PART ...]     (tests/message/compose.c, built; of the
parts below those that are named, or all)
"""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

import corpus  # noqa: E402
import judges  # noqa: E402
import mails  # noqa: E402
from interop import run_tests  # noqa: E402
from mails import ATTACHMENT, BCC, FROM, HTML, INLINE, SENDER, TEXT, TO, Mail, Part  # noqa: E402

SEED, BY_CHANCE = 20261123, 300
BIG, BIG_SECONDS = 25 * 1000 * 1000, 60
INPUT_ERRORS = {"ARGUMENT", "CONTROL", "ADDRESS", "NON_ASCII", "TOO_LONG"}


class Composer:
    def __init__(self, command):
        self.command = command

    def run(self, mail, seconds=60):
        """The octets, and what was told of them."""
        done = subprocess.run(self.command, input=mail.describe(), capture_output=True,
                              timeout=seconds, check=False)
        if done.returncode != 0:
            raise RuntimeError("compose: %d, %r" % (done.returncode, done.stderr[-2000:]))
        told = {"recipient": []}
        for line in done.stderr.decode("utf-8", "surrogateescape").split("\n")[:-1]:
            key, _, value = line.partition(" ")
            if key == "recipient":
                told[key].append(value)
            else:
                told[key] = value
        return done.stdout, told


class Judge:
    """One mail at a time; what is wrong with it is told with its name."""

    def __init__(self, checks, composer, reader):
        self.checks, self.composer, self.reader = checks, composer, reader

    def ok(self, good, what):
        return self.checks.ok(good, "%s: %s" % (self.what, what))

    def safely(self, judge, *more):
        """A parser that gives up has not read the mail."""
        try:
            judge(self.ok, *more)
        except Exception as error:
            self.ok(False, "%s: %s: %s" % (judge.__name__, type(error).__name__, error))

    def compose(self, what, mail):
        self.what = what
        raw, told = self.composer.run(mail)
        good = self.ok(told["begin"] == "OK", "begin %s, %s" % (told["begin"], told.get("advice")))
        if not good or not self.ok(told["end"] == "END", "it ended: " + told["end"]):
            return None
        self.ok(told["checked"] == "OK", "the check before: " + told["checked"])
        wanted = [address for role, _, address in mail.mailboxes if role in (TO, mails.CC, BCC)]
        self.ok(sorted(told["recipient"]) == sorted(wanted), "recipients %r" % told["recipient"])
        return raw, told

    def judge(self, what, mail):
        made = self.compose(what, mail)
        if made:
            raw, told = made
            hidden = [address for _, address in mail.of_role(BCC) if address.encode() in raw]
            self.ok(not hidden, "in the header: %r" % hidden)
            self.safely(judges.check_wire, mail, raw, told)
            self.safely(judges.judge_by_python, mail, raw, told)
            self.safely(judges.judge_by_compat32, mail, raw, told)
            self.safely(judges.judge_by_mblaze, mail, raw, told, self.reader)
        return made

    def refused(self, what, mail, *errors):
        self.what = what
        raw, told = self.composer.run(mail)
        self.ok(told["begin"] in errors, "begin %s, wanted %s" % (told["begin"], "/".join(errors)))
        self.ok(not raw and told.get("advice"), "%d octets, and the advice %r" % (
            len(raw), told.get("advice")))


# ---- what is asked of it ------------------------------------------------------------------------


def test_corpus(judge, folder):
    for what, mail in corpus.all_cases():
        judge.judge(what, mail)


def test_chance(judge, folder, count=BY_CHANCE):
    for what, mail in corpus.by_chance(count, SEED):
        judge.judge(what, mail)


def test_few(judge, folder):
    test_chance(judge, folder, BY_CHANCE // 6)


def test_boundary(judge, folder):
    """A text that holds the boundaries of this very message, or their beginning."""
    parts = [Part(octets=b"x\n"), Part(HTML, b"y\n"), Part(ATTACHMENT, b"z")]
    first = Mail(subject="x", parts=parts)
    raw, _ = judge.compose("boundaries", first)
    found = judges.boundaries(raw)
    judge.ok(len(found) == 2, "boundaries %r" % found)
    for name in found:
        for cut in range(1, len(name) + 1):
            text = b"--" + name[:cut] + b"\r\n--" + name[:cut] + b"--\r\n" + name[:cut]
            for pieces in ((), (1,)):
                parts = [Part(octets=text), Part(HTML, text, pieces=pieces),
                         Part(ATTACHMENT, text, pieces=pieces),
                         Part(ATTACHMENT, text, "text/plain")]
                judge.judge("holds %r" % name[:cut], Mail(parts=parts))


def test_size(judge, folder):
    """25 MB in bounded time: from memory, from a file, in pieces of an odd length: the same."""
    path = os.path.join(folder, "big")
    octets = os.urandom(BIG)
    with open(path, "wb") as file:
        file.write(octets)
    first = None
    ways = {"memory": {}, "file": {"as_file": True}, "pieces": {"pieces": (4093,)}}
    for what, more in ways.items():
        part = Part(ATTACHMENT, octets, path=path, told=BIG, **more)
        mail = Mail(parts=[Part(octets=b"see\n"), part])
        start = time.monotonic()
        made = judge.compose("25 MB by " + what, mail)
        seconds = time.monotonic() - start
        judge.ok(made and seconds < BIG_SECONDS, "%.1f s" % seconds)
        first = first or judge.judge("25 MB", mail)
        judge.ok(made == first, "another message than from memory")
    text = b"Gr\xc3\xbc\xc3\x9fe = 7 \n" * (BIG // 12)
    with open(path, "wb") as file:
        file.write(text)
    mail = Mail(parts=[Part(octets=text, path=path, as_file=True)])
    raw, told = judge.compose("text of 25 MB", mail)
    judge.safely(judges.judge_by_python, mail, raw, told)


def test_files(judge, folder):
    path = os.path.join(folder, "file")
    for octets in (b"", b"x", bytes(range(256)) * 33):
        with open(path, "wb") as file:
            file.write(octets)
        for rewind_at in (None, 700):
            part = Part(ATTACHMENT, octets, path=path, as_file=True, told=len(octets) or None)
            judge.judge("a file of %d" % len(octets), Mail(parts=[part], rewind_at=rewind_at))


def test_failures(judge, folder):
    """A source that fails, or gives another number of octets than was told: FAILED, not cut."""
    octets = bytes(range(256)) * 8
    cases = []
    for at in (0, 1, 57, 2047, 2048):
        cases.append(("fails at %d" % at, {"fail_at": at, "pieces": (9, 0)}))
    for told in (0, 1, 2047, 2049, 0xFFFFFFFF):
        cases.append(("tells %d" % told, {"told": told, "pieces": (57,)}))
        cases.append(("tells %d, memory" % told, {"told": told}))
    for what, more in cases:
        for encoding in (mails.QUOTED_PRINTABLE, mails.BASE64):
            for before, after in (([], []), ([Part(octets=b"x")], [Part(ATTACHMENT, b"y")])):
                part = Part(ATTACHMENT, octets, encoding=encoding, **more)
                judge.what = what
                _, told = judge.composer.run(Mail(parts=[*before, part, *after]))
                # A length may be found wrong by begin, where the octets lie in memory.
                ends = (told["begin"], told.get("end"))
                good = ends == ("OK", "FAILED") or (not part.pieces and ends == ("ARGUMENT", None))
                judge.ok(good, "begin %s, end %s" % ends)


def is_utf8(payload):
    try:
        mails.to_octets(payload).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def cut(text):
    """A NUL is the end of a text in C."""
    return text and text.split(b"\0" if isinstance(text, bytes) else "\0")[0]


def cut_mail(mail):
    mail.mailboxes = [(role, cut(name), cut(address)) for role, name, address in mail.mailboxes]
    mail.fields = [(cut(name), cut(value)) for name, value in mail.fields]
    for name in ("subject", "message_id", "in_reply_to", "id_domain"):
        setattr(mail, name, cut(getattr(mail, name)))
    for part in mail.parts:
        part.type, part.name, part.content_id = cut(part.type), cut(part.name), cut(part.content_id)
    return mail


def test_injection(judge, folder):
    """An error, or exactly the fields and addresses that were asked for."""
    for place, what, payload, mail in corpus.injections():
        judge.what = "%s in %s" % (what, place)
        raw, told = judge.composer.run(mail)
        octets = mails.to_octets(cut(payload))
        tab_is_text = octets == b"a\tb" and place in ("subject", "value")
        if told["begin"] != "OK":
            judge.ok(told["begin"] in INPUT_ERRORS and not raw, "begin %s" % told["begin"])
            judge.ok(bool(told.get("advice")), "no advice")
            judge.ok(not tab_is_text, "a TAB is refused")
            continue
        control = any(c < 32 or c == 127 for c in octets)
        judge.ok(not control or tab_is_text, "a control byte was taken")
        judge.ok(told["end"] == "END", "end " + told["end"])
        judge.safely(judges.check_harmless, cut_mail(mail), raw, told)
        if is_utf8(payload) and place in ("name", "subject", "value", "file name"):
            judge.safely(judges.judge_by_python, mail, raw, told)


def with_part(**more):
    return corpus.letter(parts=[Part(**more)])


def test_refusals(judge, folder):
    """What begin promises to refuse."""
    refused, letter = judge.refused, corpus.letter
    nobody = [(TO, None, "b@example.com")]
    refused("no FROM", letter(mailboxes=nobody), "ARGUMENT")
    pair = [(FROM, None, "a@example.com"), (FROM, None, "b@example.com"), *nobody]
    refused("two FROM", letter(mailboxes=pair), "ARGUMENT")
    both = [*pair, (SENDER, None, "s@example.com"), (SENDER, None, "t@example.com")]
    refused("two SENDER", letter(mailboxes=both), "ARGUMENT")
    stranger = [*nobody, (FROM, None, "a@b.c"), (6, None, "a@b.c")]
    refused("a role", letter(mailboxes=stranger), "ARGUMENT")
    refused("two texts", letter(parts=[Part(), Part()]), "ARGUMENT")
    refused("two HTML", letter(parts=[Part(HTML), Part(HTML)]), "ARGUMENT")
    inline = Part(INLINE, b"x", content_id="a@b")
    refused("inline without HTML", letter(parts=[Part(TEXT), inline]), "ARGUMENT")
    refused("inline alone", letter(parts=[inline]), "ARGUMENT")
    refused("inline without content-id", letter(parts=[Part(HTML), Part(INLINE)]), "ARGUMENT")
    refused("a kind", with_part(kind=4), "ARGUMENT")
    refused("an encoding", with_part(encoding=3), "ARGUMENT")
    refused("a priority", letter(priority=3), "ARGUMENT")
    for zone in (1440, -1440, 32767, -32768):
        refused("zone %d" % zone, letter(date=(0, zone)), "ARGUMENT")
    for name in ("From", "to", "CC", "bcc", "Sender", "Reply-To", "SUBJECT", "Date", "Message-ID",
                 "In-Reply-To", "References", "MIME-Version", "Content-Type", "content-id",
                 "Content-Transfer-Encoding", "Content-Disposition", "Importance", "X-Priority"):
        refused("field " + name, letter(fields=[(name, "x")]), "ARGUMENT")
    refused("a field without a name", letter(fields=[("", "x")]), "ARGUMENT")
    refused("a colon", letter(fields=[("X:Y", "x")]), "ARGUMENT", "CONTROL")
    refused("ä as a field", letter(fields=[("X-ä", "x")]), "NON_ASCII")
    refused("a type with ä", with_part(type="text/ä"), "NON_ASCII")
    for address in ("ä@example.com", "a@bücher.example"):
        refused("not offered: " + address, letter(mailboxes=[(FROM, None, address)]), "NON_ASCII")
    for address in ("", "a", "@b", "a@", "a b@c.d", "<a@b.c>", "a@b.c>", '"a@b.c'):
        refused("address %r" % address, letter(mailboxes=[(FROM, None, address)]), "ADDRESS",
                "ARGUMENT")
    refused("a long address", letter(mailboxes=[(FROM, None, "x" * 65 + "@b.c")]), "TOO_LONG")


def check_itself(judge, folder):
    """Each judge finds what is wrong with a message that was spoilt."""
    mail = corpus.letter(parts=corpus.every_kind(), message_id="a@b.c", date=(1000000000, 0))
    raw, told = judge.compose("to be spoilt", mail)
    told = dict(told)
    spoilt = {
        "a header more": (b"\r\n", b"\r\nBcc: x@y\r\n"),
        "a bare LF": (b"\r\n\r\n", b"\r\n\n\r\n"),
        "another subject": (b"Subject: corpus", b"Subject: corpsu"),
        "another address": (b"a@example.com", b"b@example.com"),
        "a NUL": (b"\r\n\r\n", b"\r\n\r\n\0"),
        "another type": (b"image/png", b"image/gif"),
        "a name cut": (b"b.bin", b"b.bi"),
        "a part less": (b"\r\n\r\n", b"\r\n\r\n--x\r\n"),
    }
    for what, (old, new) in spoilt.items():
        found = []

        def note(good, complaint):
            found.extend([] if good else [complaint])
            return good

        for each in (judges.check_wire, judges.judge_by_python):
            try:
                each(note, mail, raw.replace(old, new, 1), told)
            except Exception as error:
                found.append(error)
        judge.ok(found, "it is not found: " + what)


PARTS = {
    "refusals": test_refusals, "corpus": test_corpus, "chance": test_chance, "few": test_few,
    "boundary": test_boundary, "injection": test_injection, "failures": test_failures,
    "files": test_files, "size": test_size, "itself": check_itself,
}


def main():
    words = sys.argv[1:]
    chosen = [word for word in words if word in PARTS]
    composer = Composer([word for word in words if word not in PARTS])

    def test(checks, folder):
        judge = Judge(checks, composer, judges.Mblaze(folder))
        for name in chosen or [name for name in PARTS if name != "few"]:
            PARTS[name](judge, folder)

    run_tests("message-parsers", test)


main()
