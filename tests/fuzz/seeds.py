# SPDX-License-Identifier: MIT
"""Makes a corpus: what servers say in tests/dialogs, and some whole sessions, each behind a few
choices of configuration, login and mails (the ten octets that reply_fuzz.c begins with).

seeds.py FOLDER
"""
import base64
import glob
import os
import re
import sys

PLAIN_MAIL = bytes(4)
HEADS = [bytes(head) + PLAIN_MAIL for head in (
    [0x18, 0x04, 0x01, 0x01, 0x01, 0x00],        # PLAIN in clear, two recipients, a text
    [0x0A | 0x10, 0x04, 0x08, 0x01, 0x03, 0x40], # lockstep, QUIT with the end
    [0xFE, 0x04, 0x06, 0x02, 0x03, 0x00],        # all lenient, two mails, the input as body
    [0x00, 0x00, 0x00, 0x04, 0x00, 0x00],        # TLS required
    [0x00, 0x04, 0x11, 0x01, 0x00, 0x00],        # no login, 8-bit text, two recipients
    [0x00, 0x04 | 0x80, 0x28, 0x08, 0x00, 0x00], # NOOP first, all or nothing, empty
    [0x00, 0x04, 0x00, 0x01, 0xC0, 0x00],        # SCRAM in clear
    [0x00, 0x02 | 0x08, 0x01, 0x01, 0xFF, 0x03], # all logins over TLS with a binding
    [0x08, 0x04 | 0x10, 0x00, 0x01, 0x1C, 0x00], # CRAM-MD5 or a token by event, in clear
)]
# config.extensions, no login, in clear
EXTENDED = [
    bytes([0, 4, 1, 1, 0, 0, 0x01, 0x3C, 0x01, 0]),      # PIECES, options
    bytes([0, 4, 1, 1, 0, 0, 0x01, 0x00, 0x22, 0]),      # EXACT, cut
    bytes([0, 4, 1, 1, 0, 0, 0x01, 0x00, 0x31, 9]),      # PIECES, lazy, a few octets at a time
    bytes([0, 4, 2, 1, 0, 0, 0x01, 0x80, 0x21, 0]),      # BINARY
    bytes([0, 4, 6, 1, 0, 0, 0x09, 0x00, 0x00, 0]),      # the next mail rides, QUIT behind it
    bytes([0, 4, 14, 1, 0, 0, 0x51, 0x00, 0x00, 0]),     # three mails, two at once
    bytes([0, 4, 5, 1, 0, 0, 0x11, 0x00, 0x02, 0]),      # EXACT by BDAT, two at once
    bytes([0, 4, 2, 1, 0, 0, 0x03, 0x00, 0x00, 0]),      # LMTP
    bytes([0, 4, 2, 1, 0, 0, 0x03, 0x00, 0x01, 0]),      # LMTP with BDAT
    bytes([0, 4, 6, 1, 0, 0, 0x0B, 0x00, 0x00, 0]),      # LMTP, two mails
    bytes([0, 4, 2, 1, 0, 0, 0x21, 0x00, 0x00, 0]),      # AGAIN, which it cannot
    bytes([0, 4, 1, 0, 0, 0, 0x81, 0x00, 0x01, 0]),      # a long one
    bytes([0, 4 | 128, 0, 0x51, 0, 0, 0x01, 0x47, 0x00, 0]), # ETRN, UTF8, HOLDUNTIL
    bytes([0, 2, 1, 1, 0, 0, 0x01, 0x16, 0x00, 0]),      # REQUIRETLS
    bytes([0, 4, 0x32, 1, 0, 0, 0x01, 0x0D, 0x01, 0]),   # all or nothing, priority
]
EHLO = "220 mx\n250-mx\n250-PIPELINING\n250-SIZE 1000\n250-8BITMIME\n250 AUTH PLAIN LOGIN\n"
ALL = ("220 mx\n250-mx\n250-PIPELINING\n250-SIZE 100000\n250-8BITMIME\n250-SMTPUTF8\n250-CHUNKING\n"
       "250-BINARYMIME\n250-DSN\n250-DELIVERBY 60\n250-FUTURERELEASE 1000 2027-01-01T00:00:00Z\n"
       "250-MT-PRIORITY\n250-REQUIRETLS\n250-ENHANCEDSTATUSCODES\n250-ETRN\n")
CHUNKING = ALL + "250 PRDR\n"
LIMITS = ALL + "250 LIMITS RCPTMAX=2 MAILMAX=4\n"
DATA = "220 mx\n250-mx\n250 PIPELINING\n"
SESSIONS_EXTENDED = [
    CHUNKING + "250 ok\n" * 12,
    CHUNKING + "250 ok\n250 ok\n550 no\n" + "250 ok\n" * 9,
    CHUNKING + "250 ok\n250 ok\n250 ok\n554 no\n" + "503 no\n" * 9,
    CHUNKING + "250 ok\n250 ok\n452 4.5.3 more\n250 ok\n250 ok\n250 ok\n250 ok\n" + "250 ok\n" * 9,
    CHUNKING + "250 ok\n" * 3,
    CHUNKING + "250 ok\n" * 4,
    LIMITS + "250 ok\n250 ok\n250 ok\n354 go\n250 queued\n" * 4 + "221 bye\n",
    LIMITS + "250 ok\n250 ok\n250 ok\n354 go\n250 queued\n250 ok\n250 ok\n354 go\n250 queued\n",
    LIMITS + "250 ok\n" * 20,
    DATA + "250 ok\n250 ok\n354 go\n250 a\n250 ok\n250 ok\n354 go\n250 b\n221 bye\n",
    DATA + "250 ok\n250 ok\n250 ok\n250 ok\n354 go\n250 a\n" * 3 + "221 bye\n",
    DATA + "250 ok\n250 ok\n452 4.5.3 more\n452 more\n354 go\n250 a\n" * 3 + "221 bye\n",
    DATA + "250 ok\n250 ok\n250 ok\n250 ok\n354 go\n250 a\n452 b\n550 c\n250 ok\n250 ok\n250 ok\n"
    "354 go\n250 a\n250 b\n221 bye\n",
    DATA + "250 ok\n250 ok\n250 ok\n250 ok\n354 go\n250 a\n",
    DATA + "250 ok\n250 ok\n354 go\n550 no\n250 ok\n250 ok\n354 go\n250 b\n221 bye\n",
    "220 mx\n250-mx\n250 ETRN\n250 ok\n250 ok\n250 ok\n250 ok\n354 go\n250 a\n",
    "220 mx\n250-mx\n250-CHUNKING\n250 BINARYMIME\n" + "250 ok\n" * 30,
]
SESSIONS = [
    EHLO + "235 in\n250 ok\n250 ok\n250 ok\n354 go\n250 queued\n221 bye\n",
    EHLO + "250 ok\n250 ok\n550 no\n354 go\n250 queued\n221 bye\n",
    EHLO + "250 ok\n250 ok\n354 go\n250 queued\n250 ok\n250 ok\n354 go\n452 full\n221 bye\n",
    EHLO + "250 ok\n550 no\n550 no\n354 go\n554 none\n221 bye\n",
    EHLO + "250 ok\n250 ok\n250 ok\n354 go\n",
    EHLO + "550 no\n503 no\n503 no\n503 no\n250 ok\n250 ok\n250 ok\n354 go\n250 ok\n",
    "220 mx\n500 what\n250 mx\n250 ok\n250 ok\n250 ok\n354 go\n250 queued\n221 bye\n",
    "220 mx\n250-mx\n250 STARTTLS\n220 go\n250 mx\n250 ok\n250 ok\n354 go\n250 queued\n",
    "220 mx\n250 AUTH LOGIN\n250-mx\n250 AUTH LOGIN\n334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n235 in\n",
    "220 mx\n250-mx\n250 AUTH LOGIN\n334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n235 in\n250 ok\n250 ok\n"
    "250 ok\n354 go\n250 2.0.0 queued as 1\n221 bye\n",
    "421 closing\n",
    # user me, password s3cret, a nonce of zeroes: made with hashlib and hmac
    "220 mx\n250-mx\n250 AUTH SCRAM-SHA-1\n"
    "334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFzcnYscz1RU1hDUitRNnNlazhiZjkyLGk9Mg==\n"
    "334 dj1UaTU5Y3BSVGR6SWovcG9xdnNKdFY1QWIyb0U9\n"
    "235 in\n250 ok\n250 ok\n354 go\n250 queued\n221 bye\n",
    "220 mx\n250-mx\n250 AUTH SCRAM-SHA-256-PLUS\n"
    "334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFzcnYscz1RU1hDUitRNnNlazhiZjkyLGk9Mg==\n"
    "334 dj1xb1ZzU2VmQjZsSXVGYXNFcDczU3JGUExyVjRtV2VERE94Z0NxSVpLSHFnPQ==\n"
    "235 in\n250 ok\n250 ok\n354 go\n250 queued\n221 bye\n",
    "220 mx\n250-mx\n250 AUTH CRAM-MD5\n334 PDFAeD4=\n235 in\n250 ok\n",
    "220 mx\n250-mx\n250 AUTH XOAUTH2\n334 eyJzdGF0dXMiOiI0MDEifQ==\n535 no\n",
    "220 mx\n250-mx\n250 AUTH OAUTHBEARER EXTERNAL\n334 eyJzdGF0dXMiOiI0MDEifQ==\n535 no\n",
]


def encoded(braces):
    """{text} of a dialog, in base64."""
    raw = braces.group(1).encode("latin-1").decode("unicode_escape")
    return base64.b64encode(raw.encode("latin-1")).decode()


def server_lines(path):
    """What the server says in each case of a file of dialogs."""
    said = []
    with open(path, errors="replace") as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition(":")
            if key.split(" ")[0] == "S":
                said.append(re.sub(r"\{([^}]*)\}", encoded, value.strip()))
            elif not line.strip() and said:
                yield "\n".join(said) + "\n"
                said = []
    if said:
        yield "\n".join(said) + "\n"


def write(folder, texts, heads):
    """Each text behind each head; gives how many files."""
    number = 0
    for text in dict.fromkeys(texts):
        for head in heads:
            number += 1
            with open(os.path.join(folder, "%s%05d" % (len(heads), number)), "wb") as file:
                file.write(head + text.replace("\n", "\r\n").encode())
    return number


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    dialogs = []
    extended = list(SESSIONS_EXTENDED)
    for path in sorted(glob.glob("tests/dialogs/*.smtp")):
        texts = [t for t in server_lines(path) if len(t) < 4000]
        dialogs += texts
        if re.search(r"CHUNKING|LIMITS|LMTP|riding|recipients", open(path, errors="replace").read()):
            extended += texts
    number = write(folder, SESSIONS + dialogs, HEADS) + write(folder, extended, EXTENDED)
    print("fuzz: %d seeds of %d dialogs" % (number, len(set(dialogs))))


main()
