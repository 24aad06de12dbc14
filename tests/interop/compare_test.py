#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The proof that the interop tests can fail: every way to spoil a mail's text is noticed."""
import io
import contextlib
import os
import subprocess

from interop import Checks, ROOT, compare, repaired, run_tests, sample, sizes, smuggling, specials

HEADER = b"Subject: x\r\n\r\n"


def spoiled(text):
    """The text with one thing wrong, each kind at the start, in the middle and at the end."""
    places = sorted({0, len(text) // 2, len(text) - 1})
    for at in places:
        changed = bytes([text[at] ^ 1])
        yield "octet %d changed" % at, text[:at] + changed + text[at + 1 :]
        yield "octet %d lost" % at, text[:at] + text[at + 1 :]
        yield "octet %d doubled" % at, text[:at] + text[at : at + 1] + text[at:]
        yield "a dot put in at %d" % at, text[:at] + b"." + text[at:]
        yield "cut at %d" % at, text[:at]
    yield "a line end too many", text + b"\r\n"
    yield "a dot line behind it", text + b".\r\n"


def check_compare(checks):
    for name, body in [*sizes(), *specials(), *smuggling()]:
        good = repaired(body)
        checks.ok(compare(body, HEADER + good) is None, name + ": identical")
        unix = (HEADER + good).replace(b"\r\n", b"\n")
        checks.ok(compare(body, unix, unix=True) is None, name + ": identical, LF")
        if len(body) > 100000:
            continue  # the same code, and nothing but time would be spent
        for how, bad in spoiled(good):
            if bad != good:
                checks.ok(compare(body, HEADER + bad) is not None, "%s: %s" % (name, how))


def check_repair(checks):
    known = {
        b"": b"",
        b"a": b"a\r\n",
        b"a\rb\nc\r\nd\r\r\ne\n\r": b"a\r\nb\r\nc\r\nd\r\n\r\ne\r\n\r\n",
        b"\r\n.\r\n": b"\r\n.\r\n",
        b".": b".\r\n",
    }
    for original, wanted in known.items():
        checks.equal(repaired(original), wanted, "repaired(%r)" % original)


def check_command(checks, folder):
    """compare_mail.py as scripts/run.sh calls it."""
    names = [os.path.join(folder, name) for name in ("original", "stored")]
    for stored, wanted in ((b"one\r\ntwo\r\n", 0), (b"one\r\ntwp\r\n", 1), (b"one\ntwo\n", 1)):
        for name, text in zip(names, (b"one\ntwo", HEADER + stored)):
            with open(name, "wb") as file:
                file.write(text)
        command = [os.path.join(ROOT, "scripts/compare_mail.py"), *names]
        done = subprocess.run(command, capture_output=True, check=False)
        checks.equal(done.returncode, wanted, "compare_mail.py with %r" % stored)


def check_counting(checks):
    """A failed check fails the test, and so does a test that checks nothing."""
    trial = Checks("trial")
    with contextlib.redirect_stdout(io.StringIO()):
        checks.equal(trial.finish(), 1, "a test that checked nothing")
        trial.ok(True, "")
        checks.equal(trial.finish(), 0, "a test that passed")
        trial.equal(1, 2, "")
        checks.equal(trial.finish(), 1, "a test with a failure")


def test(checks, folder):
    checks.ok(len(sample(5000)) == 5000, "sample's length")
    check_repair(checks)
    check_compare(checks)
    check_command(checks, folder)
    check_counting(checks)


run_tests("interop-compare", test)
