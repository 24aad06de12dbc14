#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares a mail's text with what a server stored of it, octet by octet.

What must arrive is the original with its line ends made CRLF: a lone CR and a lone LF become CRLF,
CRLF stays, and a last line without an end gets one. That, and no more, is what a client may change
(RFC 5321 2.3.8). A server that stores files with the line ends of Unix (Postfix) is compared with
the same text whose CRLF are LF: --lf.

usage: compare_mail.py [--lf] ORIGINAL STORED     exit status 0: identical, 1: not
"""
import hashlib
import re
import sys


def repaired(original):
    """The original with its line ends made CRLF."""
    text = re.sub(rb"\r\n|\r|\n", b"\r\n", original)
    if text and not text.endswith(b"\r\n"):
        text += b"\r\n"
    return text


def split_mail(stored, end=b"\r\n"):
    """Header and body: the first empty line parts them and belongs to neither."""
    head, _, body = stored.partition(end + end)
    return head + end, body


def difference(wanted, got):
    """None if they are identical, else where and how they part."""
    if wanted == got:
        return None
    shorter = min(len(wanted), len(got))
    at = next((i for i in range(shorter) if wanted[i] != got[i]), shorter)
    near = slice(max(0, at - 20), at + 20)
    return "octet %d of %d (%d came): wanted %r, got %r" % (
        at, len(wanted), len(got), wanted[near], got[near],
    )


def compare(original, stored, unix=False):
    """None if the stored mail's body is the original, else the difference."""
    wanted = repaired(original)
    if unix:
        wanted = wanted.replace(b"\r\n", b"\n")
    return difference(wanted, split_mail(stored, b"\n" if unix else b"\r\n")[1])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    unix = arguments[:1] == ["--lf"]
    original, stored = map(read, arguments[1 if unix else 0:])
    found = compare(original, stored, unix)
    if found:
        print("DIFFERENT: stored body and original part at", found)
        return 1
    body = split_mail(stored, b"\n" if unix else b"\r\n")[1]
    print(
        "identical: the stored body is the original with its line ends made %s, octet for octet"
        " (%d octets, SHA-256 %s...)"
        % ("LF" if unix else "CRLF", len(body), hashlib.sha256(body).hexdigest()[:12])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
