# SPDX-License-Identifier: MIT
"""Makes a corpus of messages, in the order in which compose_fuzz.c reads them.

compose_seeds.py FOLDER
"""
import itertools
import os
import sys

PEOPLE = [
    bytes([0]),
    bytes([64]) + "Büro Süd\0".encode() + bytes([64 | 3]) + b"Doe, J. \"Q\"\0",
    bytes([128]) + b"a@b.example\0" + bytes([128 | 3]) + "ü@b.example\0".encode() + bytes([5]),
    bytes([64]) + b"A" * 90 + b"\0" + bytes([1]) + bytes([2]) + bytes([4]),
]
SUBJECTS = [b"Report\0", "Störung: Pumpe läuft nicht mehr, bitte sofort nachsehen \U0001F600\0".encode(),
            b"=?UTF-8?Q?no?=\0", b"two  blanks\0", b"a\xFFb\0", b"x\r\nBcc: all@example.org\0"]
TEXTS = [b"hello\r\nworld\n", b"a" * 1200, "grün\r.\n..\nFrom \n".encode(), b"--=_smtplite_0\n", b"trailing \n\t\n",
         b"\0\1\2", b""]


def part(kind, data, encoding=0, memory=True, length=False, lie=False, name=None, media=None, cid=None, cut=2):
    how = kind | encoding << 2 | length << 4 | memory << 5 | (cid is not None) << 6
    if lie:
        how |= 1 << 4
        cut = 63
    out = bytes([how, cut | (name is not None) << 6 | (media is not None) << 7, len(data) & 255, len(data) >> 8])
    out += data
    for text in (name, media, cid if how & 64 else None):
        out += text + b"\0" if text is not None else b""
    return out


PARTS = [
    [],
    [part(0, TEXTS[0])],
    [part(0, TEXTS[1])],
    [part(0, TEXTS[2], memory=False)],
    [part(0, TEXTS[3]), part(1, TEXTS[2])],
    [part(0, TEXTS[0]), part(1, TEXTS[4]), part(2, TEXTS[5], cid=b"img@x", name=b"a.png", media=b"image/png")],
    [part(1, TEXTS[0]), part(2, TEXTS[5]), part(3, TEXTS[1] * 1, memory=False, length=True,
                                                name="Prüfbericht mit sehr langem Namen und € und noch mehr.pdf".encode())],
    [part(3, TEXTS[5], memory=False, cut=0)],
    [part(3, TEXTS[4], encoding=1, memory=False, cut=1, name=b"a \"b\".txt")],
    [part(0, TEXTS[6], encoding=2), part(3, TEXTS[6])],
    [part(3, TEXTS[5], lie=True)],
]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    number = 0
    for people, subject, parts in itertools.product(range(len(PEOPLE)), range(len(SUBJECTS)), range(len(PARTS))):
        number += 1
        mailboxes = (1, 2, 3, 4)[people]
        fields = number % 3
        which = 2 | (number % 2) | (number % 3 == 0) << 3 | (number % 4 // 2) << 5
        out = bytes([number % 4, which, mailboxes - 1 | fields << 2 | len(PARTS[parts]) << 4, number % 17])
        out += bytes([0x6A, number % 256, 3, 130]) + SUBJECTS[subject]
        out += b"id@x\0" if which & 8 else b""
        out += PEOPLE[people]
        out += b"X-Site\0Building 7,  pump\0" * fields
        with open(os.path.join(folder, "m%05d" % number), "wb") as file:
            file.write(out + b"".join(PARTS[parts]))
    print("fuzz: %d seeds of messages" % number)


main()
