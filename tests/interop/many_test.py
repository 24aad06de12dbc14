#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Large numbers to real servers: many mails in a session, many recipients, a large text.

What was stored is counted and compared: each mail once, for each recipient once, as it was sent.
"""
import os
import re
import time

from interop import BUILD, Aiosmtpd, Postfix, Sink, become_root, run, run_tests
from secure import Exim, make_certificates

MANY_MAIL = os.environ.get("MANY_MAIL", os.path.join(BUILD, "release/tests/many_mail"))
SUMMARY = re.compile(r"mails (\d+) sent (\d+) partly (\d+) not (\d+) maybe (\d+) "
                     r"accepted (\d+) connections (\d+)")
LARGE = 25000000


class ManyPostfix(Postfix):
    ports = {"port": "", "few_port": "smtpd_recipient_limit=100"}


class OpenExim(Exim):
    port_names = ("port", "tls_port", "open_port")


def letters(size):
    """The text that many_mail makes: lines of 76 letters, each begun one further."""
    lines = ["".join(chr(65 + (first + i) % 26) for i in range(76)) + "\r\n" for first in range(26)]
    return ("".join(lines) * (size // (26 * 78) + 1))[:size].encode()


def wanted_text(number, size):
    text = b"mail %d\r\n" % number + letters(size)
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def stored_text(text):
    """Behind the header, to which servers add, with CRLF."""
    header, _, text = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    if header.count(b"Subject: many") != 1:
        return header
    return text.replace(b"\n", b"\r\n")


def many_mail(checks, server, what, port=None, mails=1, recipients=1, size=0, connections=1):
    """All of it is called sent, on so many connections."""
    command = [MANY_MAIL, "--server", server.host, "--port", str(port or server.port)]
    command += ["--mails", str(mails), "--recipients", str(recipients), "--size", str(size)]
    exit_status, out, err, seconds = run(command, b"")
    found = SUMMARY.search(out)
    got = tuple(int(number) for number in found.groups()) if found else ()
    wanted = (mails, mails, 0, 0, 0, mails * recipients, connections)
    checks.equal((exit_status, got), (0, wanted), "%s: %s%s" % (what, out, err))
    print("# %s: %.1f s" % (what, seconds))


def check_texts(checks, mails, numbers, size, what):
    """Each of these mails is there once, as it was sent."""
    texts = {}
    for text, _ in mails:
        text = stored_text(text)
        texts[text] = texts.get(text, 0) + 1
    wanted = {wanted_text(number, size): 1 for number in numbers}
    missing = [text[:60] for text in wanted if text not in texts]
    strange = [text[:60] for text in texts if text not in wanted]
    checks.ok(texts == wanted, "%s: %d stored; missing %r; strange %r; not once: %r" % (
        what, len(mails), missing[:3], strange[:3],
        [text[:60] for text in wanted if texts.get(text, 1) != 1][:3]))


def check_recipients(checks, mails, count, what):
    """Each recipient has it once, whatever the number of transactions."""
    got = sorted(address for _, envelope in mails for address in envelope["to"])
    wanted = sorted("r%d@example.com" % i for i in range(count))
    twice = sorted({address for address in got if got.count(address) > 1}) if got != wanted else []
    checks.ok(got == wanted, "%s: %d of %d, twice: %r" % (what, len(got), count, twice[:3]))
    for text in {stored_text(text) for text, _ in mails}:
        checks.ok(text == wanted_text(0, 0), "%s: %r" % (what, text[:200]))


def check_mails(checks, server, what, count, **how):
    many_mail(checks, server, what, mails=count, **how)
    check_texts(checks, server.take(), range(count), 0, what)


def check_large(checks, server, what, **how):
    many_mail(checks, server, what, size=LARGE, **how)
    check_texts(checks, server.take(), [0], LARGE, what)


def check_sink(checks, folder):
    """A session of 10,000 mails, and one server that knows no PIPELINING."""
    with Sink(folder) as server:
        check_mails(checks, server, "smtp-sink, 10,000 mails", 10000)
        check_large(checks, server, "smtp-sink, 25 MB")
    with Sink(folder, "-p") as server:
        check_mails(checks, server, "smtp-sink in lockstep, 1,000 mails", 1000)


def check_aiosmtpd(checks, folder):
    with Aiosmtpd(folder) as server:
        check_mails(checks, server, "aiosmtpd, 1,000 mails", 1000)
        many_mail(checks, server, "aiosmtpd, 1,000 recipients", recipients=1000)
        check_recipients(checks, server.take(), 1000, "aiosmtpd, 1,000 recipients")
        check_large(checks, server, "aiosmtpd, 25 MB")


def check_postfix(checks, folder):
    with ManyPostfix(folder) as server:
        check_mails(checks, server, "Postfix, 500 mails", 500)
        many_mail(checks, server, "Postfix, 1,000 recipients", recipients=1000)
        check_recipients(checks, server.take(), 1000, "Postfix, 1,000 recipients")
        what = "Postfix, 450 recipients, 100 at a time"
        many_mail(checks, server, what, port=server.few_port, recipients=450)
        check_recipients(checks, server.take(), 450, what)
        check_large(checks, server, "Postfix, 25 MB")


def check_exim(checks, folder):
    with OpenExim(folder, make_certificates(folder)) as server:
        check_mails(checks, server, "Exim, 100 mails", 100, port=server.open_port)


def test(checks, folder):
    start = time.monotonic()
    check_sink(checks, folder)
    check_aiosmtpd(checks, folder)
    check_postfix(checks, folder)
    check_exim(checks, folder)
    seconds = time.monotonic() - start
    checks.ok(seconds < 240, "all of it took %.0f s" % seconds)


become_root()
run_tests("interop-many", test)
