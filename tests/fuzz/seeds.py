# SPDX-License-Identifier: MIT
"""Makes a corpus: what servers say in tests/dialogs, and some whole sessions, each behind a few
choices of configuration, login and mail (the six octets that reply_fuzz.c begins with).

seeds.py FOLDER
"""
import base64
import glob
import os
import re
import sys

HEADS = [
    bytes([0x18, 0x04, 0x01, 0x01, 0x01, 0x00]),        # PLAIN in clear, two recipients, a text
    bytes([0x0A | 0x10, 0x04, 0x08, 0x01, 0x03, 0x40]), # lockstep, QUIT with the end
    bytes([0xFE, 0x04, 0x06, 0x02, 0x03, 0x00]),        # all lenient, two mails, the input as body
    bytes([0x00, 0x00, 0x00, 0x04, 0x00, 0x00]),        # TLS required
    bytes([0x00, 0x04, 0x11, 0x01, 0x00, 0x00]),        # no login, 8-bit text, two recipients
    bytes([0x00, 0x04 | 0x80, 0x28, 0x08, 0x00, 0x00]), # NOOP first, all or nothing, empty
    bytes([0x00, 0x04, 0x00, 0x01, 0xC0, 0x00]),        # SCRAM in clear
    bytes([0x00, 0x02 | 0x08, 0x01, 0x01, 0xFF, 0x03]), # all logins over TLS with a binding
    bytes([0x08, 0x04 | 0x10, 0x00, 0x01, 0x1C, 0x00]), # CRAM-MD5 or a token by event, in clear
]
EHLO = "220 mx\n250-mx\n250-PIPELINING\n250-SIZE 1000\n250-8BITMIME\n250 AUTH PLAIN LOGIN\n"
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


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    texts = list(SESSIONS)
    for path in sorted(glob.glob("tests/dialogs/*.smtp")):
        texts += [t for t in server_lines(path) if len(t) < 4000]
    number = 0
    for text in dict.fromkeys(texts):
        for head in HEADS:
            number += 1
            with open(os.path.join(folder, "%05d" % number), "wb") as file:
                file.write(head + text.replace("\n", "\r\n").encode())
    print("fuzz: %d seeds of %d dialogs" % (number, len(set(texts))))


main()
