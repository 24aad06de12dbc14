#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Runs facade_compose and reads with Python's email package what it has sent. Arguments: its
command line, to which a folder for the messages is added."""
import email
import email.policy
import os
import re
import subprocess
import sys
import tempfile

OCTETS = bytes(range(256))
LOG = (b"ab\r\n.\r\nxyz " * 500)[:5000]
results = {"passed": 0, "failed": 0}


def check(good, what):
    results["passed" if good else "failed"] += 1
    if not good:
        print("compose_test.py: " + what)


def equal(got, wanted, what):
    check(got == wanted, "%s: %r, not %r" % (what, got, wanted))


def read(folder, name):
    """A message as a server stores it: dots taken off; and parsed."""
    with open(os.path.join(folder, name + ".eml"), "rb") as file:
        wire = file.read()
    lines = wire.split(b"\r\n")
    check(all(len(line) <= 998 for line in lines), name + ": a line over 998")
    head = wire.split(b"\r\n\r\n")[0].split(b"\r\n")
    check(all(len(line) <= 78 for line in head), name + ": a header line over 78")
    text = re.sub(rb"(^|\r\n)\.", rb"\1", wire)
    message = email.message_from_bytes(text, policy=email.policy.default)
    defects = [d for part in message.walk() for d in part.defects]
    check(not defects, "%s: %r" % (name, defects))
    return message


def octets(part):
    return part.get_payload(decode=True)


def text_of(part):
    return part.get_content().replace("\r\n", "\n")


def check_text(message):
    equal(message["Subject"], "A subject", "subject")
    equal(message["From"], "from@example.com", "from")
    equal(message["To"], "a@example.org", "to")
    equal(message["Date"], "Sun, 22 Nov 2026 17:32:03 -0530", "date")
    check(re.fullmatch(r"<[^<>@ ]+@[^<>@ ]+>", message["Message-ID"] or ""), "message-id")
    equal(message.get_content_type(), "text/plain", "type")
    equal(text_of(message), "Hello.\n.\nFrom here\n", "text")


def check_whole(message):
    equal(message["Subject"], "Pumpe für 81 °C", "subject")
    sender = message["From"].addresses[0]
    equal((sender.display_name, sender.addr_spec), ("Pumpe Nº 7", "pump7@example.com"), "from")
    reply = message["Reply-To"].addresses[0]
    equal((reply.display_name, reply.addr_spec), ('Ops, Team "A"', "ops@example.com"), "reply-to")
    equal([(a.display_name, a.addr_spec) for a in message["To"].addresses],
          [("Anna Ö", "a@example.org"), ("", "b@example.org")], "to")
    equal([(a.display_name, a.addr_spec) for a in message["Cc"].addresses],
          [("C. C.", "c@example.org")], "cc")
    check("secret" not in message.as_string() and "Hidden" not in message.as_string(), "Bcc is told")
    equal(message["X-Pump"], "Nummer fünf", "own field")
    equal(message["List-Id"], "<pumps.example.com>", "own field")
    equal((message["Importance"] or "").lower(), "low", "importance")
    equal([part.get_content_type() for part in message.walk()],
          ["multipart/mixed", "multipart/related", "multipart/alternative", "text/plain",
           "text/html", "image/png", "application/octet-stream"], "nesting")
    parts = [part for part in message.walk() if not part.is_multipart()]
    equal(text_of(parts[0]), "81 °C\n", "text")
    equal(text_of(parts[1]), '<img src="cid:x@y">\n', "html")
    equal((parts[2]["Content-ID"], octets(parts[2])), ("<x@y>", OCTETS), "inline")
    equal((parts[3].get_filename(), octets(parts[3])), ('Ü "1".bin', OCTETS[:57]), "attachment")


def check_lengths(message):
    wanted = {"0": b"", "1": OCTETS[:1], "58": OCTETS[:58], "5000": LOG}
    equal({p.get_filename(): octets(p) for p in message.iter_attachments()}, wanted, "attachments")


def check_twice(first, second):
    check(first["Message-ID"] != second["Message-ID"], "two mails with one Message-ID")
    equal([octets(p) for p in first.walk()], [octets(p) for p in second.walk()], "the second")
    equal(octets(list(first.iter_attachments())[0]), LOG, "the log")


def check_example(message):
    equal(str(message["From"]), "Pump 7 <pump7@example.com>", "from")
    equal(str(message["To"]), "Operations <ops@example.com>", "to")
    check("archive" not in message.as_string(), "Bcc is told")
    equal(message["X-Priority"], "1", "priority")
    parts = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    check(b"81 \xc2\xb0C" in octets(list(message.walk())[3]), "text")
    check("cid:chart@pump7" in text_of(parts["text/html"]), "html")
    equal(octets(parts["image/png"]), OCTETS, "chart")
    log = [part for part in message.walk() if part.get_filename() == "pump7.log"]
    equal(text_of(log[0]) if log else None, LOG.decode().replace("\r\n", "\n"), "log")


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(sys.argv[1:] + [folder], stdout=subprocess.PIPE, text=True, check=False)
        print(run.stdout, end="")
        closing = re.search(r"facade compose: (\d+) passed, (\d+) failed\n$", run.stdout)
        check(run.returncode == 0 and closing is not None, "the program: %d" % run.returncode)
        check_text(read(folder, "text"))
        equal(text_of(read(folder, "empty")).strip("\n"), "", "empty")
        check_whole(read(folder, "whole"))
        check_lengths(read(folder, "lengths"))
        check_twice(read(folder, "first"), read(folder, "second"))
        check_example(read(folder, "example"))
    if closing is not None:
        results["passed"] += int(closing.group(1))
        results["failed"] += int(closing.group(2))
    print("facade compose: %(passed)d passed, %(failed)d failed" % results)
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
